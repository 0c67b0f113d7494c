# systemd's units and drop-ins, and files of variables that it or a shell reads.
# shellcheck shell=sh disable=SC2016,SC2034

UNITS_AWK='
# told_first(): the program of a command: the first word of it, and the signs before it.
function told_first(   signs, name) {
    name = WORD
    signs = ""
    if (match(name, /^[-@:+!|]+/)) { signs = substr(name, 1, RLENGTH); name = substr(name, RLENGTH + 1) }
    ARGV0 = index(signs, "@")
    PROGRAM = name
    if (name ~ /^[A-Za-z0-9._\/+@%${}:-]+$/ && (name ~ /^\// || wordlike(name) || name ~ /^[a-z][a-z0-9.-]*$/ && length(name) < 20)) return RAW
    # What systemd refuses to take for a program stays such.
    if (name == "" || name ~ /[\001-\037\177"\047\\]|\/$|^[^\/].*\//) return signs "/" HIDDEN "/"
    return signs (name ~ /^\// ? "/" : "") HIDDEN
}

# engine_of(program): the kind of engine, or nothing.
function engine_of(program) {
    sub(/^.*\//, "", program)
    if (program ~ /^dockerd(-current|-ce|-rootless\.sh)?$/) return "dockerd"
    return program ~ /^(docker-)?containerd$/ ? "containerd" : ""
}

# odd(w): a letter that systemd knows no specifier for, if w has one: it makes the whole unit a bad one.
function odd(w) {
    while (match(w, /%./)) {
        if (substr(w, RSTART + 1, 1) ~ /[0-9A-Za-z]/ && index("CEDgGhiILsStTuUVnNpPjJfyYaAbBHlmMoqvwW", substr(w, RSTART + 1, 1)) == 0) return "%z"
        w = substr(w, RSTART + 2)
    }
    return ""
}

# script(s): the first command of a script for a shell, where it is plain words and an engine.
function script(s,   cut, more, n, i, word, out) {
    more = ""
    if (match(s, /;|&&|\|\|/)) { more = substr(s, RSTART, RLENGTH) " " HIDDEN; s = substr(s, 1, RSTART - 1) }
    if (s ~ /[`*?<>|&(){}\[\]\\\047"~#]/) return HIDDEN
    n = split(s, word, /[ \t\n]+/)
    i = 1
    out = ""
    if (word[i] == "") i++
    if (word[i] == "exec") { out = "exec "; i++ }
    if (program_name(word[i]) != word[i]) return HIDDEN
    out = out word[i]
    ENGINE = engine_of(word[i])
    if (ENGINE == "") return out (i < n ? " " HIDDEN : "") more
    for (cut = 0; ++i <= n;) if (word[i] != "") ARG[++cut] = word[i]
    engine_words(cut)
    for (i = 1; i <= cut; i++) out = out " " SHOWN[i]
    return out more
}

# command(n): SHOWN, of the arguments ARG[1…n] of PROGRAM; how many are told.
function command(n,   i, name, engine, first) {
    first = 0
    if (ARGV0 && n) { first = 1; SHOWN[1] = program_name(ARG[1]) }
    engine = engine_of(PROGRAM)
    name = PROGRAM
    sub(/^.*\//, "", name)
    if (engine == "" && name == "env" && !first) {
        for (i = 1; i <= n && ARG[i] ~ /^[A-Za-z_][A-Za-z0-9_]*=/; i++) {
            name = substr(ARG[i], 1, index(ARG[i], "=") - 1)
            SHOWN[i] = variable_name(name) "=" variable(name, substr(ARG[i], length(name) + 2))
        }
        if (i > n) return n
        SHOWN[i] = program_name(ARG[i])
        engine = engine_of(ARG[i])
        first = i
    }
    if (engine == "" && name ~ /^(sh|bash|dash|ash|ksh|zsh)$/ && n == 2 && ARG[1] == "-c") {
        name = script(ARG[2])
        SHOWN[2] = name
        SHOWN[1] = "-c"
        return 2
    }
    if (engine == "") {
        if (n > first) SHOWN[first + 1] = HIDDEN
        return n > first ? first + 1 : first
    }
    ENGINE = engine
    for (i = first + 1; i <= n; i++) ARG[i - first] = ARG[i]
    for (i = 1; i <= first; i++) KEPT[i] = SHOWN[i]
    engine_words(n - first)
    for (i = n; i > first; i--) { SHOWN[i] = SHOWN[i - first]; ARG[i] = ARG[i - first] }
    for (i = 1; i <= first; i++) SHOWN[i] = KEPT[i]
    return n
}

# exec_line(v): the value of ExecStart= and its like.
function exec_line(v,   out, r, n, i, told, rest, more, bad) {
    begin(v)
    out = ""
    while ((r = kindly()) != 0) {
        if (r < 0) return out "\""
        if (WORD == ";") { out = out "; "; continue }
        out = out told_first()
        n = more = 0
        while (1) {
            rest = substr(V, Q, 3)
            if (rest ~ /^;([ \t\n\r]|$)/) { Q++; skip(); more = 1; break }
            if (rest ~ /^\\;([ \t\n\r]|$)/) { Q += 2; skip(); ARG[++n] = ";"; WRITTEN[n] = "\\;"; continue }
            r = kindly()
            if (r <= 0) break
            ARG[++n] = WORD
            WRITTEN[n] = RAW
        }
        for (i = 1; i <= n; i++) GIVEN[i] = ARG[i]
        bad = ""
        told = command(n)
        for (i = 1; i <= n; i++) {
            if (i <= told && SHOWN[i] == GIVEN[i]) { out = out " " WRITTEN[i]; continue }
            bad = bad odd(GIVEN[i])
            if (i <= told) out = out " " unit_quote(SHOWN[i])
        }
        if (bad != "") out = out " %z"
        if (r < 0) return out " \""
        if (more) out = out " ; "
    }
    sub(/ +$/, "", out)
    return out
}

# environment_line(v): the value of Environment=, up to what cannot be read.
function environment_line(v,   out, sign, name, value, shown, sep) {
    begin(v)
    out = sep = ""
    while (take_word(0, 1, 0) > 0) {
        sign = index(WORD, "=")
        name = substr(WORD, 1, sign - 1)
        value = substr(WORD, sign + 1)
        if (name !~ /^[A-Za-z_][A-Za-z0-9_]*$/ || value ~ /[\001-\010\013-\037\177]/) continue
        shown = variable_name(name) "=" variable(name, value)
        out = out sep (shown == WORD ? RAW : unit_quote(shown))
        sep = " "
    }
    return out
}

# names_line(v): names of variables, without values that stand with them.
function names_line(v,   n, i, word, sign, out) {
    n = split(v, word, /[ \t]+/)
    out = ""
    for (i = 1; i <= n; i++) {
        sign = index(word[i], "=")
        out = out (i > 1 ? " " : "") (sign ? variable_name(substr(word[i], 1, sign - 1)) "=" HIDDEN : variable_name(word[i]))
    }
    return out
}

# mount_line(v): of the options of a mount those that say when it is mounted.
function mount_line(v,   n, i, word, out) {
    n = split(v, word, ",")
    out = ""
    for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") (word[i] ~ /^(nofail|fail|_netdev|defaults|bind|rbind)$/ ? word[i] : HIDDEN)
    return out
}

# logical(t, number): one line of a unit, its continuations joined.
function logical(t, number,   sign, name, node, v) {
    gsub(/^[ \t\n\r]+|[ \t\n\r]+$/, "", t)
    if (t == "" || ENDED) return
    if (t ~ /^\[/) {
        ENDED = t !~ /\]$/
        SECTION = substr(t, 2, length(t) - (ENDED ? 1 : 2))
        KNOWN_SECTION = SECTION ~ /^(Unit|Service|Socket|Install|Manager|Timer|Path|Slice|Scope|Mount)$/
        TOLD[number] = "[" (KNOWN_SECTION ? SECTION : name_of(SECTION)) (ENDED ? "" : "]")
        return
    }
    sign = index(t, "=")
    name = substr(t, 1, sign - 1)
    v = substr(t, sign + 1)
    gsub(/[ \t\n\r]+$/, "", name)
    gsub(/^[ \t\n\r]+/, "", v)
    if (!sign || name == "" || SECTION == "") return
    node = KNOWN_SECTION ? down(root("unit"), name) : 0
    TOLD[number] = (node ? name : name_of(name)) "="
    if (v == "") return
    if (HOW[node] == "exec") v = exec_line(v)
    else if (HOW[node] == "environment") v = environment_line(v)
    else if (HOW[node] == "names") v = names_line(v)
    else if (HOW[node] == "mount") v = mount_line(v)
    else v = carried(node, v)
    TOLD[number] = TOLD[number] v
}

function read_text() {
    IN_UNIT = 1
    note_used()
    NOTES = NAMES
    sub(/^\357\273\277/, "", LINE[1])
    SECTION = HELD = ""
    KNOWN_SECTION = ENDED = 0
    split("", TOLD)
    for (I = 1; I <= ROWS; I++) {
        T = LINE[I]
        sub(/\r$/, "", T)
        if (T ~ /^[ \t\r]*[#;]/) continue
        if (HELD == "") STARTED = I
        T = HELD T
        match(T, /\\*$/)
        if (RLENGTH % 2) { HELD = substr(T, 1, length(T) - 1) " "; continue }
        HELD = ""
        logical(T, STARTED)
    }
    if (HELD != "") logical(HELD, STARTED)
    # A file without any text would mask the unit.
    ANY = ROWS > 1 || LINE[1] == ""
    for (I = 1; I <= ROWS; I++) {
        if (TOLD[I] != "") ANY = 1
        printf "%s", TOLD[I]
        if (I < ROWS || !ANY) print ""
    }
}
'

UNIT_RULES='
unit exec: execstart execstartpre execstartpost execcondition execreload execstop execstoppost
unit environment: environment defaultenvironment
unit names: unsetenvironment passenvironment
unit keep: after before wants requires requisite bindsto partof upholds conflicts onfailure onsuccess propagatesreloadto
unit keep: reloadpropagatedfrom joinsnamespaceof requiresmountsfor wantsmountsfor onfailurejobmode ignoreonisolate stopwhenunneeded
unit keep: refusemanualstart refusemanualstop allowisolate defaultdependencies survivefinalkillsignal collectmode failureaction
unit keep: successaction jobtimeoutsec startlimitintervalsec startlimitinterval startlimitburst startlimitaction sourcepath
unit keep: conditionpathexists conditionpathexistsglob conditionpathisdirectory conditionpathissymboliclink
unit keep: conditionpathismountpoint conditionpathisreadwrite conditiondirectorynotempty conditionfilenotempty
unit keep: conditionfileisexecutable conditionuser conditiongroup conditioncapability conditionsecurity conditionvirtualization
unit keep: conditionarchitecture conditioncontrolgroupcontroller conditionkernelversion conditionfirstboot conditionacpower
unit keep: assertpathexists assertpathexistsglob assertpathisdirectory assertpathismountpoint assertpathisreadwrite
unit keep: assertdirectorynotempty assertfilenotempty assertfileisexecutable
unit keep: type exittype remainafterexit guessmainpid pidfile busname restart restartsec restartsteps restartmaxdelaysec restartmode
unit keep: timeoutsec timeoutstartsec timeoutstopsec timeoutabortsec timeoutstartfailuremode timeoutstopfailuremode runtimemaxsec
unit keep: watchdogsec notifyaccess sockets filedescriptorstoremax nonblocking oompolicy rootdirectorystartonly
unit keep: successexitstatus restartpreventexitstatus restartforceexitstatus permissionsstartonly
unit keep: user group dynamicuser supplementarygroups pamname workingdirectory rootdirectory rootimage umask environmentfile
unit keep: nice oomscoreadjust coredumpfilter ioschedulingclass ioschedulingpriority cpuschedulingpolicy cpuschedulingpriority
unit keep: cpuaffinity numapolicy numamask killmode killsignal restartkillsignal sendsigkill sendsighup finalkillsignal watchdogsignal
unit keep: limitcpu limitfsize limitdata limitstack limitcore limitrss limitnofile limitas limitnproc limitmemlock limitlocks
unit keep: limitsigpending limitmsgqueue limitnice limitrtprio limitrttime
unit keep: delegate delegatesubgroup slice tasksmax tasksaccounting cpuaccounting cpuweight startupcpuweight cpuquota cpuquotaperiodsec
unit keep: cpushares allowedcpus allowedmemorynodes memoryaccounting memorymin memorylow memoryhigh memorymax memoryswapmax memorylimit
unit keep: ioaccounting ioweight blockioaccounting blockioweight devicepolicy deviceallow ipaccounting ipaddressallow ipaddressdeny
unit keep: managedoomswap managedoommemorypressure managedoommemorypressurelimit
unit keep: standardinput standardoutput standarderror syslogidentifier syslogfacility sysloglevel logsdirectory
unit keep: runtimedirectory runtimedirectorymode runtimedirectorypreserve statedirectory statedirectorymode cachedirectory
unit keep: configurationdirectory logsdirectorymode ttypath
unit keep: capabilityboundingset ambientcapabilities nonewprivileges securebits selinuxcontext apparmorprofile smackprocesslabel
unit keep: protectsystem protecthome protecthostname protectclock protectkerneltunables protectkernelmodules protectkernellogs
unit keep: protectcontrolgroups protectproc procsubset privatetmp privatedevices privatenetwork privateusers privatemounts privateipc
unit keep: restrictaddressfamilies restrictnamespaces restrictrealtime restrictsuidsgid restrictfilesystems lockpersonality
unit keep: memorydenywriteexecute removeipc mountflags mountapivfs readwritepaths readonlypaths inaccessiblepaths execpaths
unit keep: noexecpaths temporaryfilesystem bindpaths bindreadonlypaths systemcallfilter systemcallarchitectures systemcallerrornumber
unit keep: systemcalllog keyringmode ignoresigpipe utmpmode logratelimitintervalsec logratelimitburst loglevelmax
unit keep: listenstream listendatagram listensequentialpacket listenfifo listenspecial listennetlink listenmessagequeue
unit keep: socketmode socketuser socketgroup directorymode accept backlog bindipv6only bindtodevice freebind transparent keepalive
unit keep: nodelay passcredentials passsecurity removeonstop maxconnections reuseport service writable symlinks filedescriptorname
unit keep: triggerlimitintervalsec triggerlimitburst deferacceptsec
unit path: where
unit mount: options
unit keep: wantedby requiredby upheldby alias also defaultinstance
unit keep: defaultlimitnofile defaultlimitnproc defaulttasksmax defaulttimeoutstartsec
'

# A file of variables, as systemd reads it; a shell reads what is printed in the same way.
VARIABLES_AWK='
# push(): the assignment NAME_READ=VALUE_READ has ended.
function push(   name, head, shown) {
    if (BLANKS_FROM >= 0) VALUE_READ = substr(VALUE_READ, 1, BLANKS_FROM)
    name = NAME_READ
    gsub(/[ \t\n\r]+$/, "", name)
    head = sub(/^export[ \t]+/, "", name) ? "export " : ""
    if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ && VALUE_READ !~ /[\001-\010\013-\037\177]/) {
        shown = variable(name, VALUE_READ)
        if (shown !~ /^[A-Za-z0-9_.:\/@=,+%-]*$/) {
            gsub(/\\/, "\\\\", shown)
            gsub(/"/, "\\\"", shown)
            shown = "\"" shown "\""
        }
        print head variable_name(name) "=" shown
    }
    NAME_READ = VALUE_READ = ""
    BLANKS_FROM = -1
    STATE = "before"
}

function into(c,   blank) {
    blank = c ~ /^[ \t\n\r]/
    if (STATE == "before") {
        if (c == "#" || c == ";") STATE = "comment"
        else if (!blank) { NAME_READ = c; STATE = "name" }
    } else if (STATE == "name") {
        if (c ~ /^[\n\r]/) { NAME_READ = ""; STATE = "before" }
        else if (c == "=") { STATE = "sign"; BLANKS_FROM = -1 }
        else NAME_READ = NAME_READ c
    } else if (STATE == "sign") {
        BLANKS_FROM = -1
        if (c ~ /^[\n\r]/) push()
        else if (c == "\047") STATE = "single"
        else if (c == "\"") STATE = "double"
        else if (c == "\\") STATE = "escape"
        else if (!blank) { VALUE_READ = VALUE_READ c; STATE = "value" }
    } else if (STATE == "value") {
        if (c ~ /^[\n\r]/) { push(); return }
        if (c == "\\") { BLANKS_FROM = -1; STATE = "escape"; return }
        if (!blank) BLANKS_FROM = -1
        else if (BLANKS_FROM < 0) BLANKS_FROM = length(VALUE_READ)
        VALUE_READ = VALUE_READ c
    } else if (STATE == "escape") {
        if (c !~ /^[\n\r]/) VALUE_READ = VALUE_READ c
        STATE = "value"
    } else if (STATE == "single") {
        if (c == "\047") STATE = "sign"
        else VALUE_READ = VALUE_READ c
    } else if (STATE == "double") {
        if (c == "\"") STATE = "sign"
        else if (c == "\\") STATE = "escaped"
        else VALUE_READ = VALUE_READ c
    } else if (STATE == "escaped") {
        if (index("\"\\`$", c)) VALUE_READ = VALUE_READ c
        else if (c != "\n") VALUE_READ = VALUE_READ "\\" c
        STATE = "double"
    } else if (STATE == "comment") {
        if (c == "\\") STATE = "comment escape"
        else if (c ~ /^[\n\r]/) STATE = "before"
    } else STATE = c ~ /^[\n\r]/ ? "before" : "comment"
}

function read_text() {
    joined()
    note_used()
    IN_UNIT = 1
    BLANKS_FROM = -1
    NAME_READ = VALUE_READ = ""
    STATE = "before"
    for (CUT = 1; CUT <= length(TEXT); CUT += 512) {
        CHUNK = substr(TEXT, CUT, 512)
        for (I = 1; I <= length(CHUNK); I++) into(substr(CHUNK, I, 1))
    }
    if (STATE != "before" && STATE != "name" && STATE !~ /^comment/) push()
}
'

# What systemctl shows of units: the command lines in it.
SHOW_AWK='
function read_text() {
    IN_UNIT = 1
    note_used()
    for (I = 1; I <= ROWS; I++) {
        T = LINE[I]
        if (T ~ /^Exec[A-Za-z]*=/ && match(T, / argv\[\]=/)) {
            HEAD = substr(T, 1, RSTART + RLENGTH - 1)
            T = substr(T, RSTART + RLENGTH)
            AFTER = match(T, / ; ignore_errors=(yes|no) ; .*$/) ? substr(T, RSTART) : " }"
            N = split(RSTART > 0 ? substr(T, 1, RSTART - 1) : T, WORDS, " ")
            PROGRAM = WORDS[1]
            ARGV0 = 0
            for (K = 2; K <= N; K++) ARG[K - 1] = WORDS[K]
            T = HEAD program_name(PROGRAM)
            N = command(N - 1)
            for (K = 1; K <= N; K++) T = T " " SHOWN[K]
            T = T AFTER
        }
        printf "%s", T
        if (I < ROWS) print ""
    }
}
'

# filter_show: the reader of what systemctl shows.
filter_show() {
    RULES=$DAEMON_RULES$OPTION_RULES
    PROGRAM=$CARRY_AWK$OPTIONS_AWK${UNITS_AWK%"function logical("*}$SHOW_AWK
}

# filter_unit: the reader of unit files. Variables that their command lines use are noted in EXEC_NAMES.
filter_unit() {
    RULES=$DAEMON_RULES$OPTION_RULES$UNIT_RULES
    PROGRAM=$CARRY_AWK$OPTIONS_AWK$UNITS_AWK
    KIND_BY=exec_names
    SEE=unit_names
}

# exec_names: adds to EXEC_NAMES the variables that the command lines of the unit in BODY use.
exec_names() {
    LEFT=$BODY
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

# unit_names: EXEC_NAMES, as it was for the unit that was read.
unit_names() {
    [ -z "$NOTES" ] || EXEC_NAMES=$NOTES
}

# filter_environment_file: the reader of files of NAME=value lines.
filter_environment_file() {
    RULES=$DAEMON_RULES$OPTION_RULES
    PROGRAM=$CARRY_AWK$OPTIONS_AWK$VARIABLES_AWK
}
