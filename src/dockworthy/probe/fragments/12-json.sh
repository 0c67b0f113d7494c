# JSON text, as far as a shell has to read it: secrets in it are replaced inside its strings, so that its syntax,
# right or wrong, stays what it was.
# shellcheck shell=sh disable=SC2034

# filter_json: BODY, a configuration file in JSON, with the values of secret keys and URLs' passwords replaced.
filter_json() {
    OUT=
    PART=
    STRING=
    IN_STRING=
    HAVE=
    DEPTH=0
    HIDE_DEPTH=
    set -f
    IFS=\"
    for PIECE in $BODY$EDGE; do
        IFS=$FIELDS
        if [ -z "$IN_STRING" ]; then
            [ -z "$HAVE" ] || json_string_end
            json_outside
            json_add "$PIECE"
            IN_STRING=1
            STRING=
        else
            STRING=$STRING$PIECE
            case $PIECE in *"$EDGE") continue ;; esac
            BACKSLASHES=${PIECE##*[!\\]}
            case $((${#BACKSLASHES} % 2)) in
            1) STRING=$STRING\" ;;
            *)
                IN_STRING=
                HAVE=1
                ;;
            esac
        fi
    done
    IFS=$FIELDS
    set +f
    if [ -n "$IN_STRING" ] && [ -n "$STRING" ]; then
        # The last string has no end; what it holds is not known.
        STRING=${STRING%"$EDGE"}
        json_add "\"${STRING:+REDACTED}"
    elif [ -n "$HAVE" ]; then
        PIECE=
        json_string_end
    fi
    OUT=$OUT$PART
    BODY=${OUT%"$EDGE"}
}

# json_add TEXT: to OUT, by way of PART, so that a long text is not copied for each of its pieces.
json_add() {
    PART=$PART$1
    [ ${#PART} -ge 4096 ] || return 0
    OUT=$OUT$PART
    PART=
}

# json_string_end: STRING ended before PIECE: as a key where a colon follows, else as a value.
json_string_end() {
    HAVE=
    case ${PIECE#"${PIECE%%[!"$SP_NL"]*}"} in
    :*)
        json_add "\"$STRING\""
        case $STRING in
        *\\*) json_hide ;;
        *) ! secret_name "$STRING" || json_hide ;;
        esac
        return
        ;;
    esac
    if [ -n "$HIDE_DEPTH" ]; then
        STRING=REDACTED
    else
        mask_urls "$STRING"
        STRING=$MASKED
        case $STRING in
        *=*) ! secret_name "${STRING%%=*}" || STRING=${STRING%%=*}=REDACTED ;;
        esac
    fi
    json_add "\"$STRING\""
}

json_hide() {
    [ -n "$HIDE_DEPTH" ] || HIDE_DEPTH=$DEPTH
}

# json_outside: follows brackets and commas in PIECE, the text between two strings.
json_outside() {
    case $PIECE in
    *[]\[\{\},0-9]*) ;;
    *) return 0 ;;
    esac
    [ ${#PIECE} -le 4096 ] || return 0
    LEFT=$PIECE
    PIECE=
    while [ -n "$LEFT" ]; do
        CHAR=${LEFT%"${LEFT#?}"}
        LEFT=${LEFT#?}
        case $CHAR in
        '{' | '[') DEPTH=$((DEPTH + 1)) ;;
        '}' | ']')
            DEPTH=$((DEPTH - 1))
            [ -z "$HIDE_DEPTH" ] || [ "$DEPTH" -ge "$HIDE_DEPTH" ] || HIDE_DEPTH=
            ;;
        ',') [ -z "$HIDE_DEPTH" ] || [ "$DEPTH" -gt "$HIDE_DEPTH" ] || HIDE_DEPTH= ;;
        [0-9]) [ -z "$HIDE_DEPTH" ] || CHAR=0 ;;
        esac
        PIECE=$PIECE$CHAR
    done
}

# tidy_info: BODY, the engine's own JSON, without what changes by itself and without passwords; and ROOT_DIR,
# SWARM_STATE, CONTROL, COMPOSE_VERSION and
# COMPOSE_PATH, what it says about the data root, the swarm and the CLI's plugin.
tidy_info() {
    OUT=
    PART=
    if [ ${#BODY} -gt "$MAX_CONFIG" ]; then
        BODY=
        [ "$STATUS" -ne 0 ] || STATUS=27
    fi
    LAST_PIECE=
    ROOT_DIR=
    SWARM_STATE=
    CONTROL=
    NEXT=
    COMPOSE_VERSION=
    COMPOSE_PATH=
    PLUGIN_VERSION=
    PLUGIN_NAME=
    mask_urls "$BODY"
    set -f
    IFS=\"
    for PIECE in $MASKED$EDGE; do
        case $LAST_PIECE in
        NFd | NGoroutines | NEventsListener)
            case $PIECE in :[0-9]*) PIECE=:0,${PIECE#*,} ;; esac
            ;;
        ControlAvailable) CONTROL=${PIECE%%[!:a-z]*} ;;
        esac
        case $NEXT in
        DockerRootDir) ROOT_DIR=$PIECE ;;
        LocalNodeState) SWARM_STATE=$PIECE ;;
        Version) PLUGIN_VERSION=$PIECE ;;
        Name) PLUGIN_NAME=$PIECE ;;
        Path)
            if [ "$PLUGIN_NAME" = compose ]; then
                COMPOSE_VERSION=$PLUGIN_VERSION
                COMPOSE_PATH=$PIECE
            fi
            ;;
        esac
        NEXT=
        [ "$PIECE" != : ] || NEXT=$LAST_PIECE
        case $PIECE in
        *=*) ! secret_name "${PIECE%%=*}" || PIECE=${PIECE%%=*}=REDACTED ;;
        esac
        json_add "\"$PIECE"
        LAST_PIECE=$PIECE
    done
    IFS=$FIELDS
    set +f
    LAST_PIECE=
    OUT=$OUT$PART
    OUT=${OUT#\"}
    BODY=${OUT%"$EDGE"}
}
