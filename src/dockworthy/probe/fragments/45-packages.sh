# Packages of interest, tools on the path, and the repositories that packages come from.
# apt-cache is not asked: without a fresh cache it takes a second, and it writes one.
# shellcheck shell=sh disable=SC2016,SC2034

PACKAGES='docker* containerd* runc crun moby-* podman* buildah cri-o* bash-completion lvm2 device-mapper*
    thin-provisioning-tools fuse-overlayfs slirp4netns rootlesskit uidmap shadow-utils iptables nftables firewalld ufw
    apparmor auditd audit acl openssl ca-certificates xfsprogs xz-utils pigz git iproute2 dbus-user-session container-selinux
    selinux-policy* criu needrestart unattended-upgrades dnf-automatic dnf5-plugin-automatic iptables-persistent'

probe_packages() {
    set -f
    # shellcheck disable=SC2086 # split on purpose, and not expanded
    packages $PACKAGES
    set +f
    snap_docker
    which_tools
    repositories
}

packages() {
    BODY=
    STATUS=127
    if has dpkg-query; then
        # shellcheck disable=SC2016 # dpkg-query's own fields
        grab limit 8 dpkg-query -W -f '${Package}\t${Version}\t${Status}\t${Architecture}\n' "$@"
        # 1 says that some of the patterns match nothing.
        [ "$STATUS" -ne 1 ] || STATUS=0
    fi
    emit cmd:dpkg-query "$STATUS"
    BODY=
    STATUS=127
    # The last ones are those after whose upgrade needs-restarting asks for a reboot; the tool itself writes a log.
    ! find_tool rpm || grab limit 10 "$TOOL_PATH" -qa --qf '%{NAME}\t%{EVR}\t%{VENDOR}\t%{INSTALLTIME}\n' "$@" \
        kernel kernel-core kernel-rt kernel-rt-core glibc linux-firmware systemd dbus dbus-broker dbus-daemon microcode_ctl
    emit cmd:rpm "$STATUS"
    changelogs
    BODY=
    STATUS=127
    ! has apk || grab limit 5 apk list --installed
    emit cmd:apk "$STATUS"
}

# A distribution that mends a fault without upstream's new version says so in the list of its package's changes.
CHANGELOG_PACKAGES='docker.io containerd runc moby-engine docker'
CHANGELOGS=/usr/share/doc

# The program reads those lists, one after another, each between a line that names its package and one with the
# reader's status, and prints `PACKAGE VERSION CVE`, the version that names each number last first, then
# `PACKAGE VERSION STATUS YEAR whole|trimmed|cut` of the oldest entry that is there.
CHANGELOG_AWK='
function seen(v) { VERSION = v; if (FIRST == "") FIRST = v }
substr($0, 1, 2) == EDGE "=" {
    PACKAGE = substr($0, 3); FIRST = VERSION = YEAR = ""; WHOLE = "whole"; COUNT = 0; split("", NAMED); next
}
substr($0, 1, 2) == EDGE "?" {
    if (FIRST ~ /^[A-Za-z0-9.+~:^_-]+$/) print PACKAGE, FIRST, substr($0, 3) + 0, YEAR == "" ? "-" : YEAR, WHOLE
    next
}
++COUNT > 50000 { WHOLE = "cut"; next }
/^[a-z0-9][a-z0-9+.-]* \([^ ()]+\) / { split($2, WORD, /[()]/); seen(WORD[2]) }
/^ -- / { if ($(NF - 2) ~ /^[0-9][0-9][0-9][0-9]$/) YEAR = $(NF - 2) }
/^\* [A-Z][a-z][a-z] [A-Z][a-z][a-z] +[0-9]+ [0-9][0-9][0-9][0-9] / { YEAR = $5; seen($NF) }
/^# .*[Oo]lder/ { WHOLE = "trimmed" }
{
    REST = $0
    while (match(REST, /CVE-[0-9][0-9][0-9][0-9]-[0-9]+/)) {
        NAME = substr(REST, RSTART, RLENGTH)
        REST = substr(REST, RSTART + RLENGTH)
        if (NAME in NAMED || length(NAME) > 20 || VERSION !~ /^[A-Za-z0-9.+~:^_-]+$/) continue
        NAMED[NAME]
        print PACKAGE, VERSION, NAME
    }
}'

# changelogs: a frame `cmd:changelogs` of the packages that have such a list here; BODY is rpm's list of packages.
changelogs() {
    RPMS=$NL$BODY
    BODY=
    STATUS=127
    ! has awk || grab every_changelog
    emit cmd:changelogs "$STATUS"
}

every_changelog() {
    for NAME in $CHANGELOG_PACKAGES; do
        FILE=$CHANGELOGS/$NAME/changelog.Debian.gz
        if [ -f "$FILE" ] && [ -r "$FILE" ]; then
            printf '%s=%s\n' "$EDGE" "$NAME"
            limit 3 gzip -dc "$FILE"
            printf '\n%s?%s\n' "$EDGE" "$?"
        fi
        case $RPMS in
        *"$NL$NAME$TAB"*)
            printf '%s=%s\n' "$EDGE" "$NAME"
            limit 5 "$TOOL_PATH" -q --changelog "$NAME"
            printf '\n%s?%s\n' "$EDGE" "$?"
            ;;
        esac
    done | EDGE=$EDGE awk 'BEGIN { EDGE = ENVIRON["EDGE"] }'"$CHANGELOG_AWK"
}

snap_docker() {
    BODY=
    STATUS=127
    if [ -d /snap/docker ] || [ -d /var/lib/snapd/snap/docker ]; then
        ! has snap || grab limit 5 snap list docker
    fi
    emit cmd:snap "$STATUS"
}

TOOLS='docker dockerd containerd containerd-shim containerd-shim-runc-v1 containerd-shim-runc-v2 ctr nerdctl runc crun
    docker-init docker-proxy docker-compose docker-machine dockerd-rootless.sh rootlesskit slirp4netns podman buildah crio
    buildkitd openssl curl wget getfacl auditctl systemctl iptables ip6tables iptables-legacy nft firewall-cmd ufw
    apparmor_parser aa-status getenforce zfs zpool lvm dmsetup mkfs.xfs xfs_info mkfs.btrfs btrfs fuse-overlayfs
    newuidmap newgidmap docker-rootlesskit pasta vpnkit modprobe xz pigz unpigz git ps ss update-ca-certificates update-ca-trust timedatectl chronyc'

# which_tools: `tool path resolved` of each that is found; by the shell's own tests, and one process for the links.
which_tools() {
    FOUND=
    set --
    for TOOL in $TOOLS; do
        find_tool "$TOOL" || continue
        set -- "$@" "$TOOL_PATH"
        FOUND=$FOUND$TOOL$NL
    done
    resolve "$@"
    BODY=
    for TOOL in $FOUND; do
        enc "$1"
        BODY="$BODY$TOOL $ENC "
        enc "${RESOLVED%%"$NL"*}"
        BODY=$BODY$ENC$NL
        RESOLVED=${RESOLVED#*"$NL"}
        shift
    done
    emit cmd:which 0
}

# resolve PATH…: RESOLVED, a line for each: the path without links, or nothing where it has none. All of them have
# been looked at before, so that none hangs.
resolve() {
    RESOLVED=
    [ $# -gt 0 ] || return 0
    RESOLVED=$(realpath -- "$@" 2>/dev/null)$NL
    lines "$RESOLVED"
    [ "$LINES" -ne $# ] || return 0
    # Some path has none, or a name has a newline: one by one.
    RESOLVED=
    for LINK in "$@"; do
        REAL=$(limit 5 realpath -- "$LINK" 2>/dev/null || limit 5 readlink -f -- "$LINK" 2>/dev/null)
        case $REAL in *"$NL"*) REAL= ;; esac
        RESOLVED=$RESOLVED$REAL$NL
    done
}

# lines TEXT: LINES, how many lines it has.
lines() {
    LINES=0
    set -f
    IFS=$NL
    for LINE in $1; do
        LINES=$((LINES + 1))
    done
    IFS=$FIELDS
    set +f
}

repositories() {
    for DIR in /etc/apt/sources.list.d /etc/apt/keyrings /etc/apt/trusted.gpg.d /usr/share/keyrings \
        /etc/yum.repos.d /etc/pki/rpm-gpg /etc/zypp/repos.d; do
        list "$DIR"
    done
    BODY=
    for FILE in /var/lib/apt/lists/*docker*Release /var/lib/apt/lists/*InRelease; do
        [ -f "$FILE" ] || continue
        enc "${FILE##*/}"
        BODY=$BODY$ENC$NL
    done
    emit cmd:apt-lists 0
}
