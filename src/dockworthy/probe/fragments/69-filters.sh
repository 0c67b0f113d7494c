# The packet filter, where an engine runs: rules of both variants of iptables, and tables of nftables; and what a
# firewall's own files say about the host's ports. Nothing is asked that would load a module.
# shellcheck shell=sh disable=SC2016,SC2034

# What `iptables-save` and `nft list` print, one after the other; before each a line `\002NAME`, after each `\002 STATUS`.
# Printed for each: `\001NAME STATUS`, and what is told of it. Of a rule the words that may hold anything (comments,
# prefixes of logs, names of sets) are left out or REDACTED. Of a table of iptables all chains are told with their policy
# and number of rules, and the rules of those that a forwarded packet may come to. A line `cut CHAIN` tells that some are
# missing. Names of sets, counters and the like of nftables are S1, S2, ….
FILTERS_AWK='
BEGIN {
    EDGE = "\002"; MOST = 262144; MOST_CHAIN = 131072
    n = split("-s -d -i -o -p -m -j -g --src-range --dst-range --set-mss --mss --ctstate --state --ctstatus --ctdir --ctorigdst --ctorigdstport --ctproto --dport --sport --dports --sports --ports --dst-type --src-type --tcp-flags --icmp-type --icmpv6-type --mark --dir --pol --to-source --to-destination --to-ports --reject-with", a, " ")
    for (i = 1; i <= n; i++) SHOWN[a[i]] = 1
    n = split("iifname oifname iif oif ibrname obrname match target", a, " ")
    for (i = 1; i <= n; i++) NAMED[a[i]] = 1
}
substr($0, 1, 1) == EDGE {
    line = $0
    if (held != "" && part !~ /^cmd:nft/ && ($0 = held) ~ /^(\[[0-9:]+\] )?-A /) rule()
    $0 = line
    if (substr($0, 2, 1) != " ") { part = substr($0, 2); start(); next }
    finish()
    printf "\001%s %s\n", part, substr($0, 3)
    for (i = 1; i <= pieces; i++) printf "%s", piece[i]
    printf "%s", told
    next
}
part ~ /^cmd:nft/ { if (used <= MOST) nft($0); next }
# A comment may go on over lines that look like rules.
held != "" || index($0, "\"") {
    $0 = held $0
    held = ""
    if (unclosed($0) && length($0) < 8192) { held = $0 " "; next }
}
/^-A / || /^\[[0-9:]+\] -A / { rule(); next }
/^:/ { chain(substr($1, 2), $2); next }
/^\*/ { table = substr($0, 2); tell($0 "\n"); next }
/^COMMIT/ { flush("COMMIT\n"); next }
/^# Generated / { if (!variant++) tell("variant " (/nf_tables|nft|xtables-save/ ? "nft" : "legacy") "\n"); next }
/^tables/ { tell($0 "\n"); next }
/^# Table .* is incompatible/ { w = $3; gsub(/[^a-z]/, "", w); tell("incompatible " w "\n") }
# tell(text): in pieces, since every awk copies what it adds to.
function tell(text) { told = told text; if (length(told) > 4096) { piece[++pieces] = told; told = "" } }
function unclosed(text) { gsub(/\\./, "", text); return gsub(/"/, "", text) % 2 }
function start() { told = held = ""; pieces = 0; variant = 0; table = ""; forget(); depth = sets = used = 0; split("", alias) }
function finish() {
    if (table != "") flush("")
    if (held != "" && part ~ /^cmd:nft/) { line = held "\""; held = ""; if (used <= MOST) nft(line) }
    if (open_line != "") { if (used <= MOST) nft_line(open_line); open_line = "" }
}
function forget() { split("", policy); split("", rules); split("", number); split("", size); split("", jumps); split("", gone); chains = 0 }
function chain(name, what) { if (++chains <= 4000) { order[chains] = name; policy[name] = what } }
function rule(   first, name, text) {
    if (substr($0, 1, 1) == "[") sub(/^\[[0-9:]+\] /, "")
    name = $2
    number[name]++
    if (size[name] > MOST_CHAIN) { gone[name] = 1; return }
    text = clean($0, name)
    size[name] += length(text) + 1
    rules[name] = rules[name] text "\n"
}
# clean(text, name): one rule, its words that may hold anything left out; target chains are noted for `name`.
function clean(text, name,   n, i, w, a, out, before, hide) {
    if (index(text, "\"")) text = quoteless(text)
    n = split(text, a, " ")
    out = a[1] " " a[2]
    before = ""
    for (i = 3; i <= n; i++) {
        w = a[i]
        if (w == "!") { out = out " !"; continue }
        if (w ~ /^-[-a-z]/ && (before == "" || !(before in SHOWN) || done_)) {
            before = w; done_ = 0
            if (w == "--comment") { hide = 1; continue }
            hide = 0
            out = out " " (w ~ /^--?[a-z][a-z0-9-]*$/ ? w : "--REDACTED")
            continue
        }
        if (hide) continue
        if (before in SHOWN && (!done_ || before == "--tcp-flags")) {
            if (before == "-m" && w == "comment") { sub(/ -m$/, "", out); done_ = 1; continue }
            if (before == "-j" || before == "-g") jumps[name] = jumps[name] " " w
            out = out " " w
            done_ = 1
        } else { if (out !~ / REDACTED$/) out = out " REDACTED"; done_ = 1 }
    }
    return out
}
# quoteless(text): a quoted string as one word.
function quoteless(text,   out, i, c, inside) {
    while ((i = index(text, "\"")) > 0) {
        out = out substr(text, 1, i - 1) "REDACTED"
        text = substr(text, i + 1)
        c = ""
        while (c != "\"" && match(text, /["\\]/)) {
            c = substr(text, RSTART, 1)
            text = substr(text, RSTART + (c == "\\" ? 2 : 1))
        }
        if (c != "\"") text = ""
    }
    return out text
}
# flush(end): the table: its chains, then the rules of those that are reached.
function flush(end,   i, n, k, a, queue, head, seen, name, text) {
    for (i = 1; i <= chains && i <= 4000; i++) tell(":" order[i] " " policy[order[i]] " " number[order[i]] + 0 "\n")
    if (chains > 4000) tell("cut :\n")
    n = 0
    if (table != "raw") {
        if (table == "nat") { queue[++n] = "PREROUTING"; queue[++n] = "POSTROUTING" } else queue[++n] = "FORWARD"
        if (table == "mangle") queue[++n] = "POSTROUTING"
        for (i = 1; i <= n; i++) seen[queue[i]] = 1
        for (i = 1; i <= chains && i <= 4000; i++) if (order[i] ~ /^DOCKER/ && !(order[i] in seen)) { seen[order[i]] = 1; queue[++n] = order[i] }
    }
    for (head = 1; head <= n; head++) {
        name = queue[head]
        if (!(name in policy)) continue
        text = rules[name]
        if (used + length(text) > MOST) {
            k = MOST - used
            if (k < 0) k = 0
            text = substr(text, 1, k)
            sub(/[^\n]*$/, "", text)
            gone[name] = 1
        }
        used += length(text)
        tell(text)
        if (name in gone) tell("cut " name "\n")
        if (table == "nat" && name == "PREROUTING") continue
        k = split(jumps[name], a, " ")
        for (i = 1; i <= k; i++) if (a[i] in policy && !(a[i] in seen)) { seen[a[i]] = 1; queue[++n] = a[i] }
    }
    tell(end)
    table = ""
    forget()
}
# nft(line): one line; those of a set that goes on over several are put together.
function nft(line,   opened, closed, copy) {
    if (held != "" || index(line, "\"")) {
        # Here a backslash is a character as others.
        line = held line
        held = ""
        copy = line
        if (gsub(/"/, "", copy) % 2 && length(line) < 65536) { held = line " "; return }
        line = nft_strings(line)
    }
    sub(/[\t ]*#.*$/, "", line)
    sub(/^[\t ]+/, "", line)
    if (line == "") return
    if (open_line != "") {
        if ((carried += length(line) + 1) < MOST_CHAIN) open_line = open_line " " line
        else hole = 1
        if (line ~ /[}]/) {
            copy = open_line; opened = gsub(/[{]/, "", copy); closed = gsub(/[}]/, "", copy)
            if (hole) { sub(/[{] .*$/, "{ CUT }", open_line); hole = 0; closed = opened }
            if (closed >= opened) { nft_line(open_line); open_line = "" }
        }
        return
    }
    if (index(line, "{") && line !~ /[{]$/) {
        copy = line; opened = gsub(/[{]/, "", copy); closed = gsub(/[}]/, "", copy)
        if (opened > closed) { open_line = line; carried = hole = 0; return }
    }
    nft_line(line)
}
function nft_line(line,   w, i, out, name) {
    if (line ~ /^(set|map|flowtable|counter|quota|limit|synproxy|secmark|ct [a-z]+) [^ ]+ [{]$/) {
        i = split(line, w, " ")
        name = w[i - 1]
        if (!(name in alias)) alias[name] = "S" ++sets
        line = w[1] (i > 3 ? " " w[2] : "") " " alias[name] " {"
    }
    else if (line ~ /^table /) split("", alias)
    out = ""
    while ((i = match(line, /@[^ \t,;{}"]+/)) > 0) {
        name = substr(line, i + 1, RLENGTH - 1)
        out = out substr(line, 1, i) (name in alias ? alias[name] : name ~ /^(ll|nh|th|ih)$/ ? name : "S0")
        line = substr(line, i + RLENGTH)
    }
    line = out line
    if (line ~ /(^| )(meter|flow table) [^ ]+ /) sub(/(meter|flow table) [^ ]+ /, "meter S0 ", line)
    used += length(line) + 1
    tell(used > MOST ? "cut\n" : line "\n")
}
# nft_strings(line): comments and prefixes are left out; what is in quotes stays where it is the name of an interface.
function nft_strings(line,   out, i, word, text, before) {
    while ((i = index(line, "\"")) > 0) {
        before = substr(line, 1, i - 1)
        line = substr(line, i + 1)
        i = index(line, "\"")
        if (i == 0) { word = line; line = "" } else { word = substr(line, 1, i - 1); line = substr(line, i + 1) }
        text = before
        sub(/[ ]+$/, "", text)
        sub(/^.*[ \t]/, "", text)
        if (text == "comment" || text == "prefix") sub(/[\t ]*(comment|prefix)[ ]*$/, " ", before)
        else if (length(word) > 16 || word !~ /^[A-Za-z0-9_.:*@+-]+$/ || !(text in NAMED || text ~ /(^|[=,{.])$/)) before = before "REDACTED"
        else before = before "\"" word "\""
        out = out before
    }
    return out line
}'

# probe_filters: `cmd:iptables-save`, `cmd:ip6tables-save`, by the variant that `iptables` is, the same with `-other`
# by the other one, and `cmd:nft-ruleset`; where no engine runs, none of them.
probe_filters() {
    if [ -n "$ENGINE_PIDS" ]; then
        STATUS=0
        [ "$MYUID" = 0 ] || STATUS=13
        has awk || STATUS=$NO_READER
        if [ "$STATUS" -eq 0 ]; then
            filter_tools
            grab filter_dumps
            filter_parts
        else
            for NAME in iptables-save ip6tables-save iptables-other-save ip6tables-other-save nft-ruleset; do
                say "cmd:$NAME" "$STATUS" ''
            done
        fi
    fi
    host_firewall
}

# filter_parts: a frame for each part of BODY, which begins with `\001NAME STATUS`.
filter_parts() {
    REST=${BODY#"$MARK"}
    while [ -n "$REST" ]; do
        PART=${REST%%"$MARK"*}
        case $REST in
        *"$MARK"*) REST=${REST#*"$MARK"} ;;
        *) REST= ;;
        esac
        LINE=${PART%%"$NL"*}
        say "${LINE% *}" "${LINE##* }" "${PART#*"$NL"}"
    done
}

# filter_tools: what there is: NFT, the kernel's nf_tables are in use; NFT_CHAINS, the chains of nftables without their
# rules; LEGACY4 and LEGACY6, a table of the older kind.
filter_tools() {
    LEGACY4=
    LEGACY6=
    NFT=
    read -r LEGACY4 2>/dev/null </proc/net/ip_tables_names
    read -r LEGACY6 2>/dev/null </proc/net/ip6_tables_names
    # Of a kernel without modules nothing can be loaded; of others the module, or its place among what is built in.
    if [ -d /sys/module/nf_tables ] || [ ! -e /proc/modules ]; then
        NFT=1
    elif grep -q '/nf_tables\.ko' "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then
        NFT=1
    fi
    NFT_CHAINS=
    NFT_STATUS=127
    if [ -n "$NFT" ] && find_tool nft; then
        NFT_TOOL=$TOOL_PATH
        grab limit 3 "$NFT_TOOL" list chains
        NFT_CHAINS=$BODY
        NFT_STATUS=$STATUS
    fi
}

filter_dumps() {
    {
        iptables_dumps ip "$LEGACY4"
        iptables_dumps ip6 "$LEGACY6"
        nft_dump
    } | awk "$FILTERS_AWK"
}

# iptables_dumps FAMILY LEGACY: both variants of one family; where neither has a table nothing is run.
iptables_dumps() {
    OWN=none
    OTHER=none
    case $NFT:$NFT_STATUS:$NFT_CHAINS:$2 in
    *"table $1 "[fmnrs]*:* | 1:[!0]*:*:*) ;;
    *:)
        printf '\002cmd:%stables-save\n# Generated\n\002 0\n\002cmd:%stables-other-save\n\002 0\n' "$1" "$1"
        return
        ;;
    esac
    if find_tool "$1tables-save"; then
        case $(readlink -f "$TOOL_PATH" 2>/dev/null) in
        *nft*) OWN=nft OTHER=legacy ;;
        *) OWN=legacy OTHER=nft ;;
        esac
    fi
    iptables_dump "cmd:$1tables-save" "$OWN" "$1" "$2"
    [ "$OTHER" = none ] || find_tool "$1tables-$OTHER-save" || TOOL_PATH=
    iptables_dump "cmd:$1tables-other-save" "$OTHER" "$1" "$2"
}

# iptables_dump NAME KIND FAMILY LEGACY: one variant, by TOOL_PATH; where it has no tables nothing is run, and where it
# has some and the tool is missing a line tells it. Which variant it is is told first.
iptables_dump() {
    printf '\002%s\n' "$1"
    case $2 in
    legacy) TABLES=$4 ;;
    nft)
        case $NFT:$NFT_STATUS:$NFT_CHAINS in
        1:0:*"table $3 "[fmnrs]* | 1:[!0]*) TABLES=nft ;;
        *) TABLES= ;;
        esac
        ;;
    *)
        TABLES=
        TOOL_PATH=
        ;;
    esac
    DUMPED=0
    if [ -z "$TOOL_PATH" ]; then
        [ -z "$TABLES" ] || printf 'tables\n'
        DUMPED=127
    else
        # What the program says of itself is another word in each release.
        printf '# Generated %s\n' "${2#legacy}"
        [ -z "$TABLES" ] || limit 3 "$TOOL_PATH" 2>/dev/null || DUMPED=$?
    fi
    printf '\002 %s\n' "$DUMPED"
}

# nft_dump: the tables of nftables that a forwarded packet may come to, but for those that iptables has made.
nft_dump() {
    printf '\002cmd:nft-ruleset\n'
    DUMPED=$NFT_STATUS
    if [ -z "$NFT" ]; then
        printf 'absent\n'
        DUMPED=0
    elif [ "$NFT_STATUS" -eq 0 ]; then
        nft_tables
        # Of several tables that it is to list at once nft finds the last alone.
        set -f
        IFS=$NL
        for LINE in $ASKED; do
            IFS=$FIELDS
            limit 3 "$NFT_TOOL" -s "$LINE" 2>/dev/null || DUMPED=$?
        done
        IFS=$FIELDS
        set +f
    fi
    printf '\002 %s\n' "$DUMPED"
}

# nft_tables: ASKED, what nft is to list: a line for each.
nft_tables() {
    ASKED='list ruleset'
    [ ${#NFT_CHAINS} -lt 65536 ] || return 0
    ASKED=
    ASKED_COUNT=0
    TABLE=
    set -f
    IFS=$NL
    for LINE in $NFT_CHAINS; do
        LINE=${LINE#"${LINE%%[!"$TAB"]*}"}
        case $LINE in
        'table '*) TABLE=${LINE#table } TABLE=${TABLE%' {'} ;;
        'chain '*) CHAIN=${LINE#chain } CHAIN=${CHAIN%' {'} ;;
        *' hook forward '* | *' hook postrouting '*)
            case $TABLE/$CHAIN in
            ip*' filter/FORWARD' | ip*' mangle/FORWARD' | ip*' security/FORWARD' | ip*' nat/POSTROUTING' | \
                ip*' mangle/POSTROUTING') continue ;;
            esac
            case $NL$ASKED in *"${NL}list table $TABLE$NL"*) continue ;; esac
            ASKED="${ASKED}list table $TABLE$NL"
            ASKED_COUNT=$((ASKED_COUNT + 1))
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    [ "$ASKED_COUNT" -le 3 ] || ASKED='list ruleset'
    case $ASKED in *[!A-Za-z0-9_./"$NL"\ -]*) ASKED='list ruleset' ;; esac
}

# What of ufw's and firewalld's files is told: words that say which ports are let in, each by its own grammar.
HOST_FIREWALL_AWK='
# number(v), one_of(v, words): what may stand there and nothing else.
function number(v) { return v ~ /^[0-9]+(-[0-9]+)?$/ ? v : "-" }
function one_of(v, words) { return v ~ ("^(" words ")$") ? v : "-" }
function plain(v) { return v ~ /^[A-Za-z0-9_.:,\/+-]+$/ && length(v) < 64 ? v : "-" }
# one(name): the value of an attribute of the element in `element`.
function one(name,   i, rest, q) {
    i = match(element, "[ \t]" name "[ \t]*=[ \t]*[\"\047]")
    if (!i) return ""
    q = substr(element, i + RLENGTH - 1, 1)
    rest = substr(element, i + RLENGTH)
    i = index(rest, q)
    return i ? substr(rest, 1, i - 1) : ""
}
function ufw(file, family,   line, a, n, w, i, k) {
    while ((w = (getline line < file)) > 0) {
        if (line !~ /^### tuple ### /) continue
        n = split(substr(line, 15), a, " ")
        if (a[n] ~ /^comment=/) n--
        if (n >= 7) print "tuple " family " " plain(a[1]) " " plain(a[2]) " " plain(a[3]) " " plain(a[4]) " " plain(a[5]) " " plain(a[6]) " " plain(a[n])
    }
    if (w < 0) print "unread " family
    close(file)
}
function assigned(file, name,   line, v) {
    while ((getline line < file) > 0) if (line ~ "^[ \t]*" name "[ \t]*=") {
        v = line
        sub(/^[^=]*=[ \t]*/, "", v)
        sub(/[ \t]*(#.*)?$/, "", v)
        gsub(/["\047]/, "", v)
    }
    close(file)
    return v
}
# elements(file): the text of an XML file, its comments left out, element by element, by see().
function elements(file, name,   text, line, ok, i) {
    text = ""
    while ((ok = (getline line < file)) > 0 && length(text) < 65536) text = text line " "
    close(file)
    if (ok < 0) return 0
    while ((i = index(text, "<!--")) > 0) { line = substr(text, i + 4); text = substr(text, 1, i - 1) ((ok = index(line, "-->")) ? substr(line, ok + 3) : "") }
    while ((i = index(text, "<")) > 0) {
        text = substr(text, i + 1)
        i = index(text, ">")
        element = " " substr(text, 1, i - 1) " "
        text = substr(text, i + 1)
        see(name)
    }
    return 1
}
function see(zone,   kind) {
    kind = element
    sub(/^ */, "", kind)
    sub(/[ \t\/].*$/, "", kind)
    # What a policy or a direct rule lets in is not read: it is told that there is such a thing.
    if (zone == "/direct") { if (kind ~ /^(rule|passthrough|chain)$/) beside = "direct" }
    else if (zone == "/policy") {
        if (kind == "egress-zone" && one("name") ~ /^(HOST|ANY)$/) to_host = 1
        if (kind ~ /^(rule|port|service|protocol|source-port)$/ || (kind == "policy" && one("target") == "ACCEPT")) opens = 1
    } else if (zone == "") { if (kind == "include") print "unread " asked; if (kind == "port") print "service-port " asked " " number(one("port")) " " one_of(one("protocol"), "tcp|udp|sctp|dccp") }
    else if (kind == "zone") print "zone " zone " " (one("target") == "" ? "default" : one_of(one("target"), "default|ACCEPT|DROP"))
    else if (kind == "interface") print "interface " zone " " plain(one("name"))
    else if (kind == "source") { if (!rich) print "source " zone " " one_of(one("address"), "[0-9A-Fa-f.:]+(/[0-9.]+)?") }
    else if (kind == "protocol") { if (!rich) print "protocol " zone " " one_of(one("value"), "tcp|udp|sctp|dccp") }
    else if (kind == "rule") { rich = 1; print "rich " zone }
    else if (kind == "port") { if (!rich) print "port " zone " " number(one("port")) " " one_of(one("protocol"), "tcp|udp|sctp|dccp") }
    else if (kind == "service") { if (!rich) { print "service " zone " " plain(one("name")); services[plain(one("name"))] = 1 } }
    if (element ~ /^ *\/rule/) rich = 0
}
BEGIN {
    SWITCH = "[Yy][Ee][Ss]|[Nn][Oo]"
    POLICY = "ACCEPT|DROP|REJECT|accept|drop|reject"
    if (UFW) {
        print "ufw " one_of(assigned("/etc/ufw/ufw.conf", "ENABLED"), SWITCH) " " one_of(assigned("/etc/default/ufw", "DEFAULT_INPUT_POLICY"), POLICY) " " one_of(assigned("/etc/default/ufw", "DEFAULT_FORWARD_POLICY"), POLICY) " " one_of(assigned("/etc/default/ufw", "IPV6"), SWITCH)
        ufw("/etc/ufw/user.rules", 4)
        ufw("/etc/ufw/user6.rules", 6)
    }
    if (RUNS != "") {
        zone = assigned("/etc/firewalld/firewalld.conf", "DefaultZone")
        if (zone == "") zone = "public"
        print "firewalld " RUNS " " plain(zone)
        n = split(ZONES, a, "\n")
        for (i = 1; i <= n && i <= 64; i++) {
            name = a[i]
            sub(/^.*\//, "", name)
            sub(/\.xml$/, "", name)
            known[name] = 1
            if (!elements(a[i], plain(name))) print "unread " plain(name)
        }
        if (!(zone in known) && !elements("/usr/lib/firewalld/zones/" zone ".xml", plain(zone))) print "unread " plain(zone)
        beside = ""
        elements("/etc/firewalld/direct.xml", "/direct")
        n = split(POLICIES, a, "\n")
        for (i = 1; i <= n && i <= 64; i++) {
            to_host = opens = 0
            if (!elements(a[i], "/policy") || (to_host && opens)) beside = "policy"
        }
        if (beside != "") print "beside " beside
        for (asked in services) if (!elements("/etc/firewalld/services/" asked ".xml", "") && !elements("/usr/lib/firewalld/services/" asked ".xml", "")) print "unread " asked
    }
}'

# host_firewall: `cmd:host-firewall`, of ufw and firewalld where their files are there.
host_firewall() {
    UFW=
    RUNS=
    ZONES=
    POLICIES=
    [ ! -e /etc/ufw/ufw.conf ] || UFW=1
    if [ -e /etc/firewalld/firewalld.conf ] || [ -d /etc/firewalld/zones ]; then
        RUNS=no
        case $NFT_CHAINS in *'table inet firewalld'*) RUNS=yes ;; esac
        for FILE in /proc/[0-9]*/comm; do
            [ "$RUNS" = no ] || break
            read -r LINE 2>/dev/null <"$FILE" || continue
            [ "$LINE" != firewalld ] || RUNS=yes
        done
        for FILE in /etc/firewalld/zones/*.xml; do
            [ ! -e "$FILE" ] || ZONES=$ZONES$FILE$NL
        done
        ZONES=${ZONES%"$NL"}
        POLICIES=
        for FILE in /etc/firewalld/policies/*.xml; do
            # The package's own lets in what IPv6 itself needs.
            case $FILE in */allow-host-ipv6.xml) ;; *) [ ! -e "$FILE" ] || POLICIES=$POLICIES${POLICIES:+$NL}$FILE ;; esac
        done
    fi
    BODY=
    STATUS=0
    if [ -n "$UFW$RUNS" ]; then
        STATUS=$NO_READER
        ! has awk || grab host_firewall_files
    fi
    emit cmd:host-firewall "$STATUS"
}
NFT_CHAINS=

host_firewall_files() {
    UFW=$UFW RUNS=$RUNS ZONES=$ZONES POLICIES=$POLICIES limit 3 awk '
        BEGIN { UFW = ENVIRON["UFW"]; RUNS = ENVIRON["RUNS"]; ZONES = ENVIRON["ZONES"]; POLICIES = ENVIRON["POLICIES"] }
        '"$HOST_FIREWALL_AWK"
}
