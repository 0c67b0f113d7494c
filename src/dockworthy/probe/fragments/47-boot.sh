# The next boot and the next upgrade: other kernels that are installed, what waits for a reboot, units that mount and
# that start containers, the services that load packet filters, where packages come from and what their scripts restart.
# shellcheck shell=sh disable=SC2016,SC2034

probe_boot() {
    next_files_told
    next_kernels
    reboot_flag
    mount_units
    container_units
    filter_services
    upgrade_sources
}

# next_files_told: which of the files of the next boot there are; what is in them was told before.
next_files_told() {
    BODY=
    set -f
    IFS=$NL
    for FILE in $NEXT; do
        IFS=$FIELDS
        enc "$FILE"
        BODY=$BODY$ENC$NL
    done
    IFS=$FIELDS
    set +f
    emit cmd:next-files 0
}

# The modules that an engine's network and storage may need, and older names of some.
NEXT_MODULES='overlay bridge br_netfilter veth nf_nat nf_nat_ipv4 nf_conntrack nf_conntrack_ipv4 xt_MASQUERADE ipt_MASQUERADE
    xt_conntrack xt_addrtype nf_tables nft_compat iptable_nat vxlan'

# The program reads modules.dep and modules.builtin of each release, and prints `RELEASE IMAGE dep|- builtin|- NAME…`.
NEXT_KERNELS_AWK='
BEGIN { N = split(ENVIRON["NEXT_MODULES"], NAME, /[ \n]+/); for (I = 1; I <= N; I++) WANTED[NAME[I]] }
{
    FILE = $1
    if (substr($0, 1, 1) == "=") { release(); split($0, HEAD, " "); next }
    # A line of modules.dep has what the module needs behind it.
    if (I = index(FILE, ":")) FILE = substr(FILE, 1, I - 1)
    sub(/^.*\//, "", FILE)
    sub(/[.]ko([.].*)?$/, "", FILE)
    gsub(/-/, "_", FILE)
    if (FILE in WANTED) FOUND[FILE]
}
END { release() }
function release(   i, line) {
    if (HEAD[1] == "") return
    line = substr(HEAD[1], 2) " " HEAD[2] " " HEAD[3] " " HEAD[4]
    for (i = 1; i <= N; i++) if (NAME[i] in FOUND) { line = line " " NAME[i]; delete FOUND[NAME[i]] }
    print line
}'

# next_kernels: the running release first, then at most eight others; `images` says whether the kernels' own files are
# to be seen at all.
next_kernels() {
    IMAGES=0
    BODY="running $RELEASE$NL"
    set --
    for DIR in /lib/modules/*; do
        [ -d "$DIR" ] || continue
        DIR=${DIR##*/}
        # One whose name has no release, as Alpine's vmlinuz-lts, may be of any of them.
        kernel_image "$DIR"
        [ "$IMAGE" = - ] || IMAGES=$((IMAGES + 1))
        case $DIR in *[!A-Za-z0-9._+~:-]* | "$RELEASE") continue ;; esac
        if [ $# -eq 8 ]; then
            BODY="${BODY}more$NL"
            break
        fi
        set -- "$@" "$DIR"
    done
    [ ! -d "/lib/modules/$RELEASE" ] || BODY="${BODY}folder$NL"
    BODY="${BODY}images $IMAGES$NL"
    STATUS=0
    if [ $# -gt 0 ]; then
        FOUND=$BODY
        grab other_kernels "$@"
        BODY=$FOUND$BODY
    fi
    emit cmd:next-kernels "$STATUS"
}

# kernel_image RELEASE: IMAGE, `image` where a kernel of that release lies where boot loaders and their tools look.
kernel_image() {
    IMAGE=-
    for FILE in /boot/vmlinu[xz]-"$1" /boot/kernel-"$1" /boot/[Ii]mage-"$1" /boot/*/"$1"/linux "/lib/modules/$1/vmlinuz" \
        /boot/*-"$1".img /boot/EFI/Linux/*-"$1".efi /boot/efi/EFI/Linux/*-"$1".efi /efi/EFI/Linux/*-"$1".efi \
        /boot/efi/*/"$1"/linux /efi/*/"$1"/linux; do
        [ ! -f "$FILE" ] || IMAGE=image
    done
}

other_kernels() {
    has awk || return 127
    for DIR in "$@"; do
        kernel_image "$DIR"
        DEP=-
        BUILTIN=-
        [ ! -r "/lib/modules/$DIR/modules.dep" ] || DEP=dep
        [ ! -r "/lib/modules/$DIR/modules.builtin" ] || BUILTIN=builtin
        [ "$DEP" = dep ] || [ ! -d "/lib/modules/$DIR/kernel" ] || DEP=kernel
        printf '=%s %s %s %s\n' "$DIR" "$IMAGE" "$DEP" "$BUILTIN"
        [ "$DEP" != dep ] || head -c 4194304 "/lib/modules/$DIR/modules.dep"
        [ "$BUILTIN" = - ] || head -c "$MAX_FILE" "/lib/modules/$DIR/modules.builtin"
    done | NEXT_MODULES=$NEXT_MODULES awk "$NEXT_KERNELS_AWK"
}

# reboot_flag: whether the flag of Debian's and Ubuntu's packages is there, the packages that set it, and whether
# anything on this host would set it.
reboot_flag() {
    BODY=
    if [ -e /run/reboot-required ]; then
        BODY="flag$NL"
        COUNTED=0
        [ ! -f /run/reboot-required.pkgs ] || while read -r LINE REST && [ "$COUNTED" -lt 50 ]; do
            COUNTED=$((COUNTED + 1))
            case $LINE in '' | *[!A-Za-z0-9.+:~_-]*) ;; *) BODY="${BODY}package $LINE$NL" ;; esac
        done 2>/dev/null </run/reboot-required.pkgs
    fi
    for FILE in /usr/share/update-notifier/notify-reboot-required /etc/kernel/postinst.d/unattended-upgrades \
        /usr/share/unattended-upgrades/unattended-upgrade-shutdown; do
        [ ! -e "$FILE" ] || BODY="${BODY}mechanism $FILE$NL"
    done
    emit cmd:reboot 0
}

# mount_units: `unit PATH` of those that an administrator or the table of partitions made, and `wanted UNIT by UNIT`.
mount_units() {
    BODY=
    set --
    for FILE in /etc/systemd/system/*.mount /etc/systemd/system/*.automount /run/systemd/system/*.mount \
        /usr/local/lib/systemd/system/*.mount /run/systemd/generator.late/*.mount; do
        [ -e "$FILE" ] || [ -L "$FILE" ] || continue
        case ${FILE##*/} in snap-* | var-snap-* | *[!A-Za-z0-9._@\\-]*) continue ;; esac
        [ $# -lt 100 ] || break
        enc "$FILE"
        BODY="${BODY}unit $ENC$NL"
        case $FILE in /run/systemd/generator*) ;; *) set -- "$@" "$FILE" ;; esac
    done
    if [ -n "$BODY" ]; then
        for FILE in /etc/systemd/system/*.wants/*.*mount /etc/systemd/system/*.requires/*.*mount \
            /run/systemd/generator.late/*.requires/*.*mount /run/systemd/generator.late/*.wants/*.*mount; do
            [ -L "$FILE" ] || [ -e "$FILE" ] || continue
            LINE=${FILE%/*}
            LINE=${LINE##*/}
            case ${FILE##*/} in
            snap-* | var-snap-*) ;;
            *)
                enc "${FILE##*/}"
                BODY="${BODY}wanted $ENC by ${LINE%.*}$NL"
                ;;
            esac
        done
    fi
    emit cmd:mount-units 0
    [ $# -gt 0 ] || return 0
    EXEC_NAMES=' '
    FILTER=filter_unit
    files "$@"
    FILTER=
}

# What a command line of a unit says of containers: `UNIT name NAME`, `UNIT folder PATH` for what compose starts there,
# `UNIT project NAME`, and `UNIT unclear` where it runs docker in a way that is not understood.
CONTAINER_UNITS_AWK='
function unit_of(f) { sub(/^.*\//, "", f); return f }
function stem(u) { sub(/[.]service$/, "", u); return u }
function say(kind, v) {
    gsub(/["\047]/, "", v)
    gsub(/%[nN]/, stem(UNIT) (kind == "name" && v ~ /%n/ ? ".service" : ""), v)
    gsub(/%[pP]/, PREFIX, v)
    if (kind == "folder" ? v !~ /^\/[A-Za-z0-9._\/+~%@-]*$/ : v !~ /^[a-zA-Z0-9%][a-zA-Z0-9_.%-]*$/) { kind = "unclear"; v = "" }
    if (length(v) > 200 || token_in(v)) { kind = "unclear"; v = "" }
    print UNIT, kind, v
    SAID = 1
}
function close_unit() {
    if (UNIT != "" && COMPOSE && !SAID) { if (FOLDER != "") say("folder", FOLDER); else print UNIT, "unclear" }
}
FNR == 1 {
    close_unit()
    UNIT = unit_of(FILENAME)
    PREFIX = stem(UNIT)
    sub(/@.*$/, "", PREFIX)
    FOLDER = HELD = ""
    COMPOSE = SAID = 0
}
{ sub(/\r$/, "") }
/^[ \t]*[#;]/ { next }
{ TEXT = HELD $0; HELD = "" }
TEXT ~ /\\$/ { HELD = substr(TEXT, 1, length(TEXT) - 1) " "; next }
TEXT ~ /^WorkingDirectory=/ { FOLDER = substr(TEXT, 18); sub(/^-/, "", FOLDER); next }
TEXT ~ /^ExecStart(Post)?=/ && TEXT ~ /docker/ {
    sub(/^[A-Za-z]+=[-@:+!]*/, "", TEXT)
    N = split(TEXT, W, /[ \t]+/)
    PROGRAM = W[1]
    sub(/^.*\//, "", PROGRAM)
    if (PROGRAM == "dockerd") next
    if (PROGRAM == "docker-compose") { VERB = "compose"; I = 1 }
    else if (PROGRAM == "docker") {
        for (I = 2; I <= N && W[I] ~ /^-/; I++) if (W[I] ~ /^(-H|-c|-l|--host|--context|--config|--log-level)$/) I++
        if (W[I] == "container") I++
        VERB = W[I]
    } else { if (TEXT ~ /docker(-compose)?[ \t]+(run|start|restart|compose|up|container)/) say("unclear", ""); next }
    if (VERB ~ /^(start|restart)$/) {
        for (I++; I <= N; I++) {
            if (W[I] ~ /^(--detach-keys|-t|--time|-s|--signal|--checkpoint|--checkpoint-dir)$/) { I++; continue }
            if (W[I] !~ /^-/ && W[I] != "") say("name", W[I])
        }
    } else if (VERB ~ /^(run|create)$/) {
        NAMED = 0
        for (I++; I <= N; I++) {
            if (W[I] ~ /^--name=/) { say("name", substr(W[I], 8)); NAMED = 1 }
            else if (W[I] == "--name") { say("name", W[I + 1]); NAMED = 1 }
        }
        if (!NAMED) say("unclear", "")
    } else if (VERB == "compose") {
        COMPOSE = 0
        UP = PROJECT = PLACE = ""
        for (I++; I <= N; I++) {
            if (W[I] ~ /^(up|start|restart)$/) UP = 1
            else if (W[I] ~ /^(-f|--file)$/) { PLACE = W[++I]; sub(/\/[^\/]*$/, "", PLACE) }
            else if (W[I] ~ /^--file=/) { PLACE = substr(W[I], 8); sub(/\/[^\/]*$/, "", PLACE) }
            else if (W[I] == "--project-directory") PLACE = W[++I]
            else if (W[I] ~ /^--project-directory=/) PLACE = substr(W[I], 21)
            else if (W[I] ~ /^(-p|--project-name)$/) PROJECT = W[++I]
            else if (W[I] ~ /^--project-name=/) PROJECT = substr(W[I], 16)
        }
        if (UP == "") next
        if (PROJECT != "") say("project", PROJECT)
        else if (PLACE ~ /^\//) say("folder", PLACE)
        else COMPOSE = 1
    }
}
END { close_unit() }'

# container_units: what units of an administrator start of containers, and of which of them a link says that they are
# started at boot.
container_units() {
    set --
    for FILE in /etc/systemd/system/*.service /usr/local/lib/systemd/system/*.service; do
        [ -f "$FILE" ] || continue
        [ -r "$FILE" ] || continue
        [ ! -L "$FILE" ] || continue
        case ${FILE##*/} in docker.service | containerd.service | *[!A-Za-z0-9._@\\-]*) continue ;; esac
        [ $# -lt 200 ] || break
        set -- "$@" "$FILE"
    done
    BODY=
    STATUS=0
    if [ $# -gt 0 ]; then
        STATUS=127
        ! has awk || grab awk "${CARRY_AWK#"$TEXTS_AWK"}$CONTAINER_UNITS_AWK" "$@"
        if [ -n "$BODY" ]; then
            for FILE in /etc/systemd/system/*.wants/*.service /etc/systemd/system/*.requires/*.service; do
                [ -L "$FILE" ] || [ -e "$FILE" ] || continue
                LINE=${FILE##*/}
                PREVIOUS=${LINE%%@*}
                [ "$PREVIOUS" = "$LINE" ] || PREVIOUS=$PREVIOUS@.service
                case $NL$BODY in *"$NL$LINE "* | *"$NL$PREVIOUS "*)
                    enc "$LINE"
                    BODY="${BODY}enabled $ENC$NL"
                    ;;
                esac
            done
        fi
    fi
    emit cmd:container-units "$STATUS"
}

# The services that load saved rules; those whose file is there.
FILTER_SERVICES='nftables:/etc/nftables.conf:/etc/sysconfig/nftables.conf netfilter-persistent:/etc/iptables/rules.v4:/etc/iptables/rules.v6
    iptables:/etc/sysconfig/iptables:/etc/iptables/iptables.rules ip6tables:/etc/sysconfig/ip6tables:/etc/iptables/ip6tables.rules'

# filter_services: what systemd says of these, and whether netfilter-persistent adds rules to those that are there.
filter_services() {
    set --
    for LINE in $FILTER_SERVICES; do
        FILE=${LINE#*:}
        if [ -e "${FILE%%:*}" ] || [ -e "${FILE#*:}" ]; then set -- "$@" "${LINE%%:*}.service"; fi
    done
    BODY=
    STATUS=0
    if [ $# -gt 0 ]; then
        STATUS=127
        if has systemctl; then
            STATUS=1
            if [ -d /run/systemd/system ]; then
                grab limit 5 systemctl --no-pager show "$@" -p Id,LoadState,ActiveState,UnitFileState
                states_of_units
            fi
        fi
    fi
    emit cmd:filter-services "$STATUS"
    [ -f /etc/default/netfilter-persistent ] || return 0
    BODY=
    while read -r LINE; do
        case $LINE in
        IPTABLES_RESTORE_NOFLUSH=yes | 'IPTABLES_RESTORE_NOFLUSH="yes"' | "IPTABLES_RESTORE_NOFLUSH='yes'") BODY="noflush$NL" ;;
        IPTABLES_RESTORE_NOFLUSH=*) BODY= ;;
        esac
    done 2>/dev/null </etc/default/netfilter-persistent
    emit cmd:netfilter-persistent 0
}

# states_of_units: BODY, the states and names alone.
states_of_units() {
    LEFT=$BODY
    BODY=
    set -f
    IFS=$NL
    for LINE in $LEFT; do
        case $LINE in
        Id=*[!A-Za-z0-9._@-]* | *State=*[!a-z-]*) ;;
        Id=*) BODY="$BODY${BODY:+$NL}$LINE$NL" ;;
        LoadState=* | ActiveState=* | UnitFileState=*) BODY=$BODY$LINE$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# upgrade_sources: where upgrades that nobody attends could take the engine's packages from, and what their scripts do.
upgrade_sources() {
    [ -n "$UNATTENDED" ] || return 0
    BODY=
    COUNTED=0
    for FILE in /var/lib/apt/lists/*Release; do
        if [ ! -f "$FILE" ] || [ ! -r "$FILE" ]; then continue; fi
        [ "$COUNTED" -lt 60 ] || break
        COUNTED=$((COUNTED + 1))
        release_head "$FILE"
    done
    emit cmd:apt-origins 0
    BODY=
    for NAME in docker.io docker-ce moby-engine containerd containerd.io; do
        [ -f "/var/lib/dpkg/info/$NAME.list" ] || continue
        package_scripts "$NAME"
    done
    emit cmd:package-scripts 0
}

# release_head FILE: adds `FILE<TAB>Origin<TAB>Label<TAB>Suite<TAB>Codename` to BODY.
release_head() {
    ORIGIN=- LABEL=- SUITE=- CODENAME=- LINES=0
    while IFS= read -r LINE && [ "$LINES" -lt 25 ]; do
        LINES=$((LINES + 1))
        REST=${LINE#*: }
        case $REST in *[!A-Za-z0-9\ ._/:+~-]*) REST=- ;; esac
        case $LINE in
        Origin:*) ORIGIN=$REST ;;
        Label:*) LABEL=$REST ;;
        Suite:*) SUITE=$REST ;;
        Codename:*) CODENAME=$REST ;;
        MD5Sum:* | SHA*:*) break ;;
        esac
    done 2>/dev/null <"$1"
    enc "${1##*/}"
    BODY="$BODY$ENC$TAB$ORIGIN$TAB$LABEL$TAB$SUITE$TAB$CODENAME$NL"
}

# package_scripts NAME: adds `NAME restarts|asks|spares|unread` to BODY: what an upgrade does to the services.
package_scripts() {
    FOUND=spares
    for FILE in "/var/lib/dpkg/info/$1.preinst" "/var/lib/dpkg/info/$1.prerm" "/var/lib/dpkg/info/$1.postinst" \
        "/var/lib/dpkg/info/$1.postrm"; do
        [ -f "$FILE" ] || continue
        if [ ! -r "$FILE" ]; then
            FOUND=unread
            break
        fi
        REMOVING=
        while IFS= read -r LINE; do
            case $LINE in
            *[!' ']*'#'*) ;;
            '#'*) continue ;;
            esac
            case $LINE in
            *'= remove'* | *'= "remove"'* | *'remove)'* | *'deconfigure)'*) REMOVING=1 ;;
            *'if ['* | *'upgrade'*')') REMOVING= ;;
            esac
            case $LINE in
            *_dh_action=*restart* | *deb-systemd-invoke*restart* | *invoke-rc.d*restart* | *systemctl*restart* | *service*docker*restart*)
                [ "$FOUND" = asks ] || FOUND=restarts
                ;;
            *deb-systemd-invoke*stop* | *invoke-rc.d*stop* | *systemctl*stop*)
                [ -n "$REMOVING" ] || [ "$FOUND" = asks ] || FOUND=restarts
                ;;
            *db_get*"$1/restart"*) FOUND=asks ;;
            esac
        done 2>/dev/null <"$FILE"
    done
    if [ "$FOUND" = asks ]; then
        LINE=$(awk -v NAME="$1/restart" '
            $1 == "Name:" { HERE = $2 == NAME }
            HERE && $1 == "Value:" { print $2; exit }' /var/cache/debconf/config.dat 2>/dev/null)
        case $LINE in false) FOUND=spares ;; *) FOUND=restarts ;; esac
    fi
    BODY="$BODY$1 $FOUND$NL"
}
