# Files of lines that have few kinds of words: hosts, name servers, package sources, what the kernel is told at boot. Each word is
# carried where that kind of file has it and where it looks like what belongs there; comments are not.
# shellcheck shell=sh disable=SC2016,SC2034

# A line of which nothing is carried stays as an empty one, so that the others keep their numbers.
LINES_AWK='
BEGIN {
    ORS = ""
    set(BOOT_WORDS, "cgroup_disable cgroup_enable cgroup_no_v1 swapaccount apparmor security lsm selinux enforcing audit" \
        " audit_backlog_limit psi systemd.unified_cgroup_hierarchy systemd.legacy_systemd_cgroup_controller" \
        " user_namespace.enable namespace.unpriv_enable nomodule module.sig_enforce lockdown mitigations kaslr" \
        " transparent_hugepage hugepages hugepagesz console selinux ipv6.disable ipv6.disable_ipv6 init_on_alloc")
    set(BOOT_PATHS, "boot_image root init resume")
    set(TREES, "kernel net vm fs user dev abi debug crypto sunrpc")
    set(SOURCE_FIELDS, "types uris suites components signed_by enabled architectures trusted allow_insecure allow_weak" \
        " allow_downgrade_to_insecure languages targets by_hash pdiffs check_valid_until valid_until_max")
    set(SOURCE_OPTIONS, "arch lang target signed_by trusted allow_insecure allow_weak allow_downgrade_to_insecure" \
        " pdiffs by_hash check_valid_until valid_until_max")
    set(REPO_URLS, "baseurl mirrorlist metalink gpgkey")
    set(REPO_WORDS, "enabled gpgcheck repo_gpgcheck pkg_gpgcheck localpkg_gpgcheck sslverify priority cost type autorefresh" \
        " keeppackages skip_if_unavailable metadata_expire module_hotfixes fastestmirror countme path")
    set(RELEASE_FIELDS, "name pretty_name version version_id version_codename ubuntu_codename debian_codename id id_like" \
        " variant variant_id platform_id build_id image_id image_version cpe_name support_end ansi_color" \
        " rocky_support_product rocky_support_product_version redhat_support_product redhat_support_product_version")
    set(MOUNT_WORDS, "mode uid gid size nr_inodes nr_blocks fmask dmask umask file_mode dir_mode subvolid compress errors data" \
        " commit stripe logbufs logbsize sunit swidth allocsize vers nfsvers proto mountproto minproto maxproto sec timeo" \
        " retrans rsize wsize bsize namlen port mountport local_lock lookupcache acregmin acregmax acdirmin acdirmax index" \
        " xino redirect_dir metacopy uuid user_id group_id max_read blksize fd pgrp timeout direct pipe_ino pagesize" \
        " ptmxmode hidepid name xattr codepage iocharset shortname cache trans access msize echo_interval actimeo" \
        " nfs_export userxattr volatile fsuuid usrjquota grpjquota jqfmt barrier space_cache discard inode64")
    set(MOUNT_PATHS, "subvol lowerdir upperdir workdir release_agent lowerdir+ datadir+ addr mountaddr clientaddr")
    set(NOTHING, "/bin/true /bin/false /usr/bin/true /usr/bin/false true false :")
    PLAIN_URL = "^[A-Za-z0-9._~:@%+=,/-]*$"
}
function read_text(   i, s) {
    KIND = KIND_OF_TEXT
    LAST = ""
    SKIP = HIDDENS = 0
    split("", NUMBERS)
    if (next_text()) return
    for (i = 1; i <= ROWS; i++) {
        s = LINE[i]
        sub(/\r$/, KIND == "ranges" ? " " : "", s)
        if (i < ROWS || s != "") read_line(s)
    }
}

function set(into, names,    part, n, i) {
    n = split(names, part, " ")
    for (i = 1; i <= n; i++) into[part[i]] = 1
}
function key(k) { k = tolower(k); gsub(/-/, "_", k); return k }
function trimmed(s) { gsub(/^[ \t]+|[ \t\r]+$/, "", s); return s }

# number(v): a number, or several.
function number(v,    part, n, i) {
    if (v !~ /^[-+0-9 \t]*$/) return shape(v)
    n = split(v, part, " ")
    for (i = 1; i <= n; i++) if (length(part[i]) > 20 || part[i] !~ /^[-+]?[0-9]+$/) return shape(v)
    return v
}
# tag(v): names of releases, architectures, devices: short pieces.
function tag(v,    part, n, i) {
    if (length(v) > 128 || v !~ /^[A-Za-z0-9._+\/~:,!*-]*$/) return shape(v)
    n = split(v, part, /[._+\/~:,!*-]/)
    for (i = 1; i <= n; i++) if (length(part[i]) > 15 && !wordlike(part[i])) return shape(v)
    return v
}
# place(v): a path of the host, or a URL.
function place(v) {
    if (v !~ /^\//) return url(v)
    return v ~ /^[A-Za-z0-9._\/+~,: -]*$/ && length(v) < 4096 ? v : shape(v)
}
# url(v): as address, with variables of yum in it.
function url(v) {
    gsub(/[$]/, "~-D-~", v)
    v = v ~ /^[A-Za-z][A-Za-z0-9+.-]*:\/\// ? address(v) : v ~ /^(file|copy):\// ? substr(v, 1, 5) place(substr(v, 6)) : shape(v)
    gsub(/~-D-~/, "$", v)
    return v
}
# listed(v, what): each of the words by that rule.
function listed(v, what,    part, n, i, out) {
    n = split(v, part, /[, \t]+/)
    out = ""
    for (i = 1; i <= n; i++) out = out (i > 1 ? " " : "") (what == "url" ? place(part[i]) : what == "key" ? signer(part[i]) : tag(part[i]))
    return out
}
# signer(v): a key file, its URL, or a fingerprint.
function signer(v,    bare) {
    bare = v
    sub(/^0x/, "", bare); sub(/!$/, "", bare)
    if (bare ~ /^[0-9A-Fa-f]+$/ && (length(bare) == 16 || length(bare) == 40)) return v
    return place(v)
}
# numbered(v): one that is hidden, told apart from others.
function numbered(v) {
    if (v == "") return ""
    if (!(v in NUMBERS)) NUMBERS[v] = ++HIDDENS
    return HIDDEN "-" NUMBERS[v]
}

function read_line(s,    t) {
    t = trimmed(s)
    if (KIND == "sources") { sources_line(s, t); return }
    if (KIND == "cmdline") { print cmdline(s) "\n"; return }
    if (KIND == "mounts") { print mount(s) "\n"; return }
    if (KIND == "repo") { repo_line(s, t); return }
    if (KIND == "headers") { t = header(t); if (t != "") print t "\n"; return }
    if (KIND == "modprobe") { modprobe_line(s); return }
    if (KIND ~ /^(fstab|pins|automatic|locks)$/) { print next_line(s, t) "\n"; return }
    if (KIND == "resolver") { print resolver_line(s) "\n"; return }
    if (t ~ /^[#;]/) t = ""
    if (t != "") {
        if (KIND == "sysctl") t = sysctl(t)
        else if (KIND == "modules") t = module_line(t)
        else if (KIND == "hosts") t = host_line(t)
        else if (KIND == "switch") t = switch_line(t)
        else if (KIND == "audit" || KIND == "audited") t = audit(t)
        else if (KIND == "list") t = one_line(t)
        else if (KIND == "release") t = release(t)
        # The engine takes blanks at its ends away; the tools of shadow pass over such a line.
        else if (KIND == "ranges") t = (t ~ /^[^: \t]+:[0-9]+:[0-9]+$/ && length(t) < 300 ? t : HIDDEN) (t == s ? "" : " ")
        else t = shape(t)
    }
    print t "\n"
}

function sysctl(t,    i, name, value, part, n, j, out) {
    i = index(t, "=")
    name = trimmed(i ? substr(t, 1, i - 1) : t)
    if (!i && name !~ /^-/) return ""
    out = name
    gsub(/\[|\]/, "", out)
    if (out !~ /^-?[ \t]*[A-Za-z0-9_.\/*?!-]+$/) return i ? HIDDEN " = " HIDDEN : "-" HIDDEN
    out = name
    sub(/^-[ \t]*/, "", out)
    n = split(out, part, /[.\/]/)
    for (j = 1; j <= n; j++) if (length(part[j]) > 15 && part[j] !~ /^[a-z_-]+[0-9]?$/ || length(part[j]) > 40) return HIDDEN " = " HIDDEN
    if (!(part[part[1] == "" ? 2 : 1] in TREES) && part[1] !~ /^(\*|\?|\[)/) return HIDDEN " = " HIDDEN
    if (!i) return name
    value = trimmed(substr(t, i + 1))
    return name " = " (value ~ /^[-+0-9]/ ? number(value) : value ~ /^[a-z_]+$/ && wordlike(value) && length(value) < 16 ? value : shape(value))
}

function module_line(t) {
    sub(/[ \t].*$/, "", t)
    return t ~ /^[A-Za-z0-9_-]+$/ && tag(t) == t ? t : HIDDEN
}

# modprobe_line(s): a line may go on on the next.
function modprobe_line(s) {
    if (SKIP) s = LAST s
    SKIP = s ~ /\\$/
    if (SKIP) { LAST = substr(s, 1, length(s) - 1) " "; print "\n"; return }
    s = trimmed(s)
    print (s == "" || s ~ /^#/ ? "" : modprobe(s)) "\n"
}
function modprobe(s,    part, n, i, out) {
    sub(/[ \t]#.*$/, "", s)
    gsub(/["\047]/, "", s)
    n = split(s, part, " ")
    if (part[1] == "install" || part[1] == "remove")
        return part[1] " " module_line(part[2]) (n < 3 ? "" : " " ((part[3] in NOTHING) ? part[3] : HIDDEN) (n > 3 ? " " HIDDEN : ""))
    if (part[1] == "options") return "options " module_line(part[2]) (n > 2 ? " " HIDDEN : "")
    if (part[1] !~ /^(alias|blacklist|softdep|weakdep)$/) return HIDDEN
    out = part[1]
    for (i = 2; i <= n; i++) out = out " " tag(part[i])
    return out
}

function host_line(t,    part, n, i, out) {
    sub(/#.*$/, "", t)
    n = split(t, part, " ")
    # Without an address it is no line of this file, and no word of it a name.
    if (part[1] !~ /^[0-9A-Fa-f:.]+(%[A-Za-z0-9.]+)?$/ || length(part[1]) > 63) return HIDDEN
    out = part[1]
    for (i = 2; i <= n; i++) out = out " " (part[i] ~ /^[A-Za-z0-9_.-]+$/ && length(part[i]) < 254 ? part[i] : HIDDEN)
    return out
}

function switch_line(t,    part, n, i, out) {
    sub(/#.*$/, "", t)
    gsub(/\[/, " [", t); gsub(/\]/, "] ", t)
    n = split(t, part, " ")
    out = ""
    for (i = 1; i <= n; i++) out = out (i > 1 ? " " : "") \
        (part[i] ~ /^[a-z_0-9]+:?$/ && length(part[i]) < 20 || (part[i] ~ /^(\[!?)?[A-Za-z]+=[A-Za-z]+\]?$/ && length(part[i]) < 32) ? part[i] : HIDDEN)
    return out
}

# resolver_line(s): of resolv.conf. Some readers ask whether a line begins with its word, whether a sign of a comment
# stands in it, and whether it is longer than they can take.
function resolver_line(s,    part, n, i, out) {
    if (length(s) > 65535) return "TOO-LONG"
    n = split(s, part, " ")
    if (!n || part[1] ~ /^[#;]/) return ""
    out = s ~ /^[ \t]/ ? " " : ""
    if (part[1] !~ /^(nameserver|search|domain|options)$/) return out HIDDEN
    out = out part[1]
    for (i = 2; i <= n && i < 32; i++) {
        out = out " " resolver_word(part[1], part[i])
        if (part[i] ~ /^[#;]/) break
    }
    return out
}
function resolver_word(kind, w,    sign, zone, RESOLVER_OPTION) {
    # resolv.conf(5), and those that other resolvers know
    RESOLVER_OPTION = "^((ndots|timeout|attempts|retrans|retry|tries|retries|maxtimeout):[0-9]+|debug|rotate|inet6|edns0|use-vc|tcp|trust-ad" \
        "|(single-request(-reopen)?|no-check-names|no-tld-query|no-reload|no-aaaa|ip6-bytestring|no-ip6-dotint|ip6-dotint|insecure[12]))$"
    sign = zone = ""
    if (match(w, /#.*$|^;.*$/)) { sign = substr(w, RSTART, 1); w = substr(w, 1, RSTART - 1) }
    if (w == "") return sign
    if (kind == "options") return (w ~ RESOLVER_OPTION ? w : HIDDEN) sign
    if (kind != "nameserver") return (w ~ /^[A-Za-z0-9_.-]+$/ && length(w) < 254 ? w : HIDDEN) sign
    if (match(w, /%[A-Za-z0-9._-]+$/) && RLENGTH < 18) { zone = substr(w, RSTART); w = substr(w, 1, RSTART - 1) }
    return (w ~ /^[0-9.]+$/ && length(w) < 16 || index(w, ":") && is_ip6(w) ? w zone : HIDDEN) sign
}

# audit(t): a rule of the kernel: options with their operands; what is named so is a name.
function audit(t,    part, n, i, out, w, o) {
    if (t == "No rules") return t
    if (t ~ /^[a-z_]+ -?[0-9]+( (un)?locked)?$/ || t ~ /^AUDIT_STATUS:( [a-z_]+=-?[0-9]+)*$/) return t
    gsub(/\t/, " ", t)
    gsub(/\\ /, "\003", t)
    if (KIND == "audited") t = whole_keys(t)
    n = split(t, part, " ")
    out = ""
    for (i = 1; i <= n; i++) {
        w = part[i]
        if (w ~ /^--[a-z_]+$/) { out = out " " w; if (i < n) out = out " " number(part[++i]); continue }
        if (w !~ /^-[A-Za-z]/) { out = out " " HIDDEN; continue }
        o = substr(w, 2, 1)
        if (o !~ /[CefrbaAdSFmRwWkpq]/) { out = out " " (length(w) == 2 ? w : HIDDEN); continue }
        out = out " -" o
        if (length(w) > 2) out = out audit_value(o, substr(w, 3))
        else if (i < n) out = out " " audit_value(o, part[++i])
    }
    gsub(/\003/, "\\ ", out)
    return substr(out, 2)
}
# whole_keys(t): a listing does not say where a key with blanks in it ends: before the next option.
function whole_keys(t,    head, i, rest) {
    head = ""
    while (match(t, / -k | -F key=/)) {
        head = head substr(t, 1, RSTART + RLENGTH - 1)
        t = substr(t, RSTART + RLENGTH)
        i = match(t, / -[kF] /)
        rest = i ? substr(t, i) : ""
        if (i) t = substr(t, 1, i - 1)
        gsub(/ /, "\003", t)
        head = head t
        t = rest
    }
    return head t
}
function audit_value(o, v,    i, name, operator) {
    if (o ~ /[wW]/) return audit_path(v)
    if (o == "k") return audit_key(v)
    if (o == "m" || o == "R" || o == "q") return HIDDEN
    if (o ~ /[efrb]/) return number(v)
    if (o == "p") return v ~ /^[rwxaRWXA]+$/ ? v : HIDDEN
    if (o != "F") return v ~ /^[A-Za-z0-9_,!=<>&-]+$/ && tag(v_words(v)) == v_words(v) ? v : HIDDEN
    if (!match(v, /!=|>=|<=|&=|[=><&]/)) return HIDDEN
    name = substr(v, 1, RSTART - 1); operator = substr(v, RSTART, RLENGTH); v = substr(v, RSTART + RLENGTH)
    if (name !~ /^[a-z_0-9]+$/ || !wordlike(name) && name !~ /^a[0-3]$/) return HIDDEN
    if (name == "key") return name operator audit_key(v)
    if (name ~ /^(path|dir|exe)$/) return name operator audit_path(v)
    return name operator tag(v)
}
function v_words(v) { gsub(/[!=<>&]/, ".", v); return v }
function audit_path(v) { return v ~ /^\/[^\001-\037?&;=<>|@\042\047]*$/ && length(v) < 1024 ? v : numbered(v) }
function audit_key(v) { return v ~ /^[A-Za-z0-9_.:-]+$/ && tag(v_words(v)) == v && tag(v) == v ? v : numbered(v) }

# one_line(t): of sources.list.
function one_line(t,    type, options, part, n, i, out) {
    sub(/#.*$/, "", t)
    if (!match(t, /^deb(-src)?[ \t]+/)) return shape(trimmed(t))
    type = trimmed(substr(t, 1, RLENGTH)); t = substr(t, RLENGTH + 1)
    options = ""
    if (t ~ /^\[/) {
        i = index(t, "]")
        if (!i) return HIDDEN
        n = split(substr(t, 2, i - 2), part, " ")
        for (i = 1; i <= n; i++) options = options (i > 1 ? " " : "") source_option(part[i])
        options = " [" options "]"
        t = substr(t, index(t, "]") + 1)
    }
    n = split(t, part, " ")
    out = type options
    for (i = 1; i <= n; i++) out = out " " (i == 1 ? url(part[i]) : tag(part[i]))
    return out
}
function source_option(w,    i, name, sign) {
    i = index(w, "=")
    if (!i) return shape(w)
    name = substr(w, 1, i - 1); w = substr(w, i + 1)
    sign = name ~ /[+-]$/ ? substr(name, length(name)) : ""
    if (sign != "") name = substr(name, 1, length(name) - 1)
    if (!(key(name) in SOURCE_OPTIONS)) return name_of(name) "=" HIDDEN
    if (key(name) != "signed_by") return name sign "=" tag(w)
    gsub(/,/, " ", w)
    w = listed(w, "key")
    gsub(/ /, ",", w)
    return name sign "=" w
}

# sources_line(s, t): of a deb822 file. An empty line ends a paragraph, so that none is printed for another.
function sources_line(s, t,    i, name) {
    if (t == "") { LAST = ""; SKIP = 0; print "\n"; return }
    if (s ~ /^#/) return
    if (s ~ /^[ \t]/) {
        if (LAST == "" || SKIP) return
        print " " source_value(LAST, t) "\n"
        return
    }
    i = index(s, ":")
    if (!i) { LAST = ""; return }
    name = trimmed(substr(s, 1, i - 1))
    LAST = key(name)
    SKIP = !(LAST in SOURCE_FIELDS)
    print (SKIP ? name_of(name) ": " HIDDEN : name ": " source_value(LAST, trimmed(substr(s, i + 1)))) "\n"
}
function source_value(field, v) {
    if (v == "") return ""
    if (field == "uris") return listed(v, "url")
    if (field != "signed_by") return listed(v, "tag")
    if (index(v, "-----")) return v == "-----BEGIN PGP PUBLIC KEY BLOCK-----" || v == "-----END PGP PUBLIC KEY BLOCK-----" ? v : HIDDEN
    return listed(v, "key")
}

function repo_line(s, t,    i) {
    if (t == "" || t ~ /^[#;]/) { print "\n"; return }
    if (t ~ /^\[/ && index(t, "]") > 2) {
        LAST = ""
        t = substr(t, 2, index(t, "]") - 2)
        print "[" (tag(t) == t ? t : numbered(t)) "]\n"
        return
    }
    if (s ~ /^[ \t]/ && LAST != "") { print " " repo_value(LAST, t) "\n"; return }
    i = index(t, "=")
    if (!i) { print "\n"; return }
    LAST = key(trimmed(substr(t, 1, i - 1)))
    print name_of(trimmed(substr(t, 1, i - 1))) "=" repo_value(LAST, trimmed(substr(t, i + 1))) "\n"
}
function repo_value(field, v) {
    if (field in REPO_URLS) return listed(v, "url")
    if (field in REPO_WORDS) return tag(v)
    return shape(v)
}

function release(t,    i, name, v) {
    i = index(t, "=")
    if (!i) return shape(t)
    name = substr(t, 1, i - 1); v = substr(t, i + 1)
    if (!(key(name) in RELEASE_FIELDS)) return name_of(name) "=" shape(v)
    if (key(name) == "ansi_color") return name "="
    return name "=" (length(v) < 200 && v !~ /[`\001-\037@]/ && !token_in(v) ? v : shape(v))
}

# cmdline(s): the words that the kernel was started with.
function cmdline(s,    c, i, n, w, inside, out) {
    out = ""; w = ""; inside = 0
    n = length(s)
    for (i = 1; i <= n + 1; i++) {
        c = substr(s, i, 1)
        if (c == "\"") inside = !inside
        else if (i > n || (c ~ /[ \t]/ && !inside)) {
            if (w != "") out = out (out == "" ? "" : " ") boot_word(w)
            w = ""
        } else w = w c
    }
    return out
}
function boot_word(w,    i, name, v) {
    if (w == "--") return w
    i = index(w, "=")
    name = i ? substr(w, 1, i - 1) : w
    v = i ? substr(w, i + 1) : ""
    if (key(name) in BOOT_WORDS) return name (i ? "=" tag(v) : "")
    if (key(name) in BOOT_PATHS) return name (i ? "=" (v ~ /^\// ? place(v) : v ~ /^[A-Z]+=[A-Fa-f0-9-]+$/ && length(v) == 41 ? v : shape(v)) : "")
    if (name ~ /^sysctl\./ && i) { v = sysctl(substr(name, 8) "=" v); return index(v, HIDDEN " ") == 1 ? HIDDEN "=" HIDDEN : name "=" substr(v, index(v, " = ") + 3) }
    return name_of(name) (i ? "=" shape(v) : "")
}

# header(t): a line of the head of an answer, of those that are judged.
function header(t,    i, name, v) {
    if (match(t, /^HTTP\/[0-9.]+ [0-9][0-9][0-9]/)) {
        if (RLENGTH > 16) return ""
        i = RLENGTH
        return substr(t, 1, i) (substr(t, i + 1) ~ /^ [A-Z][A-Za-z -]*$/ && length(t) < 64 && tag(words_of(substr(t, i + 2))) == words_of(substr(t, i + 2)) ? substr(t, i + 1) : "")
    }
    i = index(t, ":")
    name = key(substr(t, 1, i - 1)); v = trimmed(substr(t, i + 1))
    t = substr(t, 1, i) " "
    if (name == "www_authenticate") return t challenge(v)
    if (name == "location") return t (v ~ /^\// ? url_path(v) : address(v))
    if (name ~ /^(server|content_type|x_frame_options|docker_distribution_api_version|strict_transport_security)$/)
        return t (v ~ /^[A-Za-z0-9.\/ ;=()_-]+$/ && tag(words_of(v)) == words_of(v) ? v : HIDDEN)
    if (name == "content_security_policy") return t (v ~ /^[A-Za-z0-9.\/ ;:\047*_-]+$/ && length(v) < 1024 && tag_words(v) == v ? v : HIDDEN)
    return ""
}
function words_of(v) { gsub(/[ ;=()]/, ".", v); return v }
function tag_words(v,    part, n, i, w) {
    n = split(v, part, " ")
    for (i = 1; i <= n; i++) { w = part[i]; gsub(/[\047;]/, "", w); if (w ~ /:\/\// ? address(w) != w : tag(w) != w) return "" }
    return v
}
function url_path(v) { return v ~ /^[A-Za-z0-9._~\/-]*$/ ? v : substr(v, 1, match(v, /[^A-Za-z0-9._~\/-]/) - 1) HIDDEN }
# challenge(v): a scheme and its parameters.
function challenge(v,    out, name, value) {
    if (!match(v, /^[A-Za-z]+/) || tolower(substr(v, 1, RLENGTH)) !~ /^(bearer|basic|digest|negotiate|ntlm)$/) return HIDDEN
    out = substr(v, 1, RLENGTH); v = substr(v, RLENGTH + 1)
    while (match(v, /[A-Za-z_]+="[^"]*"/)) {
        value = substr(v, RSTART, RLENGTH); v = substr(v, RSTART + RLENGTH)
        name = substr(value, 1, index(value, "=") - 1)
        value = substr(value, index(value, "\"") + 1); value = substr(value, 1, length(value) - 1)
        if (value ~ /:\/\//) value = address(value)
        else if (value !~ /^[A-Za-z0-9.:_\/ *,-]*$/ || tag(words_of(value)) != words_of(value)) value = shape(value)
        out = out (out ~ /"$/ ? "," : " ") name_of(name) "=\"" value "\""
    }
    return out
}

# mount(s): a line of mountinfo.
function mount(s,    part, n, i, out, dash) {
    n = split(s, part, " ")
    dash = 0
    for (i = 1; i <= n; i++) {
        if (!dash && i > 6 && part[i] == "-") dash = i
        if (i < 4 && part[i] !~ /^[0-9:]+$/) return HIDDEN
        if (i == 6 || (dash && i == dash + 3)) part[i] = mount_options(part[i])
        else if (i > 6 && !dash && part[i] !~ /^[a-z_]+(:[0-9]+)?$/) part[i] = HIDDEN
        else if (dash && i == dash + 2) part[i] = mount_source(part[i])
        else if (dash && i > dash + 3) part[i] = HIDDEN
        out = out (i > 1 ? " " : "") part[i]
    }
    return out
}
function mount_options(s,    part, n, i, j, k, out) {
    n = split(s, part, ",")
    out = ""
    for (i = 1; i <= n; i++) {
        j = index(part[i], "=")
        k = key(j ? substr(part[i], 1, j - 1) : part[i])
        if (!j) { if (k !~ /^[a-z0-9_]+$/ || tag(k) != k) part[i] = HIDDEN }
        else if (k in MOUNT_WORDS) part[i] = substr(part[i], 1, j) tag(substr(part[i], j + 1))
        else if (k in MOUNT_PATHS) { if (part[i] !~ /^[a-z+]+=(\/[A-Za-z0-9._\/+~@\\-]*|[A-Za-z0-9._\/+~:\\-]*)$/ || (part[i] !~ /\// && token_in(part[i]))) part[i] = substr(part[i], 1, j) HIDDEN }
        else part[i] = name_of(substr(part[i], 1, j - 1)) "=" shape(substr(part[i], j + 1))
        out = out (i > 1 ? "," : "") part[i]
    }
    return out
}
function mount_source(s) {
    if (s ~ /:\/\// || token_in(s)) return address(s)
    if (s ~ /^\/[A-Za-z0-9._\/+~:\\-]*$/ || s ~ /^[A-Za-z0-9_-]+$/ && tag(s) == s) return s
    if (s ~ /^[A-Za-z0-9.-]+(:[0-9]+)?(,[A-Za-z0-9.-]+(:[0-9]+)?)*:\/[A-Za-z0-9._\/+~\\-]*$/ || s ~ /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.\/@-]*$/ && s !~ /:/) return s
    return address(s)
}
'

# line_kind PATH: TEXT_KIND, which of those files it is.
line_kind() {
    ! next_kind "$1" || return 0
    case $1 in
    */sysctl.conf | */sysctl.d/*) TEXT_KIND=sysctl ;;
    */modprobe.d/*) TEXT_KIND=modprobe ;;
    */modules-load.d/* | */etc/modules) TEXT_KIND=modules ;;
    */hosts) TEXT_KIND=hosts ;;
    */nsswitch.conf) TEXT_KIND=switch ;;
    */resolv.conf) TEXT_KIND=resolver ;;
    *.rules) TEXT_KIND=audit ;;
    *.sources) TEXT_KIND=sources ;;
    *.list) TEXT_KIND=list ;;
    *.repo) TEXT_KIND=repo ;;
    */os-release) TEXT_KIND=release ;;
    */subuid | */subgid) TEXT_KIND=ranges ;;
    */proc/cmdline) TEXT_KIND=cmdline ;;
    */mountinfo) TEXT_KIND=mounts ;;
    *) TEXT_KIND=other ;;
    esac
}

# line_files PATH…: a frame `file:PATH` for each, read as what it is by its path. The function EACH, where one is
# named, sees BODY of each.
line_files() {
    FILTER=filter_lines
    files "$@"
    FILTER=
}
EACH=:

filter_lines() {
    PROGRAM=$CARRY_AWK$LINES_AWK$NEXT_AWK
    KIND_BY=line_kind
    MAX_TEXT=$MAX_FILE
    SEE=$EACH
}

# lines_as KIND: BODY, what is carried of lines of that kind.
lines_as() {
    LINES_STATUS=$STATUS
    LINES_KIND=$1
    carry filter_lines_as
    [ "$STATUS" -eq "$NO_READER" ] || STATUS=$LINES_STATUS
}

filter_lines_as() {
    PROGRAM=$CARRY_AWK$LINES_AWK$NEXT_AWK
    TEXT_KIND=$LINES_KIND
}
