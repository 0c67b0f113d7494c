# The kernel: version, configuration, name spaces, cgroups, modules, sysctls.
# shellcheck shell=sh disable=SC2034

probe_kernel() {
    # shellcheck disable=SC2046 # words
    set -- $(uname -srm)
    RELEASE=$2
    say cmd:uname 0 "$1$NL$2$NL$3$NL$(uname -v)$NL"
    kernel_small
    kernel_tables
    grab namespace_links /proc/self/ns
    emit list:/proc/self/ns "$STATUS"
    list /sys/module
    list /sys/fs/cgroup
    run cmd:cgroup-statfs 3 stat -f -c %t /sys/fs/cgroup
    kernel_config
    kernel_modules
}

kernel_small() {
    kernel_files /proc/filesystems /proc/self/cgroup /proc/self/uid_map /proc/self/gid_map \
        /proc/self/setgroups \
        /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/cgroup.subtree_control \
        /sys/fs/cgroup/unified/cgroup.controllers /sys/fs/cgroup/unified/cgroup.subtree_control \
        /sys/kernel/security/lsm /sys/module/apparmor/parameters/enabled \
        /sys/fs/selinux/enforce /sys/kernel/cgroup/features \
        /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes \
        /sys/fs/cgroup/system.slice/memory.max /sys/fs/cgroup/system.slice/memory.swap.max \
        /sys/module/nf_conntrack/parameters/hashsize \
        /proc/sys/user/max_cgroup_namespaces /proc/sys/user/max_ipc_namespaces \
        /proc/sys/user/max_mnt_namespaces /proc/sys/user/max_net_namespaces \
        /proc/sys/user/max_pid_namespaces /proc/sys/user/max_time_namespaces \
        /proc/sys/user/max_user_namespaces /proc/sys/user/max_uts_namespaces \
        /proc/sys/kernel/unprivileged_userns_clone \
        /proc/sys/kernel/apparmor_restrict_unprivileged_userns \
        /proc/sys/kernel/keys/root_maxkeys /proc/sys/kernel/keys/root_maxbytes \
        /proc/sys/kernel/pid_max /proc/sys/kernel/threads-max /proc/sys/kernel/seccomp/actions_avail \
        /proc/sys/kernel/modules_disabled \
        /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_unprivileged_port_start \
        /proc/sys/net/ipv4/ping_group_range \
        /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/ipv4/conf/default/forwarding \
        /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/default/forwarding \
        /proc/sys/net/ipv6/conf/all/disable_ipv6 \
        /proc/sys/net/bridge/bridge-nf-call-iptables \
        /proc/sys/net/bridge/bridge-nf-call-ip6tables \
        /proc/sys/net/bridge/bridge-nf-call-arptables \
        /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max \
        /proc/sys/net/netfilter/nf_conntrack_buckets \
        /proc/sys/vm/overcommit_memory /proc/sys/vm/swappiness /proc/sys/vm/panic_on_oom \
        /proc/sys/vm/max_map_count /proc/sys/fs/nr_open /proc/sys/fs/may_detach_mounts \
        /proc/sys/fs/inotify/max_user_instances /proc/sys/fs/inotify/max_user_watches
}

# kernel_tables: files of /proc whose counters change by themselves are reduced to what does not.
kernel_tables() {
    kernel_table /proc/cgroups cgroups_line
    kernel_table /proc/modules modules_line
    kernel_table /proc/self/status status_line
}

# kernel_table FILE FUNCTION: a frame with the lines that the function makes of each line's FIELDS.
kernel_table() {
    grab head -c "$MAX_FILE" "$1"
    if [ "$STATUS" -ne 0 ]; then
        missing "$1"
        [ "$STATUS" -ne 21 ] || STATUS=5
    fi
    TABLE=$BODY
    grab each_line "$2"
    [ -n "$TABLE" ] || STATUS=2
    emit "file:$1" "$STATUS"
}

each_line() {
    set -f
    IFS=$NL
    for LINE in $TABLE; do
        IFS=$FIELDS
        # shellcheck disable=SC2086 # split on purpose
        "$1" $LINE
    done
    IFS=$FIELDS
    set +f
}

# The number of cgroups changes all the time, and nothing asks for it.
cgroups_line() {
    case $1 in
    '#'*) printf '%s\n' "$LINE" ;;
    *) printf '%s\t%s\t0\t%s\n' "$1" "$2" "$4" ;;
    esac
}

# Use counts and addresses likewise.
modules_line() {
    printf '%s %s 0 %s %s\n' "$1" "$2" "$4" "$5"
}

status_line() {
    case $1 in
    Uid: | Gid: | Groups: | Cap* | NoNewPrivs: | Seccomp:) printf '%s\n' "$LINE" ;;
    esac
}

# namespace_links DIR: a line `name -> link text` for each.
namespace_links() {
    namespace_names "$1" | while read -r NAME LINK; do
        printf '%s -> %s\n' "$NAME" "$LINK"
    done
}

# kernel_config: the first that is there, in the order of moby's check-config.sh; compressed where the host
# can, because 300 KB of it cost more to carry than everything else.
kernel_config() {
    BODY=
    STATUS=2
    for CONFIG in /proc/config.gz "/boot/config-$RELEASE" "/usr/src/linux-$RELEASE/.config" /usr/src/linux/.config \
        "/lib/modules/$RELEASE/config" "/usr/lib/modules/$RELEASE/config" "/lib/modules/$RELEASE/build/.config" \
        "/usr/lib/ostree-boot/config-$RELEASE" "/usr/lib/kernel/config-$RELEASE" "/usr/src/linux-headers-$RELEASE/.config" \
        "/lib/kernel/config-$RELEASE"; do
        # Not what is empty, either: a mount of /dev/null over it hides one.
        [ -s "$CONFIG" ] || continue
        if [ -r "$CONFIG" ]; then
            say cmd:kernel-config-source 0 "$CONFIG$NL"
            grab kernel_config_bytes "$CONFIG"
            emit64 cmd:kernel-config "$STATUS"
            return
        fi
        STATUS=13
        BODY=$CONFIG$NL
        break
    done
    emit cmd:kernel-config-source "$STATUS"
    say cmd:kernel-config "$STATUS" ''
}

kernel_config_bytes() {
    case $1 in
    *.gz) head -c 4194304 "$1" | to_base64 ;;
    *)
        if has gzip; then
            gzip -nc <"$1" | head -c 4194304 | to_base64
        else
            head -c 4194304 "$1" | to_base64
        fi
        ;;
    esac
}

# kernel_modules: what is on disk for the running kernel: `modules.dep`'s first column, and what is built in.
kernel_modules() {
    MODULES_DIR=/lib/modules/$RELEASE
    if [ -d "$MODULES_DIR" ]; then
        say cmd:modules-dir 0 "$MODULES_DIR$NL"
    else
        say cmd:modules-dir 2 ''
    fi
    if [ -r "$MODULES_DIR/modules.dep" ]; then
        grab cut -d: -f1 "$MODULES_DIR/modules.dep"
        emit cmd:modules-on-disk "$STATUS"
    else
        say cmd:modules-on-disk 2 ''
    fi
    if [ -r "$MODULES_DIR/modules.builtin" ]; then
        grab head -c "$MAX_FILE" "$MODULES_DIR/modules.builtin"
        emit file:modules.builtin "$STATUS"
    else
        say file:modules.builtin 2 ''
    fi
}
