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
            mask "$BODY"
            mask_environment_words
        fi
    fi
    emit cmd:systemctl-show "$STATUS"
    user_services
    unit_files
}

# mask_environment_words: BODY from MASKED.
mask_environment_words() {
    BODY=$MASKED
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
        mask "$BODY"
        BODY=$MASKED
    fi
    emit cmd:systemctl-user-show "$STATUS"
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
    for DIR in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system \
        /lib/systemd/system "$CONFIG_HOME/systemd/user" /etc/systemd/user /usr/lib/systemd/user; do
        [ "$DIR" != /lib/systemd/system ] || [ ! -L /lib ] || continue
        for UNIT in $UNITS; do
            for FILE in "$DIR/$UNIT" "$DIR/$UNIT.d"/*.conf "$DIR/service.d"/*.conf; do
                [ -e "$FILE" ] || continue
                known_path "$FILE" "$@" || set -- "$@" "$FILE"
            done
        done
    done
    EXEC_NAMES=' '
    FILTER=filter_unit
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

# engine_variable NAME: whether the engine, its runtime or Go's libraries read that variable; the values of
# others do not leave the host. Variables that a unit's command line uses count, too.
engine_variable() {
    case $1 in
    HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY | http_proxy | https_proxy | no_proxy | all_proxy | FTP_PROXY | ftp_proxy) return 0 ;;
    DOCKER_CONTENT_TRUST_*PASSPHRASE) return 1 ;;
    DOCKER_* | DOCKERD_* | XDG_* | ROOTLESSKIT_* | SSL_CERT_* | LISTEN_* | MOBY_* | CONTAINERD_* | BUILDKIT_* | OTEL_SERVICE_NAME) ;;
    HOME | PATH | USER | LOGNAME | LANG | DEBUG | GODEBUG | GOMAXPROCS | GOGC | GOTRACEBACK | GOMEMLIMIT | NOTIFY_SOCKET | WATCHDOG_* | TMPDIR | OPTIONS | \
        OTHER_ARGS | ADD_REGISTRY | BLOCK_REGISTRY | INSECURE_REGISTRY) ;;
    *)
        case $EXEC_NAMES in
        *" $1 "*) ;;
        *) return 1 ;;
        esac
        ;;
    esac
    ! secret_name "$1"
}

# filter_unit: BODY, a unit file: values of Environment= are masked unless the engine reads the variable.
filter_unit() {
    exec_names "$BODY"
    TEXT=$BODY
    OUT=
    CONTINUED=
    while [ -n "$TEXT" ]; do
        LINE=${TEXT%%"$NL"*}
        END=
        case $TEXT in *"$NL"*) END=$NL ;; esac
        TEXT=${TEXT#"$LINE"}
        TEXT=${TEXT#"$NL"}
        if [ -n "$CONTINUED" ]; then
            environment_words "$LINE"
            LINE=$WORDS
        else
            BARE=${LINE#"${LINE%%[!" $TAB"]*}"}
            case $BARE in
            Environment=* | Environment\ *=*)
                environment_words "${BARE#*=}"
                LINE=${BARE%%=*}=$WORDS
                ;;
            SetCredential*=* | PassEnvironment=*) [ -z "${BARE##Pass*}" ] || LINE=${BARE%%=*}=REDACTED ;;
            *)
                mask "$LINE"
                LINE=$MASKED
                ;;
            esac
        fi
        case $LINE in
        *\\)
            case $BARE in
            Environment=* | Environment\ *=*) CONTINUED=1 ;;
            esac
            ;;
        *) CONTINUED= ;;
        esac
        OUT=$OUT$LINE$END
    done
    BODY=$OUT
}

# exec_names TEXT: adds to EXEC_NAMES the variables that the command lines of a unit use.
exec_names() {
    LEFT=$1
    while :; do
        case $LEFT in
        *\$*) ;;
        *) return ;;
        esac
        LEFT=${LEFT#*\$}
        LEFT=${LEFT#\{}
        EXEC_NAMES="$EXEC_NAMES${LEFT%%[!A-Za-z0-9_]*} "
    done
}

# environment_words TEXT: WORDS, the assignments of a unit's Environment=, each value masked where it must be.
environment_words() {
    WORDS=
    LEFT=$1
    while [ -n "$LEFT" ]; do
        SPACE=${LEFT%%[!" $TAB"]*}
        WORDS=$WORDS$SPACE
        LEFT=${LEFT#"$SPACE"}
        [ -n "$LEFT" ] || break
        next_word
        case $WORD in
        \\) ;;
        *=*)
            NAME=${WORD%%=*}
            PLAIN=${NAME#[\"\']}
            QUOTE=${NAME%"$PLAIN"}
            environment_value "$PLAIN" "${WORD#*=}" "$QUOTE"
            WORD=$NAME=$VALUE
            ;;
        *) WORD=REDACTED ;;
        esac
        WORDS=$WORDS$WORD
    done
}

# next_word: WORD, the first of LEFT by systemd's quoting, and LEFT, what is after it.
next_word() {
    WORD=
    while [ -n "$LEFT" ]; do
        case $LEFT in
        [" $TAB"]*) return ;;
        \"*)
            PIECE=${LEFT#\"}
            PART=${PIECE%%\"*}
            WORD=$WORD\"$PART
            LEFT=${PIECE#"$PART"}
            while :; do
                case $PART in *\\) ;; *) break ;; esac
                case $LEFT in \"*) ;; *) break ;; esac
                LEFT=${LEFT#\"}
                PART=${LEFT%%\"*}
                WORD=$WORD\"$PART
                LEFT=${LEFT#"$PART"}
            done
            case $LEFT in \"*) WORD=$WORD\" ;; esac
            LEFT=${LEFT#\"}
            ;;
        \'*)
            PIECE=${LEFT#\'}
            PART=${PIECE%%\'*}
            WORD=$WORD\'$PART
            LEFT=${PIECE#"$PART"}
            case $LEFT in \'*) WORD=$WORD\' ;; esac
            LEFT=${LEFT#\'}
            ;;
        *)
            PART=${LEFT%%[" $TAB"\"\']*}
            WORD=$WORD$PART
            LEFT=${LEFT#"$PART"}
            ;;
        esac
    done
}

# environment_value NAME VALUE QUOTE: VALUE, masked where the engine does not read it; its quotes stay.
environment_value() {
    REST=$LEFT
    if engine_variable "$1"; then
        mask "$2"
        VALUE=$MASKED
    else
        VALUE=REDACTED
        case $2 in
        *\") VALUE=REDACTED\" ;;
        *\') VALUE=REDACTED\' ;;
        *\\) VALUE="REDACTED\\" ;;
        esac
        case $2 in \"*) VALUE=\"$VALUE ;; \'*) VALUE=\'$VALUE ;; esac
    fi
    LEFT=$REST
}

# filter_environment_file: BODY, a file of NAME=value lines.
filter_environment_file() {
    TEXT=$BODY
    OUT=
    while [ -n "$TEXT" ]; do
        LINE=${TEXT%%"$NL"*}
        END=
        case $TEXT in *"$NL"*) END=$NL ;; esac
        TEXT=${TEXT#"$LINE"}
        TEXT=${TEXT#"$NL"}
        BARE=${LINE#"${LINE%%[!" $TAB"]*}"}
        case $BARE in
        '' | \#* | \;*)
            mask "$LINE"
            LINE=$MASKED
            HIDDEN=
            ;;
        [A-Za-z_]*=*)
            NAME=${BARE%%=*}
            HIDDEN=
            if engine_variable "${NAME#export }"; then
                mask "${BARE#*=}"
                LINE=$NAME=$MASKED
            else
                environment_value "${NAME#export }" "${BARE#*=}" ''
                LINE=$NAME=$VALUE
                HIDDEN=1
            fi
            ;;
        *)
            # A line that continues a hidden value, or is no assignment.
            if [ -n "$HIDDEN" ]; then
                LINE=REDACTED
            else
                mask "$LINE"
                LINE=$MASKED
            fi
            ;;
        esac
        OUT=$OUT$LINE$END
    done
    BODY=$OUT
}
HIDDEN=
