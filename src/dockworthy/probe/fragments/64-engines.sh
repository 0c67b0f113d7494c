# The processes that are or serve an engine: which they are, what they were told, where they listen.
# shellcheck shell=sh disable=SC2034

MAX_ENGINES=24

probe_engines() {
    ENGINES=
    ENGINE_PIDS=
    CONFIG_FILES=
    ENGINE_PATHS=
    ENGINE_SOCKETS=
    find_engines
    # Where /proc hides the processes of others (hidepid), there may be any.
    STATUS=0
    [ -n "$ENGINES" ] || [ -r /proc/1/comm ] || STATUS=13
    say cmd:engines "$STATUS" "$ENGINES"
    engine_links
    process_links self
    say_link cmd:ns-self "$LINK_NS"
    engine_descriptors
    TABLE_OF=
    for PID in $ENGINE_PIDS; do
        engine_process
    done
    host_listeners
    engine_target
    engine_files
}

# find_engines: ENGINES, a line `PID KIND EXE UID START_EPOCH PPID FLAG` each, and ENGINE_PIDS. A process counts by
# the name of its program or of its command; one that merely calls itself so is told apart by what it listens on.
find_engines() {
    boot_time
    MANAGERS=
    EXES=$NL$(stat -c '%N' /proc/[0-9]*/exe 2>/dev/null)$NL
    NUMBER=0
    for DIR in /proc/[0-9]*; do
        PID=${DIR#/proc/}
        COMM=
        read -r COMM 2>/dev/null <"$DIR/comm" || continue
        engine_kind "$COMM"
        [ -z "$KIND" ] || add_engine
        case $COMM in systemd-network | NetworkManager) network_manager ;; esac
    done
    set -f
    IFS=$NL
    for LINE in $EXES; do
        IFS=$FIELDS
        case $LINE in
        *"/dockerd' ("* | *"/dockerd'" | *"/dockerd (deleted)'" | *"/containerd'" | *"/containerd (deleted)'" | *"/podman'")
            PID=${LINE#"'/proc/"}
            PID=${PID%%/*}
            case " $ENGINE_PIDS " in
            *" $PID "*) ;;
            *)
                EXE=${LINE##*/}
                EXE=${EXE%"'"}
                engine_kind "${EXE%" (deleted)"}"
                [ -z "$KIND" ] || add_engine
                ;;
            esac
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# engine_kind NAME: KIND, or nothing where no engine's process is called so.
engine_kind() {
    case $1 in
    dockerd | dockerd-current) KIND=dockerd ;;
    containerd | docker-containerd | docker-containe) KIND=containerd ;;
    rootlesskit | podman | crio | buildkitd | cri-dockerd) KIND=$1 ;;
    *) KIND= ;;
    esac
}

# boot_time: BOOT, the epoch second of the boot.
boot_time() {
    BOOT=0
    for LINE in $(tail -n 8 /proc/stat 2>/dev/null | tr ' ' '='); do
        case $LINE in btime=*) BOOT=${LINE#btime=} ;; esac
    done
}

# add_engine: adds PID, of KIND, unless it has gone.
add_engine() {
    [ "$NUMBER" -lt "$MAX_ENGINES" ] || return 0
    LINE=
    read -r LINE 2>/dev/null <"/proc/$PID/stat" || return 0
    # shellcheck disable=SC2086 # split on purpose
    set -- ${LINE##*") "}
    PARENT=$2
    STARTED=$((BOOT + ${20} / 100))
    OWNER_UID=-
    while read -r NAME FIRST REST; do
        case $NAME in
        Uid:)
            OWNER_UID=$FIRST
            break
            ;;
        esac
    done 2>/dev/null <"/proc/$PID/status"
    FLAG=-
    EXE=$(readlink "/proc/$PID/exe" 2>/dev/null)
    case $EXE in
    *" (deleted)")
        EXE=${EXE%" (deleted)"}
        FLAG=deleted
        ;;
    esac
    [ -z "$EXE" ] || ENGINE_PATHS=$ENGINE_PATHS$EXE$NL
    enc "$EXE"
    ENGINES="$ENGINES$PID $KIND $ENC $OWNER_UID $STARTED $PARENT $FLAG$NL"
    ENGINE_PIDS="$ENGINE_PIDS $PID"
    NUMBER=$((NUMBER + 1))
}

# namespace_names DIR: a line `name link` for each of a process's name spaces.
namespace_names() {
    NAMES=$(stat -c '%N' "$1"/* 2>/dev/null) || return 13
    set -f
    IFS=$NL
    for LINE in $NAMES; do
        LINE=${LINE#"'"}
        LINE=${LINE%"'"}
        NAME=${LINE%%"' -> '"*}
        printf '%s %s\n' "${NAME##*/}" "${LINE##*"' -> '"}"
    done
    IFS=$FIELDS
    set +f
}

# engine_links: LINKS, one answer for all the links of the engines' processes: `'/proc/1/cwd' -> '/'`.
engine_links() {
    set -- /proc/self/ns/*
    for PID in $ENGINE_PIDS; do
        set -- "$@" "/proc/$PID/cwd" "/proc/$PID/root" "/proc/$PID/ns/"*
    done
    LINKS=$(stat -c '%N' "$@" 2>/dev/null)
}

# process_links PROCESS: LINK_NS, lines `name target` of its name spaces, and LINK_CWD and LINK_ROOT.
process_links() {
    LINK_NS=
    LINK_CWD=
    LINK_ROOT=
    set -f
    IFS=$NL
    for LINE in $LINKS; do
        case $LINE in
        "'/proc/$1/"*"' -> '"*)
            LINE=${LINE#"'/proc/$1/"}
            LINE=${LINE%"'"}
            NAME=${LINE%%"' -> '"*}
            LINE=${LINE#*"' -> '"}
            case $NAME in
            cwd) LINK_CWD=$LINE ;;
            root) LINK_ROOT=$LINE ;;
            ns/*) LINK_NS="$LINK_NS${NAME#ns/} $LINE$NL" ;;
            esac
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# say_link NAME TEXT: a frame with a link's target and a newline; 13 where it could not be read.
say_link() {
    if [ -n "$2" ]; then
        say "$1" 0 "${2%"$NL"}$NL"
    else
        say "$1" 13 ''
    fi
}

# engine_descriptors: DESCRIPTORS, lines `PID INODE` of the sockets that the engines' processes hold.
engine_descriptors() {
    DESCRIPTORS=
    set --
    for PID in $ENGINE_PIDS; do
        set -- "$@" "/proc/$PID/fd/"*
    done
    [ $# -gt 0 ] || return 0
    descriptors_of "$@"
}

descriptors_of() {
    NAMES=$(limit 5 stat -c '%N' "$@" 2>/dev/null)
    set -f
    IFS=$NL
    for LINE in $NAMES; do
        case $LINE in
        *"' -> 'socket:["*)
            INODE=${LINE##*"socket:["}
            LINE=${LINE#"'/proc/"}
            DESCRIPTORS="$DESCRIPTORS${LINE%%/*} ${INODE%%"]"*}$NL"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# listening DIR: LISTENING, lines `INODE PROTO ADDRESS PORT` of that /proc/…/net: TCP that listens, UDP that is
# bound and not connected, and stream sockets with a path. One process reads the tables; which one a line is from
# shows in its state (0A listens: TCP; 07: UDP), the length of its address, and its own form.
listening() {
    LISTENING=
    TABLE=$(cat "$1/tcp" "$1/tcp6" "$1/udp" "$1/udp6" "$1/unix" 2>/dev/null)
    set -f
    IFS=$NL
    for LINE in $TABLE; do
        case $LINE in
        *' 00010000 000'?' 01 '*/*)
            LINE=${LINE#*' 00010000 000'?' 01 '}
            LINE=${LINE#"${LINE%%[! ]*}"}
            enc "/${LINE#*/}"
            LISTENING="$LISTENING${LINE%% *} unix $ENC -$NL"
            ;;
        *:*' 0A '*:* | *:*' 07 '*:*)
            IFS=$FIELDS
            # shellcheck disable=SC2086 # split on purpose
            set -- $LINE
            IFS=$NL
            PROTO=tcp
            case $4 in
            0A) ;;
            07) PROTO=udp ;;
            *) continue ;;
            esac
            case $2 in ?????????????*:*) PROTO=${PROTO}6 ;; esac
            address "$2"
            LISTENING="$LISTENING${10} $PROTO $ADDRESS $PORT$NL"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# address HEX:HEX: ADDRESS and PORT; the kernel prints 32-bit words in the machine's order (little-endian here).
address() {
    PORT=$((0x${1##*:}))
    HEX=${1%:*}
    case ${#HEX} in
    8)
        word_bytes "$HEX"
        ADDRESS=$B1.$B2.$B3.$B4
        ;;
    32)
        ADDRESS=
        while [ -n "$HEX" ]; do
            WORD_HEX=${HEX%"${HEX#????????}"}
            HEX=${HEX#????????}
            D=${WORD_HEX#??????}
            C=${WORD_HEX#????}
            C=${C%??}
            B=${WORD_HEX#??}
            B=${B%????}
            A=${WORD_HEX%??????}
            ADDRESS=$ADDRESS:$D$C:$B$A
        done
        ADDRESS=[${ADDRESS#:}]
        ;;
    *) ADDRESS=- ;;
    esac
}

word_bytes() {
    B1=$((0x${1#??????}))
    B2=${1#????}
    B2=$((0x${B2%??}))
    B3=${1#??}
    B3=$((0x${B3%????}))
    B4=$((0x${1%??????}))
}

# engine_process: the frames `proc:PID/…` of one process.
engine_process() {
    words_of
    process_links "$PID"
    NET=${LINK_NS#*"net "}
    NET=${NET%%"$NL"*}
    say_link "proc:$PID/ns" "$LINK_NS"
    BODY=
    STATUS=0
    read_small "/proc/$PID/uid_map"
    emit "proc:$PID/uid_map" "$STATUS"
    engine_unit
    [ -z "$LINK_CWD" ] || ENGINE_CWD=$LINK_CWD
    say_link "proc:$PID/cwd" "$LINK_CWD"
    say_link "proc:$PID/root" "$LINK_ROOT"
    engine_listens
    engine_arguments
}

# engine_unit: `proc:PID/unit`, the service of which the process is by its control group: `system docker.service`, `user
# docker.service` of a user's own systemd, `none -`. And the files of a service of another name than the usual one, and
# of a rootless engine's that is not the probing user's.
engine_unit() {
    UNIT=
    WHOSE=none
    STATUS=13
    while IFS= read -r LINE; do
        STATUS=0
        case $LINE in
        0::/* | *:name=systemd:/*) unit_in "${LINE#*:*:}" ;;
        esac
        [ -z "$UNIT" ] || break
    done 2>/dev/null <"/proc/$PID/cgroup"
    case $UNIT in
    *[!A-Za-z0-9:_.@-]* | user@*.service) UNIT= ;;
    *.service) ;;
    *) UNIT= ;;
    esac
    [ -n "$UNIT" ] || WHOSE=none
    BODY=
    [ "$STATUS" -ne 0 ] || BODY="$WHOSE ${UNIT:--}$NL"
    emit "proc:$PID/unit" "$STATUS"
    [ "$KIND" = dockerd ] && [ -n "$UNIT" ] || return 0
    FILTER=filter_unit
    case $WHOSE:$UNIT:$MYUID in
    user:*:0) unit_of "${ENGINE_CONFIG_HOME:-$ENGINE_HOME/.config}/systemd/user" ;;
    user:* | system:docker.service:*) ;;
    *)
        # shellcheck disable=SC2086 # a word each
        unit_of $UNIT_FOLDERS
        ;;
    esac
    FILTER=
}

# unit_in PATH: UNIT, the innermost service or scope of a control group, and WHOSE systemd has it.
unit_in() {
    WHOSE=system
    case $1 in */user@*.service/*) WHOSE=user ;; esac
    set -- "$1"
    while [ -n "$1" ]; do
        case ${1##*/} in
        *.service | *.scope)
            UNIT=${1##*/}
            return
            ;;
        esac
        set -- "${1%/*}"
    done
}

# unit_of DIR…: the files of UNIT and its drop-ins there; of an instance those of its template, too.
unit_of() {
    FOUND=
    TEMPLATE=
    case $UNIT in *@*) TEMPLATE=${UNIT%%@*}@.service ;; esac
    for DIR in "$@"; do
        for NAME in $UNIT $TEMPLATE; do
            for FILE in "$DIR/$NAME" "$DIR/$NAME.d"/*.conf; do
                [ ! -e "$FILE" ] || FOUND=$FOUND$FILE$NL
            done
            closed_folder "$DIR/$NAME.d"
        done
    done
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- $FOUND
    IFS=$FIELDS
    set +f
    files "$@"
    [ -z "$FOUND" ] || table "unit/$PID" "$@"
}

# words_of: the frames of what the process was told; ARGUMENTS, one a line (a newline in one is \004), and of its
# variables ENGINE_HOME and others.
words_of() {
    engine_kind_of "$PID"
    ARGUMENTS=
    ENGINE_HOME=
    ENGINE_CONFIG_HOME=
    ROOTLESS=
    CMDLINE_STATUS=0
    ENVIRON_STATUS=0
    RAW=X
    if [ -r "/proc/$PID/cmdline" ]; then
        RAW=$(limit 2 head -c 131072 "/proc/$PID/cmdline" 2>/dev/null | tr '\000\n\001\002\003' '\n\004\004\004\004'; printf X)
    else
        CMDLINE_STATUS=13
    fi
    BODY=${RAW%X}$BREAK$NL
    if [ -r "/proc/$PID/environ" ]; then
        BODY=$BODY$({ limit 2 head -c 131072 "/proc/$PID/environ" | tr '\000\n\001\002\003' '\n\004\004\004\004'; } 2>/dev/null)
    else
        ENVIRON_STATUS=13
    fi
    carry filter_process
    if [ "$STATUS" -ne 0 ]; then
        [ "$CMDLINE_STATUS" -ne 0 ] || CMDLINE_STATUS=$STATUS
        [ "$ENVIRON_STATUS" -ne 0 ] || ENVIRON_STATUS=$STATUS
    fi
    ARGUMENTS=${BODY%%"$BREAK"*}
    KEPT=${BODY#*"$BREAK$NL"}
    told_words cmdline "$CMDLINE_STATUS" "$ARGUMENTS"
    told_words environ "$ENVIRON_STATUS" "$KEPT"
    set -f
    IFS=$NL
    for LINE in $KEPT; do
        case $LINE in
        HOME=*) ENGINE_HOME=${LINE#*=} ;;
        XDG_CONFIG_HOME=*) ENGINE_CONFIG_HOME=${LINE#*=} ;;
        ROOTLESSKIT_STATE_DIR=*) ROOTLESS=1 ;;
        SSL_CERT_FILE=*) ENGINE_PATHS=$ENGINE_PATHS${LINE#*=}$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# told_words NAME STATUS LINES: the frame with the NULs back in place.
told_words() {
    BODY=
    STATUS=$2
    [ "$STATUS" -ne 0 ] || grab nul_separated "$3"
    emit64 "proc:$PID/$1" "$STATUS"
}

nul_separated() {
    printf '%s' "$1" | tr '\n\004' '\000\n' | to_base64
}

# engine_listens: what this process listens on, in its own network name space.
engine_listens() {
    if [ ! -r "/proc/$PID/fd" ]; then
        say "proc:$PID/listen" 13 ''
        return
    fi
    if [ "$NET" != "$TABLE_OF" ] || [ -z "$NET" ]; then
        listening "/proc/$PID/net"
        TABLE_OF=$NET
    fi
    BODY=
    set -f
    IFS=$NL
    for LINE in $LISTENING; do
        case $NL$DESCRIPTORS in
        *"$NL$PID ${LINE%% *}$NL"*)
            IFS=$FIELDS
            # shellcheck disable=SC2086 # split on purpose
            set -- $LINE
            IFS=$NL
            if [ "$2" = unix ]; then
                BODY="${BODY}unix $3$NL"
                case $3 in *%*) ;; *) ENGINE_SOCKETS="$ENGINE_SOCKETS$PID $3$NL" ;; esac
            else
                BODY="$BODY$2 $3:$4$NL"
            fi
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    emit "proc:$PID/listen" 0
}

# engine_arguments: the files that the command line names, in CONFIG_FILES and ENGINE_PATHS.
engine_arguments() {
    GIVEN_CONFIG=
    TAKE=
    set -f
    IFS=$NL
    for LINE in $ARGUMENTS; do
        IFS=$FIELDS
        if [ -n "$TAKE" ]; then
            engine_argument "$TAKE" "$LINE"
            TAKE=
            continue
        fi
        case $LINE in
        --*=*) engine_argument "${LINE%%=*}" "${LINE#*=}" ;;
        --config-file | --config | -c | --tlscacert | --tlscert | --tlskey | --data-root | --graph | -g | --exec-root | \
            --pidfile | -p | --seccomp-profile | --containerd | --root | --state | --address | -a | --add-runtime | --host | -H) TAKE=$LINE ;;
        esac
    done
    IFS=$FIELDS
    set +f
    [ -n "$GIVEN_CONFIG" ] || default_config
}

# engine_kind_of PID: KIND, from the lines of ENGINES.
engine_kind_of() {
    KIND=${NL}${ENGINES}
    KIND=${KIND##*"$NL$1 "}
    KIND=${KIND%% *}
}

# engine_argument FLAG VALUE
engine_argument() {
    case $2 in
    /*) VALUE=$2 ;;
    unix:///*) VALUE=${2#unix://} ;;
    '' | *://*) return 0 ;;
    *=/*) VALUE=${2#*=} ;;
    *) VALUE=${ENGINE_CWD%/}/$2 ;;
    esac
    case $1 in
    --config-file | --config | -c)
        GIVEN_CONFIG=$VALUE
        CONFIG_FILES="$CONFIG_FILES$KIND $VALUE$NL"
        ;;
    --data-root | --graph | -g) [ "$KIND" != dockerd ] || [ -n "$ROOT_DIR" ] || ROOT_DIR=$VALUE ;;
    --seccomp-profile)
        case $2 in builtin | unconfined | default) return 0 ;; esac
        ;;
    --root) [ "$KIND" != containerd ] || CONTAINERD_ROOTS=$CONTAINERD_ROOTS$VALUE$NL ;;
    --pidfile | -p) [ "$KIND" != dockerd ] || PIDFILES=$PIDFILES$VALUE$NL ;;
    --tlscacert | --tlscert) TLS_FILES=$TLS_FILES$VALUE$NL ;;
    --tlskey | --exec-root | --containerd | --state | --address | -a | --add-runtime | --host | -H) ;;
    *) return 0 ;;
    esac
    ENGINE_PATHS=$ENGINE_PATHS$VALUE$NL
}
TLS_FILES=
CONTAINERD_ROOTS=
PIDFILES=
ENGINE_CWD=/

# default_config: the file that the engine reads where none is named: a rootless one its user's.
default_config() {
    case $KIND in
    dockerd)
        if [ -n "$ROOTLESS" ]; then
            CONFIG_FILES="${CONFIG_FILES}dockerd ${ENGINE_CONFIG_HOME:-$ENGINE_HOME/.config}/docker/daemon.json$NL"
        else
            CONFIG_FILES="${CONFIG_FILES}dockerd /etc/docker/daemon.json$NL"
        fi
        ;;
    containerd) CONFIG_FILES="${CONFIG_FILES}containerd /etc/containerd/config.toml$NL" ;;
    esac
}

# host_listeners: `proto address port inode pid` of the host's own name space; the pid where an engine holds it.
host_listeners() {
    listening /proc/net
    BODY=
    set -f
    IFS=$NL
    for LINE in $LISTENING; do
        IFS=$FIELDS
        # shellcheck disable=SC2086 # split on purpose
        set -- $LINE
        [ "$2" != unix ] || continue
        OWNER=-
        case $NL$DESCRIPTORS in
        *" $1$NL"*)
            OWNER=${NL}${DESCRIPTORS%%" $1$NL"*}
            OWNER=${OWNER##*"$NL"}
            ;;
        esac
        BODY="$BODY$2 $3 $4 $1 $OWNER$NL"
    done
    IFS=$FIELDS
    set +f
    emit cmd:listeners 0
}

# engine_target: which engine the CLI reaches, and the process that owns its socket.
engine_target() {
    CONTEXT=default
    ENDPOINT=${DOCKER_HOST:-}
    FOUND_BY=DOCKER_HOST
    if [ -z "$ENDPOINT" ] && [ -n "$DOCKER" ] && [ -z "$HUNG" ]; then
        FOUND_BY=context
        CONTEXT=${DOCKER_CONTEXT:-}
        [ -n "$CONTEXT" ] || CONTEXT=$CLIENT_CONTEXT
        case $CONTEXT in
        '' | default) ENDPOINT= ;;
        [!A-Za-z0-9]* | *[!A-Za-z0-9_.+-]*)
            # The CLI takes no such name.
            CONTEXT=REDACTED
            ENDPOINT=
            ;;
        *) ENDPOINT=$(limit 3 "$DOCKER" context inspect --format '{{.Endpoints.docker.Host}}' "$CONTEXT" 2>/dev/null) ;;
        esac
    fi
    if [ -z "$ENDPOINT" ]; then
        FOUND_BY=default
        ENDPOINT=unix:///var/run/docker.sock
    fi
    OWNER=-
    SOCKET=-
    case $ENDPOINT in
    unix://*)
        SOCKET=${ENDPOINT#unix://}
        socket_owner
        ;;
    esac
    tell_address "$ENDPOINT"
    enc "$ADDRESS_TOLD"
    ENDPOINT=$ENC
    enc "$SOCKET"
    enc_socket=$ENC
    tell_address "${DOCKER_HOST:-}"
    enc "$ADDRESS_TOLD"
    say cmd:engine-target 0 "docker-host $ENC${NL}context ${CONTEXT:-default}${NL}endpoint $ENDPOINT${NL}found $FOUND_BY${NL}socket $enc_socket${NL}pid $OWNER$NL"
}

# socket_owner: OWNER, the engine's process that listens on SOCKET; else any process that does.
socket_owner() {
    REAL=$(readlink -f -- "$SOCKET" 2>/dev/null)
    for CANDIDATE in "$SOCKET" "${REAL:-$SOCKET}" "/var$REAL" "${SOCKET#/var}"; do
        set -f
        IFS=$NL
        for LINE in $ENGINE_SOCKETS; do
            [ "${LINE#* }" = "$CANDIDATE" ] || continue
            engine_kind_of "${LINE%% *}"
            OWNER=${LINE%% *}
            # systemd passes its socket on: the engine's own process comes first.
            [ "$KIND" != dockerd ] || break
        done
        IFS=$FIELDS
        set +f
        [ "$OWNER" = - ] || return 0
    done
    [ -S "$SOCKET" ] || return 0
    set -f
    IFS=$NL
    for LINE in $LISTENING; do
        IFS=$FIELDS
        # shellcheck disable=SC2086 # split on purpose
        set -- $LINE
        [ "$2" = unix ] || continue
        case $3 in
        "$SOCKET" | "${REAL:-$SOCKET}")
            INODE=$1
            set +f
            NAMES=$(limit 5 stat -c '%N' /proc/[0-9]*/fd/* 2>/dev/null)
            case $NAMES in
            *"socket:[$INODE]"*)
                OWNER=${NAMES%%"/fd/"[0-9]*"' -> 'socket:[$INODE]"*}
                OWNER=${NAMES%%"socket:[$INODE]"*}
                OWNER=${OWNER##*"'/proc/"}
                OWNER=${OWNER%%/*}
                ;;
            esac
            set -f
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# engine_files: the configuration files in use, each once.
engine_files() {
    CONFIG_FILES="${CONFIG_FILES}dockerd /etc/docker/daemon.json$NL"
    CONFIG_FILES="${CONFIG_FILES}dockerd ${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/docker/daemon.json$NL"
    CONFIG_FILES="${CONFIG_FILES}containerd /etc/containerd/config.toml$NL"
    for FILE in /etc/containerd/conf.d/*.toml; do
        [ ! -f "$FILE" ] || CONFIG_FILES="${CONFIG_FILES}containerd $FILE$NL"
    done
    DONE=$NL
    JSON_FILES=
    TOML_FILES=
    set -f
    IFS=$NL
    for LINE in $CONFIG_FILES; do
        FILE=${LINE#* }
        case $DONE in *"$NL$FILE$NL"*) continue ;; esac
        DONE=$DONE$FILE$NL
        ENGINE_PATHS=$ENGINE_PATHS$FILE$NL
        case $LINE in
        dockerd\ *) JSON_FILES=$JSON_FILES$FILE$NL ;;
        containerd\ *) TOML_FILES=$TOML_FILES$FILE$NL ;;
        esac
    done
    # shellcheck disable=SC2086 # one a line
    set -- $JSON_FILES
    IFS=$FIELDS
    set +f
    FILTER=filter_daemon_json
    files "$@"
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- $TOML_FILES
    IFS=$FIELDS
    set +f
    FILTER=filter_containerd_toml
    files "$@"
    FILTER=
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- $TLS_FILES
    IFS=$FIELDS
    set +f
    pem_files "$@"
}

# filter_daemon_json: as filter_json; the paths in it (certificates, runtimes, sockets) are looked at, too.
filter_daemon_json() {
    filter_json
    SEE=paths_in_json
}

paths_in_json() {
    path_of_key pidfile
    [ -z "$LINE" ] || PIDFILES=$PIDFILES$LINE$NL
    for WORD in tlscacert tlscert; do
        path_of_key "$WORD"
        [ -z "$LINE" ] || TLS_FILES=$TLS_FILES$LINE$NL
    done
    PATHS_IN_FILE=0
    set -f
    IFS=\"
    for WORD in $BODY; do
        case $WORD in
        /* | unix:///*)
            ENGINE_PATHS=$ENGINE_PATHS${WORD#unix://}$NL
            PATHS_IN_FILE=$((PATHS_IN_FILE + 1))
            [ "$PATHS_IN_FILE" -lt 64 ] || break
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# path_of_key KEY: LINE, the path that BODY has under this key; empty where it has none.
path_of_key() {
    LINE=
    case $BODY in *\""$1"\"*) LINE=${BODY#*\""$1"\"} ;; esac
    LINE=${LINE#"${LINE%%[!: "$TAB$NL"]*}"}
    case $LINE in
    \"/*)
        LINE=${LINE#\"}
        LINE=${LINE%%\"*}
        ;;
    *) LINE= ;;
    esac
}

# filter_containerd_toml: as filter_toml; the root that it names is looked at, too.
filter_containerd_toml() {
    TOML_KIND=containerd
    filter_toml
    SEE=root_in_toml
}

root_in_toml() {
    set -f
    IFS=$NL
    for LINE in $BODY; do
        LINE=${LINE#"${LINE%%[! "$TAB"]*}"}
        case $LINE in
        \[*) break ;;
        root[\ "$TAB"=]*=*[\"\']/* | root=[\"\']/*)
            LINE=/${LINE#*[\"\']/}
            LINE=${LINE%%[\"\']*}
            CONTAINERD_ROOTS=$CONTAINERD_ROOTS$LINE$NL
            ENGINE_PATHS=$ENGINE_PATHS$LINE$NL
            break
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}
