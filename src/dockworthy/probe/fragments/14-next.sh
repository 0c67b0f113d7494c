# Files in which a host says what it will be after the next boot, reload or upgrade: fstab, apt's settings and pins,
# needrestart's, saved rules of packet filters. Of each only the statements are told that are judged, by their grammar.
# shellcheck shell=sh disable=SC2016,SC2034

# A statement is told as `LINE WORD…`: nothing else of a whole file is, and each of its words is by a rule.
NEXT_AWK='
BEGIN {
    set(MOUNT_UNITS, "after before requires wanted-by required-by requires-mounts-for wants-mounts-for device-timeout" \
        " idle-timeout mount-timeout device-bound rw-only")
    set(AUTOMATIC_KEYS, "apply_updates upgrade_type exclude excludepkgs")
    APT_KEYS = "^(apt::periodic::(enable|unattended-upgrade)|unattended-upgrade::(origins-pattern|allowed-origins" \
        "|package-blacklist|package-whitelist|package-whitelist-strict))(::.*)?$"
    MOST_STATEMENTS = 300
}
# next_text(): whether it was one of those files that are read as a whole.
function next_text() {
    AT = TOLD_STATEMENTS = 0
    PIN_FIELD = ""
    split("", TOLD_ONCE)
    if (KIND == "apt") apt_text()
    else if (KIND == "nft") nft_text()
    else if (KIND == "saved") saved_text()
    else if (KIND == "needrestart") perl_text()
    else return 0
    return 1
}
function statement(words) {
    if (words in TOLD_ONCE) return
    if (++TOLD_STATEMENTS > MOST_STATEMENTS) words = "cut"
    if (TOLD_STATEMENTS > MOST_STATEMENTS + 1) return
    if (KIND != "apt" && KIND != "needrestart") TOLD_ONCE[words]
    print AT " " words "\n"
}
# next_line(s, t): what is told of one line of the others, and of it without blanks at its ends.
function next_line(s, t) {
    if (KIND == "fstab") return t ~ /^#/ ? "" : fstab_line(t)
    if (KIND == "pins") return pin_line(s, t)
    if (KIND == "automatic") return automatic_line(t)
    if (t ~ /^#/) return ""
    # dnf 4 has a word a line, dnf 5 TOML.
    if (t ~ /^(name|key|comparator|value) *= *"[A-Za-z0-9._+~:*<>=!^-]+"$/ && !token_in(t)) return t
    if (t ~ /^\[\[[a-z.]+\]\]$/) return t
    sub(/[ \t]+#.*$/, "", t)
    return t ~ /^!?[A-Za-z0-9._+~:*^-]+$/ && !token_in(t) ? t : shape(t)
}

function fstab_line(t,   part, n, out) {
    n = split(t, part, " ")
    out = fstab_source(part[1])
    if (n > 1) out = out " " (part[2] ~ /^(none|swap)$/ || (part[2] ~ /^\/[A-Za-z0-9._\/+~,:@\\-]*$/ && length(part[2]) < 1024) ? part[2] : HIDDEN)
    if (n > 2) out = out " " (part[3] ~ /^[A-Za-z0-9._,-]+$/ ? tag(part[3]) : HIDDEN)
    if (n > 3) out = out " " fstab_options(part[4])
    return out
}
function fstab_source(s) {
    if (s ~ /^(UUID|PARTUUID)="?[A-Fa-f0-9-]+"?$/ && length(s) < 60) return s
    if (s ~ /^(LABEL|PARTLABEL|ID)=/) return substr(s, 1, index(s, "=")) tag(substr(s, index(s, "=") + 1))
    return mount_source(s)
}
function fstab_options(s,   part, n, i, j, k, out) {
    n = split(s, part, ",")
    out = ""
    for (i = 1; i <= n; i++) {
        j = index(part[i], "=")
        k = j ? substr(part[i], 1, j - 1) : part[i]
        if (k ~ /^x-systemd\.[a-z-]+$/ && (!j || (substr(k, 11) in MOUNT_UNITS))) {
            if (j && (substr(part[i], j + 1) !~ /^[A-Za-z0-9._\/@+-]*$/ || token_in(part[i]))) part[i] = k "=" HIDDEN
        } else if (part[i] !~ /^(comment=(systemd\.automount|cloudconfig)|x-initrd\.mount)$/) part[i] = mount_options(part[i])
        out = out (i > 1 ? "," : "") part[i]
    }
    return out
}

# pin_line(s, t): what begins with a blank goes on with the field above; a line of a comment in between is none.
function pin_line(s, t,   i, v) {
    if (s == "") { PIN_FIELD = ""; return "" }
    if (s ~ /^#/) return "#"
    if (s ~ /^[ \t]/) return PIN_FIELD == "" || t == "" ? "#" : " " pin_value(t)
    i = index(t, ":")
    PIN_FIELD = i ? tolower(trimmed(substr(t, 1, i - 1))) : ""
    if (PIN_FIELD !~ /^(package|pin|pin-priority)$/) { PIN_FIELD = ""; return "#" }
    v = trimmed(substr(t, i + 1))
    return PIN_FIELD ":" (v == "" ? "" : " " pin_value(v))
}
# pin_value(v): word by word up to what a person takes for a comment; of a priority the number counts.
function pin_value(v,   part, n, i, out) {
    if (PIN_FIELD == "pin-priority") return match(v, /^[-+]?[0-9]+/) ? substr(v, 1, RLENGTH) : HIDDEN
    n = split(v, part, /[ \t]+/)
    out = ""
    for (i = 1; i <= n && part[i] !~ /^#/; i++) {
        if (part[i] !~ /^([A-Za-z0-9._+*?\/^$|()=,~:!{}\\-]|\[|\])*$/ && part[i] !~ /^"[A-Za-z0-9.-]*"$/) part[i] = HIDDEN
        else if (part[i] ~ /:\/\// || token_in(part[i])) part[i] = HIDDEN
        out = out (i > 1 ? " " : "") part[i]
    }
    return out
}

function automatic_line(t,   i, name, v) {
    if (t ~ /^\[[a-z]+\]$/) return t
    i = index(t, "=")
    name = trimmed(substr(t, 1, i - 1))
    v = trimmed(substr(t, i + 1))
    if (!i || !(name in AUTOMATIC_KEYS)) return ""
    return name "=" (v ~ /^[A-Za-z0-9._+*, -]*$/ && !token_in(v) ? v : shape(v))
}

# apt_text(): apt.conf(5), as ReadConfigFile reads it: `KEY VALUE` of the keys that are judged, and `#clear KEY`.
function apt_text(   i, s, inside, c, quoted_now, from) {
    BUFFER = PARENT = ""
    DEPTH = inside = 0
    for (i = 1; i <= ROWS; i++) {
        AT = i
        s = LINE[i]
        sub(/\r$/, "", s)
        quoted_now = 0
        # Most lines are comments.
        if (!inside && s ~ /^[ \t]*(\/\/|$)/) continue
        BUFFER = BUFFER " "
        while (s != "") {
            if (inside) {
                if (!(from = index(s, "*/"))) break
                s = substr(s, from + 2)
                inside = 0
                continue
            }
            if (!match(s, quoted_now ? "\"" : "[\"{};#]|//|/[*]")) { BUFFER = BUFFER s; break }
            BUFFER = BUFFER substr(s, 1, RSTART - 1)
            c = substr(s, RSTART, 1)
            s = substr(s, RSTART + 1)
            if (c == "\"") { quoted_now = !quoted_now; BUFFER = BUFFER c }
            else if (c == "#") {
                if (s !~ /^(clear|include)/) break
                BUFFER = BUFFER c
            } else if (c == "/") {
                if (s ~ /^\//) break
                s = substr(s, 2)
                inside = 1
            } else apt_end(c)
        }
    }
}
function apt_end(c,   tag_read) {
    gsub(/^[ \t]+|[ \t]+$/, "", BUFFER)
    if (c == "{") {
        ABOVE[++DEPTH] = PARENT
        tag_read = unquoted(BUFFER)
        PARENT = PARENT == "" ? tag_read : PARENT "::" tag_read
    } else {
        if (BUFFER != "") apt_item()
        if (c == "}" && DEPTH) PARENT = ABOVE[DEPTH--]
    }
    BUFFER = ""
}
function apt_item(   name, value, i) {
    if (BUFFER ~ /^#clear[ \t]/) {
        value = unquoted(trimmed(substr(BUFFER, 7)))
        if (value ~ /^[A-Za-z:-]+$/ && length(value) < 80) statement("#clear " value)
        return
    }
    if (BUFFER ~ /^#/) { statement("#include"); return }
    if (BUFFER ~ /^"/) {
        i = index(substr(BUFFER, 2), "\"")
        name = substr(BUFFER, 2, i - 1)
        value = trimmed(substr(BUFFER, i + 2))
    } else {
        i = match(BUFFER, /[ \t"]/)
        name = i ? substr(BUFFER, 1, i - 1) : BUFFER
        value = i ? trimmed(substr(BUFFER, i)) : ""
    }
    # A word alone is a value of the list above it.
    if (value == "") { value = name; name = "" }
    else value = unquoted(value)
    name = PARENT == "" ? name : name == "" ? PARENT "::" : PARENT "::" name
    if (tolower(name) !~ APT_KEYS) return
    if (name !~ /^[A-Za-z:_-]+$/) name = substr(name, 1, match(tolower(name), /(upgrade|enable|pattern|origins|list|strict)::/) + RLENGTH - 1) HIDDEN
    statement(name " " (value ~ /^[A-Za-z0-9 #.,:=*${}_\/+~^()|?\\-]*$/ && length(value) < 200 && value !~ /:\/\// && !token_in(value) ? value : HIDDEN))
}
function unquoted(v) { return v ~ /^".*"$/ ? substr(v, 2, length(v) - 2) : v }

# word_told(v): a name in a rule.
function word_told(v) { return v ~ /^[A-Za-z0-9_.+-]+$/ && length(v) < 64 && !token_in(v) ? v : HIDDEN }

# nft_text(): nft(8): what flushes and deletes, tables, chains of the engine, and rules that lead into these.
function nft_text(   i, s, c, held, quoted_now) {
    held = ""
    quoted_now = 0
    for (i = 1; i <= ROWS; i++) {
        s = LINE[i]
        sub(/\r$/, "", s)
        if (held !~ /[^ \t]/) AT = i
        while (s != "") {
            if (!match(s, quoted_now ? "\"" : "[\"{};#]")) { held = held s; break }
            c = substr(s, RSTART, 1)
            held = held substr(s, 1, RSTART - 1)
            s = substr(s, RSTART + 1)
            if (c == "\"") { quoted_now = !quoted_now; held = held c }
            else if (c == "#") break
            else { nft_statement(held, c); held = "" }
        }
        if (held ~ /\\$/) { held = substr(held, 1, length(held) - 1) " "; continue }
        if (!quoted_now) { nft_statement(held, "\n"); held = "" }
    }
    nft_statement(held, "\n")
}
function nft_statement(s, c,   part, n, family, i, name) {
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    if (s == "") return
    n = split(s, part, /[ \t]+/)
    if (part[1] == "include") {
        s = trimmed(substr(s, 8))
        gsub(/"/, "", s)
        statement("include " (s ~ /^[]A-Za-z0-9._\/*?+[!-]+$/ && length(s) < 256 && !token_in(s) ? s : HIDDEN))
        return
    }
    i = 1
    if (part[1] ~ /^(add|create)$/) i = 2
    if (part[1] ~ /^(flush|delete|destroy)$/) {
        if (part[2] !~ /^(ruleset|table|chain)$/) return
        family = part[3] ~ /^(ip|ip6|inet|arp|bridge|netdev)$/
        if (part[2] == "ruleset") { statement(part[1] " ruleset" (family ? " " part[3] : "")); return }
        s = part[1] " " part[2] " " (family ? part[3] : "ip") " " word_told(part[3 + family])
        statement(s (part[2] == "chain" ? " " word_told(part[4 + family]) : ""))
        return
    }
    if (part[i] == "table") {
        family = part[i + 1] ~ /^(ip|ip6|inet|arp|bridge|netdev)$/
        statement("table " (family ? part[i + 1] : "ip") " " word_told(part[i + 1 + family]))
        return
    }
    if (part[i] == "chain") {
        for (; ++i <= n;) if (part[i] ~ /^DOCKER/) statement("chain " word_told(part[i]))
        return
    }
    nft_rule(s)
}
function nft_rule(s,   name, action) {
    gsub(/(comment|prefix)[ \t]+"[^"]*"/, "", s)
    if (match(s, /(jump|goto)[ \t]+DOCKER[A-Za-z0-9_-]*/)) {
        name = substr(s, RSTART, RLENGTH)
        sub(/^[a-z]+[ \t]+/, "", name)
        statement("jump " word_told(name))
    }
    action = s ~ /(^|[ \t])masquerade([ \t]|$)/ ? "masquerade" : s ~ /(^|[ \t])dnat([ \t]|$)/ ? "dnat" : ""
    if (action != "" && match(s, /[io]ifname[ \t]+(!=[ \t]+)?"[^"]*"/)) {
        name = substr(s, RSTART, RLENGTH - 1)
        sub(/^.*"/, "", name)
        statement(action " " word_told(name))
    }
}

# saved_text(): what iptables-save wrote: its tables, chains of the engine, rules that lead into these.
function saved_text(   i, s, name, action, table, held) {
    table = held = ""
    for (i = 1; i <= ROWS; i++) {
        if (held == "") AT = i
        s = held LINE[i]
        held = ""
        sub(/\r$/, "", s)
        # What is in quotes may go on over lines that look like rules.
        if (index(s, "\"")) {
            gsub(/"([^"\\]|\\.)*"/, "_", s)
            if (index(s, "\"") && length(s) < 8192) { held = s " "; continue }
        }
        if (s ~ /^[*]/) { table = word_told(trimmed(substr(s, 2))); statement("table " table) }
        else if (s ~ /^:DOCKER/) { sub(/[ \t].*$/, "", s); statement("chain " word_told(substr(s, 2))) }
        else if (s ~ /^(\[[0-9:]*\] )?(-A|-I|-N|--append|--insert|--new-chain) /) {
            sub(/^\[[0-9:]*\] /, "", s)
            while (match(s, / --comment [^ ]+/)) s = substr(s, 1, RSTART - 1) substr(s, RSTART + RLENGTH)
            if (match(s, /^[-a-z]+ +DOCKER[^ ]*/) || match(s, /^-[AIN] +DOCKER[^ ]*/)) {
                name = substr(s, RSTART, RLENGTH)
                sub(/^[^ ]+ +/, "", name)
                statement("chain " word_told(name))
            }
            if (match(s, / (-j|-g|--jump|--goto) +DOCKER[^ ]*/)) {
                name = substr(s, RSTART + 1, RLENGTH - 1)
                sub(/^[^ ]+ +/, "", name)
                statement("jump " word_told(name))
            }
            action = table != "nat" ? "" : s ~ / (-j|--jump) +MASQUERADE( |$)/ ? "masquerade" : s ~ / (-j|--jump) +DNAT( |$)/ ? "dnat" : ""
            if (action != "" && match(s, / (-i|-o|--in-interface|--out-interface) +[^ ]+/)) {
                name = substr(s, RSTART + 1, RLENGTH - 1)
                sub(/^[^ ]+ +/, "", name)
                statement(action " " word_told(name))
            }
        }
    }
}

# perl_text(): needrestart.conf, where it is made of plain assignments; what else is said of the same is `unclear`.
function perl_text(   i, s, held) {
    held = ""
    for (i = 1; i <= ROWS; i++) {
        s = LINE[i]
        sub(/^[ \t]+/, "", s)
        sub(/[ \t\r]+$/, "", s)
        if (s == "" || s ~ /^#/) continue
        if (s ~ /^__(END|DATA)__$/ || s ~ /^=[a-z]/) break
        sub(/[ \t]+#[^()\/{}]*$/, "", s)
        if (held == "") AT = i
        held = held " " s
        if (s ~ /;$/) { perl_statement(substr(held, 2)); held = "" }
    }
    if (held != "") perl_statement(substr(held, 2))
}
function perl_statement(s,   key_read) {
    if (s !~ /nrconf/ || s !~ /[{>\047"](restart|override_rc|blacklist_rc|defno)[}\047"]/) return
    gsub(/\{[\047"]restart[\047"]\}/, "{restart}", s)
    gsub(/\{[\047"]override_rc[\047"]\}/, "{override_rc}", s)
    gsub(/\{[\047"]blacklist_rc[\047"]\}/, "{blacklist_rc}", s)
    if (s ~ /^[$]nrconf\{restart\} *= *[\047"][a-z][\047"] *;$/) {
        sub(/^.*= *[\047"]/, "", s)
        statement("restart " substr(s, 1, 1))
    } else if (s ~ /^[$]nrconf\{defno\} *= *[01] *;$/) statement("defno " (s ~ /= *1/ ? 1 : 0))
    else if (s ~ /^[$]nrconf\{override_rc\} *= *\{/) {
        statement("overrides")
        sub(/^[^=]*= *\{ */, "", s)
        while (s != "") {
            if (s ~ /^\} *;$/) return
            if (!perl_pattern(s)) break
            s = PERL_REST
            if (!match(s, /^ *=> *[\047"]?[01][\047"]? *(, *|$)/) && !match(s, /^ *=> *[\047"]?[01][\047"]? *\}/)) break
            statement("override " (substr(s, 1, RLENGTH) ~ /1/ ? 1 : 0) " " PERL_PATTERN)
            s = substr(s, substr(s, RLENGTH, 1) == "}" ? RLENGTH : RLENGTH + 1)
        }
        if (s != "") statement("unclear override_rc")
    } else if (match(s, /^[$]nrconf\{override_rc\}(->)? *\{ */)) {
        if (perl_pattern(substr(s, RLENGTH + 1)) && PERL_REST ~ /^ *\} *= *[\047"]?[01][\047"]? *;$/)
            statement("override " (PERL_REST ~ /1/ ? 1 : 0) " " PERL_PATTERN)
        else statement("unclear override_rc")
    } else if (match(s, /^[$]nrconf\{blacklist_rc\} *= *\[ */) || match(s, /^push *\(? *@\{ *[$]nrconf\{blacklist_rc\} *\} *, */)) {
        if (s ~ /^[$]/) statement("blacklists")
        s = substr(s, RLENGTH + 1)
        while (perl_pattern(s)) {
            statement("blacklist " PERL_PATTERN)
            s = PERL_REST
            sub(/^ *, */, "", s)
        }
        if (s !~ /^ *(\]|\))? *;$/) statement("unclear blacklist_rc")
    } else {
        if (s ~ /[{>\047"]restart[}\047"]/) statement("unclear restart")
        if (s ~ /[{>\047"]override_rc[}\047"]/) statement("unclear override_rc")
        if (s ~ /[{>\047"]blacklist_rc[}\047"]/) statement("unclear blacklist_rc")
        if (s ~ /[{>\047"]defno[}\047"]/) statement("unclear defno")
    }
}
# perl_pattern(s): PERL_PATTERN, the expression that s begins with, and PERL_REST after it.
function perl_pattern(s,   opener, closer, depth, i, c) {
    if (s !~ /^qr *[(\/{#!|]/) return 0
    sub(/^qr */, "", s)
    opener = substr(s, 1, 1)
    closer = opener == "(" ? ")" : opener == "{" ? "}" : opener
    depth = 1
    for (i = 2; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "\\") { i++; continue }
        if (c == closer) { if (!--depth) break }
        else if (c == opener) depth++
    }
    if (depth) return 0
    PERL_PATTERN = substr(s, 2, i - 2)
    PERL_REST = substr(s, i + 1)
    if (PERL_REST ~ /^[a-z]/) PERL_PATTERN = HIDDEN
    sub(/^[a-z]+/, "", PERL_REST)
    s = PERL_PATTERN
    gsub(/\[|\]|\\/, "", s)
    if (s !~ /^[A-Za-z0-9^$.*+?|()@_:-]*$/ || length(PERL_PATTERN) > 100 || token_in(PERL_PATTERN)) PERL_PATTERN = HIDDEN
    return 1
}
'

# Files that a file of nft includes, between newlines: they may have any name.
NFT_INCLUDED=$NL

# next_kind PATH: TEXT_KIND of such a file; false for others.
next_kind() {
    case $NFT_INCLUDED in *"$NL$1$NL"*)
        TEXT_KIND=nft
        return
        ;;
    esac
    case $1 in
    */fstab) TEXT_KIND=fstab ;;
    */apt/apt.conf | */apt/apt.conf.d/*) TEXT_KIND=apt ;;
    */apt/preferences | */apt/preferences.d/*) TEXT_KIND=pins ;;
    */needrestart.conf | */needrestart/conf.d/*) TEXT_KIND=needrestart ;;
    */iptables/rules.v[46] | */sysconfig/iptables | */sysconfig/ip6tables) TEXT_KIND=saved ;;
    */dnf/automatic.conf | */dnf5-plugins/automatic.conf | */dnf/dnf.conf | */yum.conf) TEXT_KIND=automatic ;;
    */versionlock.list | */versionlock.toml) TEXT_KIND=locks ;;
    *nftables* | *.nft) TEXT_KIND=nft ;;
    *) return 1 ;;
    esac
}

# next_files: NEXT, the paths of those that are there, one a line.
next_files() {
    NEXT=/etc/fstab$NL
    NFT_INCLUDED=$NL
    for FILE in /etc/apt/apt.conf.d/* /etc/apt/apt.conf /etc/apt/preferences /etc/apt/preferences.d/*; do
        # apt passes over other names.
        case ${FILE##*/} in
        *[!A-Za-z0-9._-]*) ;;
        *.conf) [ "${FILE%/*}" = /etc/apt/preferences.d ] || next_file "$FILE" ;;
        *.pref) [ "${FILE%/*}" != /etc/apt/preferences.d ] || next_file "$FILE" ;;
        .* | *.*) ;;
        *) next_file "$FILE" ;;
        esac
    done
    for FILE in /etc/needrestart/needrestart.conf /etc/needrestart/conf.d/*.conf /etc/iptables/rules.v4 /etc/iptables/rules.v6 \
        /etc/sysconfig/iptables /etc/sysconfig/ip6tables /etc/dnf/automatic.conf /etc/dnf/dnf5-plugins/automatic.conf \
        /etc/dnf/dnf.conf /etc/dnf/plugins/versionlock.list /etc/yum/pluginconf.d/versionlock.list /etc/dnf/versionlock.toml; do
        next_file "$FILE"
    done
    for FILE in /etc/nftables.conf /etc/sysconfig/nftables.conf; do
        next_file "$FILE" && nft_includes "$FILE" 3
    done
}

next_file() {
    [ -e "$1" ] || [ -L "$1" ] || return 1
    NEXT=$NEXT$1$NL
}

# nft_includes FILE DEPTH: adds what it includes, and what that does.
nft_includes() {
    [ "$2" -gt 0 ] && [ -f "$1" ] && [ -r "$1" ] || return 0
    INCLUDES=
    while IFS= read -r LINE || [ -n "$LINE" ]; do
        LINE=${LINE%%#*}
        case $LINE in
        include*\"*\"* | *[!A-Za-z0-9_]include*\"*\"*)
            LINE=${LINE#*include}
            LINE=${LINE#*\"}
            INCLUDES=$INCLUDES${LINE%%\"*}$NL
            ;;
        esac
    done 2>/dev/null <"$1"
    [ -n "$INCLUDES" ] || return 0
    set -- "$2"
    IFS=$NL
    # shellcheck disable=SC2086 # patterns; nft looks for relative ones in /etc
    for LINE in $INCLUDES; do
        IFS=$FIELDS
        case $LINE in /*) ;; *) LINE=/etc/${LINE#./} ;; esac
        for FILE in $LINE; do
            case $NFT_INCLUDED in *"$NL$FILE$NL"*) continue ;; esac
            # As many as a person writes.
            [ $# -lt 50 ] || break
            [ -f "$FILE" ] || continue
            NFT_INCLUDED=$NFT_INCLUDED$FILE$NL
            NEXT=$NEXT$FILE$NL
            set -- "$@" "$FILE"
        done
    done
    IFS=$FIELDS
    [ $# -gt 1 ] || return 0
    DEPTH=$(($1 - 1))
    shift
    for FILE in "$@"; do
        nft_includes "$FILE" "$DEPTH"
    done
}
