# Tables of paths: `PATH RESOLVED TYPE MODE UID GID USER GROUP SIZE MTIME DEV ACL LUID LGID`.
# shellcheck shell=sh disable=SC2034

# table TOPIC PATH…: a frame `stat:TOPIC`, one line a path in the order given.
table() {
    TOPIC=$1
    shift
    ROWS=
    ODD=
    for FILE in "$@"; do
        case $FILE in *"$NL"*) ODD=1 ;; esac
    done
    if [ -z "$ODD" ]; then
        rows "$@"
    else
        for FILE in "$@"; do
            rows "$FILE"
        done
    fi
    say "stat:$TOPIC" 0 "$ROWS"
}

# rows PATH…: adds to ROWS. Three processes for all paths: the target, the link itself, the resolved names.
rows() {
    [ $# -gt 0 ] || return 0
    TARGETS=$(limit 5 stat -L -c '%f/%a/%u/%g/%s/%Y/%d/%U/%G//%n' -- "$@" 2>/dev/null; printf 'X%s' "$?")
    ROWS_STATUS=${TARGETS##*X}
    TARGETS=${TARGETS%X*}
    if [ "$ROWS_STATUS" -eq 124 ] && [ $# -gt 1 ]; then
        rows_apart "$@"
        return
    fi
    # What answered once answers again: no process has to watch these.
    OWNERS=
    if [ "$ROWS_STATUS" -ne 124 ]; then
        OWNERS=$(stat -c '%u %g//%n' -- "$@" 2>/dev/null)$NL
    fi
    acls "$TARGETS" "$@"
    existing "$TARGETS" "$@"
    ROWS=$ROWS$(
        for FILE in "$@"; do
            row "$FILE"
        done
    )$NL
}

# rows_apart PATH…: as rows, path by path, where one of them hangs; what lies in the same folder is not asked again.
rows_apart() {
    for FILE in "$@"; do
        if hangs "$FILE"; then
            enc "$FILE"
            ROWS="$ROWS$ENC - unknown - - - - - - - - - - -$NL"
            continue
        fi
        rows "$FILE"
        [ "$ROWS_STATUS" -ne 124 ] || HANGING=$HANGING${FILE%/*}$NL
    done
}

# existing TARGETS PATH…: RESOLVED, a line for each path that exists.
existing() {
    LEFT=$1
    shift
    COUNTDOWN=$#
    for FILE in "$@"; do
        case $LEFT in
        *"//$FILE$NL"*)
            LEFT=${LEFT#*"//$FILE$NL"}
            set -- "$@" "$FILE"
            ;;
        esac
    done
    shift "$COUNTDOWN"
    resolve "$@"
}

# row PATH: prints the path's line; consumes the answers in order.
row() {
    enc "$1"
    NAME=$ENC
    LINK_OWNER='- -'
    case $OWNERS in
    *"//$1$NL"*)
        LINK_OWNER=${OWNERS%%"//$1$NL"*}
        LINK_OWNER=${LINK_OWNER##*"$NL"}
        ;;
    esac
    case $TARGETS in
    *"//$1$NL"*) ;;
    *)
        if [ "$ROWS_STATUS" -eq 124 ]; then
            KIND=unknown
        elif [ "$ROWS_STATUS" -eq 127 ]; then
            KIND=unknown
        else
            missing "$1"
            KIND=absent
            [ "$STATUS" -ne 13 ] || KIND=denied
            [ "$LINK_OWNER" = '- -' ] || KIND="link"
        fi
        printf '%s - %s - - - - - - - - - %s\n' "$NAME" "$KIND" "$LINK_OWNER"
        return
        ;;
    esac
    ANSWER=${TARGETS%%"//$1$NL"*}
    TARGETS=${TARGETS#*"//$1$NL"}
    REAL=${RESOLVED%%"$NL"*}
    RESOLVED=${RESOLVED#*"$NL"}
    enc "$REAL"
    REAL=$ENC
    IFS=/
    # shellcheck disable=SC2086 # split on purpose
    set -- "$1" $ANSWER
    IFS=$FIELDS
    kind "$2"
    MODE=0000$3
    MODE=${MODE#"${MODE%????}"}
    enc "${9#UNKNOWN}"
    OWNER=$ENC
    shift 9
    enc "${1#UNKNOWN}"
    GROUP=$ENC
    ACL=${ACLS%"${ACLS#?}"}
    ACLS=${ACLS#?}
    IFS=/
    # shellcheck disable=SC2086 # split on purpose
    set -- $ANSWER
    IFS=$FIELDS
    printf '%s %s %s %s %s %s %s %s %s %s %s %s %s\n' \
        "$NAME" "$REAL" "$KIND" "$MODE" "$3" "$4" "$OWNER" "$GROUP" "$5" "$6" "$7" "${ACL:-?}" "$LINK_OWNER"
}

# acls TARGETS PATH…: ACLS, one character for each path that exists: `+` where it has more than the mode's
# entries, `-` where not, `?` where nothing tells. GNU ls and getfacl do; BusyBox' ls does not.
acls() {
    ACLS=
    [ "$ROWS_STATUS" -ne 124 ] || return 0
    if [ -z "$ACL_TOOL" ]; then
        ACL_TOOL=none
        ! has getfacl || ACL_TOOL=getfacl
        if find_tool ls; then
            case $("$TOOL_PATH" --version 2>/dev/null) in
            *'GNU coreutils'*)
                ACL_TOOL="ls"
                LS_TOOL=$TOOL_PATH
                ;;
            esac
        fi
    fi
    LEFT=$1
    shift
    COUNTDOWN=$#
    for FILE in "$@"; do
        case $LEFT in
        *"//$FILE$NL"*)
            LEFT=${LEFT#*"//$FILE$NL"}
            set -- "$@" "$FILE"
            ;;
        esac
    done
    shift "$COUNTDOWN"
    [ $# -gt 0 ] || return 0
    case $ACL_TOOL in
    ls) acls_of_ls "$@" ;;
    getfacl) acls_of_getfacl "$@" ;;
    esac
}
ACL_TOOL=

acls_of_ls() {
    LONG=$("$LS_TOOL" -ndULq -- "$@" 2>/dev/null)$NL
    lines "$LONG"
    [ "$LINES" -eq $# ] || return 0
    set -f
    IFS=$NL
    for LINE in $LONG; do
        case $LINE in
        ??????????+*) ACLS=$ACLS+ ;;
        *) ACLS=$ACLS- ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

acls_of_getfacl() {
    for FILE in "$@"; do
        if LONG=$(limit 5 getfacl -cps -- "$FILE" 2>/dev/null); then
            case $LONG in
            '') ACLS=$ACLS- ;;
            *) ACLS=$ACLS+ ;;
            esac
        else
            ACLS="$ACLS?"
        fi
    done
}
