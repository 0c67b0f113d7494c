# About the run: when, as whom, on which system.
# shellcheck shell=sh disable=SC2034

probe_about() {
    say cmd:date 0 "$(date -u '+%s %Y-%m-%dT%H:%M:%SZ')$NL"
    ROOT=no
    [ "$MYUID" != 0 ] || ROOT=root
    say cmd:id 0 "$MYUID $MYGID $MYNAME $ROOT$NL"
    SHELL_NAME=unknown
    read -r SHELL_NAME 2>/dev/null </proc/$$/comm
    say cmd:shell 0 "$SHELL_NAME$NL"
    LAST=
    kernel_files /proc/sys/kernel/hostname
    say cmd:hostname 0 "${LAST:-$(uname -n)$NL}"
    files_of_lines
    kernel_files /proc/uptime
    container_kind
    say cmd:container 0 "$CONTAINER$NL"
    clock
}

# files_of_lines: those of all parts, because each process for such costs more than their few lines. AUDIT_RULES, the
# rules of audit in them.
files_of_lines() {
    set -- /etc/os-release /usr/lib/os-release /etc/subuid /etc/subgid /etc/hosts /etc/nsswitch.conf \
        /etc/resolv.conf /run/systemd/resolve/resolv.conf /proc/cmdline /proc/self/mountinfo /etc/sysctl.conf /etc/modules
    for TOPIC in sysctl.d modules-load.d modprobe.d; do
        for DIR in /etc /run /usr/local/lib /usr/lib /lib; do
            [ "$DIR" != /lib ] || [ ! -L /lib ] || continue
            for CONF in "$DIR/$TOPIC"/*.conf; do
                if [ -e "$CONF" ] || [ -L "$CONF" ]; then set -- "$@" "$CONF"; fi
            done
        done
    done
    set -- "$@" /etc/apt/sources.list
    for FILE in /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources /etc/yum.repos.d/*.repo \
        /etc/zypp/repos.d/*.repo; do
        [ ! -f "$FILE" ] || set -- "$@" "$FILE"
    done
    set -- "$@" /etc/audit/audit.rules
    for FILE in /etc/audit/rules.d/*.rules; do
        # A link that leads nowhere is a file without rules.
        if [ -e "$FILE" ] || [ -L "$FILE" ]; then set -- "$@" "$FILE"; fi
    done
    next_files
    set -f
    IFS=$NL
    for FILE in $NEXT; do
        set -- "$@" "$FILE"
    done
    IFS=$FIELDS
    set +f
    AUDIT_RULES=
    UNATTENDED=
    EACH=line_file_seen
    line_files "$@"
    EACH=:
}

# UNATTENDED: whether a file of apt's says anything of upgrades that nobody attends.
line_file_seen() {
    case $FILE in
    /etc/audit/*) AUDIT_RULES=$AUDIT_RULES$BODY ;;
    /etc/apt/apt.conf*) UNATTENDED=$UNATTENDED$BODY ;;
    esac
}

# container_kind: CONTAINER, what the target itself runs in.
container_kind() {
    CONTAINER=none
    if [ -e /.dockerenv ]; then
        CONTAINER=docker
    elif [ -e /run/.containerenv ]; then
        CONTAINER=podman
    elif [ -f /run/systemd/container ] && [ -r /run/systemd/container ]; then
        read -r CONTAINER </run/systemd/container
    elif [ -r /proc/1/environ ]; then
        case $(tr '\000' '\n' 2>/dev/null </proc/1/environ) in
        *container=lxc*) CONTAINER=lxc ;;
        *container=*) CONTAINER=container ;;
        esac
    fi
}

clock() {
    if has timedatectl && [ -d /run/systemd/system ]; then
        run cmd:clock 3 timedatectl show -p NTP -p NTPSynchronized -p CanNTP -p LocalRTC
    else
        say cmd:clock 127 ''
    fi
}
