# What of a file leaves the host: by an allow-list of keys whose values are harmless, and of everything else its shape
# alone. The functions here are awk's, the same for every reader; the readers know their files' grammars.
#
# A reader's program is "$CARRY_AWK" and its own function read_text(); it gets the rules in its environment, and many
# texts on standard input, one after the other: what it has of one must be gone before the next. POSIX awk only: no
# intervals in expressions, none of gawk's functions. A long text must not be an argument of awk's functions, which copy
# it.
#
# Rules are lines `KIND PATH HOW`, or `KIND HOW: PATH…` for many. PATH has a key's ancestors, with a slash between them
# and in lower case (what is looked up is folded); `*` stands for any name that a person gave (of a runtime, of a registry). The elements of a list
# have the list's path. HOW is one of
#   keep       the value, unless it looks like a URL (then address), like a token, or has what no plain word has
#   id         the same, where a token is what belongs there: the identifier of a node, a public key
#   path       the same for a path
#   file       a path that certainly is one; of what is called a key, and may hold one
#   number     a number of at most six digits
#   date       a date, with a time and a zone where it has them
#   address    scheme, host, port and path of a URL, or a host and its port, without user information
#   addresses  several of them, with commas or blanks between
#   pairs      NAME=VALUE: the value by the rule of PATH/NAME
#   assign     NAME=REDACTED
#   public     a certificate in PEM
#   auth       of base64 of a name and a password whether both are there; in JSON alone
#   shape      nothing but whether it is empty; the same as no rule, but the key's name is known
# shellcheck shell=sh disable=SC2016,SC2034

NOT_CERTAIN=62
NO_READER=63
# The text is not what its name says: the words of the program that would refuse it are told in its place.
NO_SUCH_TEXT=64

# A line `\001STATUS KIND NAMES…` begins a text, `\002` ends it. Printed for each: what read_text() prints of LINE[1…ROWS],
# `\002`, its STATUS and a newline, NOTES, and again `\002`. Neither character stands in a text itself.
TEXTS_AWK='
# What is in no text is not read: it may be the rest of one of the kernel that had such a character.
!INSIDE {
    if (substr($0, 1, 1) != "\001") next
    INSIDE = 1
    match($0, / [^ ]*/)
    STATUS = substr($0, 2, RSTART - 2)
    KIND_OF_TEXT = substr($0, RSTART + 1, RLENGTH - 1)
    NAMES = substr($0, RSTART + RLENGTH)
    ROWS = 0
    next
}
{ LINE[++ROWS] = $0 }
substr($0, length($0)) == "\002" {
    LINE[ROWS] = substr($0, 1, length($0) - 1)
    INSIDE = 0
    NOTES = ""
    if (STATUS == 0) read_text()
    printf "\002%s\n%s\002", STATUS, NOTES
}
'

CARRY_AWK=$TEXTS_AWK'
# shape(v): all that is told of a value that may be secret.
function shape(v) { return v == "" ? "" : HIDDEN }

# wordlike(k): whether a name that is not known looks like a name, and not like what was to be its value.
function wordlike(k) {
    if (length(k) > 40) return 0
    if (tolower(k) ~ /[b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz]/) return 0
    if (k ~ /[A-Z][A-Z]/) return k ~ /^[A-Z][A-Z_]*$/
    return k ~ /^[A-Za-z][A-Za-z_.-]*$/
}

# token_in(v): whether there is a piece in it that nobody thought of: many letters without a vowel, or letters and
# digits in turn. What belongs there is a word, a number, a name; a key or a password may have got there by mistake.
function token_in(v,   part, n) {
    if (length(v) < 16) return 0
    n = split(v, part, /[^A-Za-z0-9]+/)
    for (; n; n--) if (length(part[n]) > 15 && is_token(part[n])) return 1
    return 0
}

function is_token(p,   t) {
    if (p ~ /^([0-9]+|[0-9a-f]+|[0-9A-F]+)$/ || wordlike(p)) return 0
    t = p
    if (gsub(/[0-9]+/, "", t) + gsub(/[a-z][A-Z]/, "&", p) > 3) return 1
    return tolower(t) ~ /[b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz][b-df-hj-np-tv-xz]/
}

# name_of(k): an unknown name.
function name_of(k) { return k == "" || wordlike(k) ? k : HIDDEN }

# free_name(k): a name that a person gave to a thing: of a runtime, a registry, or its URL.
function free_name(k) { return length(k) <= 128 && k ~ /^[A-Za-z0-9._-]*$/ && !token_in(k) ? k : address(k) }

# is_host(h): whether that is a host, an address or nothing, and a port where there is one.
function is_host(h,   p) {
    if (length(h) > 260 || token_in(h)) return 0
    p = h
    if (p ~ /^\[/) {
        if (p !~ /^\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?\](:[0-9]*)?$/) return 0
        sub(/^.*\]:?/, "", p)
        return length(p) <= 5
    }
    if (p ~ /:.*:/) return is_ip6(p)
    if (p !~ /^[A-Za-z0-9*._-]*(:[0-9]*)?$/) return 0
    return !sub(/^.*:/, "", p) || length(p) <= 5
}

function is_ip6(h,   part, n, i) {
    if (h !~ /^[0-9A-Fa-f:.]+$/) return 0
    n = split(h, part, ":")
    if (n > 9) return 0
    for (i = 1; i <= n; i++) if (length(part[i]) > 4 && part[i] !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) return 0
    return 1
}

# address(v): a URL, with a scheme or without, or host, host:port, an address, a network: without user information,
# query and fragment. An @ that does not stand before the host, or is written as %40, makes it uncertain what the
# password is: then nothing is told.
function address(v,   blanks, after, scheme, rest, more, user, i) {
    blanks = after = scheme = user = more = ""
    if (match(v, /^[ \t]+/)) { blanks = substr(v, 1, RLENGTH); v = substr(v, RLENGTH + 1) }
    if (match(v, /[ \t]+$/)) { after = substr(v, RSTART); v = substr(v, 1, RSTART - 1) }
    if (v == "") return blanks after
    rest = v
    if (match(rest, /^[A-Za-z][A-Za-z0-9+.-]*:\/\//)) {
        scheme = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
        if (tolower(scheme) !~ SCHEMES) return HIDDEN
    }
    if (i = match(rest, /[\/?#\\]/)) { more = substr(rest, i); rest = substr(rest, 1, i - 1) }
    if (more ~ /@|%/ || (more ~ /[?#]/ && more ~ /:\/\//)) return HIDDEN
    if (match(rest, /^.*@/)) { user = shape(substr(rest, 1, RLENGTH - 1)) "@"; rest = substr(rest, RLENGTH + 1) }
    else if (rest ~ /%/ && rest !~ /^\[/) return HIDDEN
    if (!is_host(rest)) return HIDDEN
    if (i = match(more, /[?#]/)) more = path_part(substr(more, 1, i - 1)) substr(more, i, 1) shape(substr(more, i + 1))
    else more = path_part(more)
    return blanks scheme user rest more after
}

function path_part(p) { return p ~ /^[A-Za-z0-9._~\/+:,-]*$/ && !token_in(p) ? p : "/" HIDDEN }

# addresses(v): a list of them.
function addresses(v,   out, at, size) {
    if (v ~ /@|%40/) return HIDDEN
    out = ""
    while (match(v, /[, \t]+/)) {
        at = RSTART
        size = RLENGTH
        out = out address(substr(v, 1, at - 1)) substr(v, at, size)
        v = substr(v, at + size)
    }
    return out address(v)
}

# known_signs(v): whether each @ in it is of a digest, or in a unit of an instance, a group of calls or a socket.
function known_signs(v,   part, n, w, i) {
    n = v ~ /@/ ? split(v, part, /[ \t]+/) : 0
    for (; n; n--) {
        w = part[n]
        if (!(i = index(w, "@")) || (w ~ /^[A-Za-z0-9][A-Za-z0-9._\/:-]*@sha256:[0-9a-f]+$/ && length(w) == i + 71)) continue
        if (!IN_UNIT) return 0
        if (w ~ /^[~-]?@[a-z][a-z_.\/-]*$/) continue
        if (w !~ INSTANCE || !wordlike(substr(w, 1, i - 1))) return 0
    }
    return 1
}

# plain(v): a value of a harmless key. What has a URL or user information in it is not what the key is for.
function plain(v) {
    if (v ~ /:\/\//) return address(v)
    if (length(v) > 4096 || v ~ /[\n\r]|%40|-----/ || !known_signs(v) || token_in(v)) return shape(v)
    return v
}

# host_path(v): a path on the host.
function host_path(v) {
    if (v ~ /:\/\//) return address(v)
    if (length(v) > 4096 || v ~ /[\n\r?&;=<>|"]|^[{[]|%40|-----/ || v ~ /:[^\/]*@/ || (v ~ /@/ && v !~ /\//)) return shape(v)
    # The names of folders may be anything; a word that is no path may not.
    if ((v !~ /^[.~]*\/[^\/]/ || v ~ / /) && token_in(v)) return shape(v)
    return v
}

# assign(v): NAME=VALUE without its value.
function assign(v,   i) {
    i = index(v, "=")
    if (!i) return shape(v)
    return name_of(substr(v, 1, i - 1)) "=" shape(substr(v, i + 1))
}

# pairs(node, v): NAME=VALUE, the value by the rule of that name.
function pairs(node, v,   i, name, child) {
    i = index(v, "=")
    name = i ? substr(v, 1, i - 1) : v
    child = down(node, name)
    if (!i) return child && !WILD ? v : shape(v)
    return key_of(child, name) "=" carried(child, substr(v, i + 1))
}

# carried(node, v): a string by the rule of its key; node 0 has none.
function carried(node, v,   how) {
    how = HOW[node]
    if (how == "keep") return plain(v)
    if (how == "path") return host_path(v)
    if (how == "id") return token_in(v) && v ~ /^[A-Za-z0-9+\/=]+$/ ? v : plain(v)
    if (how == "file") return v ~ /^\/|^[A-Za-z0-9._\/-]+\.(pem|key|crt|cert|cer|der)$/ ? host_path(v) : shape(v)
    if (how == "number") return v ~ /^-?[0-9][0-9]?[0-9]?[0-9]?[0-9]?[0-9]?$/ ? v : index(v, "=") ? HIDDEN "=" HIDDEN : shape(v)
    if (how == "date") return v ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]([T ][0-9:]+([.][0-9]+)?(Z|[+-][0-9:]+)?)?$/ && length(v) < 40 ? v : shape(v)
    if (how == "address") return address(v)
    if (how == "addresses") return addresses(v)
    if (how == "pairs") return pairs(node, v)
    if (how == "assign") return assign(v)
    if (how == "public") return v ~ /^-----BEGIN CERTIFICATE-----\nMII[A-Za-z0-9+\/=\n]+-----END CERTIFICATE-----\n*$/ ? v : shape(v)
    return shape(v)
}

# is_told(node): whether a number at that key is told as it is.
function is_told(node) { return HOW[node] ~ /^(keep|id|path|address|addresses)$/ }

# key_of(node, k): the name k, where down() led to node: names that the rules have, and names that a person gave, stay.
function key_of(node, k) { return !node ? name_of(k) : WILD ? free_name(k) : k }

# down(node, k): the node of the key k below a node, or 0; WILD says that any name leads there.
function down(node, k) {
    WILD = 0
    if (!node) return 0
    k = fold(k)
    if ((node, k) in CHILD) return CHILD[node, k]
    WILD = 1
    if ((node, "*") in CHILD) return CHILD[node, "*"]
    WILD = 0
    return 0
}

# fold(k): as Go compares names without their case: two letters beyond ASCII fold to letters of it.
function fold(k) {
    if (k ~ /[\200-\377]/) { gsub("\305\277", "s", k); gsub("\342\204\252", "k", k) }
    gsub(/^[ \t]+|[ \t]+$/, "", k)
    return tolower(k)
}

# root(kind): the node above the keys of that kind of file.
function root(kind) { return (0, kind) in CHILD ? CHILD[0, kind] : 0 }

function rule(line,   word, n, i, how) {
    n = split(line, word, " ")
    if (n < 3) return
    if (!sub(/:$/, "", word[2])) { put_rule(word[1], word[2], word[3]); return }
    for (i = 3; i <= n; i++) put_rule(word[1], word[i], word[2])
}

function put_rule(kind, path, how,   part, n, i, node) {
    n = split(kind "/" path, part, "/")
    node = 0
    for (i = 1; i <= n; i++) {
        if (!((node, part[i]) in CHILD)) CHILD[node, part[i]] = ++NODES
        node = CHILD[node, part[i]]
    }
    HOW[node] = how
}

function json_quote(s) { return quoted(s, "\"") }
function toml_quote(s) { gsub(/\177/, "\\u007f", s); return quoted(s, "\"") }

function quoted(s, mark,   out, c) {
    out = mark
    while (match(s, /["\\\001-\037]/)) {
        c = substr(s, RSTART, 1)
        out = out substr(s, 1, RSTART - 1) (c in CONTROL ? CONTROL[c] : "\\" c)
        s = substr(s, RSTART + 1)
    }
    return out s mark
}

# utf8(n): the character of that number.
function utf8(n) {
    if (n < 128) return sprintf("%c", n)
    if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
    if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
    return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
}

# hex(s): its number, or -1 where it is none.
function hex(s,   i, n, d) {
    if (s == "") return -1
    n = 0
    for (i = 1; i <= length(s); i++) {
        d = index("0123456789abcdef", tolower(substr(s, i, 1)))
        if (!d) return -1
        n = n * 16 + d - 1
    }
    return n
}

# ch(i): one character of V, by way of a piece of it: some awks measure a text whenever they cut it.
function ch(i) {
    if (i < FIRST || i >= FIRST + 300) { FIRST = i; PIECE = substr(V, i, 300) }
    return substr(PIECE, i - FIRST + 1, 1)
}

function begin(v) { V = v; Q = 1; FIRST = -999 }

# refuse(): nothing of this text is carried, because its grammar is not certain. It may be found anywhere, so that this
# ends the reading; another process reads the texts that follow.
function refuse() { printf "\00262\n\002"; exit 62 }

BEGIN {
    HIDDEN = "REDACTED"
    SCHEMES = "^(https?|ftps?|tcp|tcp[+]tls|tls|udp|unix|unixgram|npipe|fd|ssh|wss?|socks[45]?[ah]?|oci|docker|file|grpc|etcd|consul|zk|gelf|syslog|vsock)://$"
    INSTANCE = "^[a-z][a-z_.-]*@[A-Za-z0-9_.%-]*[.](service|socket|target|mount|automount|swap|device|timer|path|slice|scope)$"
    for (I = 1; I < 32; I++) CONTROL[sprintf("%c", I)] = sprintf("\\u%04x", I)
    RULES = split(ENVIRON["CARRY_RULES"], RULE, "\n")
    for (I = 1; I <= RULES; I++) rule(RULE[I])
}

# joined(): the whole text, in TEXT.
function joined(   i, size) {
    TEXT = size = ""
    for (i = 1; i < ROWS; i++) { size = size LINE[i] "\n"; if (length(size) > 8192) { TEXT = TEXT size; size = "" } }
    TEXT = TEXT size LINE[ROWS]
}
'

# reader NAME: PROGRAM and RULES of the reader of that name: a function, which also says of what TEXT_KIND the texts are.
# By the path of each, KIND_BY may say so; TEXT_ONLY: what a shell cannot hold is no such text; MAX_TEXT: how long one
# may be; SEE, what looks at BODY and NOTES of each before they are told.
reader() {
    RULES=
    TEXT_KIND=-
    KIND_BY=:
    TEXT_ONLY=
    MAX_TEXT=$MAX_CONFIG
    SEE=:
    TELL=tell_file
    "$1"
}

# carry READER [PATH]: BODY, what a reader carries of it, and NOTES; STATUS where it carries nothing.
carry() {
    NOTES=
    if ! has awk; then
        BODY=
        STATUS=$NO_READER
        return
    fi
    reader "$1"
    "$KIND_BY" "${2:-}"
    text_without_marks
    TEXT=$BODY
    grab one_text
    [ "$STATUS" -eq 0 ] || STATUS=$NOT_CERTAIN
    BODY=${BODY%"$EDGE"}
    NOTES=${BODY##*"$EDGE"}
    NOTES=${NOTES#*"$NL"}
    BODY=${BODY%"$EDGE"*}
    [ "$STATUS" -eq 0 ] || BODY=
}

one_text() {
    printf '\001%s %s%s\n%s\002\n' 0 "$TEXT_KIND" "$EXEC_NAMES" "$TEXT" | CARRY_RULES=$RULES awk "$PROGRAM"
}

# read_files PATH…: a frame `file:PATH` for each, with what the reader FILTER carries of it. One process reads them all.
read_files() {
    while [ $# -gt 0 ]; do
        reader "$FILTER"
        look "$@"
        KINDS=$LOOKED
        BODY=
        case $NL$KINDS in *"${NL}file "*) ! has awk || grab texts_read "$@" ;; esac
        ANY=
        PART=
        set -f
        IFS=$EDGE
        for PIECE in $BODY; do
            IFS=$FIELDS
            set +f
            if [ -z "$PART" ]; then
                TOLD=$PIECE
                PART=told
            else
                STATUS=${PIECE%%"$NL"*}
                NOTES=${PIECE#*"$NL"}
                BODY=$TOLD
                "$TELL" "$1"
                shift
                ANY=1
                PART=
            fi
            set -f
            IFS=$EDGE
        done
        IFS=$FIELDS
        set +f
        while [ -z "$ANY" ] && [ $# -gt 0 ]; do
            ROW=${KINDS%%"$NL"*}
            KINDS=${KINDS#*"$NL"}
            unread_file "$1" "${ROW% *}" "${ROW#* }"
            shift
            # What comes after the text at which a reader has ended is for another.
            case $ROW in file*) ! has awk || ANY=1 ;; esac
        done
    done
}

# unread_file PATH TYPE SIZE: the frame of one that no reader has told anything of.
unread_file() {
    take "$@"
    NOTES=
    if [ "$STATUS" -eq 0 ]; then
        STATUS=$NOT_CERTAIN
        has awk || STATUS=$NO_READER
    fi
    "$TELL" "$1"
}

# tell_file PATH: its frame.
tell_file() {
    FILE=$1
    [ "$STATUS" -eq 0 ] || BODY=
    if [ "$STATUS" -eq "$NO_SUCH_TEXT" ]; then
        BODY=$NOTES
        NOTES=
    fi
    "$SEE"
    emit "file:$FILE" "$STATUS"
}

texts_read() {
    texts "$@" | CARRY_RULES=$RULES awk "$PROGRAM"
}

# texts PATH…: prints each file, whose kinds are in KINDS, with its status, as the awk programs read them.
texts() {
    for FILE in "$@"; do
        LINE=${KINDS%%"$NL"*}
        KINDS=${KINDS#*"$NL"}
        case $FILE in
        /proc/*)
            "$KIND_BY" "$FILE"
            printf '\001%s %s\n' 0 "$TEXT_KIND"
            head -c "$MAX_FILE" "$FILE" 2>/dev/null
            printf '\002\n'
            continue
            ;;
        esac
        text_of "$FILE" "${LINE% *}" "${LINE#* }"
        "$KIND_BY" "$FILE"
        printf '\001%s %s%s\n%s\002\n' "$STATUS" "$TEXT_KIND" "$EXEC_NAMES" "$BODY"
    done
}

# text_of PATH TYPE SIZE: BODY, without the characters that begin and end a text and without NULs, and STATUS.
text_of() {
    BODY=
    if [ "$2" = file ] && [ "$3" -gt "$MAX_TEXT" ]; then
        STATUS=27
        return
    fi
    take "$@"
    if [ -n "$BINARY" ]; then
        [ -z "$TEXT_ONLY" ] || STATUS=$NOT_CERTAIN
        BODY=$(head -c "$MAX_FILE" -- "$1" | tr '\000\001\002' '\003\003\003'; printf X)
        BODY=${BODY%X}
    fi
    text_without_marks
    [ "$STATUS" -eq 0 ] || BODY=
}

# text_without_marks: BODY, without the two characters that begin and end a text.
text_without_marks() {
    case $BODY in
    *["$MARK$EDGE"]*)
        BODY=$(printf '%s' "$BODY" | tr '\001\002' '\003\003'; printf X)
        BODY=${BODY%X}
        ;;
    esac
}

# tell_address TEXT: ADDRESS_TOLD, a URL or a host without user information.
tell_address() {
    ADDRESS_TOLD=$1
    case $1 in
    unix:///*[!A-Za-z0-9._/-]*) ;;
    unix:///* | '') return ;;
    esac
    BODY=$1
    carry filter_address
    ADDRESS_TOLD=$BODY
}

# filter_nothing: in the place of a reader that there is none of.
filter_nothing() {
    PROGRAM='{ exit }'
}

filter_address() {
    PROGRAM=$CARRY_AWK'function read_text() { joined(); printf "%s", address(TEXT) }'
}

# The variables that the command lines of units use (14-units.sh): a space before and after each.
EXEC_NAMES=' '
