# The processes inside running containers, as the kernel has them.
# shellcheck shell=sh disable=SC2034

# probe_processes: `cmd:container-processes`, one line for each container's first process.
probe_processes() {
    if [ -z "$REACHED" ]; then
        STATUS=1
        not_reached execs
        for NAME in processes tasks listeners; do
            say "cmd:container-$NAME" "$STATUS" ''
        done
        return
    fi
    container_pids
    if [ -z "$PAIRS" ]; then
        for NAME in processes tasks listeners; do
            say "cmd:container-$NAME" 0 ''
        done
        say docker:execs 0 ''
        return
    fi
    grab container_processes
    emit cmd:container-processes "$STATUS"
    on_host_network
    grab container_tasks
    emit cmd:container-tasks "$STATUS"
    container_listeners
    container_execs
}

# container_pids: PAIRS, lines `ID PID` of what runs, and HOST_NETWORK, the IDs that share the host's network.
container_pids() {
    PAIRS=
    HOST_NETWORK=
    set -f
    IFS=$NL
    for LINE in $CONTAINER_LINES; do
        case $LINE in '{"Id":"'*) ;; *) continue ;; esac
        ID=${LINE#'{"Id":"'}
        ID=${ID%%\"*}
        PID=${LINE#'{"Id":"'"$ID"'","State":{"Pid":'}
        PID=${PID%%,*}
        case $PID in '' | 0 | *[!0-9]*) continue ;; esac
        case $ID in '' | *[!0-9a-f]*) continue ;; esac
        eval "ID_OF_$PID=\$ID"
        PAIRS="$PAIRS$ID $PID$NL"
        case $LINE in *'"NetworkMode":"host"'*) HOST_NETWORK="$HOST_NETWORK $ID" ;; esac
    done
    IFS=$FIELDS
    set +f
}

# container_processes: prints `ID PID UID GID CAPEFF CAPBND SECCOMP NONEWPRIVS APPARMOR NSNET NSPID NSIPC NSUTS NSUSER`.
container_processes() {
    set --
    for WORD in $PAIRS; do
        [ ${#WORD} -eq 64 ] || set -- "$@" "/proc/$WORD/status"
    done
    DUMP=$(cat "$@" 2>/dev/null)
    set --
    for WORD in $PAIRS; do
        [ ${#WORD} -eq 64 ] || set -- "$@" "/proc/$WORD/ns/net" "/proc/$WORD/ns/pid" "/proc/$WORD/ns/ipc" "/proc/$WORD/ns/uts" "/proc/$WORD/ns/user"
    done
    links_of "$@"
    ROWS=
    PID=
    set -f
    IFS=$NL
    for LINE in $DUMP; do
        case $LINE in
        Name:*) status_row ;;
        Pid:*) PID=${LINE##*"$TAB"} ;;
        Uid:*)
            P_UID=${LINE#Uid:"$TAB"}
            P_UID=${P_UID%%"$TAB"*}
            ;;
        Gid:*)
            P_GID=${LINE#Gid:"$TAB"}
            P_GID=${P_GID%%"$TAB"*}
            ;;
        CapEff:*) P_EFF=${LINE##*"$TAB"} ;;
        CapBnd:*) P_BND=${LINE##*"$TAB"} ;;
        Seccomp:*) P_SECCOMP=${LINE##*"$TAB"} ;;
        NoNewPrivs:*) P_NNP=${LINE##*"$TAB"} ;;
        esac
    done
    status_row
    IFS=$FIELDS
    set +f
}

# links_of PATH…: where links below /proc lead, each in a variable of its own, LINK_PID_ns_net or LINK_PID_exe: a
# shell finds a variable at once, and a piece of a long text only by trying every place in it.
links_of() {
    set -f
    IFS=$NL
    for LINE in $(stat -c '%N' "$@" 2>/dev/null); do
        LINE=${LINE#?/proc/}
        PID=${LINE%%/*}
        TARGET=${LINE#*" -> "?}
        TARGET=${TARGET%?}
        LINE=${LINE%%" -> "*}
        LINE=${LINE#*/}
        LINE=${LINE%?}
        case $PID in '' | *[!0-9]*) continue ;; esac
        case $LINE in
        exe) eval "LINK_${PID}_exe=\$TARGET" ;;
        ns/net | ns/pid | ns/ipc | ns/uts | ns/user) eval "LINK_${PID}_ns_${LINE#ns/}=\$TARGET" ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# status_row: prints the line of the process whose status has just ended.
status_row() {
    [ -n "$PID" ] || return 0
    eval "ID=\${ID_OF_$PID-}"
    if [ -z "$ID" ]; then
        PID=
        return
    fi
    LABEL=
    read -r LABEL 2>/dev/null <"/proc/$PID/attr/apparmor/current" || read -r LABEL 2>/dev/null <"/proc/$PID/attr/current"
    enc "$LABEL"
    printf '%s %s %s %s %s %s %s %s %s' "$ID" "$PID" "${P_UID:--}" "${P_GID:--}" "${P_EFF:--}" "${P_BND:--}" \
        "${P_SECCOMP:--}" "${P_NNP:--}" "$ENC"
    for NAME in net pid ipc uts user; do
        eval "NUMBER=\${LINK_${PID}_ns_$NAME:--}"
        printf ' %s' "$NUMBER"
    done
    printf '\n'
    PID='' P_UID='' P_GID='' P_EFF='' P_BND='' P_SECCOMP='' P_NNP=''
}

# container_tasks: prints `ID PID COMM EXE` of each process in a container's cgroup.
container_tasks() {
    CGROUPS=$(head -n 32 /dev/null /proc/[0-9]*/cgroup 2>/dev/null)
    TASKS=
    PID=
    set -f
    IFS=$NL
    for LINE in $CGROUPS; do
        case $LINE in
        '==> /proc/'*)
            PID=${LINE#'==> /proc/'}
            PID=${PID%%/*}
            ;;
        *[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*)
            [ -n "$PID" ] || continue
            container_in "$LINE"
            [ -n "$ID" ] || continue
            TASKS="$TASKS$ID $PID$NL"
            PID=
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    set --
    for WORD in $TASKS; do
        [ ${#WORD} -eq 64 ] || set -- "$@" "/proc/$WORD/exe"
    done
    [ $# -gt 0 ] || return 0
    links_of "$@"
    ID=
    for WORD in $TASKS; do
        if [ ${#WORD} -eq 64 ]; then
            ID=$WORD
            continue
        fi
        COMM=
        read -r COMM 2>/dev/null <"/proc/$WORD/comm" || continue
        enc "$COMM"
        COMM=$ENC
        eval "EXE=\${LINK_${WORD}_exe:-}"
        EXE=${EXE##*/}
        enc "$EXE"
        printf '%s %s %s %s\n' "$ID" "$WORD" "$COMM" "$ENC"
    done
}

# container_in LINE: ID, the running container whose identifier is in a cgroup's path.
container_in() {
    ID=
    IFS=/-.:
    for PART in $1; do
        [ ${#PART} -eq 64 ] || continue
        case $NL$PAIRS in *"$NL$PART "*) ID=$PART ;; esac
    done
    IFS=$NL
}

# on_host_network: adds to HOST_NETWORK, from BODY's rows, what is in the probe's own network by another way.
on_host_network() {
    OWN_NET=$(readlink /proc/self/ns/net 2>/dev/null)
    [ -n "$OWN_NET" ] || return 0
    set -f
    IFS=$NL
    for LINE in $BODY; do
        case $LINE in *" $OWN_NET "*) ;; *) continue ;; esac
        ID=${LINE%% *}
        case "$HOST_NETWORK " in
        *" $ID "*) ;;
        *) HOST_NETWORK="$HOST_NETWORK $ID" ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# container_listeners: `ID proto address port` of containers in the host's network name space.
container_listeners() {
    if [ -z "$HOST_NETWORK" ]; then
        say cmd:container-listeners 0 ''
        return
    fi
    set --
    TASKS=$BODY
    MEMBERS=
    set -f
    IFS=$NL
    for LINE in $TASKS; do
        IFS=$FIELDS
        case " $HOST_NETWORK " in
        *" ${LINE%% *} "*)
            ID=${LINE%% *}
            LINE=${LINE#* }
            PID=${LINE%% *}
            MEMBERS="$MEMBERS$PID $ID$NL"
            set +f
            set -- "$@" "/proc/$PID/fd/"*
            set -f
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    DESCRIPTORS=
    [ $# -eq 0 ] || descriptors_of "$@"
    listening /proc/net
    BODY=
    set -f
    IFS=$NL
    for LINE in $LISTENING; do
        IFS=$FIELDS
        # shellcheck disable=SC2086 # split on purpose
        set -- $LINE
        [ "$2" != unix ] || continue
        case $NL$DESCRIPTORS in
        *" $1$NL"*)
            PID=${NL}${DESCRIPTORS%%" $1$NL"*}
            PID=${PID##*"$NL"}
            ID=${NL}${MEMBERS}
            ID=${ID##*"$NL$PID "}
            BODY="$BODY${ID%%"$NL"*} $2 $3 $4$NL"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    emit cmd:container-listeners 0
}

# container_execs: `docker:execs`, a line for each live exec; only the socket tells, and only curl can ask it.
container_execs() {
    EXECS=
    set -f
    IFS=$NL
    for LINE in $CONTAINER_LINES; do
        case $LINE in
        *'"ExecIDs":["'*)
            LINE=${LINE%%'],"Driver":'*}
            LINE=${LINE##*'"ExecIDs":['}
            EXECS="$EXECS,$LINE"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    if [ -z "$EXECS" ]; then
        say docker:execs 0 ''
        return
    fi
    if [ "$SOCKET" = - ] || ! has curl; then
        say docker:execs 127 ''
        return
    fi
    set --
    IFS=,\"
    for WORD in $EXECS; do
        case $WORD in '' | *[!0-9a-f]*) continue ;; esac
        [ $# -ge 200 ] || set -- "$@" "http://localhost/exec/$WORD/json"
    done
    IFS=$FIELDS
    ask 10 curl -sS --max-time 9 -w '\n' --unix-socket "$SOCKET" "$@"
    TABLE=$BODY
    grab each_exec
    EXEC_LINES=$BODY
    emit docker:execs "$STATUS"
}

each_exec() {
    set -f
    IFS=$NL
    for LINE in $TABLE; do
        E_ID='' E_CONTAINER='' E_PRIVILEGED=false E_USER='' E_RUNNING=false E_LAST='' E_KEY=''
        case $LINE in '{"ID"'*) ;; *) continue ;; esac
        IFS=\"
        for PIECE in $LINE; do
            case $E_LAST in
            privileged) E_PRIVILEGED=${PIECE#:} E_PRIVILEGED=${E_PRIVILEGED%%[!a-z]*} ;;
            Running) E_RUNNING=${PIECE#:} E_RUNNING=${E_RUNNING%%[!a-z]*} ;;
            esac
            case $E_KEY in
            ID) E_ID=$PIECE ;;
            ContainerID) E_CONTAINER=$PIECE ;;
            user) E_USER=$PIECE ;;
            esac
            E_KEY=
            [ "$PIECE" != : ] || E_KEY=$E_LAST
            E_LAST=$PIECE
        done
        IFS=$FIELDS
        printf '{"ID":"%s","ContainerID":"%s","Running":%s,"Privileged":%s,"User":"%s"}\n' \
            "$E_ID" "$E_CONTAINER" "$E_RUNNING" "$E_PRIVILEGED" "$E_USER"
    done
    IFS=$FIELDS
    set +f
}
