# What names lead to: which resolv.conf this host has, and what its resolver answers where that decides something. Beside
# the host's own names only registries that were named, mirrors, and one random name in each search domain are asked for.
# shellcheck shell=sh disable=SC2034

MAX_DOMAINS=3
LOOKUPS=
RESOLVED=
OTHERS=

# probe_resolver: `link:/etc/resolv.conf`, and `cmd:resolver-times`: when it last changed, as `PATH SECONDS EXACT`, what
# it leads to as `target`, and the engine's pidfile, since the engine chooses its file once, when it starts.
probe_resolver() {
    set -- /etc/resolv.conf
    for FILE in /run/docker.pid /var/run/docker.pid; do
        [ -f "$FILE" ] || continue
        set -- "$@" "$FILE"
        break
    done
    grab limit 3 stat -c '%n %Z %.9Z' -- "$@"
    TIMES=$BODY
    if [ -L /etc/resolv.conf ]; then
        grab readlink -- /etc/resolv.conf
        emit link:/etc/resolv.conf "$STATUS"
        grab limit 3 stat -L -c 'target %Z %.9Z' -- /etc/resolv.conf
        TIMES=$TIMES$BODY
    fi
    say cmd:resolver-times 0 "$TIMES"
}

# probe_names: `cmd:lookups` and RESOLVED. They come before anything is asked of a registry: where no name server
# answers, that takes all the time there is.
probe_names() {
    GETENT=
    NAMES_STATUS=127
    if ! resolver_files_end; then
        NAMES_STATUS=124
    elif has getent; then
        GETENT=1
        NAMES_STATUS=0
        look_up self localhost 2 ahosts localhost
        HOST_NAME=$(uname -n)
        case $HOST_NAME in
        '' | localhost) ;;
        *) look_up self "$HOST_NAME" 3 ahosts "$HOST_NAME" ;;
        esac
        [ -z "$DNS_LOOKUPS" ] || look_into_domains
    fi
    if [ -n "$REGISTRIES" ]; then
        REG_KIND=registry
        # shellcheck disable=SC2086 # names
        resolve_registries $REGISTRIES
        [ -z "$OTHERS" ] || engine_linkage
    fi
    say cmd:lookups "$NAMES_STATUS" "$LOOKUPS"
}

# resolver_files_end: whether what the resolver reads are files, or not there; in a device or a pipe it never gets to an end.
resolver_files_end() {
    for FILE in /etc/resolv.conf /etc/nsswitch.conf /etc/hosts; do
        if [ -e "$FILE" ] && [ ! -f "$FILE" ]; then return 1; fi
    done
}

# look_up KIND NAME SECONDS WORD…: adds a line `KIND NAME STATE ADDRESS…` to LOOKUPS, what `getent WORD…` answers: STATE is
# found, not-found, no-answer, unsure (one of the two before), or refused where getent does not know such words.
look_up() {
    LOOK_KIND=$1
    LOOK_NAME=$2
    LOOK_LIMIT=$3
    shift 3
    ADDRESSES=
    ANSWER=$(patiently "$LOOK_LIMIT" getent "$@" 2>/dev/null)
    STATUS=$?
    case $STATUS:$1 in
    1:ahosts) # one of another C library, which has hosts alone
        ANSWER=$(patiently "$LOOK_LIMIT" getent hosts "$2" 2>/dev/null)
        STATUS=$?
        ;;
    esac
    case $STATUS in
    0) STATE=found ;;
    2) STATE=not-found ;;
    124) STATE=no-answer ;;
    *) STATE=refused ;;
    esac
    if [ "$STATE" = found ]; then
        set -f
        IFS=$NL
        for LINE in $ANSWER; do
            LINE=${LINE%% *}
            case " $ADDRESSES " in *" $LINE "*) ;; *) ADDRESSES="$ADDRESSES $LINE" ;; esac
        done
        IFS=$FIELDS
        set +f
        case "$LOOK_NAME $ADDRESSES " in *' 127.0.0.1 '*) ;; 'localhost '*) loopback_in_hosts ;; esac
    fi
    case $LOOK_KIND$STATE in files* | self*) ;; *not-found) is_denied "${LOOK_QUERY:-$LOOK_NAME}" ;; esac
    enc "$LOOK_NAME"
    LOOKUPS="$LOOKUPS$LOOK_KIND $ENC $STATE$ADDRESSES$NL"
}
LOOK_QUERY=

# loopback_in_hosts: adds 127.0.0.1 to ADDRESSES where /etc/hosts has it for localhost: getent leaves an address of IPv4
# out where the host has none but on loopback (AI_ADDRCONFIG), and what connects to localhost does not.
loopback_in_hosts() {
    [ -f /etc/hosts ] || return 0
    while read -r WORD REST || [ -n "$WORD" ]; do
        [ "$WORD" = 127.0.0.1 ] || continue
        REST=${REST%%#*}
        for WORD in ${REST%"$CR"}; do
            case $WORD in localhost) ADDRESSES="$ADDRESSES 127.0.0.1" && return ;; esac
        done
    done 2>/dev/null </etc/hosts
}

# is_denied NAME: STATE, of a name that getent has no address of: it ends alike where the resolver says that there is no
# such name, and where no server said anything. Other programs tell the two apart; none of them gets to a connection.
is_denied() {
    STATE=unsure
    if has bash; then
        # shellcheck disable=SC2016 # bash's own
        denied_by bash -c 'exec 3<>"/dev/tcp/$1/9"' - "$1"
    fi
    if [ "$STATE" = unsure ] && has openssl; then
        denied_by openssl s_client -connect "$1:9"
    fi
}

denied_by() {
    SAID=$(patiently 5 "$@" 2>&1)
    case $?$SAID in
    124*) STATE=no-answer ;;
    *'ervice not known'* | *'ame does not resolve'* | *'o address associated'* | *'ddress family for hostname'*)
        STATE=not-found
        ;;
    *'emporary failure'* | *'ry again'* | *'ailure in name resolution'*) STATE=no-answer ;;
    esac
}

# patiently SECONDS COMMAND…: as `limit`, with as many tries of the resolver as that time has room for.
patiently() {
    RES_OPTIONS='timeout:1 attempts:3'
    export RES_OPTIONS
    limit "$@"
}

# resolve_registries NAME…: adds to RESOLVED lines `host address…`, as the system's resolver answers; and to LOOKUPS with
# which state, and whether files or DNS alone answer, where nsswitch.conf names others.
resolve_registries() {
    other_modules
    for REGISTRY in "$@"; do
        registry_address
        ADDRESSES=
        case $REG_NAME in
        \[*) HAS_NAME= ;;
        *) HAS_NAME=$GETENT ;;
        esac
        [ -z "$HAS_NAME" ] || look_up registry "$REG_NAME" 5 ahosts "$REG_NAME"
        RESOLVED=$RESOLVED$REG_NAME$ADDRESSES$NL
        if [ -n "$HAS_NAME" ] && [ -n "$OTHERS" ]; then
            look_up files "$REG_NAME" 2 -s files ahosts "$REG_NAME"
            [ "$STATE" = found ] || look_up dns "$REG_NAME" 5 -s dns ahosts "$REG_NAME"
        fi
    done
}

# other_modules: OTHERS, whether names are looked up by more than files and DNS.
other_modules() {
    OTHERS=
    [ -f /etc/nsswitch.conf ] || return 0
    while read -r WORD REST || [ -n "$WORD" ]; do
        case $WORD in
        hosts:*) REST="${WORD#hosts:} $REST" ;;
        *) continue ;;
        esac
        for WORD in ${REST%%#*}; do
            case $WORD in
            files | dns | \[* | *\]) ;;
            *) OTHERS=1 ;;
            esac
        done
    done 2>/dev/null </etc/nsswitch.conf
}

# engine_linkage: adds `engine PATH dynamic|static|unknown`: whether the engine asks the C library for names.
engine_linkage() {
    PID=
    [ ! -f /run/docker.pid ] || read -r PID 2>/dev/null </run/docker.pid
    FILE=/proc/$PID/exe
    if [ -z "$PID" ] || [ ! -r "$FILE" ]; then
        find_tool dockerd || return 0
        FILE=$TOOL_PATH
    fi
    case $(head -c 4096 "$FILE" 2>/dev/null | tr -cd 'A-Za-z0-9/._-') in
    ELF*/ld*.so.*) STATE=dynamic ;;
    ELF*) STATE=static ;;
    *) STATE=unknown ;;
    esac
    enc "$FILE"
    LOOKUPS="${LOOKUPS}engine $ENC $STATE$NL"
}

# look_into_domains: one name that nobody has in each search domain, with a dot at its end, else the others' would answer.
look_into_domains() {
    search_domains
    now
    ASKED=
    NUMBER=0
    for DOMAIN in $DOMAINS; do
        DOMAIN=${DOMAIN%.}
        case $DOMAIN in '' | *[!A-Za-z0-9_.-]* | -*) continue ;; esac
        case " $ASKED " in *" $DOMAIN "*) continue ;; esac
        [ "$NUMBER" -lt "$MAX_DOMAINS" ] || break
        NUMBER=$((NUMBER + 1))
        ASKED="$ASKED $DOMAIN"
        LOOK_QUERY=dw$$x$NOW_MS.$DOMAIN.
        look_up search "$DOMAIN" 2 ahosts "$LOOK_QUERY"
        LOOK_QUERY=
    done
}

# search_domains: DOMAINS of the last such line of resolv.conf; without one, that of the host's own name.
search_domains() {
    DOMAINS=
    BODY=
    [ ! -f /etc/resolv.conf ] || grab head -c 65536 /etc/resolv.conf
    set -f
    IFS=$NL
    for LINE in $BODY; do
        case $LINE in *search* | *domain*) ;; *) continue ;; esac
        IFS=$FIELDS
        # shellcheck disable=SC2086 # words
        set -- ${LINE%"$CR"}
        [ $# -gt 1 ] || continue
        case $1 in
        search | domain)
            shift
            DOMAINS=$*
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    [ -n "$DOMAINS" ] || case $HOST_NAME in *.*) DOMAINS=${HOST_NAME#*.} ;; esac
}
