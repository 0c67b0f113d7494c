# The registries that the user named, as they are seen from this host: names, TLS, and what answers.
# Nothing of this runs, and no connection is opened, where none is named.
# shellcheck shell=sh disable=SC2034

# What dockerd's own client offers (go-connections/tlsconfig): TLS 1.2 and later, and of 1.2 these suites.
ENGINE_SUITES=ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256
ENGINE_SUITES=$ENGINE_SUITES:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA
ENGINE_SUITES=$ENGINE_SUITES:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA

probe_registries() {
    [ -n "$REGISTRIES" ] || return 0
    resolve_registries
    for REGISTRY in $REGISTRIES; do
        registry_address
        tls_facts tls -min_protocol TLSv1.2
        tls_facts tls12 -tls1_2
        http_facts
    done
}

# resolve_registries: `host address…`, as the system's resolver answers.
resolve_registries() {
    OUT=
    for REGISTRY in $REGISTRIES; do
        registry_address
        FOUND=
        if has getent; then
            ANSWER=$(limit 4 getent ahosts "$REG_NAME" 2>/dev/null)
            set -f
            IFS=$NL
            for LINE in $ANSWER; do
                LINE=${LINE%% *}
                case " $FOUND " in *" $LINE "*) ;; *) FOUND="$FOUND $LINE" ;; esac
            done
            IFS=$FIELDS
            set +f
        fi
        OUT=$OUT$REG_NAME$FOUND$NL
    done
    STATUS=0
    has getent || STATUS=127
    say cmd:resolve "$STATUS" "$OUT"
}

# registry_address: REG_NAME and REG_PORT of REGISTRY, and REG_SNI, what is sent as the server's name.
registry_address() {
    REG_PORT=443
    case $REGISTRY in
    \[*\]:*)
        REG_PORT=${REGISTRY##*:}
        REG_NAME=${REGISTRY%:*}
        ;;
    \[*\]) REG_NAME=$REGISTRY ;;
    *:*)
        REG_PORT=${REGISTRY##*:}
        REG_NAME=${REGISTRY%:*}
        ;;
    *) REG_NAME=$REGISTRY ;;
    esac
    case $REG_NAME in
    \[* | *[!0-9.]*) REG_SNI=$REG_NAME ;;
    *) REG_SNI= ;;
    esac
    case $REG_SNI in \[*) REG_SNI= ;; esac
    REG_BARE=${REG_NAME#\[}
    REG_BARE=${REG_BARE%\]}
}

# tls_facts NAME OPTION…: `registry:HOST/NAME`: lines `protocol`, `cipher`, `alpn`, `key-exchange`, `client-certificate
# asked|no`, `error` and `alert` as far as they are known, then the served chain as PEM.
tls_facts() {
    TLS_NAME=$1
    shift
    if ! has openssl; then
        say "registry:$REGISTRY/$TLS_NAME" 127 ''
        return
    fi
    if [ -n "$REG_SNI" ]; then set -- "$@" -servername "$REG_SNI"; fi
    ask 8 openssl s_client -connect "$REG_NAME:$REG_PORT" -showcerts -alpn http/1.1 -cipher "$ENGINE_SUITES" "$@"
    TLS_STATUS=$STATUS
    TABLE=$BODY
    BODY=$(tls_lines)$NL
    emit "registry:$REGISTRY/$TLS_NAME" "$TLS_STATUS"
}

tls_lines() {
    set -f
    IFS=$NL
    CHAIN=
    INSIDE=
    CLIENT_CERT=no
    for LINE in $TABLE; do
        case $LINE in
        '-----BEGIN CERTIFICATE-----') INSIDE=1 ;;
        esac
        if [ -n "$INSIDE" ]; then
            CHAIN=$CHAIN$LINE$NL
            case $LINE in -----END*) INSIDE= ;; esac
            continue
        fi
        case $LINE in
        'New, '*'Cipher is '*)
            LINE=${LINE#New, }
            case $LINE in '(NONE)'*) continue ;; esac
            printf 'protocol %s\ncipher %s\n' "${LINE%%,*}" "${LINE##*Cipher is }"
            ;;
        'ALPN protocol: '*) printf 'alpn %s\n' "${LINE#ALPN protocol: }" ;;
        'Server Temp Key: '* | 'Peer Temp Key: '* | 'Negotiated TLS1.3 group: '*) printf 'key-exchange %s\n' "${LINE#*: }" ;;
        'Acceptable client certificate CA names'* | 'Client Certificate Types'* | 'Requested Signature Algorithms'*)
            CLIENT_CERT=asked
            ;;
        'Peer signature type: '*) printf 'signature %s\n' "${LINE#*: }" ;;
        esac
    done
    printf 'client-certificate %s\n' "$CLIENT_CERT"
    for LINE in $ERR; do
        case $LINE in
        *:error:* | *errno* | connect:* | *': Connection refused'* | *'Name or service'* | *BIO_*)
            # The first numbers are the thread's and differ each time.
            printf 'error %s\n' "${LINE#*:error:}"
            ;;
        *'alert number'*) printf 'alert %s\n' "${LINE##*alert number }" ;;
        esac
        case $LINE in *'SSL alert number '*) printf 'alert %s\n' "${LINE##*SSL alert number }" ;; esac
    done
    IFS=$FIELDS
    set +f
    printf '%s' "$CHAIN"
}

# http_facts: `registry:HOST/http`: the status line and headers of `/v2/`; trust is judged elsewhere, so that curl
# does not verify. Where TLS does not answer, plain HTTP on the same port under `registry:HOST/plain`.
http_facts() {
    if ! has curl; then
        http_by_openssl
        return
    fi
    http_ask http "https://$REG_NAME:$REG_PORT/v2/"
    if [ "$HTTP_STATUS" -ne 0 ]; then
        http_ask plain "http://$REG_NAME:$REG_PORT/v2/"
        return
    fi
    case $TABLE in
    *'"harbor-registry"'*)
        [ "$REG_PORT" -ne 443 ] || http_ask redirect "http://$REG_NAME/v2/"
        ask 8 curl -q -sS -k -g --noproxy '*' --max-time 7 -f "https://$REG_NAME:$REG_PORT/api/v2.0/systeminfo/getcert"
        case $BODY in
        *PRIVATE*)
            BODY=
            STATUS=61
            ;;
        *-----BEGIN*) ;;
        *)
            BODY=
            [ "$STATUS" -ne 0 ] || STATUS=61
            ;;
        esac
        emit "registry:$REGISTRY/getcert" "$STATUS"
        ;;
    esac
}

# http_by_openssl: the same where there is no curl; plain HTTP is then not asked. `limit` gives no standard input, so
# that another shell writes the request.
http_by_openssl() {
    BODY=
    STATUS=127
    if has openssl; then
        set -- -connect "$REG_NAME:$REG_PORT" -min_protocol TLSv1.2 -cipher "$ENGINE_SUITES"
        [ -z "$REG_SNI" ] || set -- "$@" -servername "$REG_SNI"
        # shellcheck disable=SC2016 # the other shell's own
        ask 8 sh -c 'HOST=$1
            shift
            printf "GET /v2/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" "$HOST" |
                openssl s_client -quiet "$@" 2>/dev/null' - "$REGISTRY" "$@"
        case $BODY in HTTP/*) STATUS=0 ;; *) [ "$STATUS" -ne 0 ] || STATUS=1 ;; esac
        TABLE=${BODY%%"$CR$NL$CR"*}
        BODY=$(http_lines)$NL
    fi
    emit "registry:$REGISTRY/http" "$STATUS"
}

http_ask() {
    ask 8 curl -q -sS -k -g --noproxy '*' --max-time 7 -o /dev/null -D - "$2"
    HTTP_STATUS=$STATUS
    TABLE=$BODY
    BODY=$(http_lines)$NL
    emit "registry:$REGISTRY/$1" "$HTTP_STATUS"
    [ -z "$ERR" ] || say "registry:$REGISTRY/$1:err" "$HTTP_STATUS" "$ERR"
}

http_lines() {
    set -f
    IFS=$NL
    for LINE in $TABLE; do
        LINE=${LINE%"$CR"}
        case $LINE in
        HTTP/* | [Ww][Ww][Ww]-[Aa]uthenticate:* | [Dd]ocker-[Dd]istribution-* | [Ss]trict-[Tt]ransport-* | \
            [Ss]erver:* | [Cc]ontent-[Tt]ype:* | [Xx]-[Ff]rame-* | [Cc]ontent-[Ss]ecurity-*) printf '%s\n' "$LINE" ;;
        [Ll]ocation:*)
            mask_urls "$LINE"
            printf '%s\n' "${MASKED:-}"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}
