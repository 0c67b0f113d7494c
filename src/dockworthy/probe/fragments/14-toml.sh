# TOML: what is carried is printed as one `key = value` a line, tables as they were opened. After the first error
# comes a line that no reader takes, and nothing else.
# shellcheck shell=sh disable=SC2016,SC2034

TOML_AWK='
function blank() { while (ch(Q) ~ /^[ \t]/) Q++ }

function comment() {
    if (ch(Q) != "#") return
    while (ch(Q) != "" && ch(Q) != "\n") { if (ch(Q) ~ /^[\001-\010\013-\037\177]/) BAD = 1; Q++ }
}

function blank_lines() {
    while (1) {
        blank()
        comment()
        if (ch(Q) != "\n" || BAD) return
        Q++
    }
}

# numbered(path, k, shown): shown, made different from the names of others in that table that are told so, too.
function numbered(path, k, shown) {
    if (!((path, k) in NAMED)) {
        TAKEN[path, shown]++
        NAMED[path, k] = shown == k || TAKEN[path, shown] == 1 ? shown : shown "-" TAKEN[path, shown]
    }
    return NAMED[path, k]
}

# key(node, path): a key with its dots: KEY_TEXT, as it is told, KEY_NODE and KEY_PATH.
function dotted(node, path,   part, shown, c, child) {
    KEY_TEXT = ""
    while (1) {
        blank()
        c = ch(Q)
        if (c == "\"" || c == "\047") { if (!one_line(c)) return 0; part = GOT }
        else {
            part = ""
            while (ch(Q) ~ /^[A-Za-z0-9_-]/) { part = part ch(Q); Q++ }
            if (part == "") return 0
        }
        child = down(node, part)
        shown = numbered(path, part, key_of(child, part))
        KEY_TEXT = KEY_TEXT (KEY_TEXT == "" ? "" : ".") (shown ~ /^[A-Za-z0-9_-]+$/ ? shown : toml_quote(shown))
        node = child
        path = path SUBSEP part
        blank()
        if (ch(Q) != ".") break
        Q++
    }
    KEY_NODE = node
    KEY_PATH = path
    return 1
}

# one_line(mark): GOT, the text between two marks at Q.
function one_line(mark,   c) {
    GOT = ""
    for (Q++; (c = ch(Q)) != mark; Q++) {
        if (c == "" || c ~ /^[\001-\010\012-\037\177]/) return 0
        if (c == "\\" && mark == "\"") { if (!escape()) return 0 }
        else GOT = GOT c
    }
    Q++
    return 1
}

# escape(): adds to GOT what the escape at Q stands for; leaves Q at its last character.
function escape(   c, size, n) {
    Q++
    c = ch(Q)
    if (c in UNESCAPED) { GOT = GOT UNESCAPED[c]; return 1 }
    size = c == "u" ? 4 : c == "U" ? 8 : 0
    n = substr(V, Q + 1, size)
    n = size && length(n) == size ? hex(n) : -1
    if (n < 0 || n > 1114111 || (n >= 55296 && n < 57344)) return 0
    GOT = GOT (n ? utf8(n) : "\001")
    Q += size
    return 1
}

# many_lines(mark): GOT, the text between three marks and three marks.
function many_lines(mark,   c, n) {
    GOT = ""
    Q += 3
    if (ch(Q) == "\n") Q++
    while (1) {
        c = ch(Q)
        if (c == "" || c ~ /^[\001-\010\013-\037\177]/) return 0
        if (c == mark) {
            for (n = 0; ch(Q) == mark && n < 5; n++) Q++
            if (n >= 3) { GOT = GOT substr(mark mark, 1, n - 3); return 1 }
            GOT = GOT substr(mark mark, 1, n)
            continue
        }
        if (c == "\\" && mark == "\"") {
            if (match(substr(V, Q, 300), /^\\[ \t]*\n/)) {
                for (Q++; ch(Q) ~ /^[ \t\n]/; Q++);
                continue
            }
            if (!escape()) return 0
        } else GOT = GOT c
        Q++
    }
}

# pair(node, path): NAME = VALUE; what is told of it, or nothing and BAD.
function pair(node, path,   told) {
    if (!dotted(node, path) || ch(Q) != "=") { BAD = 1; return "" }
    told = KEY_TEXT " = "
    Q++
    blank()
    return told worth(KEY_NODE, KEY_PATH, 0)
}

# worth(node, path, depth): what is told of the value at Q.
function worth(node, path, depth,   c, told, sep) {
    c = ch(Q)
    if (depth > 90) BAD = 1
    else if (c == "\"" || c == "\047") {
        if (substr(V, Q, 3) == c c c ? many_lines(c) : one_line(c)) return toml_quote(carried(node, GOT))
        BAD = 1
    } else if (c == "[") {
        Q++
        told = "["
        sep = ""
        while (1) {
            blank_lines()
            if (BAD) return ""
            if (ch(Q) == "]") { Q++; return told "]" }
            told = told sep worth(node, path, depth + 1)
            sep = ", "
            blank_lines()
            if (ch(Q) == ",") Q++
            else if (ch(Q) != "]") BAD = 1
        }
    } else if (c == "{") {
        Q++
        blank()
        if (ch(Q) == "}") { Q++; return "{}" }
        # A table in a list is another one each time.
        path = path SUBSEP (++TABLES)
        told = "{ "
        while (1) {
            told = told pair(node, path)
            if (BAD) return ""
            blank()
            c = ch(Q)
            Q++
            if (c == "}") return told " }"
            if (c != ",") { BAD = 1; return "" }
            told = told ", "
        }
    } else return plain_value(node)
    return ""
}

# plain_value(node): numbers, switches, times.
function plain_value(node,   w, told) {
    w = ""
    while (ch(Q) ~ /^[A-Za-z0-9_:.+-]/) { w = w ch(Q); Q++ }
    if (w ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/ && substr(V, Q, 4) ~ /^ [0-9][0-9]:/) {
        for (Q++; ch(Q) ~ /^[0-9:.Zz+-]/; Q++) w = w "T" (ch(Q))
        gsub(/T/, "", w)
        w = substr(w, 1, 10) "T" substr(w, 11)
    }
    if (w ~ /^(true|false)$/) return w
    if (w ~ /^[+-]?(inf|nan)$/ || w ~ /^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?$/ ||
        w ~ /^0x[0-9A-Fa-f](_?[0-9A-Fa-f])*$/ || w ~ /^0o[0-7](_?[0-7])*$/ || w ~ /^0b[01](_?[01])*$/)
        return is_told(node) ? w : "0"
    if (w ~ "^" DATE "([Tt]" TIME "([Zz]|[+-]" CLOCK ")?)?$" || w ~ "^" TIME "$") return "1970-01-01"
    BAD = 1
    return ""
}

# header(): a table, or one more of a list of tables; HERE and HERE_PATH are where its keys stand.
function header(   many) {
    Q++
    many = ch(Q) == "["
    if (many) Q++
    if (!dotted(root(KIND_OF_TEXT), "") || ch(Q) != "]" || (many && substr(V, Q, 2) != "]]")) { BAD = 1; return "" }
    Q += many ? 2 : 1
    HERE = KEY_NODE
    HERE_PATH = KEY_PATH
    return many ? "[[" KEY_TEXT "]]" : "[" KEY_TEXT "]"
}

BEGIN {
    DATE = "[0-9][0-9][0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
    TIME = CLOCK ":[0-5][0-9]([.][0-9]+)?"
    UNESCAPED["b"] = "\b"; UNESCAPED["f"] = "\f"; UNESCAPED["n"] = "\n"; UNESCAPED["r"] = "\r"; UNESCAPED["t"] = "\t"
    UNESCAPED["\""] = "\""; UNESCAPED["\\"] = "\\"
}

function read_text() {
    for (I = 1; I < ROWS; I++) sub(/\r$/, "", LINE[I])
    joined()
    split("", NAMED); split("", TAKEN); TABLES = 0
    BAD = invalid_at() > 0
    HERE = root(KIND_OF_TEXT)
    HERE_PATH = ""
    begin(TEXT)
    while (!BAD) {
        blank_lines()
        if (ch(Q) == "" || BAD) break
        TOLD = ch(Q) == "[" ? header() : pair(HERE, HERE_PATH)
        blank()
        comment()
        if (ch(Q) != "" && ch(Q) != "\n") BAD = 1
        if (!BAD) print TOLD
    }
    if (BAD) print HIDDEN
}
'

TOML_RULES='
containerd keep: version oom_score required_plugins disabled_plugins timeouts/* grpc/uid grpc/gid grpc/max_recv_message_size
containerd keep: grpc/max_send_message_size ttrpc/uid ttrpc/gid debug/uid debug/gid debug/level debug/format metrics/grpc_histogram
containerd path: root state temp plugin_dir imports grpc/address ttrpc/address debug/address cgroup/path
containerd address: grpc/tcp_address metrics/address
containerd path: grpc/tcp_tls_ca grpc/tcp_tls_cert proxy_plugins/*/address stream_processors/*/path
containerd file: grpc/tcp_tls_key
containerd keep: proxy_plugins/*/type proxy_plugins/*/platform proxy_plugins/*/capabilities stream_processors/*/accepts
containerd keep: stream_processors/*/returns
containerd path: plugins/*/config_path plugins/*/registry/config_path plugins/*/root_path plugins/*/path plugins/*/content_path
containerd keep: plugins/*/snapshotter plugins/*/default plugins/*/enable_selinux plugins/*/systemd_cgroup plugins/*/sandbox_image
containerd keep: plugins/*/disable_tcp_service plugins/*/stream_server_port plugins/*/enable_tls_streaming plugins/*/pinned_images/*
containerd keep: plugins/*/max_container_log_line_size plugins/*/max_concurrent_downloads plugins/*/disable_apparmor plugins/*/runtime
containerd keep: plugins/*/disable_cgroup plugins/*/restrict_oom_score_adj plugins/*/platforms plugins/*/shim plugins/*/shim_debug
containerd keep: plugins/*/sched_core plugins/*/pool_name plugins/*/base_image_size plugins/*/mount_options plugins/*/upperdir_label
containerd address: plugins/*/stream_server_address
containerd keep: plugins/*/use_local_image_pull plugins/*/image_pull_progress_timeout plugins/*/discard_unpacked_layers
containerd keep: plugins/*/containerd/snapshotter plugins/*/containerd/default_runtime_name plugins/*/containerd/no_pivot
containerd keep: plugins/*/containerd/disable_snapshot_annotations plugins/*/containerd/discard_unpacked_layers
containerd keep: plugins/*/containerd/runtimes/*/runtime_type plugins/*/containerd/runtimes/*/runtime_engine
containerd keep: plugins/*/containerd/runtimes/*/snapshotter plugins/*/containerd/runtimes/*/sandboxer
containerd keep: plugins/*/containerd/runtimes/*/sandbox_mode plugins/*/containerd/runtimes/*/cni_max_conf_num
containerd path: plugins/*/containerd/runtimes/*/runtime_path plugins/*/containerd/runtimes/*/runtime_root
containerd path: plugins/*/containerd/runtimes/*/base_runtime_spec plugins/*/containerd/runtimes/*/cni_conf_dir
containerd path: plugins/*/containerd/runtimes/*/options/binaryname plugins/*/containerd/runtimes/*/options/root
containerd path: plugins/*/containerd/runtimes/*/options/criupath plugins/*/containerd/runtimes/*/options/configpath
containerd keep: plugins/*/containerd/runtimes/*/options/systemdcgroup plugins/*/containerd/runtimes/*/options/nopivotroot
containerd keep: plugins/*/containerd/runtimes/*/options/typeurl plugins/*/containerd/runtimes/*/options/shimcgroup
containerd path: plugins/*/cni/bin_dir plugins/*/cni/bin_dirs plugins/*/cni/conf_dir plugins/*/cni/conf_template
containerd keep: plugins/*/cni/max_conf_num plugins/*/cni/ip_pref
containerd address: plugins/*/registry/mirrors/*/endpoint
containerd path: plugins/*/registry/configs/*/tls/ca_file plugins/*/registry/configs/*/tls/cert_file
containerd file: plugins/*/registry/configs/*/tls/key_file
containerd keep: plugins/*/registry/configs/*/tls/insecure_skip_verify
containerd shape: plugins/*/registry/configs/*/auth/username plugins/*/registry/headers plugins/*/registry/auths/*/username
hosts address: server
hosts keep: capabilities skip_verify override_path dial_timeout
hosts path: ca client
hosts keep: host/*/capabilities host/*/skip_verify host/*/override_path host/*/dial_timeout
hosts path: host/*/ca host/*/client
hosts shape: header host/*/header
registries address: unqualified-search-registries registry/prefix registry/location registry/mirror/location aliases/*
registries keep: short-name-mode credential-helpers registry/insecure registry/blocked registry/mirror-by-digest-only
registries keep: registry/mirror/insecure registry/mirror/pull-from-mirror
registries address: registries/search/registries registries/insecure/registries registries/block/registries
'

# filter_toml: the reader of files in TOML, of the kind TOML_KIND.
filter_toml() {
    RULES=$TOML_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$TOML_AWK
    TEXT_KIND=$TOML_KIND
}
TOML_KIND=containerd
