# What every other fragment uses: frames, time limits, encodings, files, tables of paths.
#
# Rules of the house: nothing is written anywhere, no here-documents (some shells keep them in temporary
# files), no `local` (ksh has none), every variable is global and upper-case, a function's results are in
# the variables that its comment names. Bytes are counted under LC_ALL=C.
# shellcheck shell=sh disable=SC2034,SC3043

LC_ALL=C
TZ=UTC0
export LC_ALL TZ
unset CDPATH ENV BASH_ENV IFS POSIXLY_CORRECT
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
set +f
umask 077

NL='
'
TAB='	'
SP_NL=" $TAB$NL"
FIELDS=$SP_NL
# In one go: each `$(…)` is a process.
MARK=$(printf '\001\002\003\r')
CR=${MARK#???}
BREAK=${MARK#??}
BREAK=${BREAK%?}
EDGE=${MARK#?}
EDGE=${EDGE%??}
MARK=${MARK%???}
COUNT=0
BODY=
STATUS=0
TIMINGS=
MAX_FILE=${MAX_FILE:-1048576}
MAX_CONFIG=262144
MAX_SECTION=${MAX_SECTION:-67108864}
LIMIT_ALL=${LIMIT_ALL:-90}
ENGINE_LIMIT=${ENGINE_LIMIT:-8}
ASK_MAX=$MAX_FILE
MYUID=

# has TOOL…: whether all of them can be run.
has() {
    for TOOL in "$@"; do
        command -v "$TOOL" >/dev/null 2>&1 || return 1
    done
}

# find_tool NAME: TOOL_PATH, where it is on the path. BusyBox's shell prefers its own version of a tool; by its
# path, the host's own is run.
find_tool() {
    TOOL_PATH=
    IFS=:
    for DIR in $PATH; do
        [ -f "${DIR:-.}/$1" ] || continue
        [ -x "${DIR:-.}/$1" ] || continue
        TOOL_PATH=${DIR:-.}/$1
        break
    done
    IFS=$FIELDS
    [ -n "$TOOL_PATH" ]
}

# now: NOW, seconds since boot, and NOW_MS; without a fork.
now() {
    NOW=0 NOW_MS=0
    read -r UPTIME REST 2>/dev/null </proc/uptime || return 0
    NOW=${UPTIME%.*}
    NOW_MS=${UPTIME#*.}
    NOW_MS=$((NOW * 1000 + ${NOW_MS#0} * 10))
}

# budget SECONDS: LIMIT, those seconds or what is left of the whole probe's time; false when nothing is.
budget() {
    LIMIT=$1
    now
    [ $((DEADLINE - NOW)) -lt "$LIMIT" ] && LIMIT=$((DEADLINE - NOW))
    [ "$LIMIT" -gt 0 ]
}

# kill_tree PID: ends a process and what it has started, as far as the kernel tells.
kill_tree() {
    KIDS=
    read -r KIDS 2>/dev/null <"/proc/$1/task/$1/children"
    kill -KILL "$1" 2>/dev/null
    for KID in $KIDS; do
        kill_tree "$KID"
    done
}

# limit SECONDS COMMAND…: runs it with nothing on standard input; its status, 124 where it was ended.
# Only a `timeout` that ends the whole process group is good enough; else the shell watches by itself.
limit() {
    budget "$1" || return 124
    shift
    if [ "$TIMEOUT" = group ]; then
        "$TIMEOUT_TOOL" -k 1 "$LIMIT" "$@" 3>&- 4>&- 7>&- 8>&- 9>&- </dev/null
        set -- "$?"
        [ "$1" -ne 137 ] || return 124
        return "$1"
    fi
    "$@" 3>&- 4>&- 7>&- 8>&- 9>&- </dev/null &
    CHILD=$!
    (
        while [ "$LIMIT" -gt 0 ]; do
            sleep 1
            kill -0 "$CHILD" 2>/dev/null || exit 0
            LIMIT=$((LIMIT - 1))
        done
        kill_tree "$CHILD"
    ) >/dev/null 2>&1 3>&- 4>&- 5>&- 7>&- 8>&- 9>&- &
    WATCHER=$!
    wait "$CHILD" 2>/dev/null
    set -- "$?"
    kill "$WATCHER" 2>/dev/null
    [ "$1" -ne 137 ] || return 124
    return "$1"
}

# enc STRING: ENC, percent-encoded (every byte, where one is not safe).
enc() {
    case $1 in
    '') ENC=- ;;
    *[!A-Za-z0-9._:/@+,=~-]*)
        ENC=
        for HEX in $(printf '%s' "$1" | od -An -v -tx1); do
            ENC=$ENC%$HEX
        done
        ;;
    *) ENC=$1 ;;
    esac
}

# emit NAME STATUS: one frame with BODY's bytes. NAME is encoded here.
emit() {
    enc "$1"
    if [ ${#BODY} -gt "$MAX_SECTION" ]; then
        BODY=
        set -- "$1" 27
    fi
    COUNT=$((COUNT + 1))
    printf '@ %s %s raw %s\n%s\n' "$ENC" "$2" "${#BODY}" "$BODY"
}

# emit64 NAME STATUS: as emit, where BODY is base64 already.
emit64() {
    enc "$1"
    COUNT=$((COUNT + 1))
    printf '@ %s %s base64 %s\n%s\n' "$ENC" "$2" "${#BODY}" "$BODY"
}

# say NAME STATUS TEXT: a frame with that text.
say() {
    BODY=$3
    emit "$1" "$2"
}

# grab COMMAND…: BODY, its standard output with its final newlines, and STATUS.
grab() {
    { BODY=$("$@" 2>/dev/null; printf 'X%s' "$?"); } 2>/dev/null
    STATUS=${BODY##*X}
    BODY=${BODY%X*}
}

# ask SECONDS COMMAND…: BODY and STATUS as grab, at most ASK_MAX bytes of it, and ERR, what its standard error tells of
# in our own words; RAW_ERR, at most 4 KiB of it as it is. Three pipes tell the three apart.
ask() {
    {
        BODY=$(
            {
                SIDE=$(
                    {
                        {
                            {
                                limit "$@"
                                printf '\001%s\001' "$?" >&7
                            } 2>&5 | head -c "$ASK_MAX" >&4
                        } 5>&1 | head -c 4096
                    } 7>&1
                )
                printf '\002%s' "$SIDE"
            } 4>&1
        )
    } 2>/dev/null
    case $BODY in
    *"$EDGE"*"$MARK"*"$MARK"*) ;;
    *)
        BODY=
        STATUS=124
        ERR=
        RAW_ERR=
        return
        ;;
    esac
    ERR=${BODY##*"$MARK"}
    BODY=${BODY%"$MARK"*}
    STATUS=${BODY##*"$MARK"}
    BODY=${BODY%"$MARK"*}
    ERR=${BODY##*"$EDGE"}$ERR
    BODY=${BODY%"$EDGE"*}
    RAW_ERR=$ERR
    own_words "$ERR"
}

# run NAME SECONDS COMMAND…: a frame with what the command prints; 127 where it is not installed.
run() {
    RUN_NAME=$1
    RUN_LIMIT=$2
    shift 2
    if has "$1"; then
        grab limit "$RUN_LIMIT" "$@"
    else
        BODY=
        STATUS=127
    fi
    emit "$RUN_NAME" "$STATUS"
}

# to_base64: standard input as base64, with whichever tool there is.
to_base64() {
    if has base64; then
        base64
    elif has openssl; then
        openssl base64
    elif has awk; then
        od -An -v -tu1 | awk '
            BEGIN { a = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
            { for (i = 1; i <= NF; i++) { v = v * 256 + $i
                if (++n == 3) { put(4); n = 0; v = 0 } } }
            END { if (n == 1) { v *= 65536; put(2) } else if (n == 2) { v *= 256; put(3) } }
            function put(chars, s, k) { s = ""
                for (k = 3; k >= 0; k--) s = s substr(a, int(v / 64 ^ k) % 64 + 1, 1)
                s = substr(s, 1, chars) substr("==", 1, 4 - chars)
                printf "%s%s", s, (++words % 19 ? "" : "\n") }'
    else
        return 127
    fi
}

# kernel_files PATH…: a frame for each small file of /proc or /sys, in that order: one process reads them all,
# because a shell's own `read` may get one byte of a sysctl. Their content is the kernel's: it cannot imitate
# a heading, and it has no empty lines. What is read is split by lines: cutting it piece by piece is quadratic.
kernel_files() {
    ALL=$(head -n 10000 /dev/null "$@" 2>/dev/null)
    BODY=
    PREVIOUS=/dev/null
    set -f
    IFS=$NL
    for LINE in $ALL; do
        case $LINE in
        '==> '*' <==')
            kernel_file
            LINE=${LINE#'==> '}
            PREVIOUS=${LINE%' <=='}
            # What is not in the answer could not be read.
            [ "$PREVIOUS" != /dev/null ] || continue
            while [ $# -gt 0 ] && [ "$1" != "$PREVIOUS" ]; do
                missing "$1"
                emit "file:$1" "$STATUS"
                shift
            done
            [ $# -eq 0 ] || shift
            ;;
        *) BODY=$BODY$LINE$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
    kernel_file
    for FILE in "$@"; do
        missing "$FILE"
        emit "file:$FILE" "$STATUS"
    done
}

# kernel_file: the frame of PREVIOUS, whose lines are in BODY; a sysctl is never empty.
kernel_file() {
    IFS=$FIELDS
    STATUS=0
    case $PREVIOUS in
    /dev/null)
        BODY=
        return
        ;;
    /proc/sys/*) [ -n "$BODY" ] || STATUS=5 ;;
    esac
    emit "file:$PREVIOUS" "$STATUS"
    LAST=$BODY
    BODY=
}

# missing PATH: STATUS, why it cannot be read: 13 not permitted, 2 absent, 21 a directory.
missing() {
    STATUS=2
    if [ -d "$1" ]; then
        STATUS=21
        return
    fi
    if [ -e "$1" ]; then
        STATUS=13
        return
    fi
    MISSING=$1
    while [ "$MISSING" != "${MISSING%/*}" ]; do
        MISSING=${MISSING%/*}
        if [ -e "${MISSING:-/}" ]; then
            [ -x "${MISSING:-/}" ] || STATUS=13
            return
        fi
    done
}

# look PATH…: one `stat` for all: LOOKED has a line `TYPE SIZE` for each path, in order; TYPE is as in
# `stat:` tables. A path whose name has a newline is looked at by itself. 124 where the file system hangs.
look() {
    LOOKED=
    ODD=
    for LOOK in "$@"; do
        case $LOOK in *"$NL"*) ODD=1 ;; esac
    done
    if [ -n "$ODD" ] && [ $# -gt 1 ]; then
        OUT=
        for LOOK in "$@"; do
            look_all "$LOOK"
            OUT=$OUT$LOOKED$NL
        done
        LOOKED=${OUT%"$NL"}
        return
    fi
    look_all "$@"
}

look_all() {
    quick "$@"
    STATS=$(
        if [ -n "$QUICK" ]; then
            stat -L -c '%f %s //%n' -- "$@"
        else
            limit 5 stat -L -c '%f %s //%n' -- "$@"
        fi 2>/dev/null
        printf 'X%s' "$?"
    )
    LOOK_STATUS=${STATS##*X}
    STATS=${STATS%X*}
    LOOKED=
    if [ "$LOOK_STATUS" -eq 124 ] && [ $# -gt 1 ]; then
        look_apart "$@"
        return
    fi
    for LOOK in "$@"; do
        case $STATS in
        *" //$LOOK$NL"*)
            LINE=${STATS%%" //$LOOK$NL"*}
            STATS=${STATS#*" //$LOOK$NL"}
            LINE=${LINE##*"$NL"}
            kind "${LINE%% *}"
            LOOKED="$LOOKED$KIND ${LINE##* }$NL"
            ;;
        *)
            if [ "$LOOK_STATUS" -eq 124 ]; then
                KIND=hangs
            else
                missing "$LOOK"
                KIND=absent
                [ "$STATUS" -ne 13 ] || KIND=denied
            fi
            LOOKED="$LOOKED$KIND -$NL"
            ;;
        esac
    done
    LOOKED=${LOOKED%"$NL"}
}

# look_apart PATH…: as look, path by path: one that hangs, and what lies below it, costs nothing but itself.
look_apart() {
    APART=
    for LOOK in "$@"; do
        if hangs "$LOOK"; then
            APART="${APART}hangs -$NL"
        else
            look_all "$LOOK"
            APART=$APART$LOOKED$NL
            case $LOOKED in hangs*) HANGING=$HANGING${LOOK%/*}$NL ;; esac
        fi
    done
    LOOKED=${APART%"$NL"}
}
HANGING=

# hangs PATH: whether it lies in a folder in which something hung before.
hangs() {
    set -f
    IFS=$NL
    for LINE in $HANGING; do
        case $1/ in
        "$LINE"/*)
            IFS=$FIELDS
            set +f
            return 0
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    return 1
}

# quick PATH…: QUICK, whether all lie where no network file system is mounted on a host that still works, so that
# no process has to watch the one that looks.
quick() {
    QUICK=1
    for LOOK in "$@"; do
        case $LOOK in
        /etc/* | /usr/* | /lib/* | /run/* | /proc/*) ;;
        *)
            QUICK=
            return
            ;;
        esac
    done
}

# kind HEX: KIND, the type of file that a raw mode tells.
kind() {
    case $1 in
    8???) KIND="file" ;;
    4???) KIND=dir ;;
    a???) KIND="link" ;;
    c???) KIND=socket ;;
    6???) KIND=block ;;
    2???) KIND=char ;;
    1???) KIND=fifo ;;
    *) KIND=unknown ;;
    esac
}

# files PATH…: a frame `file:PATH` for each, symlinks followed, of what the reader FILTER carries of it (11-carry.sh);
# without one, as they are.
FILTER=
files() {
    [ $# -gt 0 ] || return 0
    if [ -n "$FILTER" ]; then
        has "$FILTER" || FILTER=filter_nothing
        read_files "$@"
        return
    fi
    look "$@"
    KINDS=$LOOKED
    for FILE in "$@"; do
        LINE=${KINDS%%"$NL"*}
        KINDS=${KINDS#*"$NL"}
        one_file "$FILE" "${LINE% *}" "${LINE#* }"
    done
}

# take PATH TYPE SIZE: BODY and STATUS; BINARY says that BODY lost bytes that a shell cannot hold.
take() {
    BODY=
    BINARY=
    case $2 in
    file) STATUS=0 ;;
    dir) STATUS=21 ;;
    absent) STATUS=2 ;;
    denied) STATUS=13 ;;
    hangs) STATUS=124 ;;
    *) STATUS=5 ;;
    esac
    [ "$STATUS" -eq 0 ] || return 0
    if [ ! -r "$1" ]; then
        STATUS=13
    elif [ "$3" -gt "$MAX_FILE" ]; then
        STATUS=27
    else
        if [ "$3" -le 2048 ]; then
            read_small "$1"
        else
            grab head -c "$MAX_FILE" "$1"
        fi
        [ "$STATUS" -eq 0 ] || STATUS=5
        [ "${#BODY}" -eq "$3" ] || BINARY=1
    fi
}

# read_small PATH: BODY, by the shell itself: some shells read byte by byte, but that is cheaper than a fork.
read_small() {
    LINE=
    while IFS= read -r LINE; do
        BODY=$BODY$LINE$NL
    done 2>/dev/null <"$1" || STATUS=5
    BODY=$BODY$LINE
}

one_file() {
    take "$1" "$2" "$3"
    if [ -z "$BINARY" ]; then
        emit "file:$1" "$STATUS"
    else
        grab file_as_base64 "$1"
        emit64 "file:$1" "$STATUS"
    fi
}

file_as_base64() {
    head -c "$MAX_FILE" -- "$1" | to_base64
}

# entries DIR: ENTRIES, the names in it, one encoded name a line, and STATUS; a glob does it, without a fork.
entries() {
    ENTRIES=
    if [ ! -d "$1" ]; then
        missing "$1"
        [ "$STATUS" -ne 13 ] || [ ! -e "$1" ] || STATUS=20
        return
    fi
    STATUS=13
    [ -r "$1" ] && [ -x "$1" ] || return 0
    STATUS=0
    for ENTRY in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        [ -e "$ENTRY" ] || [ -L "$ENTRY" ] || continue
        enc "${ENTRY##*/}"
        ENTRIES=$ENTRIES$ENC$NL
    done
}

# list DIR: a frame `list:DIR`.
list() {
    entries "$1"
    say "list:$1" "$STATUS" "$ENTRIES"
}

# step NAME FUNCTION: runs a part and notes how long it took.
step() {
    now
    STEP_MS=$NOW_MS
    "$2"
    now
    TIMINGS="$TIMINGS$1 $((NOW_MS - STEP_MS))$NL"
}

# start: what has to be known before the first part runs.
start() {
    now
    DEADLINE=$((NOW + LIMIT_ALL))
    TIMEOUT=none
    if find_tool timeout && "$TOOL_PATH" --foreground -k 1 1 true 2>/dev/null; then
        TIMEOUT=group
        TIMEOUT_TOOL=$TOOL_PATH
    fi
    # `uid=0(root) gid=0(root) …`; a directory service that does not answer costs the name alone.
    # shellcheck disable=SC2046 # words
    set -- $(limit 3 id 2>/dev/null || printf 'uid=%s(-) gid=%s' "$(id -u)" "$(id -g)")
    MYUID=${1#uid=}
    MYNAME=${MYUID#*'('}
    MYNAME=${MYNAME%')'}
    MYUID=${MYUID%%'('*}
    MYGID=${2#gid=}
    MYGID=${MYGID%%'('*}
}
