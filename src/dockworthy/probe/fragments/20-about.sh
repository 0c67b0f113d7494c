# About the run: when, as whom, on which system.
# shellcheck shell=sh

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
    # With other parts' files, because each process for such costs more than their few lines.
    line_files /etc/os-release /usr/lib/os-release /etc/subuid /etc/subgid /etc/hosts /etc/nsswitch.conf
    kernel_files /proc/uptime
    container_kind
    say cmd:container 0 "$CONTAINER$NL"
    clock
}

# container_kind: CONTAINER, what the target itself runs in.
container_kind() {
    CONTAINER=none
    if [ -e /.dockerenv ]; then
        CONTAINER=docker
    elif [ -e /run/.containerenv ]; then
        CONTAINER=podman
    elif [ -r /run/systemd/container ]; then
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
