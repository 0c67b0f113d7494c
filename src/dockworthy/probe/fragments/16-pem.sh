# Certificates and keys. What is secret in them stays here: of a private key only its public half leaves.
# shellcheck shell=sh disable=SC2016,SC2034

# What is carried of a text with PEM in it: markers with a known label, and the bodies that are certificates,
# requests or lists of revoked ones by their DER. Every other line is replaced by one that readers of PEM take for
# the same: text for text, a header for a header, base64 for base64 that is as good or as bad, so that they find the
# same blocks. The status of each is `STATUS KEY ENCRYPTED`, and the notes are the lines of `key:` about its blocks.
# Without TEXTS_AWK, and with ONLY set: the good certificates of all files.
PEM_AWK='
BEGIN {
    split("CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE|CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST|X509 CRL", A, "|")
    for (I in A) CARRIED[A[I]] = 1
    split("PUBLIC KEY|RSA PUBLIC KEY|EC PARAMETERS|DH PARAMETERS|X9.42 DH PARAMETERS|DSA PARAMETERS|PKCS7|CMS" \
        "|PRIVATE KEY|ENCRYPTED PRIVATE KEY|RSA PRIVATE KEY|EC PRIVATE KEY|DSA PRIVATE KEY|ANY PRIVATE KEY" \
        "|OPENSSH PRIVATE KEY|SSH2 ENCRYPTED PRIVATE KEY|ENCRYPTED EC PRIVATE KEY|AGE ENCRYPTED FILE", A, "|")
    for (I in A) KNOWN[A[I]] = 1
    for (I in CARRIED) KNOWN[I] = 1
    CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    BOM = "\357\273\277"
    SPACE = "[ \t\r]"
    ORS = ""
}
ONLY { if (FNR == 1 && N) finish(); L[++N] = $0; next }
END { if (ONLY && N) finish() }

function read_text() {
    for (N = 1; N < ROWS; N++) L[N] = LINE[N]
    ENDED = LINE[ROWS] == ""
    if (ENDED) N--
    else L[N] = LINE[N]
    finish()
}

function finish(    i) {
    for (i = 1; i <= N; i++) { SAME[i] = ""; INSTEAD[i] = "" }
    FAILED = 0
    blocks()
    if (!ONLY) print_all()
    N = 0
}
# bare: without what Go does not see at the end of a line.
function bare(s, i) {
    if (i < N || ENDED) sub(/\r$/, "", s)
    sub(/[ \t]+$/, "", s)
    return s
}
# label: what stands between the marker WHAT and five dashes; LABELLED says that they are there.
function label(s, what) {
    LABELLED = substr(s, 1, length(what)) == what && length(s) >= length(what) + 5 && substr(s, length(s) - 4) == "-----"
    return LABELLED ? substr(s, length(what) + 1, length(s) - length(what) - 5) : ""
}
# blocks: which lines are carried as they are, in INSTEAD what stands in for others. A block that is indented, or
# joined to the next, is none to Go, but a person sees what it is.
function blocks(    i, s, from, kind, name) {
    from = 0
    for (i = 1; i <= N; i++) {
        s = L[i]
        if (i == 1 && substr(s, 1, 3) == BOM) s = substr(s, 4)
        sub(/^[ \t]+/, "", s)
        sub(/[ \t\r]+$/, "", s)
        if (index(s, "\r") && index(s, "-----")) from = returns(i)
        else if (substr(s, 1, 5) == "-----") {
            if (from && s == "-----END " kind "-----") { block(from, i); from = 0 }
            else if (from && s == "-----END " kind "----------BEGIN " kind "-----") { block(from, i); from = i }
            else {
                name = label(s, "-----BEGIN ")
                from = LABELLED && (name in CARRIED) ? i : 0
                kind = name
            }
        } else if (s !~ /^[A-Za-z0-9+\/= \t\r]*$/) from = 0
    }
}
# returns: line I has its line ends as carriage returns: it is carried where it holds nothing but certificates.
function returns(i,    n, k, inside, body, good) {
    n = split(L[i], P, "\r")
    good = 1; inside = 0
    for (k = 1; k <= n; k++) {
        if (P[k] == "-----BEGIN CERTIFICATE-----" && !inside) { inside = 1; body = "" }
        else if (P[k] == "-----END CERTIFICATE-----" && inside) { inside = 0; if (judge(body) != "") good = 0 }
        else if (inside && P[k] ~ /^[A-Za-z0-9+\/]*=?=?$/) body = body P[k]
        else if (P[k] != "") good = 0
    }
    if (good && !inside) SAME[i] = 1
    return 0
}
# block: the lines FROM and TO are the markers of one that may be carried.
function block(from, to,    i, body, why) {
    body = ""
    for (i = from + 1; i < to; i++) body = body L[i]
    gsub(SPACE, "", body)
    if (length(body) % 4 || body !~ /^[A-Za-z0-9+\/]*=?=?$/) return
    why = body == "" ? "" : judge(body)
    if (why == "?") { FAILED = 1; return }
    if (why == "") GOOD++
    if (ONLY) { if (why == "") for (i = from; i <= to; i++) print L[i] "\n"; return }
    SAME[from] = SAME[to] = 1
    for (i = from + 1; i < to; i++) if (why == "") SAME[i] = 1; else INSTEAD[i] = "\n"
    if (why != "") INSTEAD[from + 1] = why "\n"
}
function octet(k,    q, r, a, b) {
    q = int(k / 3) * 4; r = k % 3
    a = index(CODE, substr(DATA, q + r + 1, 1)) - 1
    b = index(CODE, substr(DATA, q + r + 2, 1)) - 1
    if (r == 0) return a * 4 + int(b / 16)
    if (r == 1) return (a % 16) * 16 + int(b / 4)
    return (a % 4) * 64 + b
}
# part: whether an element of DER lies at K, before LAST: TAG, VALUE (where its value begins), NEXT (what is after).
function part(k, last,    size, more) {
    if (k + 2 > last) return 0
    TAG = octet(k); size = octet(k + 1); VALUE = k + 2
    if (size > 127) {
        more = size - 128
        if (more < 1 || more > 3 || VALUE + more > last) return 0
        for (size = 0; more > 0; more--) size = size * 256 + octet(VALUE++)
    }
    NEXT = VALUE + size
    return NEXT <= last
}
# judge: nothing where this base64 is a certificate, a request or a list of revoked ones; else base64 that Go
# refuses with the same words; ? where that is not certain.
function judge(body,    all, whole, k, last, rest) {
    DATA = body
    all = length(body) / 4 * 3 - (body ~ /==$/ ? 2 : body ~ /=$/ ? 1 : 0)
    if (!part(0, all) || TAG != 48) return "AAAA"
    whole = NEXT
    if (!part(VALUE, whole) || TAG != 48) return "MAICAA=="
    k = VALUE; last = NEXT
    if (part(k, last) && TAG == 160) {
        if (NEXT - VALUE > 5) return "MAQwAqAA"
        k = NEXT
    }
    if (!part(k, last) || TAG != 2) {
        # Without any number: the sixth of a list of revoked certificates begins with its algorithm.
        if (!(part(k, last) && TAG == 48 && octet(VALUE) == 6 && part(NEXT, last) && TAG == 48)) return "MAIwAA=="
    } else {
        if (NEXT - VALUE > 40) return "?"
        if (!part(NEXT, last) || TAG != 48) return "MAUwAwIBAQ=="
        if (NEXT > VALUE && octet(VALUE) != 6 && octet(VALUE) != 49) return "?"
    }
    for (k = NEXT; k < last; k = NEXT) if (!part(k, last) || TAG == 4 || TAG == 3 || TAG == 2) return "?"
    if (!part(last, whole) || TAG != 48 || octet(VALUE) != 6) return "?"
    if (!part(NEXT, whole) || TAG != 3 || NEXT != whole) return "?"
    if (whole == all) return ""
    # What is after the certificate may be anything: a zero stands for it.
    rest = whole % 3
    k = substr(body, 1, int(whole / 3) * 4)
    if (rest == 0) return k "AA=="
    if (rest == 1) return k substr(body, length(k) + 1, 1) substr(CODE, octet(whole - 1) % 4 * 16 + 1, 1) "A="
    return k substr(body, length(k) + 1, 2) substr(CODE, octet(whole - 1) % 16 * 4 + 1, 1) "A"
}
# named: a label that may stand in the text; another one is known by its number.
function named(name) {
    if (name in KNOWN) return name
    if (!(name in OTHER)) OTHER[name] = ++OTHERS
    return "REDACTED" (index(name, ":") ? ": " : " ") (index(name, "-----BEGIN ") ? "-----BEGIN " : "") OTHER[name]
}
function marker(s, what,    name) {
    name = label(s, what)
    if (LABELLED) return what named(name) "-----"
    return what "REDACTED" (index(s, ":") ? ":" : "") (index(substr(s, 2), "-----BEGIN ") ? " -----BEGIN REDACTED" : "")
}
# standin: a line that tells nothing and is the same to a reader.
function standin(s, whole,    pads, middle) {
    if (s == "-----BEGIN" && s != whole) return s " REDACTED"
    if (substr(s, 1, 11) == "-----BEGIN ") return marker(s, "-----BEGIN ")
    if (substr(s, 1, 9) == "-----END ") return marker(s, "-----END ")
    if (s ~ /^[A-Za-z0-9+\/= \t\r]*$/) {
        gsub(SPACE, "", s)
        if (s ~ /^=*$/) return substr(s, 1, 3)
        pads = s; sub(/^[^=]*/, "", pads); pads = length(pads)
        if (s !~ /^[^=]*=*$/ || pads > 2) return "REDACTED=A"
        middle = (length(s) - pads) % 4
        return "REDACTED" substr("AAA", 1, middle) substr("==", 1, pads)
    }
    middle = index(s, "-----BEGIN ") ? " -----BEGIN REDACTED" : ""
    return (index(s, ":") ? "REDACTED: REDACTED" : "[REDACTED]") middle
}
# told: adds to KEYS the line about a block that ended in that STATE.
function told(state) {
    gsub(/ /, "%20", TYPE)
    KEYS = KEYS "block " (TYPE == "" ? "-" : TYPE) " " (HEADERS == "" ? "-" : substr(HEADERS, 2)) " " state "\n"
    TYPE = ""; OPEN = 0
}
function headed(s,    name) {
    name = s; sub(/:.*/, "", name)
    if (name !~ /^(Proc-Type|DEK-Info|Comment|Subject)$/) name = "other"
    HEADERS = HEADERS "," name
    if (name == "Proc-Type" && index(s, "ENCRYPTED")) ENCRYPTED = "yes"
}
function keys(s,    name) {
    if (substr(s, 1, 11) == "-----BEGIN " && substr(s, length(s) - 4) == "-----") {
        if (OPEN) told("open")
        name = label(s, "-----BEGIN ")
        OPEN = 1; TYPE = named(name); HEADERS = ""; BODY = ""; CLOSE = "-----END " name "-----"
        if (name ~ /^ENCRYPTED/) ENCRYPTED = "yes"
        if (name ~ /PRIVATE KEY$/ && name in KNOWN) SECRET = 1
    } else if (substr(s, 1, 9) == "-----END " && substr(s, length(s) - 4) == "-----") {
        name = label(s, "-----END ")
        if (name ~ /PRIVATE KEY$/ && name in KNOWN) SECRET = 1
        if (!OPEN) return
        gsub(SPACE, "", BODY)
        told(s == CLOSE && length(BODY) % 4 == 0 && BODY ~ /^[A-Za-z0-9+\/]*=?=?$/ ? "ok" : "bad")
    } else if (!OPEN) return
    else if (index(s, ":")) headed(s)
    else BODY = BODY s
}
function print_all(    i, s, cr) {
    OPEN = 0; KEYS = ""; ENCRYPTED = "no"; SECRET = 0; MARKED = 0; OTHERS = 0
    split("", OTHER)
    for (i = 1; i <= N; i++) {
        s = bare(L[i], i)
        keys(s)
        if (index(L[i], "-----BEGIN ")) MARKED = 1
        if (FAILED || INSTEAD[i] == "\n") continue
        cr = (i < N || ENDED) && L[i] ~ /\r$/ ? "\r" : ""
        if (SAME[i]) print L[i]
        else if (INSTEAD[i] != "") print substr(INSTEAD[i], 1, length(INSTEAD[i]) - 1) cr
        else print standin(s, L[i]) cr
        if (i < N || ENDED) print "\n"
    }
    if (OPEN) told("open")
    STATUS = (FAILED ? 62 : MARKED ? 0 : 61) " " SECRET " " ENCRYPTED
    NOTES = KEYS
}
'

# pem_files PATH…: for each file with PEM blocks a frame `file:PATH`; where there is a private key, or should be,
# `key:PATH` tells of its blocks. One without any block is not sent: its frame has status 61.
pem_files() {
    FILTER=filter_pem
    files "$@"
    FILTER=
}

filter_pem() {
    PROGRAM=$TEXTS_AWK$PEM_AWK
    MAX_TEXT=$MAX_FILE
    TELL=pem_file
}

# pem_file PATH: the frames of BODY, what PEM_AWK says of it.
pem_file() {
    case $STATUS:$1 in
    *\ *.toml)
        FILTER=filter_toml
        TOML_KIND=hosts
        files "$1"
        # What comes next is read as before.
        FILTER=filter_pem
        reader "$FILTER"
        return
        ;;
    esac
    LINE=$STATUS
    STATUS=${LINE%% *}
    BLOCKS=$NOTES
    case $1:$LINE in
    *.key:0* | *.key:61* | *:0\ 1\ *)
        emit "file:$1" 0
        key_file "$1" "${LINE##* }"
        return
        ;;
    esac
    [ "$STATUS" -eq 0 ] || BODY=
    emit "file:$1" "$STATUS"
}

# key_file PATH ENCRYPTED: the frame `key:PATH`: BLOCKS, and the public half.
key_file() {
    PUBLIC=-
    PARSES=unknown
    if [ "$2" = yes ]; then
        PARSES=no
    elif has openssl; then
        PARSES=no
        PUBLIC=$(limit 4 openssl pkey -in "$1" -pubout -outform DER -passin pass: 2>/dev/null | to_base64 | tr -d '\n')
        [ -z "$PUBLIC" ] || PARSES=yes
    fi
    look "$1"
    say "key:$1" 0 "size ${LOOKED#* }$NL${BLOCKS}encrypted $2${NL}parses $PARSES${NL}public ${PUBLIC:--}$NL"
}
