# The mirrors of Docker Hub that the engine says it has, asked as registries are.
# shellcheck shell=sh disable=SC2034

MAX_MIRRORS=5
MIRRORS=

# probe_mirrors: `mirror:URL/tls`, `/tls12`, `/http` and what else a registry has, of each as it is spelled; where one is
# plain HTTP, `mirror:URL/plain` alone. `cmd:mirror-lookups` is as `cmd:lookups`.
probe_mirrors() {
    LOOKUPS=
    ASKED=
    NUMBER=0
    REG_KIND=mirror
    SUITES=$ENGINE_SUITES
    for MIRROR in $MIRRORS; do
        case $MIRROR in
        *[!][A-Za-z0-9.:/_~%-]*) continue ;;
        http://?* | https://?*) ;;
        *) continue ;;
        esac
        case " $ASKED " in *" $MIRROR "*) continue ;; esac
        [ "$NUMBER" -lt "$MAX_MIRRORS" ] || break
        NUMBER=$((NUMBER + 1))
        ASKED="$ASKED $MIRROR"
        ask_mirror
    done
    [ -z "$ASKED" ] || say cmd:mirror-lookups 0 "$LOOKUPS"
}

ask_mirror() {
    REGISTRY=${MIRROR#*://}
    REGISTRY=${REGISTRY%%/*}
    registry_address
    REG_KEY=mirror:$MIRROR
    case $REG_NAME in
    \[* | '') ;;
    *) [ -z "$GETENT" ] || look_up mirror "$REG_NAME" 5 ahosts "$REG_NAME" ;;
    esac
    if ! has curl; then
        say "$REG_KEY/http" 127 ''
        return
    fi
    case $MIRROR in
    http:*) http_ask plain "${MIRROR%/}/v2/" ;;
    *)
        REG_ASKS=
        MIRROR_PATH=${MIRROR%/}
        tls_facts tls -min_protocol TLSv1.2
        [ "$STATUS" -ne 124 ] || return 0
        tls_facts tls12 -tls1_2
        CLIENT_TABLE=$TABLE
        http_ask http "$MIRROR_PATH/v2/"
        [ "$HTTP_STATUS" -eq 0 ] || http_ask plain "http:${MIRROR_PATH#https:}/v2/"
        [ -z "$REG_ASKS" ] || client_facts
        ;;
    esac
}
