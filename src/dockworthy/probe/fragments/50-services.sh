# Services: what systemd knows, and the unit files themselves.
# shellcheck shell=sh disable=SC2034

UNITS='docker.service docker.socket containerd.service'
UNIT_PROPERTIES=Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,SourcePath,MainPID
UNIT_PROPERTIES=$UNIT_PROPERTIES,ExecMainStartTimestamp,ExecMainStartTimestampMonotonic,NeedDaemonReload,EnvironmentFiles
UNIT_PROPERTIES=$UNIT_PROPERTIES,ExecStart,ExecReload,Listen,SocketMode,SocketUser,SocketGroup,Triggers,TriggeredBy
UNIT_PROPERTIES=$UNIT_PROPERTIES,Type,Result,NRestarts,Delegate,TasksMax,LimitNOFILE,LimitNPROC,LimitCORE,KillMode,OOMScoreAdjust
UNIT_PROPERTIES=$UNIT_PROPERTIES,MountFlags,PrivateMounts,User,Group

probe_services() {
    SHOWN=
    BODY=
    STATUS=127
    if has systemctl; then
        STATUS=1
        if [ -d /run/systemd/system ]; then
            # shellcheck disable=SC2086 # several units
            grab limit 5 systemctl --no-pager show $UNITS -p "$UNIT_PROPERTIES"
            SHOWN=$BODY
            SHOW_STATUS=$STATUS
            carry filter_show
            [ "$STATUS" -ne 0 ] || STATUS=$SHOW_STATUS
        fi
    fi
    emit cmd:systemctl-show "$STATUS"
    user_services
    unit_files
}

# user_services: a rootless engine's, where the probing user is not root.
user_services() {
    [ "$MYUID" != 0 ] || return 0
    BODY=
    STATUS=127
    if has systemctl; then
        # shellcheck disable=SC2086 # several units
        grab limit 5 systemctl --user --no-pager show $UNITS -p "$UNIT_PROPERTIES"
        SHOWN=$SHOWN$BODY
        SHOW_STATUS=$STATUS
        carry filter_show
        [ "$STATUS" -ne 0 ] || STATUS=$SHOW_STATUS
    fi
    emit cmd:systemctl-user-show "$STATUS"
}

# Where units lie, in systemd's order (path-lookup.c).
UNIT_FOLDERS='/etc/systemd/system.control /run/systemd/system.control /run/systemd/transient /run/systemd/generator.early
/etc/systemd/system /etc/systemd/system.attached /run/systemd/system /run/systemd/system.attached /run/systemd/generator
/usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system /run/systemd/generator.late'
MANAGER_FOLDERS='/etc/systemd /run/systemd /usr/local/lib/systemd /usr/lib/systemd'

# filter_unit_file: the reader of a unit whose environment files are read, too, whether systemd knows of them or not.
filter_unit_file() {
    filter_unit
    SEE=environment_files
}

environment_files() {
    unit_names
    LEFT=$BODY
    while :; do
        case $LEFT in
        *"${NL}EnvironmentFile="*) ;;
        *) return ;;
        esac
        LEFT=${LEFT#*"${NL}EnvironmentFile="}
        ENVIRONMENT_FILES=$ENVIRONMENT_FILES${LEFT%%"$NL"*}$NL
    done
}

# closed_folder DIR: says so where drop-ins may lie in it that nobody can see.
closed_folder() {
    if [ -d "$1" ] && { [ ! -r "$1" ] || [ ! -x "$1" ]; }; then say "list:$1" 13 ''; fi
}

# manager_files: MANAGER, the files of systemd's own settings that give all services variables.
manager_files() {
    MANAGER=
    for DIR in $MANAGER_FOLDERS; do
        for FILE in "$DIR/system.conf" "$DIR/system.conf.d"/*.conf; do
            [ -f "$FILE" ] || continue
            while IFS= read -r LINE; do
                case $LINE in
                *[#\;]*DefaultEnvironment*) ;;
                *DefaultEnvironment*=*)
                    MANAGER=$MANAGER$FILE$NL
                    break
                    ;;
                esac
            done 2>/dev/null <"$FILE" || MANAGER=$MANAGER$FILE$NL
        done
        closed_folder "$DIR/system.conf.d"
    done
}

# unit_files: each fragment, drop-in and environment file: those that systemd names, and those on its path.
unit_files() {
    set --
    ENVIRONMENT_FILES=
    LISTEN_PATHS=
    set -f
    IFS=$NL
    for LINE in $SHOWN; do
        IFS=$FIELDS
        case $LINE in
        FragmentPath=?* | SourcePath=?*)
            known_path "${LINE#*=}" "$@" || set -- "$@" "${LINE#*=}"
            ;;
        DropInPaths=?*)
            for FILE in ${LINE#*=}; do
                known_path "$FILE" "$@" || set -- "$@" "$FILE"
            done
            ;;
        Listen=/*)
            LINE=${LINE#*=}
            LISTEN_PATHS=$LISTEN_PATHS${LINE%" ("*}$NL
            ;;
        EnvironmentFiles=?*)
            LINE=${LINE#*=}
            ENVIRONMENT_FILES=$ENVIRONMENT_FILES${LINE%%" ("*}$NL
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    CONFIG_HOME=${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}
    for DIR in $UNIT_FOLDERS "$CONFIG_HOME/systemd/user" /etc/systemd/user /usr/local/lib/systemd/user /usr/lib/systemd/user; do
        [ "$DIR" != /lib/systemd/system ] || [ ! -L /lib ] || continue
        for UNIT in $UNITS; do
            for FILE in "$DIR/$UNIT" "$DIR/$UNIT.d"/*.conf "$DIR/service.d"/*.conf; do
                [ -e "$FILE" ] || continue
                known_path "$FILE" "$@" || set -- "$@" "$FILE"
            done
            closed_folder "$DIR/$UNIT.d"
        done
    done
    manager_files
    set -f
    IFS=$NL
    for FILE in $MANAGER; do
        set -- "$@" "$FILE"
    done
    IFS=$FIELDS
    set +f
    EXEC_NAMES=' '
    FILTER=filter_unit_file
    files "$@"
    set -f
    IFS=$NL
    for FILE in $LISTEN_PATHS; do
        set -- "$@" "$FILE"
    done
    IFS=$FIELDS
    set +f
    # Links among the folders of unit files and programs: a path by way of one is the same file.
    table units "$@" /bin /sbin /lib /usr/sbin
    set -- /etc/default/docker /etc/sysconfig/docker /etc/sysconfig/docker-storage /etc/sysconfig/docker-network \
        /etc/sysconfig/docker-storage-setup
    set -f
    IFS=$NL
    for FILE in $ENVIRONMENT_FILES; do
        IFS=$FIELDS
        FILE=${FILE#-}
        case $FILE in
        /*[*?[]*)
            set +f
            for CONF in $FILE; do
                known_path "$CONF" "$@" || set -- "$@" "$CONF"
            done
            ;;
        /*) known_path "$FILE" "$@" || set -- "$@" "$FILE" ;;
        esac
    done
    IFS=$FIELDS
    set +f
    FILTER=filter_environment_file
    files "$@"
    FILTER=
    table environment-files "$@"
}

# known_path PATH LIST…: whether the list has it.
known_path() {
    KNOWN=$1
    shift
    for LINE in "$@"; do
        [ "$LINE" != "$KNOWN" ] || return 0
    done
    return 1
}
