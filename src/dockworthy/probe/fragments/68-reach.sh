# What containers and images refer to on the host: where the sources of mounts lead, and which number a user has
# that an image names.
# shellcheck shell=sh disable=SC2034

MAX_SOURCES=4000

# probe_reach: `stat:bind-sources` and `cmd:image-users`.
probe_reach() {
    SOURCES=
    # The strings alone first: a shell reads a megabyte of them slowly.
    json_values Source "$(printf '%s' "$CONTAINER_LINES" | grep -o '"Source":"[^"]*"' | sort -u)"
    SOURCES=$VALUES
    json_values device "$VOLUME_LINES"
    SOURCES=$SOURCES$VALUES
    SOURCES=$(printf '%s' "$SOURCES" | sort -u | head -n "$MAX_SOURCES")
    set --
    set -f
    IFS=$NL
    for FILE in $SOURCES; do
        case $FILE in /*) set -- "$@" "$FILE" ;; esac
    done
    IFS=$FIELDS
    set +f
    table bind-sources "$@"
    grab image_users
    emit cmd:image-users "$STATUS"
}
EXEC_LINES=
VOLUME_LINES=
IMAGE_LINES=

# json_values KEY TEXT: VALUES, a line for each string of that key in lines of JSON; one with an escape other than
# of a quotation mark or a backslash is left out, as no shell tells what it is.
json_values() {
    VALUES=
    KEY_BEFORE=
    PIECES=
    set -f
    IFS=\"
    for PIECE in $2; do
        if [ -n "$PIECES" ]; then
            PIECE=${PIECES#.}\"$PIECE
            PIECES=
        fi
        case $PIECE in
        *\\)
            BACKSLASHES=${PIECE##*[!\\]}
            case $((${#BACKSLASHES} % 2)) in
            1)
                PIECES=.$PIECE
                continue
                ;;
            esac
            ;;
        esac
        case $KEY_BEFORE in
        "$1:") json_value ;;
        esac
        case $PIECE in
        :) KEY_BEFORE=$KEY_BEFORE: ;;
        *) KEY_BEFORE=$PIECE ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# json_value: adds PIECE, the inside of a JSON string, to VALUES.
json_value() {
    case $PIECE in
    *\\*)
        DONE=
        while :; do
            case $PIECE in *\\*) ;; *) break ;; esac
            DONE=$DONE${PIECE%%\\*}
            PIECE=${PIECE#*\\}
            case $PIECE in
            [\"\\/]*) DONE=$DONE${PIECE%"${PIECE#?}"} ;;
            *) return ;;
            esac
            PIECE=${PIECE#?}
        done
        PIECE=$DONE$PIECE
        ;;
    esac
    VALUES=$VALUES$PIECE$NL
}

# container_users: USERS, lines `IMAGE USER` of containers, and of sessions in them, whose user may be a name.
container_users() {
    USERS=
    set -f
    IFS=$NL
    for LINE in $(printf '%s' "$CONTAINER_LINES" | grep -oE '^\{"Id":"[0-9a-f]{64}"|"Image":"sha256:[0-9a-f]+","RestartCount"|"Config":\{"Image":"[^"]*","User":"[^"]+"'); do
        case $LINE in
        '{"Id":"'*)
            ID=${LINE#'{"Id":"'}
            ID=${ID%?}
            ;;
        '"Image":"sha256:'*)
            IMAGE=${LINE#'"Image":"'}
            IMAGE=${IMAGE%%\"*}
            eval "IMAGE_$ID=\$IMAGE"
            ;;
        *)
            LINE=${LINE%?}
            USERS=$USERS$IMAGE' '${LINE##*\"}$NL
            ;;
        esac
    done
    for LINE in $EXEC_LINES; do
        ID=${LINE#*'"ContainerID":"'}
        ID=${ID%%\"*}
        LINE=${LINE#*'"User":"'}
        case $ID in '' | *[!0-9a-f]*) continue ;; esac
        eval "IMAGE=\${IMAGE_$ID:-}"
        [ -z "$IMAGE" ] || USERS=$USERS$IMAGE' '${LINE%%\"*}$NL
    done
    IFS=$FIELDS
    set +f
}

# image_users: prints `ID USER UID` of images whose user, or that of one of their containers, is a name: as in the
# topmost layer that has an etc/passwd. What lies in a layer is the image's: a link there would lead anywhere, and is
# not followed.
image_users() {
    container_users
    set -f
    IFS=$NL
    for LINE in $IMAGE_LINES; do
        IFS=$FIELDS
        case $LINE in '{"Id":"'*'"Config":{"User":"'*) ;; *) continue ;; esac
        ID=${LINE#'{"Id":"'}
        ID=${ID%%\"*}
        NAME=${LINE#*'"Config":{"User":"'}
        LAYERS=
        NAMES=" ${NAME%%\"*}"
        case $NL$USERS in
        *"$NL$ID "*)
            for WORD in $USERS; do
                case $WORD in
                sha256:*) OWNER=$WORD ;;
                *) [ "$OWNER" != "$ID" ] || NAMES="$NAMES $WORD" ;;
                esac
            done
            ;;
        esac
        SEEN=' '
        for NAME in $NAMES; do
            NAME=${NAME%%:*}
            case $NAME in '' | root | *[!A-Za-z0-9._-]*) continue ;; *[!0-9]*) ;; *) continue ;; esac
            case $SEEN in *" $NAME "*) continue ;; esac
            SEEN="$SEEN$NAME "
            [ -n "$LAYERS" ] || image_layers
            image_user
            printf '%s %s %s\n' "$ID" "$NAME" "${FOUND_UID:--}"
        done
        IFS=$NL
    done
    IFS=$FIELDS
    set +f
}

# image_layers: LAYERS, the folders of the image in LINE, the topmost first.
image_layers() {
    json_values UpperDir "$LINE"
    LAYERS=$VALUES
    json_values LowerDir "$LINE"
    LAYERS=$LAYERS$VALUES
    set -f
}

# image_user: FOUND_UID, the number of NAME by the first of LAYERS with an etc/passwd.
image_user() {
    FOUND_UID=
    IFS=:$NL
    for LAYER in $LAYERS; do
        IFS=$FIELDS
        case $LAYER in /*) ;; *) continue ;; esac
        if [ -L "$LAYER/etc" ] || [ -L "$LAYER/etc/passwd" ]; then return; fi
        [ -e "$LAYER/etc/passwd" ] || continue
        [ -f "$LAYER/etc/passwd" ] && [ -r "$LAYER/etc/passwd" ] || return
        FOUND_UID=$(
            head -c 262144 -- "$LAYER/etc/passwd" | while IFS=: read -r ENTRY SECRET NUMBER REST; do
                case $ENTRY in
                "$NAME")
                    case $NUMBER in '' | *[!0-9]*) ;; *) printf '%s' "$NUMBER" ;; esac
                    break
                    ;;
                esac
            done
        )
        return
    done
}
