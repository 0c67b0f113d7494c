# The options of engines, on a command line, in a unit, or in a variable that a unit's command line uses; and the
# variables that an engine reads. An option and its key in daemon.json have one rule.
# shellcheck shell=sh disable=SC2016,SC2034

OPTIONS_AWK='
function skip() { while (ch(Q) ~ /^[ \t\n\r]/) Q++ }

# take_word(relaxed, escapes, loose): WORD, the next one of V by the rules of systemd, and RAW, as it is written;
# 0 at the end, -1 for an open quote or an escape that is none, unless loose or relaxed.
function take_word(relaxed, escapes, loose,   c, quote, begun) {
    skip()
    if (ch(Q) == "") return 0
    WORD = quote = ""
    begun = Q
    while ((c = ch(Q)) != "") {
        if (c == "\\") {
            Q++
            if (!unescape(relaxed, escapes, loose, quote)) return -1
            WORD = WORD UNESC
        } else if (quote != "" && c == quote) { Q++; quote = "" }
        else if (quote == "" && (c == "\"" || c == "\047")) { Q++; quote = c }
        else if (quote == "" && c ~ /^[ \t\n\r]/) break
        else { Q++; WORD = WORD c }
    }
    if (quote != "" && !loose) return -1
    RAW = substr(V, begun, Q - begun)
    skip()
    return 1
}

# unescape(): UNESC, what the escape at Q stands for.
function unescape(relaxed, escapes, loose, quote,   c, size, n) {
    c = ch(Q)
    UNESC = ""
    if (c == "") {
        if (!relaxed || quote != "") return loose
        UNESC = "\\"
        return 1
    }
    if (!escapes) { UNESC = c; Q++; return 1 }
    if (c in SIMPLE) { UNESC = SIMPLE[c]; Q++; return 1 }
    n = -1
    size = c == "x" ? 2 : c == "u" ? 4 : c == "U" ? 8 : 0
    if (size) {
        n = substr(V, Q + 1, size)
        n = length(n) == size ? hex(n) : -1
        if (n > (size == 2 ? 255 : 1114111)) n = -1
        size++
    } else if (substr(V, Q, 3) ~ /^[0-7][0-7][0-7]/) {
        n = ch(Q) * 64 + ch(Q + 1) * 8 + ch(Q + 2)
        if (n > 255) n = -1
        size = 3
    }
    if (n > 0) {
        UNESC = c == "u" || c == "U" ? utf8(n) : sprintf("%c", n)
        Q += size
        return 1
    }
    if (!relaxed) return 0
    UNESC = "\\" c
    Q++
    return 1
}

# kindly(): the next word, an escape that is none kept as it is.
function kindly(   begun, r) {
    begun = Q
    r = take_word(0, 1, 0)
    if (r >= 0) return r
    Q = begun
    return take_word(1, 1, 0)
}

# unit_quote(w): a word as systemd reads it.
function unit_quote(w,   out, c) {
    if (w ~ /^[A-Za-z0-9_.:\/@=,+%${}*?!~^-]+$/) return w
    out = "\""
    while (match(w, /["\\\001-\037]/)) {
        c = substr(w, RSTART, 1)
        out = out substr(w, 1, RSTART - 1) (c ~ /["\\]/ ? "\\" c : sprintf("\\x%s", substr(CONTROL[c], 5)))
        w = substr(w, RSTART + 1)
    }
    return out w "\""
}

# positional(w): a word that is no option. Whole variables of a unit have their values elsewhere.
function positional(w,   name) {
    if (IN_UNIT && w ~ /^\$([A-Za-z_][A-Za-z0-9_]*|[{][A-Za-z_][A-Za-z0-9_]*[}])$/) {
        name = w
        gsub(/[${}]/, "", name)
        return name == name_of(name) || name ~ /^[A-Z][A-Z0-9_]*$/ && length(name) <= 20 ? w : shape(w)
    }
    return (w ~ PLACE || w ~ /^(unix|tcp|fd|https?):\/\//) && !token_in(w) ? host_path(w) : shape(w)
}

function is_switch(v) { return v ~ /^(0|1|[tT]|[fF]|true|false|TRUE|FALSE|True|False|yes|no|on|off)$/ }

# find_option(name): OPTION, the rule of its value, whether it is KNOWN, and whether it is a SWITCH without a value.
function find_option(name,   node) {
    SWITCH = 0
    OPTION_KEY = name
    if (ENGINE != "dockerd") {
        OPTION = down(root(ENGINE), name)
        KNOWN = OPTION && !WILD
        return
    }
    node = down(root("option"), name)
    if (node && HOW[node] == "switch") { KNOWN = SWITCH = 1; OPTION = 0; return }
    if (node) OPTION_KEY = HOW[node]
    OPTION = down(root("daemon"), OPTION_KEY)
    KNOWN = OPTION && !WILD
}

function option_value(v,   i) {
    if (SWITCH) return is_switch(v) ? v : shape(v)
    if (OPTION_KEY == "runtimes" && (i = index(v, "="))) return free_name(substr(v, 1, i - 1)) "=" host_path(substr(v, i + 1))
    return carried(OPTION, v)
}

# engine_words(n): SHOWN[1…n], what is told of the arguments ARG[1…n] of an engine.
function engine_words(n,   i, w, sign, name, dashes) {
    for (i = 1; i <= n; i++) {
        w = ARG[i]
        if (w == "--" ) {
            SHOWN[i] = w
            for (i++; i <= n; i++) SHOWN[i] = positional(ARG[i])
            return
        }
        if (w !~ /^-./) { SHOWN[i] = positional(w); continue }
        if (w ~ /^-[^-]/ && ENGINE == "dockerd") { i = letters(i, n); continue }
        match(w, /^-+/)
        dashes = substr(w, 1, RLENGTH)
        w = substr(w, RLENGTH + 1)
        sign = index(w, "=")
        name = sign ? substr(w, 1, sign - 1) : w
        find_option(name)
        SHOWN[i] = dashes (KNOWN ? name : name_of(name))
        if (sign) SHOWN[i] = SHOWN[i] "=" option_value(substr(w, sign + 1))
        else if (i < n && (KNOWN ? !SWITCH : ARG[i + 1] !~ /^-/)) { i++; SHOWN[i] = option_value(ARG[i]) }
    }
}

# letters(i, n): the argument i, one dash and letters; the argument that was read last.
function letters(i, n,   s, c, out) {
    s = substr(ARG[i], 2)
    out = "-"
    while (s != "") {
        c = substr(s, 1, 1)
        if (!(c in LETTER)) {
            SHOWN[i] = out shape(s)
            if (i < n && ARG[i + 1] !~ /^-/) { i++; SHOWN[i] = shape(ARG[i]) }
            return i
        }
        find_option(LETTER[c])
        s = substr(s, 2)
        out = out c
        if (length(s) > 1 && s ~ /^=/) { SHOWN[i] = out "=" option_value(substr(s, 2)); return i }
        if (SWITCH) continue
        if (s != "") { SHOWN[i] = out option_value(s); return i }
        SHOWN[i] = out
        if (i < n) { i++; SHOWN[i] = option_value(ARG[i]) }
        return i
    }
    SHOWN[i] = out
    return i
}

# option_text(v): a variable of options, as a command line takes it apart.
function option_text(v,   was_v, was_q, n, i, out, same) {
    was_v = V
    was_q = Q
    n = 0
    begin(v)
    while (take_word(0, 0, 1) > 0) ARG[++n] = WORD
    begin(was_v)
    Q = was_q
    ENGINE = "dockerd"
    engine_words(n)
    same = 1
    out = ""
    for (i = 1; i <= n; i++) {
        if (SHOWN[i] != ARG[i]) same = 0
        out = out (i > 1 ? " " : "") (SHOWN[i] ~ /[ \t]/ ? "\"" SHOWN[i] "\"" : SHOWN[i])
    }
    return same ? v : out
}

# variable(name, v): what is told of the value of a variable.
function variable(name, v,   node) {
    node = down(root("env"), name)
    if (node && HOW[node] == "options" || !node && (name in USED)) return option_text(v)
    if (node && HOW[node] == "switch") return is_switch(v) ? v : shape(v)
    return carried(node, v)
}

# variable_name(name): its name; those that a command line uses stay.
function variable_name(name) { return down(root("env"), name) || ((name in USED) && !token_in(name)) ? name : name_of(name) }

# program_name(w): the program that is run, where it looks like one.
function program_name(w) { return w ~ /^[A-Za-z0-9._\/+-]+$/ && length(w) <= 256 && (w ~ /^[\/.]/ || wordlike(w)) ? w : shape(w) }

BEGIN {
    PLACE = "^/(bin|data|dev|etc|home|lib|libexec|local|mnt|opt|root|run|sbin|srv|tmp|usr|var)/"
    SIMPLE["a"] = "\007"; SIMPLE["b"] = "\b"; SIMPLE["f"] = "\f"; SIMPLE["n"] = "\n"; SIMPLE["r"] = "\r"; SIMPLE["t"] = "\t"
    SIMPLE["v"] = "\013"; SIMPLE["s"] = " "; SIMPLE["\\"] = "\\"; SIMPLE["\""] = "\""; SIMPLE["\047"] = "\047"
    split("D=debug h=help r=restart v=version b=bridge G=group l=log-level p=pidfile s=storage-driver H=host g=data-root", A, " ")
    for (I in A) LETTER[substr(A[I], 1, 1)] = substr(A[I], 3)
}

# note_used(): USED, the variables that command lines use.
function note_used(   n, part) {
    split("", USED)
    n = split(NAMES, part, " ")
    for (; n; n--) USED[part[n]] = 1
}
'

# Which options of dockerd are switches, and those that have another name in daemon.json.
OPTION_RULES='
option switch: allow-direct-routing bridge-accept-fwmark cri-containerd debug disable-legacy-registry experimental help icc init
option switch: ip-forward ip-forward-no-drop ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs restart rootless
option switch: selinux-enabled tls tlsverify userland-proxy validate version
option runtimes: add-runtime
option authorization-plugins: authorization-plugin
option cdi-spec-dirs: cdi-spec-dir
option default-address-pools: default-address-pool
option default-network-opts: default-network-opt
option default-ulimits: default-ulimit
option dns-opts: dns-opt
option exec-opts: exec-opt
option features: feature
option hosts: host
option insecure-registries: insecure-registry
option labels: label
option log-opts: log-opt
option node-generic-resources: node-generic-resource
option registry-mirrors: registry-mirror
option storage-opts: storage-opt
containerd path: config c root state
containerd keep: log-level l
containerd address: address a
rootlesskit keep: net mtu slirp4netns-sandbox slirp4netns-seccomp port-driver copy-up copy-up-mode propagation cidr ifname ipv6
rootlesskit path: state-dir
env address: http_proxy https_proxy all_proxy ftp_proxy docker_host docker_content_trust_server
env addresses: no_proxy
env path: home notify_socket tmpdir docker_cert_path docker_config docker_tmpdir rootlesskit_state_dir ssl_cert_file ssl_cert_dir
env path: xdg_runtime_dir xdg_config_home xdg_data_home xdg_cache_home xdg_state_home containerd_address
env keep: path user logname lang godebug gomaxprocs gogc gotraceback gomemlimit watchdog_pid watchdog_usec docker_context
env keep: docker_api_version docker_min_api_version docker_driver docker_ramdisk docker_nowarn_kernel_version
env keep: rootlesskit_parent_euid rootlesskit_parent_egid listen_pid listen_fds listen_fdnames containerd_namespace
env keep: dockerd_rootless_rootlesskit_net dockerd_rootless_rootlesskit_mtu dockerd_rootless_rootlesskit_port_driver
env keep: dockerd_rootless_rootlesskit_slirp4netns_sandbox dockerd_rootless_rootlesskit_slirp4netns_seccomp
env switch: docker_tls_verify docker_tls docker_content_trust docker_buildkit docker_insecure_no_iptables_raw
env switch: moby_disable_pigz test_integration_use_snapshotter debug dockerd_rootless_rootlesskit_disable_host_loopback
env shape: otel_service_name docker_default_platform docker_custom_headers
env options: options other_args docker_opts docker_options docker_storage_options docker_network_options docker_cert_path_options
env options: add_registry block_registry insecure_registry
'

# The arguments of a process, one a line, then a line \003, then its variables. A \004 in a line is a newline.
PROCESS_AWK='
function read_text() {
    note_used()
    ENGINE = KIND_OF_TEXT
    for (I = 1; I <= ROWS && LINE[I] != "\003"; I++) {
        ARG[I - 1] = LINE[I]
        gsub(/\004/, "\n", ARG[I - 1])
    }
    N = I - 2
    engine_words(N)
    if (N >= 0) SHOWN[0] = program_name(ARG[0])
    for (I = 0; I <= N; I++) { gsub(/\n/, "\004", SHOWN[I]); print SHOWN[I] }
    print "\003"
    for (I = N + 3; I <= ROWS; I++) {
        NAME = LINE[I]
        sub(/=.*/, "", NAME)
        if (!index(LINE[I], "=") || !down(root("env"), NAME)) continue
        print NAME "=" variable(NAME, substr(LINE[I], length(NAME) + 2))
    }
}
'

# filter_process: the reader of the arguments and variables of an engine's process, of that KIND.
filter_process() {
    RULES=$DAEMON_RULES$OPTION_RULES
    PROGRAM=$CARRY_AWK$OPTIONS_AWK$PROCESS_AWK
    TEXT_KIND=$KIND
}
