# Limits, and how much of them is used; who keeps the clock.
# shellcheck shell=sh disable=SC2016,SC2034

# Descriptors that are looked at for instances of inotify.
MAX_DESCRIPTORS=${MAX_DESCRIPTORS:-20000}

# probe_limits: what all of the host share.
probe_limits() {
    tasks
    BODY=
    STATUS=127
    ! has awk ls || grab inotify_use
    emit cmd:inotify-use "$STATUS"
    hardware_clock
    time_kept
}

# tasks: `cmd:tasks`: `total N`, all threads as the kernel counts them; `seen PROCESSES THREADS`, those in this /proc.
tasks() {
    TOTAL_TASKS=-
    read -r A B C D REST 2>/dev/null </proc/loadavg && TOTAL_TASKS=${D#*/}
    set -- /proc/[0-9]*
    NUMBER=$#
    set -- /proc/[0-9]*/task/[0-9]*
    say cmd:tasks 0 "total $TOTAL_TASKS${NL}seen $NUMBER $#$NL"
}

# Of the list of all descriptors: `UID MAP OUTER INSTANCES WATCHES MAYBE`, for each user and user name space that has
# instances of inotify. MAP is - in the probe's own name space, else the first line of the map, and OUTER the user
# of the nearest process above that is outside. MAYBE are instances that may be copies of the parent's; copies for
# certain are not counted. `unseen UID PROCESSES`: whose descriptors nobody may list. `cut`: there are more.
INOTIFY_AWK='
function status_of(p, line, word) {
    if (p in UID_OF) return
    UID_OF[p] = PARENT[p] = "-"
    while ((getline line < ("/proc/" p "/status")) > 0) {
        split(line, word)
        if (word[1] == "PPid:") PARENT[p] = word[2]
        if (word[1] == "Uid:") { UID_OF[p] = word[3]; break }
    }
    close("/proc/" p "/status")
    MAP[p] = map_of(p)
    if (MAP[p] == OWN || MAP[p] == "") MAP[p] = "-"
}
function map_of(p, line, word, name) {
    name = "/proc/" p "/uid_map"
    line = ""
    if ((getline line < name) > 0 && split(line, word) == 3) line = word[1] ":" word[2] ":" word[3]
    close(name)
    return line
}
function outer_of(p, steps) {
    for (steps = 0; steps < 64 && p > 0; steps++) {
        status_of(p)
        if (MAP[p] == "-") return UID_OF[p]
        p = PARENT[p]
    }
    return "-"
}
function watches_of(p, n, line, name, count) {
    name = "/proc/" p "/fdinfo/" n
    count = 0
    while ((getline line < name) > 0) if (line ~ /^inotify /) { if (!count++) SIGN[p, n] = line; LAST[p, n] = line }
    close(name)
    return count
}
BEGIN { OWN = map_of("self") }
$1 == "unseen" {
    status_of($2)
    if (!UNSEEN[UID_OF[$2]]++) STRANGER[++STRANGERS] = UID_OF[$2]
    next
}
$1 == "ended" { ENDED = $2; next }
/^\/proc\/[0-9]+\/fd:$/ { split($0, PART, "/"); PID = PART[3]; next }
substr($0, 1, 1) == "l" {
    if (++SEEN > MAX) { ENDED = 124; exit }
    if ($NF == "anon_inode:inotify" && $(NF - 2) ~ /^[0-9]+$/) {
        KEY[++KEYS] = PID SUBSEP $(NF - 2)
        OF[KEYS] = PID
        NUMBER[KEYS] = $(NF - 2)
        COUNT[PID, $(NF - 2)] = watches_of(PID, $(NF - 2))
    }
}
END {
    for (i = 1; i <= KEYS; i++) {
        p = OF[i]
        n = NUMBER[i]
        status_of(p)
        who = UID_OF[p] " " MAP[p] " " (MAP[p] == "-" ? "-" : outer_of(PARENT[p]))
        if (!(who in INSTANCES)) { WHO[++PEOPLE] = who; INSTANCES[who] = WATCHES[who] = MAYBE[who] = 0 }
        if (((PARENT[p], n) in COUNT) && COUNT[PARENT[p], n] == COUNT[p, n]) {
            if (!COUNT[p, n]) { MAYBE[who]++; continue }
            if (SIGN[PARENT[p], n] == SIGN[p, n] && LAST[PARENT[p], n] == LAST[p, n]) continue
        }
        INSTANCES[who]++
        WATCHES[who] += COUNT[p, n]
    }
    for (i = 1; i <= PEOPLE; i++) print WHO[i], INSTANCES[WHO[i]], WATCHES[WHO[i]], MAYBE[WHO[i]]
    for (i = 1; i <= STRANGERS; i++) print "unseen", STRANGER[i], UNSEEN[STRANGER[i]]
    if (ENDED == 124) print "cut"
}
'

inotify_use() {
    {
        if [ "$MYUID" != 0 ]; then
            for DIR in /proc/[0-9]*; do
                [ -r "$DIR/fd" ] || printf 'unseen %s\n' "${DIR#/proc/}"
            done
        fi
        limit 5 ls -ln /proc/[0-9]*/fd
        printf 'ended %s\n' "$?"
    } 2>/dev/null | awk -v MAX="$MAX_DESCRIPTORS" "$INOTIFY_AWK"
}

# hardware_clock: `file:/etc/adjtime`, where in it only the third line is told; `cmd:hardware-clock`: `rtc yes|no`, and
# where that line is LOCAL `zone OFFSET`, that of now.
hardware_clock() {
    adjtime /etc/adjtime
    OUT=no
    for FILE in /sys/class/rtc/rtc* /dev/rtc*; do
        [ ! -e "$FILE" ] || OUT=yes
    done
    OUT="rtc $OUT$NL"
    case $BODY in *LOCAL*) OUT="${OUT}zone $(unset TZ; limit 3 date +%z)$NL" ;; esac
    say cmd:hardware-clock 0 "$OUT"
}

# adjtime FILE…: its frame: what the third line says, UTC or LOCAL, as hwclock(8) and systemd read it.
adjtime() {
    for FILE in "$@"; do
        BODY=
        if [ -f "$FILE" ] && [ -r "$FILE" ]; then
            grab head -c 512 "$FILE"
            THIRD=
            case $BODY in *"$NL"*"$NL"*) THIRD=${BODY#*"$NL"*"$NL"} ;; esac
            THIRD=${THIRD%%"$NL"*}
            case $THIRD in
            UTC | LOCAL | '') ;;
            *) THIRD=REDACTED ;;
            esac
            BODY="0$NL${NL}$THIRD$NL"
        else
            missing "$FILE"
        fi
        emit "file:$FILE" "$STATUS"
    done
}

# Services that keep the clock; those of one program have its several names.
TIME_SERVICES='chrony chronyd ntp ntpd ntpsec openntpd ntpd-rs systemd-timesyncd'

# time_kept: `cmd:time-kept`: `service NAME active|inactive enabled|disabled|masked` of each that is there, by its files
# and its control group; `kernel yes|no TOOL`, whether the clock is synchronised, where timedatectl does not tell it.
time_kept() {
    OUT=
    if [ -d /run/systemd/system ]; then
        OUT="init systemd$NL"
        for NAME in $TIME_SERVICES; do
            time_unit
        done
    else
        INIT=none
        COMMANDS=
        for FILE in /etc/init.d/chrony* /etc/init.d/*ntp*; do
            [ -f "$FILE" ] || continue
            # ntpdate sets the clock once.
            case $FILE in *ntpdate*) continue ;; esac
            INIT=files
            [ -n "$COMMANDS" ] || COMMANDS=$(cat /proc/[0-9]*/comm 2>/dev/null)
            time_script "${FILE##*/}"
        done
        OUT="init $INIT$NL$OUT"
        time_by_tool
    fi
    say cmd:time-kept 0 "$OUT"
}

# time_unit: adds NAME to OUT where systemd has a unit of it that is no other's second name.
time_unit() {
    UNIT=
    for DIR in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
        FILE=$DIR/$NAME.service
        if [ -e "$FILE" ] || [ -L "$FILE" ]; then
            UNIT=$FILE
            break
        fi
    done
    [ -n "$UNIT" ] || return 0
    RUNS=inactive
    for DIR in /sys/fs/cgroup/system.slice /sys/fs/cgroup/systemd/system.slice /sys/fs/cgroup/unified/system.slice; do
        [ ! -d "$DIR/$NAME.service" ] || RUNS=active
    done
    COMES=disabled
    for FILE in /etc/systemd/system/*.wants/"$NAME.service" /run/systemd/system/*.wants/"$NAME.service" \
        /usr/lib/systemd/system/*.wants/"$NAME.service" /lib/systemd/system/*.wants/"$NAME.service"; do
        if [ -e "$FILE" ] || [ -L "$FILE" ]; then COMES=enabled; fi
    done
    if [ -L "$UNIT" ] && [ ! -s "$UNIT" ]; then
        COMES=masked
    elif [ -L "$UNIT" ] && [ "$RUNS" = inactive ]; then
        # Another name of a unit, made when that was enabled.
        return 0
    fi
    OUT="${OUT}service $NAME $RUNS $COMES$NL"
}

# time_script NAME: the same of a script of init's, by the links to it.
time_script() {
    RUNS=inactive
    case $1 in
    chrony*) KIND=chronyd ;;
    *) KIND=ntpd ;;
    esac
    case $NL$COMMANDS$NL in *"$NL$KIND$NL"*) RUNS=active ;; esac
    COMES=disabled
    for FILE in /etc/rc[2345].d/S[0-9][0-9]"$1" /etc/runlevels/*/"$1" /etc/rc.d/rc[35].d/S[0-9][0-9]"$1"; do
        if [ -e "$FILE" ] || [ -L "$FILE" ]; then COMES=enabled; fi
    done
    OUT="${OUT}service $1 $RUNS $COMES$NL"
}

# time_by_tool: adds to OUT what a tool says of the kernel's clock: by its greatest error, as systemd does, since
# chronyd need not clear the flag.
time_by_tool() {
    if has chronyc && LINE=$(limit 3 chronyc -n -c tracking 2>/dev/null); then
        case $LINE in
        *,Normal | *,'Insert second' | *,'Delete second') OUT="${OUT}kernel yes chronyc$NL" ;;
        *,*) OUT="${OUT}kernel no chronyc$NL" ;;
        esac
        return
    fi
    if find_tool adjtimex; then
        LINES=$(limit 3 "$TOOL_PATH" --print 2>/dev/null || limit 3 "$TOOL_PATH" 2>/dev/null)
    elif find_tool busybox; then
        LINES=$(limit 3 "$TOOL_PATH" adjtimex 2>/dev/null)
    else
        return 0
    fi
    # shellcheck disable=SC2086 # words
    set -- $LINES
    while [ $# -gt 1 ]; do
        case $1$2 in
        maxerror:*[!0-9]* | maxerror:) ;;
        maxerror:*)
            if [ "$2" -lt 16000000 ]; then OUT="${OUT}kernel yes adjtimex$NL"; else OUT="${OUT}kernel no adjtimex$NL"; fi
            return
            ;;
        esac
        shift
    done
}

# probe_engine_limits: what the engine's processes may use, and do: `proc:PID/limits`, the line of open files; `proc:PID/fds`,
# how many are open; and `cmd:pids-room`.
probe_engine_limits() {
    ROOMS=
    for PID in $ENGINE_PIDS; do
        engine_kind_of "$PID"
        case $KIND in dockerd | containerd) ;; *) continue ;; esac
        BODY=
        STATUS=13
        while read -r LINE; do
            case $LINE in 'Max open files'*) BODY=$LINE$NL STATUS=0 ;; esac
        done 2>/dev/null <"/proc/$PID/limits"
        emit "proc:$PID/limits" "$STATUS"
        if [ -r "/proc/$PID/fd" ]; then
            set -- "/proc/$PID/fd/"*
            say "proc:$PID/fds" 0 "$#$NL"
        else
            say "proc:$PID/fds" 13 ''
        fi
        pids_room
    done
    say cmd:pids-room 0 "$ROOMS"
}

# pids_room: adds to ROOMS `PID GROUP MAX CURRENT` for PID's control group and each above it that has a limit of its own,
# - for what cannot be read; `PID none` where no hierarchy counts processes, `PID unknown` where that is not told.
pids_room() {
    GROUP=
    TOP=
    FOUND=
    while IFS= read -r LINE; do
        FOUND=1
        case $LINE in
        *:pids:/* | *:pids,*:/* | *:*,pids:/* | *:*,pids,*:/*)
            GROUP=${LINE#*:*:}
            LINE=${LINE#*:}
            for TOP in "/sys/fs/cgroup/${LINE%%:*}" /sys/fs/cgroup/pids; do
                [ ! -d "$TOP" ] || break
            done
            break
            ;;
        0::/*)
            GROUP=${LINE#0::}
            TOP=/sys/fs/cgroup
            [ -e /sys/fs/cgroup/cgroup.controllers ] || TOP=/sys/fs/cgroup/unified
            ;;
        esac
    done 2>/dev/null <"/proc/$PID/cgroup"
    case $FOUND:$GROUP in
    : | 1:/..*)
        ROOMS="$ROOMS$PID unknown$NL"
        return
        ;;
    esac
    if [ -z "$GROUP" ] || [ ! -d "$TOP" ]; then
        ROOMS="$ROOMS$PID none$NL"
        return
    fi
    SEEN=
    while :; do
        if [ -e "$TOP$GROUP/pids.max" ]; then
            SEEN=1
            MAX=-
            CURRENT=-
            read -r MAX 2>/dev/null <"$TOP$GROUP/pids.max"
            read -r CURRENT 2>/dev/null <"$TOP$GROUP/pids.current"
            enc "${GROUP:-/}"
            ROOMS="$ROOMS$PID $ENC ${MAX:--} ${CURRENT:--}$NL"
        elif [ ! -d "$TOP$GROUP" ]; then
            SEEN=1
            enc "${GROUP:-/}"
            ROOMS="$ROOMS$PID $ENC - -$NL"
        fi
        case $GROUP in '' | /) break ;; esac
        GROUP=${GROUP%/*}
    done
    [ -n "$SEEN" ] || ROOMS="$ROOMS$PID none$NL"
}
