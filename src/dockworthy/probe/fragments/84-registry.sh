# The registries that the user named, as they are seen from this host: names, TLS, and what answers.
# Nothing of this runs, and no connection is opened, where none is named.
# shellcheck shell=sh disable=SC2016,SC2034

# What dockerd's own client offers (go-connections/tlsconfig): TLS 1.2 and later, and of 1.2 these suites.
ENGINE_SUITES=ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256
ENGINE_SUITES=$ENGINE_SUITES:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA
ENGINE_SUITES=$ENGINE_SUITES:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA
# What a Harbor is asked with besides: every suite of TLS 1.2 that lacks forward secrecy or authenticated encryption.
WEAK_SUITES=ALL:COMPLEMENTOFALL:!PSK:!SRP:!kEECDH+AESGCM:!kEDH+AESGCM:!kEECDH+CHACHA20:!kEDH+CHACHA20
WEAK_SUITES=$WEAK_SUITES:!kEECDH+AESCCM:!kEDH+AESCCM:!kEECDH+ARIAGCM:!kEDH+ARIAGCM:@SECLEVEL=0

probe_registries() {
    [ -n "$REGISTRIES" ] || return 0
    REALMS=
    REG_KIND=registry
    for REGISTRY in $REGISTRIES; do
        registry_address
        REG_ASKS=
        IS_HARBOR=
        SUITES=$ENGINE_SUITES
        tls_facts tls -min_protocol TLSv1.2
        tls_facts tls12 -tls1_2
        CLIENT_TABLE=$TABLE
        http_facts
        [ -z "$REG_ASKS" ] || client_facts
        [ -z "$IS_HARBOR" ] || weak_facts
    done
    SUITES=$ENGINE_SUITES
    # The token services that they name: the engine asks them, with the registry's certificates.
    REG_KIND=realm
    for REGISTRY in $REALMS; do
        registry_address
        tls_facts tls -min_protocol TLSv1.2
        tls_facts tls12 -tls1_2
    done
    # shellcheck disable=SC2086 # names
    [ -z "$REALMS" ] || resolve_registries $REALMS
    STATUS=0
    [ -n "$GETENT" ] || STATUS=127
    say cmd:resolve "$STATUS" "$RESOLVED"
}

# registry_address: REG_NAME and REG_PORT of REGISTRY, REG_SNI, what is sent as the server's name, and REG_KEY, how its
# sections begin.
registry_address() {
    REG_KEY=$REG_KIND:$REGISTRY
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

# What is carried of what `openssl s_client` prints. Its standard error comes first and ends with a line \003; each line
# carried of it begins with `stderr: `. What the server sends comes after the report, and so does its choice of a protocol
# (ALPN), which older versions print as it was sent: nothing is read after that.
TLS_AWK='
function read_text() {
    ON = SUMMARY = NAMED = 0
    for (I = 1; I <= ROWS; I++) {
        S = LINE[I]
        if (ON < 1) { if (S == "\003") ON = 1; else complaint(S) }
        else if (!report(S)) return
    }
}
# field(s): words of openssl, and what it calls a suite, a group or a signature.
function field(s,    t) {
    t = s
    gsub(/MLKEM|tls13/, " ", t)
    return s ~ /^[A-Za-z0-9<][A-Za-z0-9 .,\/_()<>+-]*$/ && length(s) <= 300 && !token_in(t)
}

# complaint(s): an error by its number, library, function and reason, which are words of openssl itself; not what else
# it has to say, but for the alert that the server sent. The thread that begins it differs each time.
function complaint(s,    part, n) {
    if (s ~ /^[a-z_]+:errno=[0-9]+$/ || s ~ /^(connect|gethostbyname|getaddrinfo): [A-Z][a-z]+( [a-z]+)*$/) {
        if (length(s) <= 80) print "stderr: " s
        return
    }
    if (s !~ /^[0-9A-Fa-f]+:error:[0-9A-Fa-f]+:/) return
    n = split(s, part, ":")
    s = "error:" part[3] ":" (field(part[4]) ? part[4] : "") ":" (field(part[5]) ? part[5] : "") ":" (field(part[6]) ? part[6] : "")
    print "stderr: " s (part[n] ~ /^SSL alert number [0-9][0-9]?[0-9]?$/ ? ":" part[n] : "")
}

# report(s): whether the report goes on after that line.
function report(s,    i, name, v) {
    i = index(s, ": ")
    name = substr(s, 1, i + 1)
    v = substr(s, i + 2)
    if (SUMMARY && s ~ /^(---|ALPN protocol: |No ALPN negotiated)/) {
        if (s == "ALPN protocol: http/1.1" || s == "No ALPN negotiated") print s
        return 0
    }
    if (SUMMARY) return 1
    if (s ~ /^New, [A-Za-z0-9.\/()]+, Cipher is [A-Za-z0-9_()-]+$/ && field(s)) { SUMMARY = 1; print s }
    else if (name ~ /^((Server|Peer) Temp Key|Negotiated TLS1[.]3 group|Peer signature type|Client Certificate Types): $/) {
        NAMED = 0
        print name (field(v) ? v : HIDDEN)
    }
    else if (name == "Requested Signature Algorithms: ") { NAMED = 0; print name (v ~ /^[A-Za-z0-9+:_-]*$/ ? v : HIDDEN) }
    else if (s == "Acceptable client certificate CA names") { NAMED = 1; print s }
    else if (s ~ /^(---|Shared Requested|Peer sign)/) NAMED = 0
    else if (NAMED) print s ~ /^\/?[A-Za-z0-9.]+ ?=/ ? plain(s) : shape(s)
    return 1
}
'

# tls_facts NAME OPTION…: `registry:HOST/NAME`: the served chain, and the lines of `openssl s_client` that are judged.
tls_facts() {
    TLS_NAME=$1
    shift
    if ! has openssl; then
        say "$REG_KEY/$TLS_NAME" 127 ''
        return
    fi
    if [ -n "$REG_SNI" ]; then set -- "$@" -servername "$REG_SNI"; fi
    ask 8 openssl s_client -connect "$REG_NAME:$REG_PORT" -showcerts -alpn http/1.1 -cipher "$SUITES" "$@"
    TLS_STATUS=$STATUS
    # What the server may have sent stands below this line.
    TABLE=${BODY%%"${NL}New, "*}
    case $TABLE in
    *"${NL}Acceptable client certificate CA names"* | *"${NL}Client Certificate Types"* | *"${NL}Requested Signature Alg"*)
        REG_ASKS=1
        ;;
    esac
    tls_told
    emit "$REG_KEY/$TLS_NAME" "$STATUS"
}

# weak_facts: of a Harbor, whether it takes what is weak where nothing else is offered: of TLS 1.2, and what is older.
weak_facts() {
    SUITES=$WEAK_SUITES
    tls_facts tls12-weak -tls1_2
    SUITES=ALL:@SECLEVEL=0
    tls_facts tls-old -min_protocol TLSv1 -max_protocol TLSv1.1
}

# tls_told: BODY, what is carried of the report BODY and of RAW_ERR; STATUS, that of openssl, or why nothing is.
tls_told() {
    BODY=$RAW_ERR$NL$BREAK$NL$BODY
    carry filter_tls
    [ "$STATUS" -eq 0 ] || return 0
    TOLD=$BODY
    grab chain_told
    BODY=$TOLD$BODY
    # A chain without one of its certificates would be another chain.
    [ "$STATUS" -eq 0 ] || BODY=
    [ "$STATUS" -ne 0 ] || STATUS=$TLS_STATUS
}

filter_tls() {
    PROGRAM=$CARRY_AWK$TLS_AWK
}

# chain_told: the certificates in TABLE; fails where there is a block that is not certain to be one.
chain_told() {
    has awk || return "$NO_READER"
    case $TABLE in
    *-----BEGIN*) printf '%s\n' "$TABLE" | awk '/^-----BEGIN/ { BEGUN++ }'"$PEM_AWK"'END { if (BEGUN != GOOD) exit 62 }' ONLY=1 ;;
    esac
}

# client_facts: the server asks for a client certificate: `registry:HOST/client` has `pair PATH`, the certificate
# that the engine would present (the first with a key that one of the named CAs issued), or `pair -`; and
# `registry:HOST/client-http` what comes of presenting it.
client_facts() {
    CLIENT_PAIR=
    client_names
    for DIR in /etc/docker/certs.d "${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/docker/certs.d"; do
        [ -d "$DIR/$REGISTRY" ] || continue
        for FILE in "$DIR/$REGISTRY"/*.cert; do
            if [ ! -f "$FILE" ] || [ ! -r "${FILE%.cert}.key" ]; then continue; fi
            client_fits || continue
            CLIENT_PAIR=$FILE
            break
        done
        break
    done
    enc "$CLIENT_PAIR"
    say "$REG_KEY/client" 0 "pair $ENC$NL"
    [ -n "$CLIENT_PAIR" ] || return 0
    if ! has curl; then
        say "$REG_KEY/client-http" 127 ''
        return
    fi
    # curl takes what follows a colon for a passphrase.
    case $CLIENT_PAIR in
    *\\*) return ;;
    esac
    REST=$CLIENT_PAIR
    ESCAPED=
    while :; do
        case $REST in *:*) ;; *) break ;; esac
        ESCAPED=$ESCAPED${REST%%:*}\\:
        REST=${REST#*:}
    done
    http_ask client-http "https://$REG_NAME:$REG_PORT/v2/" --cert "$ESCAPED$REST" --key "${CLIENT_PAIR%.cert}.key"
}

# client_names: CLIENT_NAMES, the CAs that the server named, one a line, with a line before and after.
client_names() {
    CLIENT_NAMES=$NL
    INSIDE=
    set -f
    IFS=$NL
    for LINE in $CLIENT_TABLE; do
        case $LINE in
        'Acceptable client certificate CA names'*) INSIDE=1 ;;
        'Client Certificate Types'* | 'Requested Signature'* | 'Shared Requested'* | 'Peer sign'* | ---*) INSIDE= ;;
        *) [ -z "$INSIDE" ] || CLIENT_NAMES=$CLIENT_NAMES$LINE$NL ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# client_fits: whether one of the certificates in FILE was issued by a CA that the server named, or it named none.
client_fits() {
    [ "$CLIENT_NAMES" != "$NL" ] || return 0
    grab limit 4 sh -c 'openssl crl2pkcs7 -nocrl -certfile "$1" 2>/dev/null | openssl pkcs7 -print_certs -noout' - "$FILE"
    set -f
    IFS=$NL
    for LINE in $BODY; do
        case $LINE in issuer=*) ;; *) continue ;; esac
        LINE=${LINE#issuer=}
        case $CLIENT_NAMES in
        *"$NL$LINE$NL"*)
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

# http_facts: `registry:HOST/http`: the status line and headers of `/v2/`; trust is judged elsewhere, so that curl
# does not verify. Where TLS does not answer, plain HTTP on the same port under `registry:HOST/plain`.
http_facts() {
    if ! has curl; then
        http_by_openssl
        return
    fi
    http_ask http "https://$REG_NAME:$REG_PORT/v2/"
    realm_of "$TABLE"
    if [ "$HTTP_STATUS" -ne 0 ]; then
        http_ask plain "http://$REG_NAME:$REG_PORT/v2/"
        return
    fi
    [ -n "$IS_HARBOR" ] || return 0
    [ "$REG_PORT" -ne 443 ] || http_ask redirect "http://$REG_NAME/v2/"
    ask 8 curl -q -sS -k -g --noproxy '*' --max-time 7 -f "https://$REG_NAME:$REG_PORT/api/v2.0/systeminfo/getcert"
    TABLE=$BODY
    BODY=
    # curl's 22 is any refusal; that there is none to give is 404 alone.
    case $STATUS$RAW_ERR in 22*'error: 404'*) ;; 22*) STATUS=69 ;; esac
    if [ "$STATUS" -eq 0 ]; then
        grab chain_told
        [ "$STATUS" -eq 0 ] || BODY=
        case $STATUS$BODY in 0) STATUS=61 ;; esac
    fi
    emit "$REG_KEY/getcert" "$STATUS"
}

# realm_of HEADERS: adds the token service's `host[:port]` to REALMS, where it is another than the registry; IS_HARBOR,
# whether the challenge says that it is one.
realm_of() {
    case $1 in *'"harbor-registry"'*) IS_HARBOR=1 ;; esac
    case $1 in
    *[Rr]ealm=\"https://*)
        REALM=${1#*[Rr]ealm=\"https://}
        REALM=${REALM%%\"*}
        REALM=${REALM%%/*}
        case $REALM in
        '' | *[!A-Za-z0-9.:-]* | "$REGISTRY" | "$REG_NAME:$REG_PORT") return 0 ;;
        "$REG_NAME") [ "$REG_PORT" -ne 443 ] || return 0 ;;
        esac
        [ ${#REALM} -le 260 ] || return 0
        case " $REGISTRIES $REALMS " in *" $REALM "*) ;; *) REALMS="$REALMS $REALM" ;; esac
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
        ask 8 sh -c 'HOST=$1
            shift
            printf "GET /v2/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" "$HOST" |
                openssl s_client -quiet "$@" 2>/dev/null' - "$REGISTRY" "$@"
        case $BODY in HTTP/*) STATUS=0 ;; *) [ "$STATUS" -ne 0 ] || STATUS=1 ;; esac
        TABLE=${BODY%%"$CR$NL$CR"*}
        realm_of "$TABLE"
        BODY=$(http_lines)$NL
    fi
    emit "$REG_KEY/http" "$STATUS"
}

# http_ask NAME URL OPTION…: a server that refuses a client certificate may close the connection before its alert was
# read, and is asked again then; at last by a client that sends nothing, whose connection no unread request breaks.
http_ask() {
    HTTP_NAME=$1
    HTTP_URL=$2
    shift 2
    for TRY in 1 2 3 4; do
        ask 8 curl -q -sS -k -g --noproxy '*' --max-time 7 -o /dev/null -D - "$@" "$HTTP_URL"
        http_is_broken_off || break
    done
    HTTP_STATUS=$STATUS
    TABLE=$BODY
    if http_is_broken_off; then http_alert; fi
    BODY=$(http_lines)$NL
    emit "$REG_KEY/$HTTP_NAME" "$HTTP_STATUS"
    [ -z "$ERR" ] || say "$REG_KEY/$HTTP_NAME:err" "$HTTP_STATUS" "$ERR"
}

# http_is_broken_off: whether curl tells of a connection that ended while it was in use, and of no alert: 52 is that
# nothing came, 55 and 56 are sending and receiving.
http_is_broken_off() {
    case $STATUS$RAW_ERR in
    *' alert '*) return 1 ;;
    [1-9]*'reset by peer'* | [1-9]*'roken pipe'* | 35*SYSCALL* | 52* | 55* | 56*) return 0 ;;
    esac
    return 1
}

# http_alert: of a server that broke off, ERR: the alert that it sends to whoever waits for it, with the pair that the
# engine would present where HTTP_NAME is client-http.
http_alert() {
    case $HTTP_URL in https:*) ;; *) return 0 ;; esac
    has openssl || return 0
    set -- -connect "$REG_NAME:$REG_PORT" -cipher "$ENGINE_SUITES"
    [ -z "$REG_SNI" ] || set -- "$@" -servername "$REG_SNI"
    [ "$HTTP_NAME" != client-http ] || set -- "$@" -cert "$CLIENT_PAIR" -key "${CLIENT_PAIR%.cert}.key"
    BROKEN=$ERR
    ask 8 sh -c 'sleep 1 | openssl s_client "$@" >/dev/null' - "$@"
    case $RAW_ERR in *' alert '*) ;; *) ERR=$BROKEN ;; esac
}

# http_lines: prints the lines of TABLE that are judged.
http_lines() {
    BODY=$TABLE
    lines_as headers
    printf '%s' "${BODY%"$NL"}"
}
