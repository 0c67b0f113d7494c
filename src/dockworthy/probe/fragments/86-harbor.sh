# Harbor, where an installation of it lies on this host.
# shellcheck shell=sh disable=SC2034

probe_harbor() {
    set --
    for DIR in /opt/harbor /root/harbor /usr/local/harbor /usr/local/src/harbor /data/harbor /srv/harbor /home/harbor \
        /apps/harbor /app/harbor /usr/local/share/harbor "${HOME:-/root}/harbor" /home/* "$PWD/harbor" "$PWD"; do
        case $DIR in /home/harbor) ;; /home/*[!/]*) DIR=$DIR/harbor ;; esac
        set -- "$@" "$DIR/harbor.yml" "$DIR/harbor.cfg"
    done
    # Homes may lie on a network: no shell's own test, which nothing could end.
    HARBOR_FOUND=$(limit 3 stat -L -c '%n' -- "$@" 2>/dev/null)
    # 1 says that some are not there.
    HARBOR_STATUS=$?
    [ "$HARBOR_STATUS" -ne 1 ] || HARBOR_STATUS=0
    set --
    set -f
    IFS=$NL
    for DIR in $HARBOR_FOUND; do
        DIR=${DIR%/*}
        known_path "$DIR" "$@" || set -- "$@" "$DIR"
    done
    IFS=$FIELDS
    set +f
    BODY=
    for DIR in "$@"; do
        enc "$DIR"
        BODY=$BODY$ENC$NL
    done
    emit cmd:harbor-found "$HARBOR_STATUS"
    for DIR in "$@"; do
        harbor_folder
    done
}

harbor_folder() {
    HARBOR_CERTS=
    HARBOR_DATA=
    DEFAULTS=
    FILTER=filter_harbor
    files "$DIR/harbor.yml"
    [ ! -f "$DIR/harbor.cfg" ] || files "$DIR/harbor.cfg"
    FILTER=filter_text
    files "$DIR/docker-compose.yml"
    FILTER=
    say "cmd:harbor-defaults$DIR" 0 "$DEFAULTS"
    HARBOR_DATA=${HARBOR_DATA:-/data}
    set -- "$DIR" "$DIR/harbor.yml" "$DIR/docker-compose.yml" "$DIR/common/config" "$HARBOR_DATA" "$HARBOR_DATA/secret" \
        "$HARBOR_DATA/ca_download" "$HARBOR_DATA/registry" "$HARBOR_DATA/database" "$HARBOR_DATA/redis" "$HARBOR_DATA/job_logs"
    for FILE in "$HARBOR_DATA"/secret/keys/secretkey "$HARBOR_DATA"/secret/core/private_key.pem; do
        [ ! -e "$FILE" ] || set -- "$@" "$FILE"
    done
    # Where the recipes leave the authority and the request from which the certificate was made.
    HARBOR_CERT_DIR=${HARBOR_CERTS%%"$NL"*}
    HARBOR_CERT_DIR=${HARBOR_CERT_DIR%/*}
    [ -n "$HARBOR_CERT_DIR" ] || HARBOR_CERT_DIR=$DIR
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- "$@" $HARBOR_CERTS
    IFS=$FIELDS
    set +f
    for FILE in "$HARBOR_DATA/secret/cert/server.crt" "$HARBOR_DATA/secret/cert/server.key" "$HARBOR_DATA/ca_download/ca.crt" \
        "$HARBOR_DATA"/secret/tls/*.crt "$HARBOR_DATA"/secret/tls/*.key "$HARBOR_DATA"/secret/registry/root.crt \
        "$DIR"/common/config/shared/trust-certificates/*.crt "$DIR"/*.crt "$DIR"/*.csr "$DIR"/*.key \
        "$HARBOR_CERT_DIR"/*.crt "$HARBOR_CERT_DIR"/*.csr "$HARBOR_CERT_DIR"/*.key; do
        [ ! -e "$FILE" ] || known_path "$FILE" "$@" || set -- "$@" "$FILE"
    done
    table "harbor$DIR" "$@"
    for FILE in "$@"; do
        shift
        case $FILE in
        *.crt | *.cert | *.pem | *.key | *.cer | *.csr) set -- "$@" "$FILE" ;;
        *) case $NL$HARBOR_CERTS in *"$NL$FILE$NL"*) set -- "$@" "$FILE" ;; esac ;;
        esac
    done
    pem_files "$@"
}

# filter_harbor: BODY without passwords; notes the files that it names, and which passwords are the shipped ones.
filter_harbor() {
    TEXT=$BODY
    OUT=
    while [ -n "$TEXT" ]; do
        LINE=${TEXT%%"$NL"*}
        case $TEXT in *"$NL"*) END=$NL ;; *) END= ;; esac
        TEXT=${TEXT#"$LINE"}
        TEXT=${TEXT#"$NL"}
        harbor_line
        OUT=$OUT$LINE$END
    done
    BODY=$OUT
}

harbor_line() {
    BARE=${LINE#"${LINE%%[!" $TAB"]*}"}
    INDENT=${LINE%"$BARE"}
    case $BARE in
    \#*)
        mask "$LINE"
        LINE=$MASKED
        return
        ;;
    *:* | *=*) ;;
    *)
        mask "$LINE"
        LINE=$MASKED
        return
        ;;
    esac
    NAME=${BARE%%[:=]*}
    NAME=${NAME%"${NAME##*[!" $TAB"]}"}
    VALUE=${BARE#"$NAME"}
    SIGN=${VALUE%%[!:=" $TAB"]*}
    VALUE=${VALUE#"$SIGN"}
    PLAIN=${VALUE%%" #"*}
    PLAIN=${PLAIN%"${PLAIN##*[!" $TAB$CR"]}"}
    PLAIN=${PLAIN#[\"\']}
    PLAIN=${PLAIN%[\"\']}
    case $NAME in
    certificate | private_key | ssl_cert | ssl_cert_key | ca_bundle | ca_path | trusted_ca_path)
        case $PLAIN in /*) HARBOR_CERTS=$HARBOR_CERTS$PLAIN$NL ;; esac
        ;;
    data_volume) HARBOR_DATA=$PLAIN ;;
    auth_mode) ;;
    *)
        if secret_name "$NAME" && [ -n "$PLAIN" ]; then
            harbor_default
            LINE=$INDENT$NAME${SIGN}REDACTED
        elif secret_name "$NAME"; then
            DEFAULTS=$DEFAULTS"$NAME empty$NL"
        else
            mask "$LINE"
            LINE=$MASKED
        fi
        ;;
    esac
}

# harbor_default: whether PLAIN, a password, is the one that Harbor is shipped with; only the answer is kept.
harbor_default() {
    case $NAME:$PLAIN in
    harbor_admin_password:Harbor12345 | password:root123 | db_password:root123) DEFAULTS=$DEFAULTS"$NAME default$NL" ;;
    *) DEFAULTS=$DEFAULTS"$NAME set$NL" ;;
    esac
}
