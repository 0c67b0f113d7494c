# Harbor, where an installation of it lies on this host.
# shellcheck shell=sh disable=SC2034

probe_harbor() {
    set --
    for DIR in /opt/harbor /root/harbor /usr/local/harbor /usr/local/src/harbor /data/harbor /srv/harbor /home/harbor \
        /apps/harbor /app/harbor /usr/local/share/harbor "${HOME:-/root}/harbor" /home/* "$PWD/harbor" "$PWD"; do
        case $DIR in /home/harbor) ;; /home/*[!/]*) DIR=$DIR/harbor ;; esac
        set -- "$@" "$DIR/harbor.yml" "$DIR/harbor.cfg"
    done
    harbor_running
    set -f
    IFS=$NL
    for DIR in $HARBOR_FOLDERS $HARBOR_RUNNING; do
        known_path "${DIR%/}/harbor.yml" "$@" || set -- "$@" "${DIR%/}/harbor.yml" "${DIR%/}/harbor.cfg"
    done
    IFS=$FIELDS
    set +f
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
    [ $# -eq 0 ] || harbor_key
    [ $# -eq 0 ] || harbor_machine /etc/machine-id /var/lib/dbus/machine-id
    harbor_folders "$@"
    harbor_overrides "$@"
}

# harbor_machine FILE…: `cmd:harbor-machine`, 16 digits of a digest of the machine-id that the first of the files has which
# has one: two nodes of a group that are one machine have the same.
harbor_machine() {
    for FILE in "$@"; do
        MACHINE=
        [ ! -f "$FILE" ] || read -r MACHINE <"$FILE" 2>/dev/null || :
        # `uninitialized` stands there until the first boot.
        case $MACHINE in *[!0-9a-f]* | "") continue ;; esac
        if has sha256sum; then
            HASH=$(printf 'dockworthy %s' "$MACHINE" | sha256sum)
        elif has openssl; then
            HASH=$(printf 'dockworthy %s' "$MACHINE" | openssl dgst -sha256 -r)
        else
            emit cmd:harbor-machine 127
            return
        fi
        HASH=${HASH%% *}
        say cmd:harbor-machine 0 "${HASH%"${HASH#????????????????}"}$NL"
        return
    done
    BODY=
    emit cmd:harbor-machine 2
}

# harbor_running: HARBOR_RUNNING, the folders from which compose started containers of Harbor's, by their labels, and
# HARBOR_FILES, the compose files in force there: one a line. What JSON writes with a backslash is no usual path.
harbor_running() {
    HARBOR_RUNNING=
    HARBOR_FILES=
    case $CONTAINER_LINES in *goharbor/* | */harbor-*) ;; *) return 0 ;; esac
    set -f
    IFS=$NL
    for LINE in $CONTAINER_LINES; do
        case $LINE in *goharbor/* | */harbor-*) ;; *) continue ;; esac
        DIR=${LINE##*'"com.docker.compose.project.working_dir":"'}
        DIR=${DIR%%\"*}
        case $DIR in *\\*) continue ;; /*) ;; *) continue ;; esac
        case $NL$HARBOR_RUNNING in *"$NL$DIR$NL"*) ;; *) HARBOR_RUNNING=$HARBOR_RUNNING$DIR$NL ;; esac
        LINE=${LINE##*'"com.docker.compose.project.config_files":"'}
        LINE=${LINE%%\"*}
        case $LINE in *\\*) continue ;; esac
        IFS=,
        for FILE in $LINE; do
            # The first generation of compose names them as it was told to: from the folder.
            case $FILE in /*) ;; *) FILE=${DIR%/}/${FILE#./} ;; esac
            # A label may say anything: nothing else is read for its sake.
            case $FILE in *.yml | *.yaml) ;; *) continue ;; esac
            case $NL$HARBOR_FILES in *"$NL$FILE$NL"*) ;; *) HARBOR_FILES=$HARBOR_FILES$FILE$NL ;; esac
        done
        IFS=$NL
    done
    IFS=$FIELDS
    set +f
}
CONTAINER_LINES=

# harbor_overrides DIR…: the frames of compose files in force that are none of these installations' own.
harbor_overrides() {
    for DIR in "$@"; do
        shift
        set -- "$@" "$DIR/docker-compose.yml"
    done
    HARBOR_OWN=$#
    set -f
    IFS=$NL
    for FILE in $HARBOR_FILES; do
        known_path "$FILE" "$@" || set -- "$@" "$FILE"
    done
    IFS=$FIELDS
    set +f
    shift "$HARBOR_OWN"
    [ $# -gt 0 ] || return 0
    FILTER=filter_compose
    files "$@"
    FILTER=
}

# harbor_folders DIR…: the frames of installations. The files of all are read first, by one process.
harbor_folders() {
    harbor_files "$@"
    for HARBOR_DIR in "$@"; do
        DIR=$HARBOR_DIR
        harbor_named
        harbor_installer
        harbor_secrets
        harbor_folder
        harbor_above
        harbor_logs
        harbor_scanner
        harbor_times
        harbor_data
    done
}

# harbor_files DIR…: the frames of the installations' own files; HARBOR_NOTES, what they name and what is known of
# their passwords, with a mark after each installation.
harbor_files() {
    [ $# -gt 0 ] || return 0
    HARBOR_NOTES=
    for DIR in "$@"; do
        shift
        set -- "$@" "$DIR/harbor.yml"
        [ ! -f "$DIR/harbor.cfg" ] || set -- "$@" "$DIR/harbor.cfg"
        # Without the folder, one of them says so.
        for FILE in $HARBOR_RENDERED; do
            set -- "$@" "$DIR/common/config/$FILE"
            [ -d "$DIR/common/config" ] || break
        done
        set -- "$@" "$DIR/docker-compose.yml"
    done
    FILTER=filter_harbor
    files "$@"
    FILTER=
}

# harbor_named: of the next installation in HARBOR_NOTES, DIR: HARBOR_CERTS, HARBOR_DATA, HARBOR_LOGS and HARBOR_TLS; the
# frame about passwords.
harbor_named() {
    HARBOR_CERTS=
    HARBOR_DATA=
    HARBOR_VALUES=
    HARBOR_LOGS=
    HARBOR_TLS=
    HARBOR_ODD=
    DEFAULTS=
    NOTES=${HARBOR_NOTES%%"$EDGE"*}
    HARBOR_NOTES=${HARBOR_NOTES#*"$EDGE"}
    set -f
    IFS=$NL
    for LINE in $NOTES; do
        case $LINE in
        C*) HARBOR_CERTS=$HARBOR_CERTS${LINE#C}$NL ;;
        D*) HARBOR_DATA=${LINE#D} ;;
        L*) HARBOR_LOGS=${LINE#L} ;;
        T*) HARBOR_TLS=${LINE#T} ;;
        U*) HARBOR_ODD=$HARBOR_ODD${LINE#U}$NL ;;
        S*) DEFAULTS=$DEFAULTS${LINE#S}$NL ;;
        V*) HARBOR_VALUES=$HARBOR_VALUES${LINE#V}$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
    HARBOR_DATA=${HARBOR_DATA:-/data}
    HARBOR_SAID=$HARBOR_DATA
    while :; do
        case $HARBOR_DATA in
        *//*) HARBOR_DATA=${HARBOR_DATA%%//*}/${HARBOR_DATA#*//} ;;
        */./*) HARBOR_DATA=${HARBOR_DATA%%/./*}/${HARBOR_DATA#*/./} ;;
        ?*/. | ?*/) HARBOR_DATA=${HARBOR_DATA%/*} ;;
        *) break ;;
        esac
    done
    say "cmd:harbor-defaults$DIR" 0 "$DEFAULTS"
    say "cmd:harbor-odd$DIR" 0 "$HARBOR_ODD"
}

# harbor_installer: `cmd:harbor-prepare`DIR, the tag of the image that its `prepare` runs.
harbor_installer() {
    if [ ! -f "$DIR/prepare" ]; then
        say "cmd:harbor-prepare$DIR" 2 ''
        return
    fi
    grab limit 3 head -c 65536 -- "$DIR/prepare"
    case $BODY in
    */prepare:v[0-9]*)
        BODY=${BODY#*/prepare:}
        BODY=${BODY%%[!0-9A-Za-z._+-]*}
        [ ${#BODY} -le 64 ] || BODY=
        ;;
    *) BODY= ;;
    esac
    BODY=$BODY$NL
    emit "cmd:harbor-prepare$DIR" "$STATUS"
}

# harbor_folder: of the installation DIR, what harbor_named found it to name.
harbor_folder() {
    set -- "$DIR" "$DIR/harbor.yml" "$DIR/docker-compose.yml" "$DIR/common/config" "$HARBOR_DATA" "$HARBOR_DATA/secret" \
        "$HARBOR_DATA/ca_download" "$HARBOR_DATA/registry" "$HARBOR_DATA/database" "$HARBOR_DATA/redis" "$HARBOR_DATA/job_logs" \
        "$HARBOR_DATA/secret/keys/secretkey" "$HARBOR_DATA/secret/core/private_key.pem" \
        "$HARBOR_DATA/secret/registry/root.crt" "$DIR/common/config/core/env"
    # Where the recipes leave the CA and the request from which the certificate was made.
    HARBOR_CERT_DIR=${HARBOR_CERTS%%"$NL"*}
    HARBOR_CERT_DIR=${HARBOR_CERT_DIR%/*}
    [ -n "$HARBOR_CERT_DIR" ] || HARBOR_CERT_DIR=$DIR
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- "$@" $HARBOR_CERTS
    IFS=$FIELDS
    set +f
    # What prepare copies it looks for by these names.
    if [ -n "$HARBOR_TLS" ]; then
        set -- "$@" "$HARBOR_TLS" "$HARBOR_TLS/harbor_internal_ca.crt"
        for FILE in proxy core job_service registryctl registry portal trivy_adapter harbor_db notary_server notary_signer \
            chartmuseum clair clair_adapter; do
            set -- "$@" "$HARBOR_TLS/$FILE.crt" "$HARBOR_TLS/$FILE.key"
        done
    fi
    for FILE in "$HARBOR_DATA/secret/cert/server.crt" "$HARBOR_DATA/secret/cert/server.key" "$HARBOR_DATA/ca_download/ca.crt" \
        "$HARBOR_DATA"/secret/tls/*.crt "$HARBOR_DATA"/secret/tls/*.key \
        "$DIR"/common/config/shared/trust-certificates/*.crt "$DIR"/*.crt "$DIR"/*.csr "$DIR"/*.key \
        "$HARBOR_CERT_DIR"/*.crt "$HARBOR_CERT_DIR"/*.csr "$HARBOR_CERT_DIR"/*.key; do
        [ ! -e "$FILE" ] || known_path "$FILE" "$@" || set -- "$@" "$FILE"
    done
    for FILE in $HARBOR_RENDERED registry/passwd core/private_key.pem registry/root.crt notary/server_env chartserver/env; do
        FILE=$DIR/common/config/$FILE
        [ ! -e "$FILE" ] || known_path "$FILE" "$@" || set -- "$@" "$FILE"
    done
    for FILE in "$HARBOR_DATA"/trivy-adapter/trivy "$HARBOR_DATA"/trivy-adapter/reports "$HARBOR_DATA"/database/PG_VERSION \
        "$HARBOR_DATA"/database/pg[0-9]* "$HARBOR_DATA"/database/pg[0-9]*/PG_VERSION "$HARBOR_DATA"/secretkey /data/secretkey; do
        [ ! -e "$FILE" ] || known_path "$FILE" "$@" || set -- "$@" "$FILE"
    done
    table "harbor$DIR" "$@"
    harbor_links
    for FILE in "$@"; do
        shift
        case $FILE in
        *.crt | *.cert | *.pem | *.key | *.cer | *.csr) set -- "$@" "$FILE" ;;
        *) case $NL$HARBOR_CERTS in *"$NL$FILE$NL"*) set -- "$@" "$FILE" ;; esac ;;
        esac
    done
    pem_files "$@"
}

# harbor_links: `link:PATH` of each link on the way to what harbor.yml names: in prepare's container it may lead elsewhere.
harbor_links() {
    LINKS=$NL
    set -f
    IFS=$NL
    for FILE in $HARBOR_CERTS$HARBOR_TLS; do
        # The shell's own tests nothing could end.
        ! hangs "$FILE" || continue
        while [ -n "$FILE" ]; do
            case $LINKS in *"$NL$FILE$NL"*) break ;; esac
            LINKS=$LINKS$FILE$NL
            if [ -L "$FILE" ] && has readlink; then
                grab readlink -- "$FILE"
                emit "link:$FILE" "$STATUS"
            fi
            FILE=${FILE%/*}
        done
    done
    IFS=$FIELDS
    set +f
}

# harbor_above: `stat:harbor-above`HARBOR_DIR: the folders above the settings, where they really are, by which it is known,
# too, who may read them, and the copy of them that a failed prepare leaves.
harbor_above() {
    set -- "$HARBOR_DIR/harbor.yml" "$HARBOR_DIR/input" "$HARBOR_DIR/input/harbor.yml"
    resolve "$1"
    for FILE in "$1" "${RESOLVED%"$NL"}"; do
        while [ -n "$FILE" ]; do
            FILE=${FILE%/*}
            known_path "${FILE:-/}" "$@" || set -- "$@" "${FILE:-/}"
        done
    done
    table "harbor-above$HARBOR_DIR" "$@"
}

# harbor_logs: `cmd:harbor-logs`HARBOR_DIR: `df -Pk` of the folder with the logs, or of the nearest one above it that is there,
# and `used KIB`, what the logs in it take up; - where it cannot be listed.
harbor_logs() {
    # shellcheck disable=SC2016 # for the other shell
    grab limit 3 sh -c '
        AT=$1
        while [ ! -d "$AT" ] && [ -n "$AT" ]; do AT=${AT%/*}; done
        df -Pk -- "${AT:-/}" || exit 1
        USED=0
        [ ! -d "$1" ] || [ -r "$1" ] || USED=-
        for BLOCKS in $(stat -L -c %b -- "$1"/*.log "$1"/*.log.* 2>/dev/null); do USED=$((USED + BLOCKS)); done
        [ "$USED" = - ] || USED=$((USED / 2))
        echo "used $USED"
    ' sh "${HARBOR_LOGS:-/var/log/harbor}"
    emit "cmd:harbor-logs$HARBOR_DIR" "$STATUS"
}

# harbor_scanner: the dates of the scanner's database.
harbor_scanner() {
    FILTER=filter_scanner
    files "$HARBOR_DATA/trivy-adapter/trivy/db/metadata.json"
    FILTER=
}

# What is told of the scanner's database (aquasecurity/trivy-db, metadata.json).
SCANNER_RULES='
scanner keep: version
scanner date: nextupdate updatedat downloadedat
'

filter_scanner() {
    RULES=$SCANNER_RULES
    PROGRAM=$CARRY_AWK$UTF8_AWK$JSON_AWK
    TEXT_KIND=scanner
}

# What of Harbor's own files is carried (11-carry.sh, 13-yaml.sh): the keys of its templates from 1.5 to 2.15.
HARBOR_RULES='
harbor address: hostname external_url log/external_endpoint/host db_host
harbor count: http/port https/port https/strong_ssl_ciphers ip_family/ipv4/enabled ip_family/ipv6/enabled
harbor count: internal_tls/enabled internal_tls/strong_ssl_ciphers internal_tls/verify_client_cert
harbor certificate: https/certificate https/private_key ssl_cert ssl_cert_key uaa/ca_file storage_service/ca_bundle
harbor certificate: external_redis/tlsoptions/rootca redis/tlsoptions/rootca uaa_ca_cert registry_custom_ca_bundle
harbor certificate: registry_storage_provider_ca_bundle
harbor tls: internal_tls/dir
harbor file: secretkey_path metric/path trace/otel/url_path
harbor data: data_volume
harbor logs: log/local/location log/location
harbor secret: harbor_admin_password database/password db_password clair_db_password ldap_search_pwd email_password
harbor secret: external_redis/password external_redis/username redis/password redis/username redis_password uaa/client_secret uaa_clientsecret
harbor secret: trivy/github_token
harbor secret: trace/jaeger/username trace/jaeger/password
harbor count: database/max_idle_conns database/max_open_conns database/conn_max_lifetime database/conn_max_idle_time
harbor secret: external_database/harbor/password external_database/harbor/username
harbor secret: external_database/clair/password external_database/clair/username
harbor secret: external_database/notary_signer/password external_database/notary_signer/username
harbor secret: external_database/notary_server/password external_database/notary_server/username
harbor address: external_database/harbor/host external_database/clair/host
harbor address: external_database/notary_signer/host external_database/notary_server/host
harbor count: external_database/harbor/port external_database/clair/port
harbor count: external_database/notary_signer/port external_database/notary_server/port
harbor name: external_database/harbor/db_name external_database/clair/db_name
harbor name: external_database/notary_signer/db_name external_database/notary_server/db_name
harbor word: external_database/harbor/ssl_mode external_database/clair/ssl_mode
harbor word: external_database/notary_signer/ssl_mode external_database/notary_server/ssl_mode
harbor count: external_database/harbor/max_idle_conns external_database/harbor/max_open_conns
harbor count: external_database/harbor/conn_max_lifetime external_database/harbor/conn_max_idle_time
harbor count: external_database/clair/max_idle_conns external_database/clair/max_open_conns
harbor count: external_database/notary_signer/max_idle_conns external_database/notary_signer/max_open_conns
harbor count: external_database/notary_server/max_idle_conns external_database/notary_server/max_open_conns
harbor addresses: external_redis/host redis/host redis_host
harbor name: external_redis/sentinel_master_set redis/sentinel_master_set
harbor count: external_redis/port external_redis/registry_db_index external_redis/jobservice_db_index
harbor count: external_redis/trivy_db_index external_redis/chartmuseum_db_index external_redis/clair_db_index
harbor count: external_redis/harbor_db_index external_redis/cache_layer_db_index external_redis/idle_timeout_seconds
harbor count: external_redis/tlsoptions/enable
harbor count: redis/registry_db_index redis/jobservice_db_index redis/trivy_db_index redis/harbor_db_index
harbor count: redis/cache_layer_db_index redis/chartmuseum_db_index redis/idle_timeout_seconds redis/tlsoptions/enable
harbor count: storage_service/redirect/disable storage_service/redirect/disabled storage_service/filesystem/maxthreads
harbor folder: storage_service/s3/rootdirectory storage_service/gcs/rootdirectory storage_service/oss/rootdirectory
harbor folder: storage_service/azure/rootdirectory
harbor file: storage_service/filesystem/rootdirectory storage_service/gcs/keyfile
harbor name: storage_service/s3/region storage_service/s3/bucket storage_service/gcs/bucket
harbor name: storage_service/azure/container
harbor name: storage_service/azure/realm storage_service/swift/region storage_service/swift/container
harbor name: storage_service/oss/region storage_service/oss/bucket
harbor address: storage_service/s3/regionendpoint storage_service/swift/authurl storage_service/oss/endpoint
harbor word: storage_service/s3/storageclass storage_service/s3/objectacl storage_service/s3/loglevel
harbor word: storage_service/swift/endpointtype
harbor count: storage_service/s3/encrypt storage_service/s3/secure storage_service/s3/v4auth
harbor count: storage_service/s3/skipverify
harbor count: storage_service/s3/chunksize storage_service/s3/multipartcopychunksize storage_service/s3/accelerate
harbor count: storage_service/s3/multipartcopymaxconcurrency storage_service/s3/multipartcopythresholdsize
harbor count: storage_service/s3/forcepathstyle storage_service/s3/usedualstack storage_service/gcs/chunksize
harbor count: storage_service/swift/insecureskipverify storage_service/swift/chunksize storage_service/swift/authversion
harbor count: storage_service/oss/internal storage_service/oss/encrypt storage_service/oss/secure
harbor count: storage_service/oss/chunksize
harbor secret: storage_service/s3/accesskey storage_service/s3/secretkey storage_service/s3/keyid
harbor secret: storage_service/gcs/keydata
harbor secret: storage_service/azure/accountname storage_service/azure/accountkey storage_service/swift/username
harbor secret: storage_service/swift/password storage_service/swift/secretkey storage_service/swift/accesskey
harbor secret: storage_service/oss/accesskeyid storage_service/oss/accesskeysecret
harbor count: trivy/ignore_unfixed trivy/skip_update trivy/skip_java_db_update trivy/offline_scan trivy/insecure
harbor count: trivy/timeout
harbor word: trivy/security_check
harbor addresses: trivy/db_repository trivy/java_db_repository
harbor count: clair/updaters_interval clair_updaters_interval
harbor address: clair/http_proxy clair/https_proxy
harbor addresses: clair/no_proxy
harbor count: jobservice/max_job_workers jobservice/max_job_duration_hours jobservice/logger_sweeper_duration
harbor count: max_job_workers
harbor word: jobservice/job_loggers
harbor count: notification/webhook_job_max_retry notification/webhook_job_http_client_timeout
harbor word: chart/absolute_url log/level log/external_endpoint/protocol core/quota_update_provider
harbor count: log/local/rotate_count log/local/rotate_size log/rotate_count log/rotate_size log/external_endpoint/port
harbor version: _version
harbor address: proxy/http_proxy proxy/https_proxy http_proxy https_proxy
harbor addresses: proxy/no_proxy no_proxy
harbor word: proxy/components
harbor count: metric/enabled metric/port trace/enabled trace/sample_rate trace/jaeger/agent_port
harbor name: trace/namespace
harbor shape: trace/attributes
harbor address: trace/jaeger/endpoint trace/jaeger/agent_host trace/otel/endpoint
harbor count: trace/otel/compression trace/otel/insecure trace/otel/timeout
harbor count: upload_purging/enabled upload_purging/dryrun
harbor hours: upload_purging/age upload_purging/interval
harbor count: cache/enabled cache/expire_hours
harbor word: ui_url_protocol customize_crt auth_mode self_registration project_creation_restriction
harbor word: registry_storage_provider_name email_ssl email_insecure ldap_verify_cert uaa_verify_cert
harbor count: log_rotate_count log_rotate_size token_expiration session_timeout ldap_scope ldap_timeout db_port
harbor count: redis_port
harbor count: clair_db_port email_server_port
harbor addresses: email_server clair_db_host ldap_url uaa_endpoint
'
COMPOSE_RULES='
compose version: version
compose title: name services/*/container_name services/*/networks services/*/depends_on services/*/volumes_from
compose title: services/*/links services/*/profiles services/*/secrets services/*/configs services/*/runtime
compose title: services/*/networks/*/aliases networks/*/name volumes/*/name secrets/*/name configs/*/name
compose image: services/*/image
compose address: services/*/hostname services/*/networks/*/ipv4_address services/*/networks/*/ipv6_address
compose addresses: services/*/dns services/*/dns_search
compose word: services/*/restart services/*/cap_add services/*/cap_drop services/*/logging/driver
compose word: services/*/network_mode
compose word: services/*/pid services/*/ipc services/*/userns_mode services/*/security_opt services/*/stop_signal
compose word: services/*/depends_on/*/condition services/*/ports/protocol services/*/ports/mode
compose word: services/*/volumes/type services/*/volumes/bind/propagation services/*/deploy/mode
compose word: services/*/deploy/restart_policy/condition services/*/pull_policy networks/*/driver volumes/*/driver
compose word: networks/*/ipam/driver
compose port: services/*/ports services/*/expose
compose count: services/*/ports/target services/*/ports/published services/*/volumes/read_only services/*/privileged
compose count: services/*/read_only services/*/init services/*/tty services/*/stdin_open services/*/stop_grace_period
compose count: services/*/healthcheck/interval services/*/healthcheck/timeout services/*/healthcheck/retries
compose count: services/*/healthcheck/start_period services/*/healthcheck/disable services/*/mem_limit
compose count: services/*/mem_reservation services/*/memswap_limit services/*/shm_size services/*/pids_limit
compose count: services/*/cpus
compose count: services/*/cpu_shares services/*/scale services/*/deploy/replicas services/*/ulimits/*
compose count: services/*/ulimits/*/soft services/*/ulimits/*/hard services/*/oom_score_adj services/*/oom_kill_disable
compose count: services/*/deploy/resources/limits/cpus services/*/deploy/resources/limits/memory
compose count: services/*/deploy/resources/limits/pids services/*/deploy/resources/reservations/memory
compose count: services/*/networks/*/priority services/*/depends_on/*/required services/*/depends_on/*/restart
compose count: services/*/env_file/required services/*/volumes/bind/create_host_path services/*/volumes/volume/nocopy
compose count: networks/*/external networks/*/internal networks/*/attachable networks/*/enable_ipv6
compose count: volumes/*/external secrets/*/external configs/*/external
compose count: services/*/logging/options/max-size services/*/logging/options/max-file
compose count: services/*/logging/options/compress
compose address: services/*/ports/host_ip networks/*/ipam/config/subnet networks/*/ipam/config/gateway
compose mount: services/*/volumes services/*/tmpfs services/*/devices
compose certificate: services/*/env_file services/*/env_file/path services/*/working_dir services/*/build/context
compose certificate: services/*/build services/*/build/dockerfile services/*/volumes/source services/*/volumes/target
compose certificate: secrets/*/file configs/*/file
compose account: services/*/user services/*/group_add
compose assign: services/*/environment services/*/labels services/*/build/args services/*/sysctls services/*/extra_hosts
compose shape: services/*/command services/*/entrypoint services/*/healthcheck/test services/*/logging/options
compose shape: networks/*/driver_opts volumes/*/driver_opts
'

# filter_harbor: the reader of these files; what they name is noted.
filter_harbor() {
    read_yaml
    RULES=$HARBOR_RULES$COMPOSE_RULES$RENDERED_RULES
    PROGRAM="BEGIN { DIGESTS = ${HARBOR_INNER:+1}+0 }$PROGRAM"
    KIND_BY=harbor_kind
    SEE=harbor_notes
}

# filter_compose: the reader of any compose file.
filter_compose() {
    read_yaml
    RULES=$COMPOSE_RULES
    TEXT_KIND=compose
}

harbor_kind() {
    case $1 in
    */harbor.yml) TEXT_KIND=harbor ;;
    *.cfg) TEXT_KIND=cfg ;;
    */docker-compose.yml) TEXT_KIND=compose ;;
    */common/config/core/env) TEXT_KIND=core ;;
    */common/config/*/env) TEXT_KIND="env" ;;
    */common/config/jobservice/*) TEXT_KIND=jobservice ;;
    */common/config/registry/*) TEXT_KIND=registry ;;
    */common/config/*/*) TEXT_KIND=${1##*/} ;;
    *) TEXT_KIND=harbor ;;
    esac
}

# harbor_notes: what the settings name; files that Compose mounts are not looked at.
harbor_notes() {
    case $FILE in
    */docker-compose.yml) HARBOR_NOTES=$HARBOR_NOTES$EDGE ;;
    *) HARBOR_NOTES=$HARBOR_NOTES$NOTES ;;
    esac
}
