# The host's links, addresses, routes and rules for them, and what the tracking of connections lost.
# shellcheck shell=sh disable=SC2016,SC2034

MAX_ROUTES=65536

# What `ip -o` prints of links, routes of IPv4, addresses, routes of IPv6 and rules, told apart by form; printed are five
# parts with `\002` between them. Of the links: INDEX NAME MTU FLAGS STATE MASTER TYPE ACCEPT_RA FORWARDING. Times that
# run down are left out, and routes to the host itself; before a route stands its family, 4 or 6. Of very many routes
# those without a gateway and those that lead everywhere are kept first: a line `cut` tells that others are missing,
# `cut links` that some of these may be. The fifth part has the sums of what connection tracking lost. The links may
# come a second time, by another `ip`: what was before is void.
NET_AWK='
BEGIN { few = MAX / 4; family = 4 }
skip > 0 { skip--; next }
seen++ >= 200000 { cut_links = 1; if (family == 4) addresses = "cut\n"; exit }
$2 ~ /:$/ && $3 ~ /^<.*>$/ { link(); next }
$3 == "inet" || $3 == "inet6" { address(); next }
/^[0-9]+:[ \t]+(not )?from / { gsub(/[ \t]+/, " "); sub(/ $/, ""); rules = rules $0 "\n"; next }
$1 == "local" || $1 == "broadcast" || $1 == "anycast" || $1 == "multicast" { next }
# Others go on with the alias of a link.
$1 ~ /^(default|unicast|blackhole|unreachable|prohibit|throw|nat|[0-9A-Fa-f.:]+(\/[0-9]+)?)$/ { route() }
function link(  number, name, mtu, state, master, type, i) {
    number = $1
    sub(/:$/, "", number)
    if (number in known) {
        for (i in known) delete known[i]
        links = addresses = rules = near = far = cut = cut_links = cut_addresses = ""
        count = 0
        family = 4
    }
    known[number] = 1
    name = $2
    sub(/:$/, "", name)
    sub(/@[^@]*$/, "", name)
    if ($0 ~ /\\[ \t]+alias /) alias(name)
    mtu = state = master = type = "-"
    for (i = 4; i < NF; i++) {
        if ($i == "mtu" && mtu == "-") mtu = $(i + 1)
        else if ($i == "state" && state == "-") state = $(i + 1)
        else if ($i == "master" && master == "-") master = $(i + 1)
        else if ($i ~ /^link\//) { type = substr($i, 6); break }
    }
    if (++count > 1000) {
        if (count == 1001) links = links "cut\n"
        return
    }
    links = links number " " name " " mtu " " substr($3, 2, length($3) - 2) " " state " " master " " type " " \
        first("/proc/sys/net/ipv6/conf/" name "/accept_ra") " " first("/proc/sys/net/ipv6/conf/" name "/forwarding") "\n"
}
# alias(name): what goes on over more lines may look like any of them: the kernel tells how many there are, or, where
# /sys is that of another name space, `ip` in JSON; where nobody does, nothing that comes after it is sure.
function alias(name,  file, text, n) {
    file = "/sys/class/net/" name "/ifalias"
    for (n = 0; (getline text < file) > 0;) n++
    close(file)
    if (!n && name ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/) {
        file = "\"$DW_IP\" -j link show dev " name " 2>/dev/null"
        if ((file | getline text) > 0 && match(text, /"ifalias":"([^"\\]|\\.)*"/)) {
            text = substr(text, RSTART, RLENGTH)
            gsub(/\\\\/, "", text)
            n = 1 + gsub(/\\n/, "", text)
        }
        close(file)
    }
    if (n) skip = n - 1
    else unsure = 1
}
function address(  text) {
    family = 6
    text = $0
    sub(/\\.*$/, "", text)
    sub(/^[0-9]+:[ \t]*/, "", text)
    gsub(/[ \t]+/, " ", text)
    sub(/ $/, "", text)
    if (length(addresses) + length(text) > few) {
        if (!cut_addresses++) addresses = addresses "cut\n"
    } else addresses = addresses text "\n"
}
function route(  text) {
    text = family " " $0
    gsub(/[ \t\\]+/, " ", text)
    sub(/ expires -?[0-9]+sec/, "", text)
    sub(/ $/, "", text)
    if ($1 == "default" || $1 ~ /\/1$/ || (text !~ / (via|nexthop) / && text ~ / dev /)) {
        if (length(near) + length(text) > few) cut_links = 1
        else near = near text "\n"
    } else if (length(far) + length(text) > MAX - few) cut = 1
    else far = far text "\n"
}
function first(file,  text) {
    if ((getline text < file) < 1) text = "-"
    close(file)
    return text
}
function hex(text,  n, i) {
    n = 0
    for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return n
}
function lost(  line, names, words, n, i, rows, total) {
    if ((getline line < STAT) < 1) return ""
    n = split(line, names)
    while ((getline line < STAT) > 0 && rows++ < 4096) {
        split(line, words)
        for (i = 1; i <= n; i++) if (names[i] ~ /drop$/) total[i] += hex(words[i])
    }
    line = ""
    for (i = 1; i <= n; i++) if (names[i] ~ /drop$/) line = line sprintf("%s %.0f\n", names[i], total[i])
    return line
}
END {
    if (unsure) { links = links "cut\n"; addresses = addresses "cut\n"; cut_links = 1 }
    printf "%s\002%s\002%s\002%s%s%s\002%s", links, addresses, rules, near, far, cut_links ? "cut links\n" : cut ? "cut\n" : "", lost()
}'

# The same from files, where there is no `ip`: the links in the first part, then /proc/net/route, ipv6_route without
# their counters, if_inet6, and of fib_trie the host's own addresses. /sys may be that of another name space.
NET_FILES_AWK='
function read(file,  text) {
    if ((getline text < file) < 1) text = "-"
    close(file)
    return text
}
BEGIN {
    while ((getline < "/proc/net/dev") > 0) if ((i = index($0, ":")) && $0 !~ /\|/) {
        name = substr($0, 1, i - 1)
        gsub(/ /, "", name)
        names[++n] = name
    }
    own = n == ENTRIES
    for (i = 1; i <= n && i <= 1000; i++) {
        folder = "/sys/class/net/" names[i] "/"
        number[i] = read(folder "ifindex")
        if (number[i] == "-") own = 0
        else by[number[i]] = names[i]
    }
    for (i = 1; i <= n && i <= 1000; i++) {
        folder = "/sys/class/net/" names[i] "/"
        conf = " - " read("/proc/sys/net/ipv6/conf/" names[i] "/accept_ra") " " read("/proc/sys/net/ipv6/conf/" names[i] "/forwarding")
        if (!own) { print "- " names[i] " - - - -" conf; continue }
        master = read(folder "master/ifindex")
        print number[i] " " names[i] " " read(folder "mtu") " " (read(folder "flags") ~ /[13579bdf]$/ ? "UP" : "-") " " \
            toupper(read(folder "operstate")) " " (master in by ? by[master] : "-") conf
    }
    if (n > 1000) print "cut"
    printf "\002"
    table("/proc/net/route", "1 2 3 4 7 8")
    table("/proc/net/ipv6_route", "1 2 5 6 9 10")
    table("/proc/net/if_inet6", "1 2 3 4 5 6")
    while ((getline < "/proc/net/fib_trie") > 0) {
        if ($1 == "|--") address = $2
        else if ($1 == "/32" && /host LOCAL/ && !(address in told) && ++addresses < 1000) { told[address] = 1; print address }
    }
}
function table(file, columns,  wanted, k, i, line, length_) {
    k = split(columns, wanted, " ")
    while ((getline < file) > 0) {
        line = $(wanted[1])
        for (i = 2; i <= k; i++) line = line " " $(wanted[i])
        if ((length_ += length(line) + 1) > MAX) { print "cut"; break }
        print line
    }
    printf "\002"
}'

# probe_network: `cmd:net-links`, `cmd:net-addresses`, `cmd:ip-rule`, `cmd:ip-route-all` and `cmd:conntrack-stat`; where
# there is no `ip`, the links and `file:` of /proc/net/route, ipv6_route, if_inet6 and fib_trie.
probe_network() {
    if has awk; then
        grab network_tables
    else
        BODY=$EDGE$EDGE$EDGE$EDGE
        STATUS=$NO_READER
    fi
    REST=$BODY
    # Without a link, and `lo` is everywhere, there was no `ip`.
    case $BODY in
    [0-9]*) network_parts 0 cmd:net-links cmd:net-addresses cmd:ip-rule cmd:ip-route-all ;;
    *)
        [ "$STATUS" -eq "$NO_READER" ] || STATUS=127
        network_parts "$STATUS" '' cmd:net-addresses cmd:ip-rule cmd:ip-route-all
        LOST=$REST
        grab network_files
        REST=$BODY
        has awk || STATUS=$NO_READER
        network_parts "$STATUS" cmd:net-links file:/proc/net/route file:/proc/net/ipv6_route file:/proc/net/if_inet6
        say file:/proc/net/fib_trie "$STATUS" "$REST"
        REST=$LOST
        ;;
    esac
    STATUS=0
    [ -n "$REST" ] || STATUS=2
    say cmd:conntrack-stat "$STATUS" "$REST"
}

# network_parts STATUS NAME…: a frame for each part of REST, none where the name is empty; REST, what is left of it.
network_parts() {
    PART_STATUS=$1
    shift
    for NAME in "$@"; do
        PART=${REST%%"$EDGE"*}
        REST=${REST#*"$EDGE"}
        [ -z "$NAME" ] || say "$NAME" "$PART_STATUS" "$PART"
    done
}

network_tables() {
    find_tool ip || :
    network_ip | DW_IP=$TOOL_PATH awk -v MAX="$MAX_ROUTES" -v STAT=/proc/net/stat/nf_conntrack "$NET_AWK"
}

# network_ip: one process for all, where it can: BusyBox's cannot.
network_ip() {
    find_tool ip || return 0
    if [ "$TIMEOUT" = group ] && budget 3; then
        printf '%s\n' 'link show' 'route show table all root 0.0.0.0/0' 'addr show' 'route show table all root ::/0' \
            'rule show' |
            "$TIMEOUT_TOOL" -k 1 "$LIMIT" "$TOOL_PATH" -force -o -batch - && return
    fi
    limit 3 "$TOOL_PATH" -o link show
    limit 3 "$TOOL_PATH" -4 -o route show table all
    limit 3 "$TOOL_PATH" -o addr show
    limit 3 "$TOOL_PATH" -6 -o route show table all
    limit 3 "$TOOL_PATH" rule show
}

network_files() {
    has awk || return "$NO_READER"
    set -- /sys/class/net/*/ifindex
    awk -v MAX="$MAX_ROUTES" -v ENTRIES=$# "$NET_FILES_AWK" </dev/null
}

# Of the files by which systemd-networkd chooses what it manages: `PATH<TAB>KEY=VALUE` for each key of [Match] and for
# Unmanaged of [Link], its value REDACTED where it is none of names, types, kinds, drivers or a switch; a line `PATH<TAB>`
# for each file, `PATH<TAB>!` for one that cannot be read. Lines that end with a backslash go on.
NETWORKD_AWK='
BEGIN {
    n = split("MACAddress PermanentMACAddress Path Driver Type Kind Property Name WLANInterfaceType SSID BSSID Host " \
        "Virtualization KernelCommandLine KernelVersion Version Credential Architecture Firmware", key_names, " ")
    for (i = 1; i <= n; i++) known[key_names[i]] = 1
    for (i = 1; i < ARGC; i++) file(ARGV[i])
    if (cut) print "cut"
    exit
}
function file(path,  line, part, section, got) {
    print path "\t"
    section = line = ""
    while ((got = (getline part < path)) > 0 && ++lines <= 20000) {
        sub(/^[ \t]+/, "", part)
        if (part ~ /^[#;]/) continue
        sub(/\r$/, "", part)
        if (part ~ /\\$/) { line = line substr(part, 1, length(part) - 1) " "; continue }
        line = line part
        sub(/[ \t]+$/, "", line)
        if (line ~ /^\[.*\]$/) section = line
        else if (section == "[Match]" || section == "[Link]") setting(path, section, line)
        line = ""
    }
    if (got < 0) print path "\t!"
    if (lines > 20000) cut = 1
    close(path)
}
function setting(path, section, line,  i, key, value) {
    i = index(line, "=")
    if (!i) return
    key = substr(line, 1, i - 1)
    value = substr(line, i + 1)
    gsub(/^[ \t]+|[ \t]+$/, "", key)
    gsub(/^[ \t]+|[ \t]+$/, "", value)
    if (section == "[Link]" ? key != "Unmanaged" : !(key in known)) return
    if (key !~ /^(Name|Type|Kind|Driver|Unmanaged)$/) value = value ~ /^!/ ? "!REDACTED" : value == "" ? "" : "REDACTED"
    else if (value !~ /^[]A-Za-z0-9_.*?!@:" \t[^+-]*$/ || length(value) > 1000 || long(value)) value = "REDACTED"
    print path "\t" key "=" value
}
function long(value,  words, n) {
    n = split(value, words)
    while (n > 0 && length(words[n]) <= 20) n--
    return n > 0
}'

# probe_managers: `cmd:network-managers`, `PID NAME` of those that run in this name space, and `cmd:networkd-files`.
probe_managers() {
    STATUS=0
    [ -r /proc/1/comm ] || STATUS=13
    say cmd:network-managers "$STATUS" "$MANAGERS"
    case $MANAGERS in *systemd-network*) ;; *) return ;; esac
    set --
    for DIR in /etc /run /usr/local/lib /usr/lib /lib; do
        [ "$DIR" != /lib ] || [ ! -L /lib ] || continue
        for FILE in "$DIR"/systemd/network/*.network "$DIR"/systemd/network/*.network.d/*.conf; do
            # shellcheck disable=SC1003 # awk would read the name otherwise
            case $FILE in *"$NL"* | *"$TAB"* | *'\'* | *' '*) continue ;; esac
            # A link to /dev/null hides those of its name, one that leads nowhere hides nothing.
            if [ -f "$FILE" ] || [ -c "$FILE" ]; then set -- "$@" "$FILE"; fi
        done
    done
    networkd_files "$@"
}

# networkd_files FILE…: `cmd:networkd-files`.
networkd_files() {
    STATUS=$NO_READER
    BODY=
    if has awk; then
        STATUS=0
        [ $# -eq 0 ] || grab limit 3 awk "$NETWORKD_AWK" "$@"
    fi
    emit cmd:networkd-files "$STATUS"
}

# network_manager: adds PID to MANAGERS, of a process called COMM, where its network is this host's.
network_manager() {
    # shellcheck disable=SC3013 # every shell that this is for has it; who may not look cannot tell
    [ ! -e "/proc/$PID/ns/net" ] || [ "/proc/$PID/ns/net" -ef /proc/self/ns/net ] || return 0
    MANAGERS=$MANAGERS$PID' '$COMM$NL
}
