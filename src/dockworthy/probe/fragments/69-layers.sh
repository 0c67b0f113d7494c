# What lies in the layers of images: files with setuid and setgid bits, secrets, the packages, the users. Only where the
# profile asks for it (image_depth: layers); else this file is no part of the script.
#
# `docker image save` gives an archive of archives, each layer once, some of them compressed; `tar` hands each to a shell
# of its own, and one awk reads them all as lines of 512 bytes, which is what an archive is made of. Nothing is
# unpacked. A layer is known by the digest of what was read of it (the engine's own name for it), so that one that was
# cut off or damaged is none. Where something lies is told, and of what kind it is, never what it is.
# shellcheck shell=sh disable=SC2016,SC2034

# How many bytes are read: of one layer, and of all images together, by the engine's own figures.
MAX_LAYER=4294967296
MAX_LAYERS=17179869184

# What the shell does that gets one file of the archive: prints a line longer than any of 512 bytes, the layer as such
# lines with other characters in the place of NUL and the line end, and again a long line with its digest.
LAYER_SH='
case $TAR_FILENAME in
*[!A-Za-z0-9/.]*) exec cat >/dev/null ;;
blobs/sha256/* | *.tar) ;;
*) exec cat >/dev/null ;;
esac
read -r UP REST </proc/uptime
[ "${UP%%.*}" -lt "$LAYER_UNTIL" ] || exec cat >/dev/null
# The first four bytes, as octal numbers: they tell how it is compressed, and go before the rest again.
FIRST=$(dd bs=1 count=4 2>/dev/null | od -An -v -to1)
set -- $FIRST
BEGIN=
for BYTE in "$@"; do BEGIN=$BEGIN\\$BYTE; done
case "$*" in
"173 042"* | "173 012"* | "173 040"* | "173 015"* | "173 175"*) exec cat >/dev/null ;;
"037 213"*) set -- gzip -dc ;;
"050 265 057 375") set -- zstd -dc ;;
"102 132 150"*) set -- bzip2 -dc ;;
"375 067 172 130") set -- xz -dc ;;
*) set -- cat ;;
esac
command -v "$1" >/dev/null || {
    printf "%0600d missing %s\n" 0 "$1"
    exec cat >/dev/null
}
exec 8>&1
printf "%0600d begin %s\n" 0 "$TAR_FILENAME"
SUM=$({
    {
        { printf "$BEGIN"; cat; } | "$@" 2>/dev/null | head -c "$MAX_LAYER" | tee /proc/self/fd/9 | sha256sum >&7
    } 9>&1 | tr "\000\012" "\001\002" | $LAYER_CUT >&8
} 7>&1)
[ -n "$LAYER_PADS" ] || echo
printf "%0600d end %s\n" 0 "${SUM%% *}"
exec cat >/dev/null
'

# The rows of `docker:layers` about the layers; what stands in a file of variables is judged by the shell, which knows
# what a secret is called.
LAYERS_AWK='
function octal(s,   n, i, d) {
    n = 0
    gsub(/^ +/, "", s)
    for (i = 1; i <= length(s); i++) {
        d = substr(s, i, 1)
        if (d == NUL || d == " ") break
        if (d !~ /[0-7]/) return -1
        n = n * 8 + d
    }
    return n
}

function text(s,   i) { i = index(s, NUL); return i ? substr(s, 1, i - 1) : s }

function blocks(size) { return int((size + 511) / 512) }

# told(p): a path as one word of a row.
function told(p,   out, i, c) {
    p = substr(p, 1, 600)
    if (p !~ /[^A-Za-z0-9._\/@+=,:~-]/) return p
    out = ""
    for (i = 1; i <= length(p); i++) {
        c = substr(p, i, 1)
        out = out (c == LF ? "%0A" : c ~ /[A-Za-z0-9._\/@+=,:~-]/ ? c : sprintf("%%%02X", ORD[c]))
    }
    return out
}

# row(line): one about this layer; so many are kept that no image can crowd out the others.
function row(line) {
    if (ROWS >= 5000 || ++TOLD_OF[LAYER] > 600) { STATE[LAYER] = "many"; return 0 }
    ROW[++ROWS] = line
    return 1
}

# watch(p): what other layers say of this path is told, too.
function watch(p) { if (!(p in SEEN)) { SEEN[p]; WATCHED[++WATCHES] = p } }

function found(kind, p) {
    if (!row("k " LAYER " " kind " " told(p))) return
    watch(p)
    SECRET[LAYER, p] = ROWS
    SECRETS[LAYER]++
}

# clean(p): a path as a layer has it, without a slash before or after it.
function clean(p) {
    if (p ~ /^[.\/]|\/\/|\/\.\/|\/\.?$/) {
        while (p ~ /\/\.\//) sub(/\/\.\//, "/", p)
        gsub(/\/\/+/, "/", p)
        while (p ~ /^(\.?\/)/) sub(/^\.?\//, "", p)
        sub(/\/\.?$/, "", p)
        if (p == ".") p = ""
    }
    if (p ~ /(^|\/)\.\.(\/|$)/) broken()
    return p
}

# broken(): the rest of this layer cannot be read.
function broken() { if (STATE[LAYER] == "ok") STATE[LAYER] = "bad"; ENDED = 1; LEFT = 0; USE = "" }

function begin(name) {
    LAYER++
    STATE[LAYER] = "ok"
    NAME[LAYER] = name ~ /^blobs\/sha256\/[0-9a-f]+$/ ? substr(name, 14) : "-"
    ENDED = LEFT = ZEROS = FILES = 0
    USE = PAX_PATH = PAX_SIZE = LONG = ""
}

function end_layer(sum) {
    if (LEFT && STATE[LAYER] == "ok") STATE[LAYER] = "cut"
    if (USE == "key" || USE == "text") judge()
    SUM[LAYER] = sum ~ /^[0-9a-f]+$/ ? sum : "-"
    COUNT[LAYER] = FILES
}

function header(   magic, type, size, name, p) {
    magic = substr($0, 258, 6)
    if (substr(magic, 1, 5) != "ustar") {
        if (substr($0, 1, 1) != NUL) { broken(); return }
        if (++ZEROS == 2) ENDED = 1
        return
    }
    if (ZEROS) { broken(); return }
    type = substr($0, 157, 1)
    size = octal(substr($0, 125, 12))
    if (size < 0 || type == "S") { broken(); return }
    if (type ~ /[xgLK]/) {
        if (size > 1048576) { broken(); return }
        META = type; KEPT = ""; KEEP = size; USE = type ~ /[xL]/ ? "meta" : ""
        if (!(LEFT = blocks(size))) finish()
        return
    }
    name = text(substr($0, 1, 100))
    if (magic == "ustar" NUL && (p = text(substr($0, 346, 155))) != "") name = p "/" name
    if (LONG != "") name = LONG
    if (PAX_PATH != "") name = PAX_PATH
    if (PAX_SIZE != "") size = PAX_SIZE + 0
    LONG = PAX_PATH = PAX_SIZE = ""
    name = clean(name)
    if (ENDED) return
    if (type ~ /[1-6]/) size = 0
    USE = ""
    LEFT = blocks(size)
    if (name != "") entry(name, type, octal(substr($0, 101, 8)), size)
}

function entry(p, type, mode, size,   base, dir, bits, i) {
    FILES++
    base = p
    sub(/^.*\//, "", base)
    dir = substr(p, 1, length(p) - length(base) - 1)
    if (substr(base, 1, 4) == ".wh.") {
        if (base == ".wh..wh..opq") OPAQUE[dir] = OPAQUE[dir] LAYER " "
        else if (substr(base, 5, 4) != ".wh.") {
            base = (dir == "" ? "" : dir "/") substr(base, 5)
            GONE[base] = GONE[base] LAYER " "
        }
        return
    }
    if (ENTRIES < 400000) {
        if (!(p in HAS)) ENTRIES++
        HAS[p] = HAS[p] LAYER (type == 5 ? "d " : "f ")
    } else STATE[LAYER] = "many"
    if (type !~ /[017]/ && type != NUL) return
    bits = int(mode / 1024) % 4
    if (bits) { row("s " LAYER " " sprintf("%04o", mode % 4096) " " told(p)); watch(p) }
    if (size > 0 && type != 1) content(p, base, dir, size)
}

# content(p, base, dir, size): what this file is read for.
function content(p, base, dir, size,   ext) {
    FILE = p; KEPT = ""; KEEP = 16384; FRESH = 1; SIZE = size
    if (p == "var/lib/dpkg/status" || (dir == "var/lib/dpkg/status.d" && base !~ /\.md5sums$/)) { database("dpkg"); return }
    if (p ~ /^(usr\/)?lib\/apk\/db\/installed$/) { database("apk"); return }
    if (p ~ /^(var|usr)\/lib\/(rpm|sysimage\/rpm)\/(Packages(\.db)?|rpmdb\.sqlite)$/) { other_database("rpm"); return }
    if (p ~ /^var\/lib\/pacman\/local\/ALPM_DB_VERSION$/) { other_database("pacman"); return }
    if (p ~ /^(usr|var)\/lib\/opkg\/status$/) { other_database("opkg"); return }
    if (p ~ /^nix\/var\/nix\/db\/db\.sqlite$/) { other_database("nix"); return }
    if (p == "etc/passwd") { row("u " LAYER " - -"); watch(p); USE = "passwd"; KEEP = size; return }
    if (dir == "var/lib/dpkg/info" && base ~ /\.list$/ && SECRETS[LAYER]) { USE = "owned"; KEEP = 67108864; return }
    if (published(p)) return
    if (base in RULE && (RULE_DIR[RULE[base]] == "" || dir ~ RULE_DIR[RULE[base]])) { USE = "text"; KIND = RULE[base]; return }
    if (base ~ /^\.env$|^\.env\.|[^.]\.env$/) {
        if (base !~ /\.(example|sample|template|tmpl|dist|default|defaults|tpl|schema)/ && size <= 65536) { USE = "env"; KEEP = 65536 }
        return
    }
    ext = base
    if (!sub(/^.*\./, "", ext)) ext = ""
    if (ext ~ /^(p12|pfx|jks|keystore|keytab)$/ && base !~ /[Tt]rust|cacerts|ca-certs/) { USE = "text"; KIND = ext; return }
    if (ext == "ppk") { USE = "text"; KIND = "private-key-of-putty"; return }
    DER = ext ~ /^(der|key|pk8)$/
    if (size <= 1048576) USE = "scan"
}

function database(kind) { watch(FILE); USE = kind; LIST = ""; PACKAGE = ""; KEEP = 67108864 }

function other_database(kind) { watch(FILE); row("p " LAYER " " kind " " told(FILE) " -") }

# published(p): whether a secret there is none: everybody can have this file, with the library that brings it.
function published(p) {
    return p ~ /^usr\/(local\/)?share\/(doc|man|info|perl|perl5|ruby|rubygems|rubygems-integration|nodejs|javascript|gocode|go-[^\/]*|python[^\/]*)\// ||
        p ~ /(^|\/)(site-packages|dist-packages|node_modules|gems)\// || p ~ /snakeoil|(^|\/)debug\.keystore$/ ||
        p ~ /(^|\/)lib(64)?\/([^\/]*-linux-[^\/]*\/)?(python|pypy|ruby|node|perl|go)[^\/]*\// ||
        p ~ /^(usr\/local\/go|go\/pkg\/mod|root\/go\/pkg\/mod|usr\/src|usr\/include)\// || p ~ /(^|\/)\.?cargo\/registry\// ||
        p ~ /^usr\/(local\/)?(share|lib|libexec)\/(.*\/)?([^\/]*-)?(tests?|testdata|examples?|samples?|fixtures)\// ||
        p ~ /(^|\/)vendor\/.*\/(tests?|testdata|fixtures)\//
}

# use(): the block in $0 is one of a file that is read.
function use(   i) {
    if (USE == "scan") {
        if (FRESH) {
            FRESH = 0
            if (substr($0, 1, 4) == "\177ELF") { USE = ""; return }
            if (DER && is_der($0)) { found("private-key", FILE); USE = ""; return }
            KEPT = LF
        }
        KEPT = KEPT $0
        if (index(KEPT, "PRIVATE KEY")) { USE = "key"; MORE = 3 }
        else KEPT = substr(KEPT, length(KEPT) - 79)
        return
    }
    if (USE == "key") {
        KEPT = KEPT $0
        if (--MORE) return
        judge()
        return
    }
    if (USE == "meta" || USE == "text") { if (length(KEPT) < KEEP) KEPT = KEPT $0; return }
    # Files of lines.
    if (KEEP <= 0) return
    KEEP -= 512
    KEPT = KEPT $0
    while (i = index(KEPT, LF)) { line(substr(KEPT, 1, i - 1)); KEPT = substr(KEPT, i + 1) }
    if (length(KEPT) > 8192) KEPT = ""
}

# line(s): one of a file of users, variables or packages.
function line(s,   part) {
    if (USE == "owned") {
        # What a package has brought, everybody can have.
        s = substr(s, 2)
        if (!((LAYER, s) in SECRET)) s = "usr/" s
        if ((LAYER, s) in SECRET) { ROW[SECRET[LAYER, s]] = ""; delete SECRET[LAYER, s] }
    } else if (USE == "passwd") {
        split(s, part, ":")
        if (part[1] != "" && index(USERS, " " part[1] " ") && part[3] ~ /^[0-9]+$/ && length(part[3]) < 11) row("u " LAYER " " part[1] " " part[3])
    } else if (USE == "env") {
        sub(/\r$/, "", s)
        sub(/^[ \t]*(export[ \t]+)?/, "", s)
        if (s ~ /^[A-Za-z_][A-Za-z0-9_.]*[ \t]*=/ && length(s) < 2000) { row("e " LAYER " " told(FILE) " " s); watch(FILE) }
    } else if (USE == "apk") { if (substr(s, 1, 2) == "P:") package(substr(s, 3)) }
    else if (substr(s, 1, 9) == "Package: ") PACKAGE = substr(s, 10)
    else if (substr(s, 1, 8) == "Status: ") { if (s !~ /^Status: [a-z]+ [a-z]+ (installed|unpacked|half-configured|triggers-awaited|triggers-pending|half-installed)/) PACKAGE = "" }
    else if (s == "") { package(PACKAGE); PACKAGE = "" }
}

function package(name) { if (name ~ /^[A-Za-z0-9][A-Za-z0-9+._:-]*$/ && length(name) < 100 && length(LIST) < 200000) LIST = LIST " " name }

# finish(): the last block of a file was read.
function finish(   rest) {
    if (USE == "meta") {
        if (META == "L") LONG = text(substr(KEPT, 1, KEEP))
        else pax(substr(KEPT, 1, KEEP))
    } else if (USE == "key" || USE == "text") judge()
    else if (USE ~ /^(passwd|env|dpkg|apk|owned)$/) {
        if (KEPT != "") line(text(KEPT))
        if (USE == "dpkg") package(PACKAGE)
        if (USE ~ /^(dpkg|apk)$/) row("p " LAYER " " USE " " told(FILE) (LIST == "" ? " -" : LIST))
    }
    USE = ""
}

# pax(s): the records `LENGTH KEY=VALUE` before an entry.
function pax(s,   size, record, key) {
    while (match(s, /^[0-9]+ /)) {
        size = substr(s, 1, RLENGTH - 1) + 0
        if (size <= RLENGTH || size > length(s)) { broken(); return }
        record = substr(s, RLENGTH + 1, size - RLENGTH - 1)
        s = substr(s, size + 1)
        key = substr(record, 1, index(record, "=") - 1)
        record = substr(record, length(key) + 2)
        if (key == "path" || key == "GNU.sparse.name") PAX_PATH = record
        else if (key == "size") PAX_SIZE = record
    }
}

# judge(): whether KEPT, the beginning of FILE or what stands around a marker in it, is a secret.
function judge(   s) {
    s = substr(KEPT, 1, USE == "key" ? length(KEPT) : SIZE)
    if (USE == "key") {
        if (is_key(s)) { found("private-key", FILE); USE = ""; return }
        USE = "scan"
        KEPT = substr(KEPT, length(KEPT) - 79)
        return
    }
    USE = ""
    if (KIND ~ /^(p12|pfx)$/ || (KIND ~ /^(jks|keystore)$/ && substr(s, 1, 1) == "0")) {
        if (substr(s, 1, 1) == "0" && index("\200\201\202\203\204", substr(s, 2, 1))) found("key-store", FILE)
    } else if (KIND ~ /^(jks|keystore)$/) {
        if (substr(s, 1, 4) ~ /^(\376\355\376\355|\316\316\316\316)$/ && substr(s, 16, 1) == NUL) found("key-store", FILE)
    } else if (KIND == "keytab") {
        if (substr(s, 1, 2) == "\005" LF && length(s) > 16) found("keytab", FILE)
    } else {
        gsub(/\r/, "", s)
        if (s ~ RULE_TEXT[KIND]) found(KIND, FILE)
    }
}

# is_key(s): whether a private key begins in it: the marker as a line, or in JSON, and a key behind it.
function is_key(s,   i, before, after) {
    while (i = index(s, "PRIVATE KEY")) {
        before = substr(s, 1, i - 1)
        s = substr(s, i + 11)
        if (before !~ ("(^|[" LF "\r \t\"\047|])-----BEGIN ([A-Z0-9]+ )*$")) continue
        after = s
        if (!sub(/^( BLOCK)?-----/, "", after)) continue
        if (after ~ ("^[ \t\r]*" LF "[ \t]*(Proc-Type|DEK-Info|Version|Comment):")) return 1
        if (!sub("^([ \t\r]*" LF ")+[ \t]*", "", after) && !sub(/^(\\r)?\\n/, "", after)) continue
        match(after, /^[A-Za-z0-9+\/=]*/)
        if (RLENGTH >= 40) return 1
    }
    return 0
}

# is_der(s): whether it begins as a private key in DER: a sequence, and in it the number 0 or 1.
function is_der(s,   i) {
    if (substr(s, 1, 1) != "0") return 0
    i = index("\201\202\203", substr(s, 2, 1))
    return substr(s, 3 + i, 3) == LF NUL NUL
}

function rule(kind, names, dir, pattern,   part, n) {
    n = split(names, part, " ")
    for (; n; n--) RULE[part[n]] = kind
    RULE_DIR[kind] = dir
    gsub("~", LF, pattern)
    RULE_TEXT[kind] = pattern
}

BEGIN {
    NUL = "\001"
    LF = "\002"
    for (I = 1; I < 256; I++) ORD[sprintf("%c", I)] = I
    USERS = " " ENVIRON["LAYER_USERS"] " "
    # Some of what cuts into lines takes away the spaces at their ends.
    PADS = ENVIRON["LAYER_PADS"] != ""
    SPACES = sprintf("%512s", "")
    rule("netrc", ".netrc _netrc", "", "(^|[~ \t])password[ \t~]+[^ \t~<$]")
    rule("pgpass", ".pgpass", "", "(^|~)[^#:~][^:~]*:[^:~]*:[^:~]*:[^:~]*:[^~]")
    rule("git-credentials", ".git-credentials", "", "[a-z]://[^/:@~]*:[^/@~$]+@")
    rule("npm-token", ".npmrc npmrc", "", "(^|~)[^;#~]*(_authToken|_password|_auth)[ \t]*=[ \t]*\"?[^\" \t~$<]")
    rule("npm-token-of-yarn", ".yarnrc.yml", "", "(^|~)[^#~]*npmAuth(Token|Ident):[ \t]*\"?[^\" \t~$<]")
    rule("pypi-password", ".pypirc", "", "(^|~)[ \t]*password[ \t]*[=:][ \t]*[^ \t~$%<]")
    rule("mysql-password", ".my.cnf", "", "(^|~)[ \t]*password[ \t]*=[ \t]*\"?[^\" \t~$<]")
    rule("aws-secret-key", "credentials", "(^|/)\\.aws$", "(^|~)[ \t]*aws_secret_access_key[ \t]*=[ \t]*[^ \t~$<]")
    rule("registry-credentials", "config.json auth.json", "(^|/)(\\.docker|containers)$", "\"(auth|identitytoken|registrytoken|password)\"[ \t~]*:[ \t~]*\"[^\"]")
    rule("registry-credentials-file", ".dockercfg .dockerconfigjson", "", RULE_TEXT["registry-credentials"])
    rule("kube-credentials", "config admin.conf kubelet.conf super-admin.conf", "(^|/)(\\.kube|kubernetes)$", "(client-key-data|token|password):[ \t]*[\"\047]?[A-Za-z0-9+/]")
    rule("kube-credentials-file", "kubeconfig", "", RULE_TEXT["kube-credentials"])
    rule("private-key-of-putty", "", "", "(^|~)Private-Lines: [1-9]")
    rule("vault-token", ".vault-token", "", "[^ \t~\001]")
    rule("github-token", "hosts.yml", "(^|/)gh$", "oauth_token:[ \t]*[^ \t~]")
    rule("object-storage-key", ".s3cfg .boto", "", "(^|~)[ \t]*[a-z_]*secret_(access_)?key[ \t]*=[ \t]*[^ \t~$<]")
    rule("terraform-token", "credentials.tfrc.json .terraformrc", "", "\"?token\"?[ \t]*[:=][ \t]*\"[^\"]")
    rule("maven-password", "settings.xml", "(^|/)\\.m2$", "<password>[^<$]")
}

length($0) > 512 {
    split($0, WORD, " ")
    if (WORD[2] == "begin") begin(WORD[3])
    else if (WORD[2] == "missing") MISSING[WORD[3]]
    else if (LAYER) end_layer(WORD[3])
    next
}
PADS && length($0) < 512 { $0 = $0 substr(SPACES, 1, 512 - length($0)) }
ENDED || !LAYER || $0 == "" { next }
LEFT {
    LEFT--
    if (USE != "") use()
    if (!LEFT) finish()
    next
}
length($0) == 512 { header() }

END {
    for (P in MISSING) print "missing " P
    for (I = 1; I <= LAYER; I++) {
        if (!(I in SUM)) { SUM[I] = "-"; STATE[I] = "cut" }
        print "layer " I " " SUM[I] " " NAME[I] " " STATE[I] " " COUNT[I] + 0
    }
    for (I = 1; I <= WATCHES; I++) {
        P = WATCHED[I]
        other(HAS[P], P, 1)
        hidden(P)
        A = P
        while (sub(/\/[^\/]*$/, "", A)) if (!(A in TOLD)) {
            TOLD[A]
            other(HAS[A], A, 0)
            hidden(A)
            told_of("o", OPAQUE[A], A)
        }
    }
    told_of("o", OPAQUE[""], "")
    for (I = 1; I <= ROWS; I++) if (ROW[I] != "") print ROW[I]
}

# other(layers, p, own): in which layers something lies at a path: a folder is told of at the very path alone.
function other(layers, p, own,   part, n) {
    n = split(layers, part, " ")
    for (; n; n--) {
        if (part[n] ~ /f$/) print "t " (part[n] + 0) " " told(p)
        else if (own) print "d " (part[n] + 0) " " told(p)
    }
}

function hidden(p) { told_of("w", GONE[p], p) }

function told_of(what, layers, p,   part, n) {
    n = split(layers, part, " ")
    for (; n; n--) print what " " part[n] " " (p == "" ? "-" : told(p))
}
'

# probe_layers: the frame `docker:layers`.
probe_layers() {
    LAYER_ROWS=
    if [ -z "$REACHED" ]; then
        say docker:layers 1 ''
        return
    fi
    layer_cutter
    if [ -z "$LAYER_CUT" ] || ! has tar awk sha256sum tee od dd tr head; then
        [ -n "$LAYER_CUT" ] || TOOL="fold"
        say docker:layers 127 "missing $TOOL$NL"
        return
    fi
    DEADLINE=$((DEADLINE - LIMIT_ALL + IMAGE_LIMIT))
    layered_images
    # shellcheck disable=SC2086 # identifiers have no spaces
    set -- $LAYERED
    if [ $# -gt 0 ]; then
        ask 20 "$DOCKER" image inspect --format 'image {{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}' "$@"
        case $BODY in *[!a-z0-9:\ "$NL"]*) BODY= ;; esac
        LAYER_ROWS=$BODY$LAYER_ROWS
        layers_at_once "$@"
    fi
    BODY=$LAYER_ROWS
    emit docker:layers 0
}

# layer_cutter: LAYER_CUT, what cuts a stream into lines of 512 bytes here, whatever bytes they are (the fold of some
# releases ends at the byte 255, BusyBox has no other), and LAYER_PADS where spaces at their ends are lost.
layer_cutter() {
    LAYER_CUT=
    LAYER_PADS=
    case $(printf 'ab \377d' | dd ibs=2 obs=2 cbs=3 conv=unblock 2>/dev/null | od -An -v -to1) in
    *'141 142 012 377 144 012'*)
        LAYER_CUT='dd ibs=65536 obs=65536 cbs=512 conv=unblock'
        LAYER_PADS=1
        return
        ;;
    esac
    case $(printf 'ab\377 d' | fold -b -w 2 2>/dev/null | od -An -v -to1) in
    *'141 142 012 377 040 012 144'*) LAYER_CUT='fold -b -w 512' ;;
    esac
}

# layered_images: LAYERED, the images with a name or a container, until they are too large together; ROOM, in KiB, what
# the engine may take up meanwhile: some write an archive into a folder of their own before they hand it out.
layered_images() {
    LAYERED=
    TOTAL=0
    LAYER_USERS=
    container_users
    set -f
    for NAME in $USERS; do
        NAME=${NAME%%:*}
        case $NAME in sha256 | *[!A-Za-z0-9._-]*) ;; *[!0-9]*) LAYER_USERS="$LAYER_USERS $NAME" ;; esac
    done
    engine_room
    set -f
    IFS=$NL
    for LINE in $IMAGE_LINES; do
        IFS=$FIELDS
        case $LINE in '{"Id":"sha256:'*'"Size":'[0-9]*) ;; *) continue ;; esac
        IMAGE=${LINE#'{"Id":"'}
        IMAGE=${IMAGE%%\"*}
        case $IMAGE in *[!a-z0-9:]*) continue ;; esac
        case $LINE in
        *'"RepoTags":[],"RepoDigests":[],'* | *'"RepoTags":null,"RepoDigests":null,'*)
            case $CONTAINER_LINES in *"\"Image\":\"$IMAGE\""*) ;; *) continue ;; esac
            ;;
        esac
        SIZE=${LINE#*'"Size":'}
        SIZE=${SIZE%%[!0-9]*}
        if [ $((TOTAL + SIZE)) -gt "$MAX_LAYERS" ]; then
            LAYER_ROWS="${LAYER_ROWS}skipped $IMAGE bytes$NL"
            continue
        fi
        if [ -n "$ROOM" ] && [ $((SIZE / 1024)) -gt "$ROOM" ]; then
            LAYER_ROWS="${LAYER_ROWS}skipped $IMAGE room$NL"
            continue
        fi
        TOTAL=$((TOTAL + SIZE))
        LAYERED="$LAYERED $IMAGE"
        NAME=${LINE#*'"Config":{"User":"'}
        NAME=${NAME%%[\":]*}
        case $NAME in *[!A-Za-z0-9._-]*) ;; *[!0-9]*) LAYER_USERS="$LAYER_USERS $NAME" ;; esac
    done
    IFS=$FIELDS
    set +f
    LAYER_USERS=${LAYER_USERS# }
}

# engine_room: ROOM, half of what is free where the engine keeps its data; nothing where that is not known.
engine_room() {
    ROOM=
    [ "$SOCKET" != - ] || return 0
    ask 8 "$DOCKER" info --format '{{.DockerRootDir}}'
    FILE=${BODY%"$NL"}
    [ -d "$FILE" ] || return 0
    grab limit 5 df -Pk -- "$FILE"
    # shellcheck disable=SC2046,SC2086 # words
    set -- ${BODY#*"$NL"}
    case ${4:-} in '' | *[!0-9]*) ;; *) ROOM=$(($4 / 2)) ;; esac
}

# layers_at_once IMAGE…: adds to LAYER_ROWS what is told of their layers: all in one archive, which has each layer once,
# or, where there is no room for it or one of them cannot be had, one after the other.
layers_at_once() {
    if [ -z "$ROOM" ] || [ $((TOTAL / 1024)) -le "$ROOM" ] || [ $# -eq 1 ]; then
        layers_of "$@"
        case $BODY in *"${NL}saved 0$NL"* | *"${NL}saved 124$NL"*) return ;; esac
        [ $# -gt 1 ] || return 0
    fi
    for IMAGE in "$@"; do
        budget "$IMAGE_LIMIT" || return 0
        layers_of "$IMAGE"
    done
}

layers_of() {
    budget "$IMAGE_LIMIT" || return 0
    grab read_layers "$@"
    BODY="read$NL$BODY"
    case $BODY in *"${NL}e "*) environment_files ;; esac
    LAYER_ROWS=$LAYER_ROWS$BODY
}

# read_layers IMAGE…: prints the rows, and `saved STATUS` of the engine's client. In /proc nothing can be unpacked.
read_layers() {
    {
        {
            limit "$IMAGE_LIMIT" "$DOCKER" image save "$@"
            printf 'saved %s\n' "$?" >&7
        } | LAYER_SH=$LAYER_SH LAYER_UNTIL=$DEADLINE MAX_LAYER=$MAX_LAYER LAYER_CUT=$LAYER_CUT LAYER_PADS=$LAYER_PADS \
            tar -x -f - -C /proc --to-command='eval "$LAYER_SH"' |
            LAYER_USERS=$LAYER_USERS LAYER_PADS=$LAYER_PADS awk "$LAYERS_AWK"
    } 7>&1
}

# environment_files: BODY with a row `k` for each file in whose variables is a secret, in the place of the rows `e`.
environment_files() {
    ROWS_OUT=
    set -f
    IFS=$NL
    for LINE in $BODY; do
        IFS=$FIELDS
        case $LINE in
        'e '*) environment_line ;;
        *) ROWS_OUT=$ROWS_OUT$LINE$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
    BODY=$ROWS_OUT
}

environment_line() {
    LINE=${LINE#e }
    NUMBER=${LINE%% *}
    LINE=${LINE#* }
    FILE=${LINE%% *}
    LINE=${LINE#* }
    NAME=${LINE%%=*}
    NAME=${NAME%"${NAME##*[!" $TAB"]}"}
    LINE=${LINE#*=}
    LINE=${LINE#"${LINE%%[!" $TAB"]*}"}
    case $LINE in
    *[Cc]hange[Mm]e* | *[Cc]hange[-_][Mm]e* | *CHANGE* | *[Yy]our[-_]* | *YOUR* | *[Ee]xample* | *[Pp]laceholder* | *xxxx* | *XXXX* | \<* | \"\<* | '#'* | '""'* | "''"*) return 0 ;;
    esac
    SECRETS=
    case $NAME in
    *_TTL | *_EXPIR* | *_TIMEOUT | *_NAME | *_UR[IL] | *_HOST | *_PORT | *_DOMAIN | *_ID | *_TYPE | *_METHOD | *_ISSUER) ;;
    *_AUDIENCE | *_ALGORITHM | *_LENGTH | *_DRIVER | *_MODE | *_PROVIDER | *_SCOPE | *_SCOPES | *_HEADER) ;;
    *) ! betrays "$NAME" "$LINE" || secret_found env name ;;
    esac
    token_in "$LINE" env
    url_secret "$LINE" env
    [ -n "$SECRETS" ] || return 0
    case $NL$ROWS_OUT in
    *"${NL}k $NUMBER env-file $FILE$NL"*) ;;
    *) ROWS_OUT="${ROWS_OUT}k $NUMBER env-file $FILE$NL" ;;
    esac
}
