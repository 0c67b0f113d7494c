# Owners and modes of what the engine's safety rests on, and the file system under its data.
# shellcheck shell=sh disable=SC2034

probe_files() {
    DATA_ROOT=${ROOT_DIR:-/var/lib/docker}
    engine_table
    pidfiles
    data_root
    swarm_state
}

# engine_table: `stat:engine`. A path that appears twice is looked at once.
engine_table() {
    SEEN=$NL
    ADDED=
    for FILE in / /etc /etc/docker /etc/docker/daemon.json /etc/docker/key.json /etc/default/docker \
        /etc/sysconfig/docker /etc/sysconfig/docker-storage /etc/sysconfig/docker-network /etc/init.d/docker \
        /etc/containerd /etc/containerd/config.toml /etc/subuid /etc/subgid \
        /run/docker.sock /var/run/docker.sock /run/docker /run/docker/containerd /run/docker/containerd/containerd.sock \
        /run/containerd /run/containerd/containerd.sock /run/podman/podman.sock \
        /var/lib/docker /var/lib/containerd /usr/libexec/docker /usr/lib/docker \
        /usr/bin/dockerd /usr/sbin/dockerd /usr/local/bin/dockerd /usr/bin/containerd /usr/local/bin/containerd \
        /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1 /usr/bin/containerd-shim-runc-v2 \
        /usr/bin/runc /usr/sbin/runc /usr/bin/docker /var/lib /var /run /root/.docker \
        /root/.docker/ca.pem /root/.docker/cert.pem /root/.docker/key.pem \
        "/run/user/$MYUID/docker.sock" "/run/user/$MYUID/podman/podman.sock"; do
        add_path "$FILE"
    done
    if [ -n "${HOME:-}" ]; then
        for FILE in "$HOME/.docker" "$HOME/.docker/config.json" "$HOME/.config/docker" "$HOME/.local/share/docker"; do
            add_path "$FILE"
        done
    fi
    for TOOL in dockerd containerd containerd-shim containerd-shim-runc-v1 containerd-shim-runc-v2 runc ctr docker-init docker-proxy \
        rootlesskit dockerd-rootless.sh newuidmap newgidmap; do
        ! find_tool "$TOOL" || add_path "$TOOL_PATH"
    done
    drivers
    FILE=$DATA_ROOT
    while [ -n "$FILE" ]; do
        add_path "$FILE"
        FILE=${FILE%/*}
    done
    set -f
    IFS=$NL
    for FILE in $ENGINE_PATHS; do
        add_path "$FILE"
        add_path "${FILE%/*}"
    done
    for LINE in $ENGINE_SOCKETS; do
        add_path "${LINE#* }"
    done
    # shellcheck disable=SC2086 # one a line
    set -- $ADDED
    IFS=$FIELDS
    set +f
    table engine "$@"
}

# drivers: adds the folders of storage drivers in the data root, each with the first thing that lies in it, and the first
# image that one of them has: by these the engine chooses how it keeps its images.
drivers() {
    for NAME in overlay2 fuse-overlayfs btrfs zfs overlay aufs devicemapper vfs; do
        FILE=$DATA_ROOT/$NAME
        [ "$NAME" = overlay2 ] || [ -d "$FILE" ] || continue
        add_path "$FILE"
        for FILE in "$FILE"/l "$FILE"/*; do
            [ -e "$FILE" ] || continue
            add_path "$FILE"
            break
        done
    done
    for FILE in "$DATA_ROOT"/image/*/imagedb/content/sha256/*; do
        add_path "$DATA_ROOT/image"
        [ ! -e "$FILE" ] || add_path "$FILE"
        break
    done
}

add_path() {
    case $1 in /*) ;; *) return 0 ;; esac
    case $SEEN in *"$NL$1$NL"*) return 0 ;; esac
    SEEN=$SEEN$1$NL
    ADDED=$ADDED$1$NL
}

# pidfiles: `PATH NUMBER STATE` of the files in which an engine looks for the process of another: the number that one
# names, and whether such a process lives, as the engine asks for it: by its folder in /proc.
pidfiles() {
    BODY=
    DONE=$NL
    set -f
    IFS=$NL
    for FILE in $PIDFILES/var/run/docker.pid; do
        case $DONE in *"$NL$FILE$NL"*) continue ;; esac
        [ ${#DONE} -lt 4096 ] || break
        DONE=$DONE$FILE$NL
        IFS=$FIELDS
        pidfile "$FILE"
        enc "$FILE"
        BODY="$BODY$ENC $NUMBER $STATE$NL"
    done
    IFS=$FIELDS
    set +f
    emit cmd:pidfiles 0
}

# pidfile PATH: NUMBER, or - where it names none, and STATE.
pidfile() {
    NUMBER=-
    STATE=unknown
    LINE=$(limit 3 stat -L -c '%F' -- "$1" 2>/dev/null) || STATE=
    case $LINE in
    regular*) ;;
    '')
        [ -n "$STATE" ] || STATE=absent
        [ ! -e "${1%/*}" ] || [ -x "${1%/*}/" ] || STATE=unknown
        return
        ;;
    *)
        STATE=odd
        return
        ;;
    esac
    [ -r "$1" ] || return
    LINE=$(limit 3 head -c 64 "$1" 2>/dev/null | tr -d '\000')
    LINE=${LINE#"${LINE%%[!"$SP_NL"]*}"}
    LINE=${LINE%"${LINE##*[!"$SP_NL"]}"}
    LINE=${LINE#+}
    LINE=${LINE#"${LINE%%[!0]*}"}
    STATE=none
    case $LINE in
    '' | *[!0-9]* | ????????????*) return ;;
    esac
    NUMBER=$LINE
    if [ -e "/proc/$NUMBER" ]; then STATE=lives; else STATE=gone; fi
}

# data_root: `df -Pk`, `df -Pi` and `statfs TYPE HEX BSIZE BLOCKS BFREE BAVAIL FILES FFREE` of the data root, and in
# frames `df:PATH` of containerd's roots, where images lie if the image store is its; what xfs_info tells of those that
# lie on xfs. The root of an engine's own containerd counts where something else is mounted on it.
data_root() {
    DONE=$NL$DATA_ROOT$NL
    FILE=$DATA_ROOT/containerd/daemon
    if [ -d "$FILE" ]; then
        # shellcheck disable=SC2046 # words
        set -- $(limit 3 stat -c %d -- "$DATA_ROOT" "$FILE" 2>/dev/null)
        [ "${1:-}" = "${2:-}" ] || CONTAINERD_ROOTS=$CONTAINERD_ROOTS$FILE$NL
    fi
    set -f
    IFS=$NL
    for FILE in $CONTAINERD_ROOTS/var/lib/containerd; do
        case $DONE in *"$NL$FILE$NL"*) continue ;; esac
        [ ${#DONE} -lt 4096 ] || break
        DONE=$DONE$FILE$NL
        IFS=$FIELDS
        grab figures "$FILE"
        [ "$STATUS" -ne 1 ] || continue
        emit "df:$FILE" "$STATUS"
        xfs_figures "$FILE"
        [ "$STATUS" -eq 2 ] || emit "xfs:$FILE" "$STATUS"
    done
    IFS=$FIELDS
    set +f
    grab figures "$DATA_ROOT"
    emit cmd:mounts-of-data-root "$STATUS"
    xfs_figures "$DATA_ROOT"
    emit cmd:xfs-info "$STATUS"
}

# xfs_figures PATH: BODY and STATUS of xfs_info, by the figures in BODY; 2 where it lies on no xfs.
xfs_figures() {
    case $BODY in
    *"statfs xfs "*)
        STATUS=127
        BODY=
        ! has xfs_info || grab limit 3 xfs_info "$1"
        ;;
    *)
        STATUS=2
        BODY=
        ;;
    esac
}

# figures PATH: prints what data_root says of it; under one time limit, because each limit is a process.
figures() {
    # shellcheck disable=SC2016 # for the other shell
    limit 3 sh -c '
        [ -e "$1" ] || exit 1
        df -Pk -- "$1"
        df -Pi -- "$1" 2>/dev/null
        stat -f -c "statfs %T %t %s %b %f %a %c %d" -- "$1"
    ' sh "$1"
}

# What is told of the state that a swarm's node keeps (moby, daemon/cluster: nodeStartConfig).
SWARM_RULES='
swarm address: localaddr remoteaddr listenaddr advertiseaddr datapathaddr defaultaddresspool
swarm keep: subnetsize datapathport joininprogress
'

# filter_swarm_state: the reader of docker-state.json.
filter_swarm_state() {
    RULES=$SWARM_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$JSON_AWK
    TEXT_KIND=swarm
}

# swarm_state: the addresses that a swarm's node uses.
swarm_state() {
    [ "${SWARM_STATE:-inactive}" != inactive ] || return 0
    FILTER=filter_swarm_state
    files "$DATA_ROOT/swarm/docker-state.json"
    FILTER=
    pem_files "$DATA_ROOT/swarm/certificates/swarm-node.crt" "$DATA_ROOT/swarm/certificates/swarm-root-ca.crt"
}
