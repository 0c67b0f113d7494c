# The engine's API, by way of the docker CLI, else of curl.
#
# The templates (beside this file's folder) choose what is printed, so that values of environment variables, labels
# and command lines reach no frame; of images they are searched for secrets here and not told.
# `index .` works on the API's own JSON and not on the CLI's types: an old CLI and a new one
# print the same, and a field that is missing is null.
# shellcheck shell=sh disable=SC2034

# probe_api: what the engine says about itself.
probe_api() {
    engine_address
    ROOT_DIR=
    REACHED=
    if [ -n "$DOCKER" ]; then
        api_by_cli
    else
        api_by_curl
    fi
}

# engine_address: DOCKER, the CLI; SOCKET, the engine's socket where it is one; DOCKER_HOST where one was named.
engine_address() {
    if [ -n "$ENGINE_HOST" ]; then
        DOCKER_HOST=$ENGINE_HOST
        export DOCKER_HOST
        unset DOCKER_CONTEXT
    fi
    DOCKER=
    ! find_tool docker || DOCKER=$TOOL_PATH
    case ${DOCKER_HOST:-} in
    unix://*) SOCKET=${DOCKER_HOST#unix://} ;;
    '')
        SOCKET=/var/run/docker.sock
        if [ ! -S "$SOCKET" ] && [ -S "${XDG_RUNTIME_DIR:-/run/user/$MYUID}/docker.sock" ]; then
            SOCKET=${XDG_RUNTIME_DIR:-/run/user/$MYUID}/docker.sock
        fi
        ;;
    *) SOCKET=- ;;
    esac
}

api_by_cli() {
    ask "$ENGINE_LIMIT" "$DOCKER" version --format '{{json .}}'
    # A `docker` that prints rubbish is no answer; neither is one without the server's part.
    case $BODY in '{'*'"Server":{'*) [ "$STATUS" -ne 0 ] || REACHED=1 ;; esac
    client_context
    HUNG=
    [ "$STATUS" -ne 124 ] || HUNG=1
    answer version
    # One that hangs is not asked again.
    [ -n "$HUNG" ] || ask "$ENGINE_LIMIT" "$DOCKER" info --format '{{json .}}'
    tidy_info
    answer info
    api_swarm
    if [ -n "$REACHED" ]; then
        api_lines plugins 5 plugin ls --no-trunc --format \
            '{"Id":{{json .ID}},"Name":{{json .Name}},"Enabled":{{json .Enabled}}}'
        api_lines df 8 system df --format '{{json .}}'
    else
        not_reached plugins df
    fi
}

# not_reached NAME…: frames that say why there is no answer: the status and the words of the call that failed.
not_reached() {
    [ "$STATUS" -ne 0 ] || STATUS=1
    for NAME in "$@"; do
        BODY=
        answer "$NAME"
    done
}

# probe_containers: what the engine runs and keeps. The first call shows whether it answers at all.
probe_containers() {
    engine_address
    CONTAINER_LINES=
    REACHED=
    STATUS=127
    ERR=
    if [ -n "$DOCKER" ]; then
        ask "$ENGINE_LIMIT" "$DOCKER" network ls -q --no-trunc
        case $STATUS$BODY in 0*[!0-9a-z"$NL"]*) STATUS=1 ;; 0*) REACHED=1 ;; esac
    fi
    if [ -z "$REACHED" ]; then
        not_reached networks volumes containers images history
        return
    fi
    IDS=$BODY
    api_inspect networks network "$NETWORK_TEMPLATE"
    api_volumes
    api_containers
    api_images
}

# client_context: CLIENT_CONTEXT, which context the CLI says it uses; CLIENT_TOLD, that it says its own version.
client_context() {
    CLIENT_CONTEXT=
    CLIENT_TOLD=
    case $BODY in '{"Client":{'*'"Version":"'*) CLIENT_TOLD=1 ;; esac
    case $BODY in
    *'"Context":"'*)
        CLIENT_CONTEXT=${BODY##*'"Context":"'}
        CLIENT_CONTEXT=${CLIENT_CONTEXT%%\"*}
        ;;
    esac
}
DOCKER=
SOCKET=-
SWARM_STATE=
CLIENT_CONTEXT=
CLIENT_TOLD=
HUNG=

# answer NAME: frames with BODY and, where there is any, ERR.
answer() {
    emit "docker:$1" "$STATUS"
    [ -z "$ERR" ] || say "docker:$1:err" 0 "$ERR"
}

# api_lines NAME SECONDS WORD…: a frame with what that subcommand prints.
api_lines() {
    API_NAME=$1
    API_LIMIT=$2
    shift 2
    ask "$API_LIMIT" "$DOCKER" "$@"
    answer "$API_NAME"
}

# api_inspect NAME KIND TEMPLATE: a frame with one line for each of the identifiers in IDS. Some may have gone
# since they were listed: the CLI prints the others and ends with 1, which is told, too.
api_inspect() {
    API_NAME=$1
    API_KIND=$2
    API_TEMPLATE=$3
    # shellcheck disable=SC2086 # identifiers have no spaces
    set -- $IDS
    if [ $# -eq 0 ]; then
        say "docker:$API_NAME" 0 ''
        BODY=
        return
    fi
    ASK_MAX=$MAX_SECTION
    ask 60 "$DOCKER" "$API_KIND" inspect --format "$API_TEMPLATE" "$@"
    ASK_MAX=$MAX_FILE
    case $STATUS$ERR in
    1*'o such '*) only_vanished && STATUS=0 ;;
    esac
    answer "$API_NAME"
}

# only_vanished: whether ERR says nothing but that something is no longer there.
only_vanished() {
    IFS=$NL
    set -f
    for LINE in $ERR; do
        case $LINE in
        *[Nn]o\ such\ *) ;;
        *)
            IFS=$FIELDS
            set +f
            return 1
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# api_ids NAME WORD…: IDS; where they cannot be had, the frame NAME says why.
api_ids() {
    API_NAME=$1
    shift
    ask 20 "$DOCKER" "$@"
    IDS=$BODY
    [ "$STATUS" -ne 0 ] || return 0
    BODY=
    answer "$API_NAME"
    return 1
}

api_volumes() {
    api_ids volumes volume ls -q || return 0
    api_inspect volumes volume "$VOLUME_TEMPLATE"
    VOLUME_LINES=$BODY
}

api_containers() {
    api_ids containers ps -aq --no-trunc || return 0
    api_inspect containers container "$CONTAINER_TEMPLATE"
    CONTAINER_LINES=$BODY
}

api_images() {
    api_ids images image ls -q --no-trunc || return 0
    IDS=$(printf '%s' "$IDS" | sort -u)
    ALL_IMAGES=$IDS
    api_inspect images image "$IMAGE_TEMPLATE"
    IMAGE_LINES=$BODY
    api_history
}

# api_swarm: what only a swarm's manager can tell.
api_swarm() {
    [ "$SWARM_STATE" = active ] && [ "$CONTROL" = :true ] || return 0
    ! api_ids services service ls -q || api_inspect services service "$SERVICE_TEMPLATE"
    ! api_ids nodes node ls -q || api_inspect nodes node "$NODE_TEMPLATE"
    if api_ids secrets secret ls -q; then
        lines "$IDS"
        say docker:secrets 0 "{\"Count\":$LINES}$NL"
    fi
    if api_ids configs config ls -q; then
        lines "$IDS"
        say docker:configs 0 "{\"Count\":$LINES}$NL"
    fi
}

# api_by_curl: no CLI: the version and the information, straight from the socket.
api_by_curl() {
    STATUS=127
    BODY=
    ERR=
    if ! has curl || [ ! -S "$SOCKET" ]; then
        answer version
        answer info
        return
    fi
    ask 8 curl -sS -f --max-time 7 --unix-socket "$SOCKET" http://localhost/version
    if [ "$STATUS" -eq 0 ]; then
        REACHED=1
        BODY="{\"Client\":null,\"Server\":$BODY}"
    fi
    answer version
    ask 10 curl -sS -f --max-time 9 --unix-socket "$SOCKET" http://localhost/info
    tidy_info
    answer info
}

# What is carried of the engine's own description of itself; what changes by itself is not.
INFO_RULES='
info keep: architecture bridgenfip6tables bridgenfiptables cdi cgroupdriver cgroupversion containers containerspaused
info keep: containersrunning containersstopped cpucfsperiod cpucfsquota cpuset cpushares cpurealtimeperiod
info keep: cpurealtimeruntime debug defaultruntime driver driverstatus experimentalbuild id images initbinary
info keep: ipv4forwarding isolation kernelmemory kernelmemorytcp kernelversion liverestoreenabled loggingdriver
info keep: memorylimit memtotal name ncpu oomkilldisable operatingsystem ostype osversion pidslimit
info keep: securityoptions serverversion swaplimit systemstatus systemtime warnings
info keep: containerdcommit/id containerdcommit/expected runccommit/id runccommit/expected initcommit/id initcommit/expected
info keep: plugins/volume plugins/network plugins/authorization plugins/log
info keep: defaultaddresspools/base defaultaddresspools/size firewallbackend/driver genericresources/namedresourcespec/kind
info keep: genericresources/discreteresourcespec/kind genericresources/discreteresourcespec/value
info keep: discovereddevices/source discovereddevices/id nri
info keep: containerd/namespaces/containers containerd/namespaces/plugins
info address: httpproxy httpsproxy indexserveraddress registryconfig/mirrors registryconfig/insecureregistrycidrs
info address: registryconfig/allownondistributableartifactscidrs registryconfig/allownondistributableartifactshostnames
info addresses: noproxy
info assign: labels
info keep: registryconfig/indexconfigs registryconfig/indexconfigs/*/name registryconfig/indexconfigs/*/official
info keep: registryconfig/indexconfigs/*/secure
info address: registryconfig/indexconfigs/*/mirrors
info path: dockerrootdir cdispecdirs containerd/address runtimes/*/path runtimes/*/runtimetype
info shape: productlicense runtimes/*/runtimeargs runtimes/*/options runtimes/*/status clusteradvertise clusterstore
info shape: servererrors clienterrors nfd ngoroutines neventslistener firewallbackend/info swarm/error
info keep: swarm/localnodestate swarm/controlavailable swarm/nodes swarm/managers swarm/remotemanagers
info keep: swarm/warnings swarm/cluster/version/index swarm/cluster/createdat
info keep: swarm/cluster/updatedat swarm/cluster/rootrotationinprogress swarm/cluster/datapathport swarm/cluster/subnetsize
info keep: swarm/cluster/defaultaddrpool swarm/cluster/spec/name swarm/cluster/spec/orchestration/taskhistoryretentionlimit
info keep: swarm/cluster/spec/raft/snapshotinterval swarm/cluster/spec/raft/keepoldsnapshots
info keep: swarm/cluster/spec/raft/logentriesforslowfollowers swarm/cluster/spec/raft/electiontick
info keep: swarm/cluster/spec/raft/heartbeattick swarm/cluster/spec/dispatcher/heartbeatperiod
info keep: swarm/cluster/spec/caconfig/nodecertexpiry swarm/cluster/spec/caconfig/forcerotate
info keep: swarm/cluster/spec/caconfig/externalcas/protocol swarm/cluster/spec/encryptionconfig/automanagers
info keep: swarm/cluster/spec/encryptionconfig/autolockmanagers swarm/cluster/spec/taskdefaults/logdriver/name
info address: swarm/nodeaddr swarm/remotemanagers/addr swarm/cluster/spec/caconfig/externalcas/url
info public: swarm/cluster/tlsinfo/trustroot swarm/cluster/spec/caconfig/externalcas/cacert
info id: swarm/nodeid swarm/remotemanagers/nodeid swarm/cluster/id swarm/cluster/tlsinfo/certissuersubject
info id: swarm/cluster/tlsinfo/certissuerpublickey
info keep: clientinfo/version clientinfo/gitcommit clientinfo/goversion clientinfo/os clientinfo/arch clientinfo/buildtime
info keep: clientinfo/apiversion clientinfo/defaultapiversion clientinfo/debug clientinfo/context clientinfo/warnings
info keep: clientinfo/platform/name clientinfo/plugins/schemaversion clientinfo/plugins/vendor clientinfo/plugins/version
info keep: clientinfo/plugins/name clientinfo/plugins/shortdescription clientinfo/plugins/url
info path: clientinfo/plugins/path
info shape: clientinfo/plugins/err
'

# info_places: ROOT_DIR, SWARM_STATE, MIRRORS and COMPOSE_PATH of BODY. It is split at its quotes: to look in a text of
# some KB for a word and cut there takes a shell longer than all else that the probe does.
info_places() {
    KEY='' SIGN='' CALLED='' LISTED=''
    set -f
    IFS='"'
    for WORD in $BODY; do
        case $KEY$SIGN in
        DockerRootDir:) [ -n "$ROOT_DIR" ] || ROOT_DIR=$WORD ;;
        LocalNodeState:) [ -n "$SWARM_STATE" ] || SWARM_STATE=$WORD ;;
        Name:) CALLED=$WORD ;;
        Path:)
            [ "$CALLED" != compose ] || [ -n "$COMPOSE_PATH" ] || COMPOSE_PATH=$WORD
            CALLED=
            ;;
        Mirrors:*) [ "$SIGN" != ':[' ] || LISTED=1 ;;
        esac
        case $LISTED$SIGN in
        '1:[' | 1,) MIRRORS="$MIRRORS $WORD" ;;
        1]*) LISTED= ;;
        esac
        KEY=$SIGN
        SIGN=$WORD
    done
    IFS=$FIELDS
    set +f
}

filter_info() {
    RULES=$INFO_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$JSON_AWK
    TEXT_KIND=info
}

# tidy_info: BODY, the engine's own JSON, as it is carried; ROOT_DIR, SWARM_STATE, CONTROL, MIRRORS and COMPOSE_PATH, what
# it says about the data root, the swarm, Docker Hub's mirrors and, where it is carried, the CLI's plugin: they tell the probe where to look next.
tidy_info() {
    ROOT_DIR='' SWARM_STATE='' CONTROL='' COMPOSE_PATH='' MIRRORS=''
    if [ ${#BODY} -gt "$MAX_CONFIG" ]; then
        BODY=
        [ "$STATUS" -ne 0 ] || STATUS=27
    fi
    case $BODY in *'"ControlAvailable":true'*) CONTROL=:true ;; esac
    info_places
    [ -n "$BODY" ] || return 0
    INFO_STATUS=$STATUS
    carry filter_info
    [ "$STATUS" -eq 0 ] || COMPOSE_PATH=
    [ "$STATUS" -ne 0 ] || STATUS=$INFO_STATUS
}
