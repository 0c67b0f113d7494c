# JSON as Go's encoding/json reads it. What is carried keeps its white space, its order, its duplicates and its types; a
# text that is none is carried up to its first error, and that error by a character of the same kind.
# shellcheck shell=sh disable=SC2016,SC2034

UTF8_AWK='
# invalid_at(): the first byte that is not UTF-8, or 0.
function invalid_at(   i, at, s) {
    at = 1
    for (i = 1; i <= ROWS; i++) {
        s = LINE[i]
        if (s ~ /[\200-\377]/) {
            gsub(/[\302-\337][\200-\277]/, "aa", s)
            gsub(/\340[\240-\277][\200-\277]/, "aaa", s)
            gsub(/\355[\200-\237][\200-\277]/, "aaa", s)
            gsub(/[\341-\354\356\357][\200-\277][\200-\277]/, "aaa", s)
            gsub(/\360[\220-\277][\200-\277][\200-\277]/, "aaaa", s)
            gsub(/[\361-\363][\200-\277][\200-\277][\200-\277]/, "aaaa", s)
            gsub(/\364[\200-\217][\200-\277][\200-\277]/, "aaaa", s)
            if (match(s, /[\200-\377]/)) return at + RSTART - 1
        }
        at += length(LINE[i]) + 1
    }
    return 0
}
'

JSON_AWK='
# put(s): prints, in pieces: a long text is not copied for each of them.
function put(s) { OUT = OUT s; if (length(OUT) > 4096) { printf "%s", OUT; OUT = "" } }

# stand_in(c): a character that is refused where c was.
function stand_in(c) { return c ~ /^[A-Za-z\200-\377]/ ? "x" : c ~ /^[0-9]/ ? "0" : c ~ /^[\001-\037]/ ? "\001" : c }

# bad(n): ends the reading at a character that is not one of JSON here, n characters further on.
function bad(n) { put(stand_in(substr(TEXT, P + n, 1))); STATE = "stop" }

# a_string(): reads the string at P: RAW, as it is written, and VALUE; false where it is none, and BROKEN shows why.
function a_string(   w, c, q, h, n) {
    VALUE = BROKEN = ""
    q = P + 1
    while (1) {
        w = substr(TEXT, q, 256)
        if (w == "") return 0
        if (!match(w, /["\\\001-\037]/)) { VALUE = VALUE w; q += length(w); continue }
        VALUE = VALUE substr(w, 1, RSTART - 1)
        q += RSTART - 1
        c = substr(TEXT, q, 1)
        if (c == "\"") { RAW = substr(TEXT, P + 1, q - P - 1); P = q + 1; return 1 }
        if (c != "\\") { BROKEN = stand_in(c); return 0 }
        c = substr(TEXT, q + 1, 1)
        if (c == "u") {
            h = substr(TEXT, q + 2, 4)
            n = length(h) == 4 ? hex(h) : -1
            if (n < 0) { BROKEN = match(h, /[^0-9A-Fa-f]/) ? "\\u" stand_in(substr(h, RSTART, 1)) : "\\u"; return 0 }
            VALUE = VALUE utf8(n ? n : 1)
            q += 6
        } else {
            if (!(c in UNESCAPED)) { BROKEN = "\\" stand_in(c); return 0 }
            VALUE = VALUE UNESCAPED[c]
            q += 2
        }
    }
}

# broken_string(): what is told of a string that is none, and nothing after it.
function broken_string() { put("\"" HIDDEN BROKEN); STATE = "stop" }

function a_key(   node, name) {
    if (!a_string()) { broken_string(); return }
    node = NODE[DEPTH]
    KEY = down(node, VALUE)
    name = key_of(KEY, VALUE)
    # Keys of groups count as keys of the file.
    if (!KEY && down(NODE[0], VALUE) && !WILD) name = VALUE
    put(name == VALUE ? "\"" RAW "\"" : json_quote(name))
    STATE = "colon"
}

function a_text(   shown) {
    if (!a_string()) { broken_string(); return }
    shown = HOW[KEY] == "auth" ? name_and_password(VALUE) : carried(KEY, VALUE)
    put(shown == VALUE ? "\"" RAW "\"" : json_quote(shown))
    STATE = "after"
}

# name_and_password(v): of base64 of NAME:PASSWORD, as the docker command decodes it: whether there is a password
# (REDACTED), a name alone (REDACTED:), or what it refuses (REDACTED!).
function name_and_password(v,   i, at, group, byte, bytes, name) {
    gsub(/[\r\n]/, "", v)
    if (v == "") return ""
    if (length(v) % 4 || v !~ /^[A-Za-z0-9+\/]+=?=?$/) return HIDDEN "!"
    name = -1
    for (at = 1; at < length(v); at += 4) {
        group = 0
        for (i = 0; i < 4; i++) group = group * 64 + index(BASE64, substr(v, at + i, 1)) - 1
        bytes = 3
        if (substr(v, at + 3, 1) == "=") bytes = substr(v, at + 2, 1) == "=" ? 1 : 2
        for (i = 0; i < bytes; i++) {
            byte = int(group / POWER[i]) % 256
            if (name > 0 && byte) return HIDDEN
            if (name < 0 && byte == 58) name = at + i - 1
            if (name == 0) return HIDDEN "!"
        }
    }
    return name > 0 ? HIDDEN ":" : HIDDEN "!"
}

function a_number(   w, size) {
    for (size = 32; size < 70000; size *= 32) {
        w = substr(TEXT, P, size)
        if (!match(w, /^[-+.0-9eE]+/) || RLENGTH < size) break
    }
    if (!match(w, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) || substr(w, RLENGTH + 1, 1) ~ /^[.eE]/) {
        match(w, /^-?[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]*)?/)
        w = substr(w, 1, RLENGTH)
        P += RLENGTH
        gsub(/[0-9]+/, "0", w)
        put(w)
        bad(0)
        return
    }
    put(is_told(KEY) ? substr(w, 1, RLENGTH) : "0")
    P += RLENGTH
    STATE = "after"
}

function a_word(expected,   i) {
    for (i = 0; i < length(expected) && substr(TEXT, P + i, 1) == substr(expected, i + 1, 1); i++);
    put(substr(expected, 1, i))
    if (i < length(expected)) { bad(i); return }
    P += i
    STATE = "after"
}

function open_it(c) {
    put(c)
    P++
    if (DEPTH >= 10000) { STATE = "stop"; return }
    DEPTH++
    NODE[DEPTH] = KEY
    ENDS[DEPTH] = c == "{" ? "}" : "]"
    STATE = c == "{" ? "first key" : "first"
}

# close_it(): the end of a list or an object; KEY is again that of the list it stands in.
function close_it() { put(ENDS[DEPTH]); P++; DEPTH--; STATE = "after" }

function a_value(c) {
    if (c == "]" && STATE == "first") close_it()
    else if (c == "{" || c == "[") open_it(c)
    else if (c == "\"") a_text()
    else if (c ~ /[-0-9]/) a_number()
    else if (c == "t") a_word("true")
    else if (c == "f") a_word("false")
    else if (c == "n") a_word("null")
    else bad(0)
}

function step(c) {
    if (STATE == "value" || STATE == "first") a_value(c)
    else if (STATE == "first key" || STATE == "key") {
        if (c == "\"") a_key()
        else if (c == "}" && STATE == "first key") close_it()
        else bad(0)
    } else if (STATE == "colon") {
        if (c != ":") { bad(0); return }
        put(c)
        P++
        STATE = "value"
    } else if (!DEPTH) bad(0)
    else if (c == ENDS[DEPTH]) close_it()
    else if (c == ",") {
        put(c)
        P++
        STATE = c == "," && ENDS[DEPTH] == "}" ? "key" : "value"
        if (STATE == "value") KEY = NODE[DEPTH]
    } else bad(0)
}

function json(   c) {
    P = 1
    DEPTH = 0
    KEY = NODE[0] = root(KIND_OF_TEXT)
    STATE = "value"
    while (STATE != "stop") {
        c = substr(TEXT, P, 1)
        if (c ~ /[ \t\r\n]/) {
            match(substr(TEXT, P, 256), /^[ \t\r\n]+/)
            put(substr(TEXT, P, RLENGTH))
            P += RLENGTH
        } else if (c == "") return
        else step(c)
    }
}

# of_utf16(high): TEXT, which began with a mark of its order, as UTF-8; what is not ASCII as one letter that is none.
function of_utf16(high,   i, out, size, c) {
    out = size = ""
    for (i = 3; i < length(TEXT); i += 2) {
        c = substr(TEXT, i + high, 1) == "\003" ? substr(TEXT, i + 1 - high, 1) : "\303\251"
        if (c ~ /[\200-\377]/) c = "\303\251"
        out = out c
        if (length(out) > 4096) { size = size out; out = "" }
    }
    TEXT = size out
}

BEGIN {
    UNESCAPED["b"] = "\b"; UNESCAPED["f"] = "\f"; UNESCAPED["n"] = "\n"; UNESCAPED["r"] = "\r"; UNESCAPED["t"] = "\t"
    UNESCAPED["\""] = "\""; UNESCAPED["\\"] = "\\"; UNESCAPED["/"] = "/"
    POWER[0] = 65536; POWER[1] = 256; POWER[2] = 1
    BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    BLANK = "([\t\n\013\014\r ]|\302\205|\302\240|\341\232\200|\342\200[\200-\212\250\251\257]|\342\201\237|\343\200\200)+"
}

function read_text() {
    joined()
    OUT = ""
    if (KIND_OF_TEXT == "daemon") {
        # As dockerd does: by the mark at the beginning, and without white space at either end.
        if (TEXT ~ /^\377\376/) of_utf16(1)
        else if (TEXT ~ /^\376\377/) of_utf16(0)
        else if (P = invalid_at()) {
            # It is refused before it is read; nothing but that can be told.
            printf "%" (P - 1) "s\377%" (length(TEXT) - P) "s", "", ""
            return
        }
        else if (sub(/^\357\273\277/, "", TEXT)) put("\357\273\277")
        if (match(TEXT, "^" BLANK)) TEXT = substr(TEXT, RLENGTH + 1)
        if (match(TEXT, BLANK "$")) TEXT = substr(TEXT, 1, RSTART - 1)
    }
    json()
    printf "%s", OUT
}
'

# Keys of daemon.json; those of dockerd's options are the same but for their number (--label, labels).
DAEMON_RULES='
daemon keep: allow-direct-routing authorization-plugins bip bip6 bridge bridge-accept-fwmark builder/entitlements/device
daemon keep: builder/entitlements/network-host builder/entitlements/security-insecure builder/gc/defaultkeepstorage
daemon keep: builder/gc/defaultmaxusedspace builder/gc/defaultminfreespace builder/gc/defaultreservedspace
daemon keep: builder/gc/enabled builder/gc/policy/all builder/gc/policy/filter builder/gc/policy/filter/*
daemon keep: builder/gc/policy/filter/*/* builder/gc/policy/keepstorage builder/gc/policy/maxusedspace
daemon keep: builder/gc/policy/minfreespace builder/gc/policy/reservedspace builder/history/maxage
daemon keep: builder/history/maxentries cgroup-parent containerd-namespace containerd-plugin-namespace
daemon keep: containerd-plugins-namespace cpu-rt-period cpu-rt-runtime cri-containerd debug default-address-pools
daemon keep: default-address-pools/base default-address-pools/size default-cgroupns-mode default-gateway
daemon keep: default-gateway-v6 default-init default-ipc-mode default-network-opts/*/com.docker.network.bridge.enable_icc
daemon keep: default-network-opts/*/com.docker.network.bridge.enable_ip_masquerade
daemon keep: default-network-opts/*/com.docker.network.bridge.gateway_mode_ipv4
daemon keep: default-network-opts/*/com.docker.network.bridge.gateway_mode_ipv6
daemon keep: default-network-opts/*/com.docker.network.bridge.host_binding_ipv4
daemon keep: default-network-opts/*/com.docker.network.bridge.inhibit_ipv4
daemon keep: default-network-opts/*/com.docker.network.bridge.name
daemon keep: default-network-opts/*/com.docker.network.bridge.trusted_host_interfaces
daemon keep: default-network-opts/*/com.docker.network.container_iface_prefix
daemon keep: default-network-opts/*/com.docker.network.driver.mtu default-network-opts/*/com.docker.network.enable_ipv4
daemon keep: default-network-opts/*/com.docker.network.enable_ipv6 default-network-opts/*/com.docker.network.host_ipv4
daemon keep: default-network-opts/*/com.docker.network.host_ipv6 default-network-opts/*/com.docker.network.internal
daemon keep: default-runtime default-shm-size default-ulimits default-ulimits/*/hard default-ulimits/*/name
daemon keep: default-ulimits/*/soft deprecated-key-path disable-legacy-registry dns dns-opts dns-search
daemon keep: exec-opts/native.cgroupdriver experimental features/* firewall-backend fixed-cidr fixed-cidr-v6 group help
daemon keep: host-gateway-ip host-gateway-ips icc init ip ip-forward ip-forward-no-drop ip-masq ip6tables iptables ipv6
daemon keep: live-restore log-driver log-format log-level log-opts/awslogs-create-group
daemon keep: log-opts/awslogs-force-flush-interval-seconds log-opts/awslogs-format log-opts/awslogs-group
daemon keep: log-opts/awslogs-max-buffered-events log-opts/awslogs-region log-opts/cache-compress log-opts/cache-disabled
daemon keep: log-opts/cache-max-file log-opts/cache-max-size log-opts/compress log-opts/fluentd-async
daemon keep: log-opts/fluentd-async-connect log-opts/fluentd-async-reconnect-interval log-opts/fluentd-buffer-limit
daemon keep: log-opts/fluentd-max-retries log-opts/fluentd-read-timeout log-opts/fluentd-request-ack
daemon keep: log-opts/fluentd-retry-wait log-opts/fluentd-sub-second-precision log-opts/fluentd-write-timeout
daemon keep: log-opts/gcp-log-cmd log-opts/gcp-meta-id log-opts/gcp-meta-name log-opts/gcp-meta-zone
daemon keep: log-opts/gelf-compression-level log-opts/gelf-compression-type log-opts/gelf-tcp-max-reconnect
daemon keep: log-opts/gelf-tcp-reconnect-delay log-opts/max-buffer-size log-opts/max-file log-opts/max-size log-opts/mode
daemon keep: log-opts/splunk-format log-opts/splunk-gzip log-opts/splunk-gzip-level log-opts/splunk-index-acknowledgment
daemon keep: log-opts/splunk-insecureskipverify log-opts/splunk-verify-connection log-opts/syslog-facility
daemon keep: log-opts/syslog-format log-opts/syslog-tls-skip-verify max-concurrent-downloads max-concurrent-uploads
daemon keep: max-download-attempts min-api-version mtu network-control-plane-mtu network-diagnostic-port
daemon keep: no-new-privileges oom-score-adjust raw-logs restart rootless runtimes/*/options/criuworkpath
daemon keep: runtimes/*/options/iogid runtimes/*/options/iouid runtimes/*/options/nonewkeyring
daemon keep: runtimes/*/options/nopivotroot runtimes/*/options/shimcgroup runtimes/*/options/systemdcgroup
daemon keep: runtimes/*/options/taskapiaddress runtimes/*/options/taskapiversion runtimes/*/options/typeurl
daemon keep: runtimes/*/runtimetype selinux-enabled shutdown-timeout storage-driver storage-opts/btrfs.min_space
daemon keep: storage-opts/dm.basesize storage-opts/dm.blkdiscard storage-opts/dm.blocksize storage-opts/dm.datadev
daemon keep: storage-opts/dm.directlvm_device storage-opts/dm.directlvm_device_force storage-opts/dm.fs
daemon keep: storage-opts/dm.libdm_log_level storage-opts/dm.loopdatasize storage-opts/dm.loopmetadatasize
daemon keep: storage-opts/dm.metadatadev storage-opts/dm.min_free_space storage-opts/dm.mkfsarg storage-opts/dm.mountopt
daemon keep: storage-opts/dm.override_udev_sync_check storage-opts/dm.thinp_autoextend_percent
daemon keep: storage-opts/dm.thinp_autoextend_threshold storage-opts/dm.thinp_metapercent storage-opts/dm.thinp_percent
daemon keep: storage-opts/dm.thinpooldev storage-opts/dm.use_deferred_deletion storage-opts/dm.use_deferred_removal
daemon keep: storage-opts/dm.xfs_nospace_max_retries storage-opts/overlay.override_kernel_check
daemon keep: storage-opts/overlay2.override_kernel_check storage-opts/overlay2.size storage-opts/size
daemon keep: storage-opts/vfs.size storage-opts/vfs.xattrs storage-opts/zfs.fsname swarm-raft-election-tick swarm-raft-heartbeat-tick tls
daemon keep: tlsverify userland-proxy userns-remap validate version
daemon address: allow-nondistributable-artifacts hosts http-proxy https-proxy insecure-registries log-opts/awslogs-endpoint
daemon address: log-opts/fluentd-address log-opts/gelf-address log-opts/splunk-caname log-opts/splunk-url
daemon address: log-opts/syslog-address metrics-addr proxies/http-proxy proxies/https-proxy registry-mirrors
daemon address: swarm-default-advertise-addr
daemon addresses: api-cors-header no-proxy proxies/no-proxy
daemon path: cdi-spec-dirs config-file containerd data-root exec-root graph init-path pidfile resolv-conf
daemon path: runtimes/*/options/binaryname runtimes/*/options/configpath runtimes/*/options/criuimagepath
daemon path: runtimes/*/options/criupath runtimes/*/options/root runtimes/*/path seccomp-profile tlscacert tlscert
daemon path: userland-proxy-path
daemon pairs: features default-network-opts default-network-opts/* exec-opts log-opts node-generic-resources storage-opts
daemon assign: labels
daemon shape: log-opts/awslogs-credentials-endpoint log-opts/awslogs-datetime-format log-opts/awslogs-multiline-pattern
daemon shape: log-opts/awslogs-stream log-opts/env log-opts/env-regex log-opts/gcp-project log-opts/labels
daemon shape: log-opts/labels-regex log-opts/splunk-index log-opts/splunk-source log-opts/splunk-sourcetype
daemon shape: log-opts/splunk-token log-opts/tag runtimes/*/runtimeargs
daemon file: log-opts/splunk-capath log-opts/syslog-tls-ca-cert log-opts/syslog-tls-cert log-opts/syslog-tls-key tlskey
daemon number: node-generic-resources/*
'

# filter_json: the reader of daemon.json.
filter_json() {
    RULES=$DAEMON_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$JSON_AWK
    TEXT_KIND=daemon
}
