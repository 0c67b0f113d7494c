# What Harbor's `prepare` made of harbor.yml: the files that it rendered, and digests of its secrets under a key that is
# given for the run.
# shellcheck shell=sh disable=SC2016,SC2034,SC2059

# The files below common/config that are read.
HARBOR_RENDERED='core/env jobservice/env jobservice/config.yml registry/config.yml registryctl/env db/env nginx/nginx.conf
    log/logrotate.conf log/rsyslog_docker.conf trivy-adapter/env exporter/env'

# What of them is carried (13-yaml.sh): of variables by their names in lower case, the storage's settings by the rules
# for harbor.yml.
RENDERED_RULES='
env address: ext_endpoint postgresql_host registry_url portal_url token_service_url core_url core_local_url
env address: jobservice_url trivy_adapter_url registry_controller_url http_proxy https_proxy harbor_database_host
env address: harbor_service_host trace_jaeger_endpoint trace_jaeger_agent_hostname trace_otel_endpoint
env addresses: no_proxy scanner_trivy_db_repository scanner_trivy_java_db_repository
env count: postgresql_port postgresql_max_idle_conns postgresql_max_open_conns postgresql_conn_max_lifetime
env count: postgresql_conn_max_idle_time max_job_workers max_job_duration_seconds port metric_port cache_expire_hours
env count: jobservice_webhook_job_max_retry jobservice_webhook_job_http_client_timeout harbor_database_port
env count: harbor_database_max_idle_conns harbor_database_max_open_conns harbor_database_conn_max_lifetime
env count: harbor_database_conn_max_idle_time harbor_service_port scanner_trivy_timeout trace_sample_rate
env count: trace_jaeger_agent_port trace_otel_timeout
env word: database_type postgresql_sslmode log_level with_trivy with_notary with_chartmuseum with_clair read_only
env word: internal_tls_enabled internal_verify_client_cert metric_enable trace_enabled cache_enabled
env word: quota_update_provider scanner_log_level scanner_trivy_ignore_unfixed scanner_trivy_skip_update
env word: scanner_trivy_skip_java_db_update scanner_trivy_offline_scan scanner_trivy_insecure
env word: scanner_trivy_security_checks harbor_database_sslmode harbor_service_scheme trace_otel_compression
env word: trace_otel_insecure
env name: postgresql_database registry_storage_provider_name harbor_database_dbname trace_namespace
env file: metric_path trace_otel_url_path
env redis: _redis_url_core _redis_url_harbor _redis_url_reg _redis_url_cache_layer scanner_redis_url
env redis: scanner_store_redis_url scanner_job_queue_redis_url harbor_redis_url
jobservice count: worker_pool/workers metric/enabled metric/port reaper/max_update_hours port
jobservice count: job_loggers/sweeper/duration
jobservice word: protocol job_loggers/name job_loggers/level loggers/name loggers/level
jobservice redis: worker_pool/redis_pool/redis_url
jobservice file: metric/path
registry word: log/level storage/cache/layerinfo
registry count: storage/maintenance/uploadpurging/enabled storage/maintenance/uploadpurging/age
registry count: storage/maintenance/uploadpurging/interval storage/maintenance/uploadpurging/dryrun
registry count: storage/redirect/disable storage/delete/enabled redis/db redis/enabletls http/debug/prometheus/enabled
registry addresses: redis/addr
registry name: redis/sentinelmasterset
registry address: http/addr http/debug/addr
registry file: http/debug/prometheus/path
'

# Files of lines; and how a URL of Redis is told, and a secret is kept for its digest.
RENDERED_AWK='
function read_rendered(   i, s) {
    fresh()
    for (i = 1; i <= ROWS; i++) {
        s = LINE[i]
        gsub(/^[ \t]+|[ \t\r]+$/, "", s)
        if (KIND_OF_TEXT == "env" || KIND_OF_TEXT == "core") variable(s)
        else if (KIND_OF_TEXT == "nginx.conf") directive_of_nginx(s)
        else if (KIND_OF_TEXT == "logrotate.conf") { if (s ~ /^(rotate [0-9]+|size [0-9]+[kMG]?)$/ && length(s) < 32) print s }
        else if (s ~ /^action\(/) print "action(type=" in_quotes(s, "type", "word") " Target=" in_quotes(s, "Target", "address") \
            " Port=" in_quotes(s, "Port", "count") " Protocol=" in_quotes(s, "Protocol", "word") ")"
    }
}
function variable(s,   i, k, at, how) {
    if (s == "" || s ~ /^#/) return
    i = index(s, "=")
    if (!i) { print HIDDEN; return }
    k = substr(s, 1, i - 1)
    s = substr(s, i + 1)
    at = down(root("env"), k)
    if (KIND_OF_TEXT == "core" && k ~ /^(CSRF_KEY|CORE_SECRET|POSTGRESQL_PASSWORD)$/) note_value(k, s)
    print key_of(at, k) "=" (s == "" ? "" : at ? told(at, s) : HIDDEN)
}
# in_quotes(s, name, how): the value of NAME="…" in S, as a value of that kind is told.
function in_quotes(s, name, how,   at) {
    at = index(s, name "=\"")
    if (!at) return "\"\""
    s = substr(s, at + length(name) + 2)
    s = substr(s, 1, index(s, "\"") - 1)
    if (how == "address") return "\"" address(s) "\""
    return "\"" (length(s) <= LONGEST[how] && s ~ FORM[how] ? s : shape(s)) "\""
}
# Directives of which nothing but what prepare itself writes is told.
function directive_of_nginx(s) {
    gsub(/[ \t]+/, " ", s)
    if (length(s) > 200 || token_in(s)) return
    if (s ~ /^listen (\[::\]:|\*:|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+:)?[0-9]+( (ssl|http2|default_server))*;$/ ||
        s ~ /^(server|upstream [a-z_]+|location = \/[A-Za-z0-9_\/-]*) \{$/ || s ~ /^server [a-z]+:[0-9]+;$/ ||
        s ~ /^ssl_certificate(_key)? \/etc\/[a-z.\/]+;$/ || s ~ /^ssl_ciphers [\047"]?[A-Za-z0-9+:!_-]+[\047"]?;$/ ||
        s ~ /^ssl_protocols( (SSLv3|TLSv1|TLSv1\.[123]))+;$/ ||
        s ~ /^return 30[1278] https?:\/\/\$(host|server_name|http_host)(:[0-9]+)?\$request_uri;$/) print s
}
# redis_url(v): its scheme, hosts, master, database and time-out. A password may have any sign in it, the last @ ends it.
function redis_url(v,   scheme, user) {
    if (!match(v, /^rediss?([+]sentinel)?:\/\//)) return HIDDEN
    scheme = substr(v, 1, RLENGTH)
    v = substr(v, RLENGTH + 1)
    user = ""
    if (match(v, /^.*@/)) {
        user = HIDDEN "@"
        v = substr(v, RLENGTH + 1)
    }
    if (length(v) > 1000 || token_in(v)) return HIDDEN
    return v ~ /^[][A-Za-z0-9._:,-]+(\/[A-Za-z0-9._-]+)?(\/[0-9]+)?(\?idle_timeout_seconds=[0-9]+)?$/ ? scheme user v : HIDDEN
}
# note_value(name, s): keeps a secret for its digest, as octal numbers; it goes no further than the shell.
function note_value(name, s,   i, out) {
    if (!DIGESTS || s == "" || length(s) > 4096) return
    if (!(name in OCTAL)) OCTAL_NAME[++OCTALS] = name
    out = ""
    for (i = 1; i <= length(s); i++) out = out ORD[substr(s, i, 1)]
    OCTAL[name] = out
}
BEGIN {
    LINES_OF["core"] = LINES_OF["env"] = LINES_OF["nginx.conf"] = LINES_OF["logrotate.conf"] = LINES_OF["rsyslog_docker.conf"] = 1
    DIGESTED = "^(database[.]password|db_password|redis_password|external_database[.]|external_redis[.]|storage_service[.])"
    for (I = 1; I < 256; I++) ORD[sprintf("%c", I)] = sprintf("\\%03o", I)
    HERE = down(root("registry"), "storage")
    THERE = down(root("harbor"), "storage_service")
    I = split("filesystem azure gcs s3 swift oss", A, " ")
    for (; I; I--) CHILD[HERE, A[I]] = CHILD[THERE, A[I]]
}
'

# harbor_key: HARBOR_INNER and HARBOR_OUTER, the pads of HMAC (RFC 2104) for the run's key as `printf` writes them; empty
# where there is no key, or nothing to digest with. The key is an argument of nothing but the shell's own printf.
harbor_key() {
    HARBOR_INNER=
    HARBOR_OUTER=
    [ -n "$HARBOR_KEY" ] || return 0
    if has sha256sum; then
        HARBOR_HASH=sha256sum
    elif has openssl; then
        HARBOR_HASH='openssl dgst -sha256 -r'
    else
        return 0
    fi
    if [ ${#HARBOR_KEY} -gt 64 ]; then
        HASH=$(printf '%s' "$HARBOR_KEY" | $HARBOR_HASH)
        harbor_octal "${HASH%% *}"
        HASH=$(printf "$OCTAL" | od -An -v -tx1)
    else
        HASH=$(printf '%s' "$HARBOR_KEY" | od -An -v -tx1)
    fi
    COUNTDOWN=64
    for HEX in $HASH; do
        harbor_pads "$((0x$HEX))"
    done
    while [ "$COUNTDOWN" -gt 0 ]; do
        harbor_pads 0
    done
}

# harbor_pads NUMBER: one more byte of both.
harbor_pads() {
    set -- "$(($1 ^ 54))" "$(($1 ^ 92))"
    HARBOR_INNER=$HARBOR_INNER\\$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))
    HARBOR_OUTER=$HARBOR_OUTER\\$(($2 / 64))$(($2 / 8 % 8))$(($2 % 8))
    COUNTDOWN=$((COUNTDOWN - 1))
}

# harbor_octal DIGITS: OCTAL, the bytes of hexadecimal digits as `printf` writes them.
harbor_octal() {
    OCTAL=
    LEFT=$1
    while [ -n "$LEFT" ]; do
        BYTE=$((0x${LEFT%"${LEFT#??}"}))
        LEFT=${LEFT#??}
        OCTAL=$OCTAL\\$((BYTE / 64))$((BYTE / 8 % 8))$((BYTE % 8))
    done
}

# harbor_digest NAME COMMAND…: adds to BODY a line with the digest of what the command prints.
harbor_digest() {
    DIGEST_OF=$1
    shift
    HASH=$({ printf "$HARBOR_INNER"; "$@"; } 2>/dev/null | $HARBOR_HASH)
    harbor_octal "${HASH%% *}"
    HASH=$(printf "$HARBOR_OUTER$OCTAL" | $HARBOR_HASH)
    HASH=${HASH%% *}
    BODY=$BODY$DIGEST_OF\ ${HASH%"${HASH#????????????????}"}$NL
}

# harbor_public NAME FILE COMMAND…: the same of the public key in FILE, which the command prints as DER.
harbor_public() {
    [ -f "$2" ] && has openssl || return 0
    PUBLIC_OF=$1
    shift
    PUBLIC=$(harbor_der "$@" | to_base64)
    [ -z "$PUBLIC" ] || harbor_digest "$PUBLIC_OF" harbor_der "$@"
}

# harbor_der FILE key|certificate: prints it.
harbor_der() {
    if [ "$2" = key ]; then
        limit 4 openssl pkey -in "$1" -pubout -outform DER -passin pass: 2>/dev/null
    else
        limit 4 openssl x509 -in "$1" -noout -pubkey 2>/dev/null | openssl pkey -pubin -outform DER 2>/dev/null
    fi
}

# harbor_secrets: of the installation DIR the frames about its secrets: of what kind the secret key is, and digests.
harbor_secrets() {
    BODY=
    for FILE in "$HARBOR_DATA/secret/keys/secretkey" "$HARBOR_DATA/secretkey" /data/secretkey; do
        [ "$FILE" != /data/secretkey ] || [ "$HARBOR_DATA" != /data ] || continue
        [ -f "$FILE" ] || continue
        harbor_secretkey "$FILE"
    done
    emit "cmd:harbor-secretkey$DIR" 0
    [ -n "$HARBOR_KEY" ] || return 0
    BODY=
    if [ -z "$HARBOR_INNER" ]; then
        emit "cmd:harbor-digests$DIR" 127
        return
    fi
    harbor_digest key printf dockworthy
    FILE=$HARBOR_DATA/secret/keys/secretkey
    [ ! -f "$FILE" ] || [ ! -r "$FILE" ] || harbor_digest secretkey limit 3 head -c 65536 -- "$FILE"
    harbor_public private_key.pem "$HARBOR_DATA/secret/core/private_key.pem" key
    harbor_public root.crt "$HARBOR_DATA/secret/registry/root.crt" certificate
    set -f
    IFS=$NL
    for LINE in $HARBOR_VALUES; do
        IFS=$FIELDS
        harbor_digest "${LINE%% *}" printf "${LINE#* }"
    done
    IFS=$FIELDS
    set +f
    emit "cmd:harbor-digests$DIR" 0
}

# harbor_secretkey FILE: adds to BODY a line `FILE CHARACTERS KIND`: how many it has (`more` than are counted, `denied`
# where it cannot be read), and whether all of them are letters and digits, but for a line's end (`letters-digits`,
# `letters-digits-newline`, `other`).
harbor_secretkey() {
    enc "$1"
    if [ ! -r "$1" ]; then
        BODY=$BODY$ENC\ denied\ other$NL
        return
    fi
    CHARACTERS=0
    BYTES=0
    CLASS=letters-digits
    for HEX in $(limit 3 od -An -v -tx1 -N 128 "$1" 2>/dev/null); do
        BYTES=$((BYTES + 1))
        case $HEX in
        [89ab]?) ;;
        *) CHARACTERS=$((CHARACTERS + 1)) ;;
        esac
        case $CLASS:$HEX in
        letters-digits:3[0-9] | letters-digits:4[1-9a-f] | letters-digits:5[0-9a] | letters-digits:6[1-9a-f] | letters-digits:7[0-9a]) ;;
        letters-digits:0a) CLASS=letters-digits-newline ;;
        *) CLASS=other ;;
        esac
    done
    [ "$BYTES" -lt 128 ] || CHARACTERS="more"
    BODY=$BODY$ENC\ $CHARACTERS\ $CLASS$NL
}
