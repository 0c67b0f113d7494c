# What registries are trusted by: the certs.d folders of the engine, containerd and podman, and the system's roots.
# shellcheck shell=sh disable=SC2034

MAX_CERT_FILES=2000

probe_trust() {
    CONFIG_HOME=${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}
    FOLDERS=
    set -- /etc/docker/certs.d /etc/containerd/certs.d /etc/containers/certs.d "$CONFIG_HOME/docker/certs.d" \
        "$CONFIG_HOME/containers/certs.d"
    containerd_config_path
    set -f
    IFS=:$NL
    for DIR in $CONFIG_PATH; do
        case $DIR in /*) known_path "$DIR" "$@" || set -- "$@" "$DIR" ;; esac
    done
    IFS=$FIELDS
    set +f
    cert_folders certs.d "$@"
    list /etc/containers/registries.conf.d
    set -- /etc/containers/registries.conf "$CONFIG_HOME/containers/registries.conf"
    for FILE in /etc/containers/registries.conf.d/*.conf; do
        [ ! -f "$FILE" ] || set -- "$@" "$FILE"
    done
    FILTER=filter_toml
    TOML_KIND=registries
    files "$@"
    FILTER=
    system_roots
}

# containerd_config_path: CONFIG_PATH, the folders that containerd's configuration names for registries.
containerd_config_path() {
    CONFIG_PATH=
    [ -f /etc/containerd/config.toml ] || return 0
    while read -r NAME EQUALS VALUE REST; do
        case $NAME$EQUALS in
        config_path=)
            VALUE=${VALUE#[\"\']}
            CONFIG_PATH=$CONFIG_PATH${VALUE%%[\"\']*}$NL
            ;;
        esac
    done 2>/dev/null </etc/containerd/config.toml
}

# cert_folders TOPIC DIR…: the lists of these folders and of those below them, one table of it all, and the files.
# The names stand in the positional parameters, so that they can have any byte; each level adds the next.
cert_folders() {
    CERT_TOPIC=$1
    shift
    limit 4 stat -L -c '%n' -- "$@" >/dev/null 2>&1
    if [ "$?" -eq 124 ]; then
        # One of them hangs (a dead network file system): none is looked into.
        for DIR in "$@"; do
            say "list:$DIR" 124 ''
        done
        return
    fi
    for DIR in "$@"; do
        list "$DIR"
        [ -z "$ENTRIES" ] || FOLDERS=1
    done
    SEEN=0
    for LEVEL in 1 2 3; do
        BEFORE_LEVEL=$SEEN
        SEEN=$#
        NUMBER=0
        for DIR in "$@"; do
            NUMBER=$((NUMBER + 1))
            [ "$NUMBER" -gt "$BEFORE_LEVEL" ] || continue
            [ -d "$DIR" ] || continue
            [ "$LEVEL" -eq 1 ] || list "$DIR"
            [ "$LEVEL" -lt 3 ] || continue
            for FILE in "$DIR"/* "$DIR"/.[!.]* "$DIR"/..?*; do
                [ -e "$FILE" ] || [ -L "$FILE" ] || continue
                [ $# -lt "$MAX_CERT_FILES" ] || break
                set -- "$@" "$FILE"
            done
        done
    done
    table "$CERT_TOPIC" "$@"
    for FILE in "$@"; do
        shift
        [ -d "$FILE" ] || set -- "$@" "$FILE"
        if [ -L "$FILE" ] && [ ! -e "$FILE" ] && has readlink; then
            # The engine's words differ between a link that leads nowhere and one that leads to itself.
            grab readlink -- "$FILE"
            emit "link:$FILE" "$STATUS"
        fi
    done
    pem_files "$@"
}

# system_roots: `cmd:system-roots`, a line `PATH MTIME SIZE` for the bundle that Go reads and for the folders
# beside it; and the certificates, compressed, where there is a registry to judge.
system_roots() {
    BUNDLE=
    for FILE in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem \
        /etc/pki/tls/cacert.pem /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/cert.pem; do
        [ -f "$FILE" ] || continue
        BUNDLE=$FILE
        break
    done
    set --
    for FILE in "$BUNDLE" /etc/ssl/certs /etc/pki/tls/certs; do
        [ -z "$FILE" ] || [ ! -e "$FILE" ] || set -- "$@" "$FILE"
    done
    BODY=
    STATUS=2
    [ $# -eq 0 ] || grab limit 4 stat -L -c '%n %Y %s' -- "$@"
    emit cmd:system-roots "$STATUS"
    if [ -z "$FOLDERS$REGISTRIES" ]; then
        say cmd:system-roots-pem 61 ''
        return
    fi
    local_roots
    # Go also reads every file of these folders; links lead to what the bundle has.
    set --
    for FILE in "$BUNDLE" /etc/ssl/certs/* /etc/pki/tls/certs/*; do
        [ -f "$FILE" ] || continue
        if [ "$FILE" != "$BUNDLE" ]; then
            [ ! -L "$FILE" ] || continue
            case $FILE in *.pem | *.crt | *.0) ;; *) continue ;; esac
        fi
        set -- "$@" "$FILE"
    done
    BODY=
    STATUS=2
    if [ $# -gt 0 ]; then
        grab certificates_only "$@"
        case $STATUS in 0) ;; *) BODY='' ;; esac
    fi
    emit64 cmd:system-roots-pem "$STATUS"
}

# local_roots: the certificates that this host's administrator added to the bundle, and when.
local_roots() {
    set --
    for DIR in /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors /etc/pki/trust/anchors \
        /etc/ca-certificates/trust-source/anchors; do
        [ -d "$DIR" ] || continue
        for FILE in "$DIR"/* "$DIR"/*/*; do
            [ -f "$FILE" ] || continue
            [ $# -lt 200 ] || break
            set -- "$@" "$FILE"
        done
    done
    table local-roots "$@"
    pem_files "$@"
}

# certificates_only FILE…: what in them is a certificate, compressed where the host can.
certificates_only() {
    has awk || return "$NO_READER"
    if has gzip; then
        awk "$PEM_AWK" ONLY=1 "$@" | gzip -nc | to_base64
    else
        awk "$PEM_AWK" ONLY=1 "$@" | to_base64
    fi
}
