# The docker command's own configuration, and what a rootless engine rests on.
# shellcheck shell=sh disable=SC2034

probe_client() {
    client_config
    rootless_ground
}

# What is told of config.json (docker/cli, cli/config/configfile): of what may be secret whether it is there.
CLIENT_RULES='
client keep: credsstore credhelpers/*
client auth: auths/*/auth
client shape: auths/*/username auths/*/password auths/*/email auths/*/serveraddress auths/*/identitytoken
client shape: auths/*/registrytoken httpheaders/* proxies/*/noproxy psformat imagesformat networksformat pluginsformat
client shape: volumesformat statsformat detachkeys serviceinspectformat servicesformat tasksformat secretformat
client shape: configformat nodesformat prunefilters experimental stackorchestrator kubernetes currentcontext
client shape: clipluginsextradirs plugins/*/* aliases/* features/*
client address: proxies/*/httpproxy proxies/*/httpsproxy proxies/*/ftpproxy proxies/*/allproxy
'

# filter_client_config: the reader of config.json.
filter_client_config() {
    RULES=$CLIENT_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$JSON_AWK
    TEXT_KIND=client
}

# client_config: config.json of the docker command that the probing user would run, and beside it the programs that
# keep passwords for it.
client_config() {
    client_folder
    FILE=$CLIENT_FOLDER/config.json
    enc "$FILE"
    FOLDERS=
    BODY="path $ENC${NL}by $CLIENT_BY$NL"
    [ -z "${DOCKER_AUTH_CONFIG:-}" ] || BODY="${BODY}auth-config set$NL"
    [ -z "$CLIENT_SNAP" ] || BODY="${BODY}snap $CLIENT_SNAP$NL"
    missing "$FILE"
    if [ -e "$FILE" ]; then
        credential_helpers
        emit cmd:client-config 0
        FILTER=filter_client_config
        files "$FILE"
        FILTER=
        set -- "$FILE"
        folders_above "$FILE"
        resolve "$1"
        REAL=${RESOLVED%%"$NL"*}
        [ "$REAL" = "$1" ] || folders_above "$REAL"
        set -f
        IFS=$NL
        # shellcheck disable=SC2086 # one a line
        set -- "$1" $FOLDERS
        IFS=$FIELDS
        set +f
        table client "$@"
        return
    fi
    emit cmd:client-config 0
    say "file:$FILE" "$STATUS" ''
}

# folders_above PATH: adds to FOLDERS those that lead there, one a line.
folders_above() {
    DIR=$1
    while [ -n "$DIR" ]; do
        DIR=${DIR%/*}
        FOLDERS=$FOLDERS${DIR:-/}$NL
    done
}

# credential_helpers: adds to BODY those that are on CLIENT_PATH: by the folders' names, not by what a file names.
credential_helpers() {
    HELPERS=
    set -f
    IFS=:
    # shellcheck disable=SC2086 # split on purpose
    set -- $CLIENT_PATH
    IFS=$FIELDS
    set +f
    for DIR in "$@"; do
        for HELPER in "$DIR"/docker-credential-*; do
            if [ ! -f "$HELPER" ] || [ ! -x "$HELPER" ]; then continue; fi
            enc "$HELPER"
            HELPERS="${HELPERS}helper $ENC$NL"
            [ ${#HELPERS} -lt 4096 ] || break 2
        done
    done
    BODY=$BODY$HELPERS
}

# client_folder: CLIENT_FOLDER, where the docker command looks for its files, CLIENT_BY, what says so, and CLIENT_PATH,
# where it looks for programs. Snap's command sees what lies in its own folders alone.
client_folder() {
    CLIENT_SNAP=
    CLIENT_PATH=$PATH
    CLIENT_BY=HOME
    CLIENT_FOLDER=${HOME:-}
    if [ -z "$CLIENT_FOLDER" ]; then
        CLIENT_FOLDER=/root
        [ "$MYUID" = 0 ] || CLIENT_FOLDER=/nonexistent
    fi
    if find_tool docker; then
        case $TOOL_PATH in
        /snap/* | /var/lib/snapd/snap/*)
            CLIENT_SNAP=${TOOL_PATH%/bin/*}/docker/current
            CLIENT_PATH=$CLIENT_SNAP/bin:$CLIENT_SNAP/usr/bin:$CLIENT_SNAP/usr/local/bin
            CLIENT_FOLDER=$CLIENT_FOLDER/snap/docker/current
            enc "$CLIENT_SNAP"
            CLIENT_SNAP=$ENC
            ;;
        esac
    fi
    CLIENT_FOLDER=${CLIENT_FOLDER%/}/.docker
    [ -n "${DOCKER_CONFIG:-}" ] || return 0
    CLIENT_BY=DOCKER_CONFIG
    case $DOCKER_CONFIG in
    /*) CLIENT_FOLDER=${DOCKER_CONFIG%/} ;;
    *) CLIENT_FOLDER=${PWD%/}/${DOCKER_CONFIG%/} ;;
    esac
}

# rootless_ground: who stays at work after logout, what each user's control group has, the units of engines that start
# at boot without root, and whether the programs that they need may do their work.
rootless_ground() {
    list /var/lib/systemd/linger
    BODY=
    [ ! -d /run/systemd/system ] || BODY="systemd$NL"
    emit cmd:booted-by 0
    BODY=
    for DIR in /sys/fs/cgroup/user.slice/user-*.slice/user@*.service; do
        LINE=
        [ -f "$DIR/cgroup.controllers" ] || continue
        read -r LINE 2>/dev/null <"$DIR/cgroup.controllers"
        DIR=${DIR##*/user@}
        BODY="$BODY${DIR%.service} $LINE$NL"
        [ ${#BODY} -lt 8192 ] || break
    done
    emit cmd:user-controllers 0
    lingering_units
    id_map_capabilities
    slirp4netns_help
}

# lingering_units: the units of the engines of those who linger, where the probing user may see them.
lingering_units() {
    [ -n "$ENTRIES" ] && [ -f /etc/passwd ] || return 0
    COUNTDOWN=32
    set --
    while IFS=: read -r NAME WORD OWNER GROUP WORD DIR REST; do
        case $NL$ENTRIES in *"$NL$NAME$NL"*) ;; *) continue ;; esac
        case $DIR in /?*) ;; *) continue ;; esac
        for FILE in "$DIR/.config/systemd/user/docker.service" "$DIR/.config/systemd/user/docker.service.d"/*.conf; do
            case $FILE in "$CONFIG_HOME"/*) continue ;; esac
            [ ! -f "$FILE" ] || set -- "$@" "$FILE"
        done
        COUNTDOWN=$((COUNTDOWN - 1))
        [ "$COUNTDOWN" -gt 0 ] || break
    done 2>/dev/null </etc/passwd
    IFS=$FIELDS
    EXEC_NAMES=' '
    FILTER=filter_unit
    files "$@"
    FILTER=
}

# id_map_capabilities: `NAME WORD…` of newuidmap and newgidmap where neither has the setuid bit: what getcap says, or
# getfattr; 127 where neither is there to ask.
id_map_capabilities() {
    set --
    for TOOL in newuidmap newgidmap; do
        find_tool "$TOOL" || continue
        [ -u "$TOOL_PATH" ] || set -- "$@" "$TOOL_PATH"
    done
    [ $# -gt 0 ] || return 0
    BODY=
    STATUS=127
    if find_tool getcap; then
        grab limit 3 "$TOOL_PATH" "$@"
    elif find_tool getfattr; then
        grab limit 3 "$TOOL_PATH" --absolute-names -e hex -n security.capability -- "$@"
        [ "$STATUS" -ne 1 ] || STATUS=0
    fi
    emit cmd:file-capabilities "$STATUS"
}

# slirp4netns_help: whether it knows what dockerd-rootless.sh asks for before it takes it.
slirp4netns_help() {
    find_tool slirp4netns || return 0
    grab limit 2 "$TOOL_PATH" --help
    case $BODY in
    *--netns-type*) BODY="netns-type yes$NL" ;;
    *) BODY="netns-type no$NL" ;;
    esac
    [ "$STATUS" -ne 124 ] || BODY=
    [ -z "$BODY" ] || STATUS=0
    emit cmd:slirp4netns "$STATUS"
}
