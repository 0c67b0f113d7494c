# Certificates and keys. What is secret in them stays here: of a private key only its public half leaves.
# shellcheck shell=sh disable=SC2034

# pem_files PATH…: for each file with PEM blocks a frame `file:PATH`. One that has a block that is not known to be
# public is reduced to its marker lines and its certificates, and `key:PATH` tells of its blocks. One without any
# block is not sent: its frame has status 61, and `digest:PATH` its size and SHA-256.
pem_files() {
    [ $# -gt 0 ] || return 0
    look "$@"
    KINDS=$LOOKED
    for FILE in "$@"; do
        LINE=${KINDS%%"$NL"*}
        KINDS=${KINDS#*"$NL"}
        pem_file "$FILE" "${LINE% *}" "${LINE#* }"
    done
}

pem_file() {
    take "$1" "$2" "$3"
    if [ "$STATUS" -ne 0 ]; then
        emit "file:$1" "$STATUS"
        return
    fi
    case $1 in
    *.toml)
        mask_lines
        emit "file:$1" 0
        return
        ;;
    *.key) SECRET_BLOCKS=1 ;;
    *) secret_blocks ;;
    esac
    if [ -n "$SECRET_BLOCKS" ]; then
        key_blocks
        public_part
        emit "file:$1" 0
        key_file "$1" "$3"
        return
    fi
    case $BODY in
    *-----BEGIN*)
        if [ -n "$BINARY" ]; then
            grab file_as_base64 "$1"
            emit64 "file:$1" "$STATUS"
        else
            emit "file:$1" 0
        fi
        ;;
    *)
        BODY=
        emit "file:$1" 61
        digest "$1" "$3"
        ;;
    esac
}

# digest PATH SIZE: `size N` and `sha256 HEX`.
digest() {
    SUM=-
    if has sha256sum; then
        SUM=$(sha256sum <"$1" 2>/dev/null)
        SUM=${SUM%% *}
    fi
    say "digest:$1" 0 "size $2${NL}sha256 $SUM$NL"
}

# secret_blocks: SECRET_BLOCKS, whether BODY has a block that is not of a kind known to be public.
secret_blocks() {
    SECRET_BLOCKS=
    case $BODY in
    *-----BEGIN* | *PRIVATE*) ;;
    *) return 0 ;;
    esac
    case $BODY in
    *PRIVATE*)
        SECRET_BLOCKS=1
        return
        ;;
    esac
    set -f
    IFS=$NL
    for LINE in $BODY; do
        case $LINE in
        *-----BEGIN*)
            LINE=${LINE##*-----BEGIN}
            case $LINE in
            *CERTIFICATE* | *CRL* | *PUBLIC\ KEY* | *PKCS7* | *CMS* | *PARAMETERS*) ;;
            *) SECRET_BLOCKS=1 ;;
            esac
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# public_part: BODY, reduced to marker lines, certificates and requests; every other line is REDACTED.
public_part() {
    OUT=
    INSIDE=
    set -f
    IFS=$NL
    for LINE in $BODY; do
        BARE=${LINE%"$CR"}
        BARE=${BARE%"${BARE##*[!" $TAB"]}"}
        case $BARE in
        -----BEGIN*-----)
            INSIDE=
            case $BARE in
            *-----*-----*-----*) LINE=REDACTED ;;
            *PRIVATE*) ;;
            '-----BEGIN CERTIFICATE-----' | '-----BEGIN CERTIFICATE REQUEST-----' | '-----BEGIN TRUSTED CERTIFICATE-----') INSIDE=1 ;;
            *) [ ${#BARE} -le 80 ] || LINE=REDACTED ;;
            esac
            ;;
        -----END*-----)
            INSIDE=
            case $BARE in
            *-----*-----*-----*) LINE=REDACTED ;;
            *) [ ${#BARE} -le 80 ] || LINE=REDACTED ;;
            esac
            ;;
        *)
            if [ -z "$INSIDE" ]; then
                LINE=REDACTED
            else
                case $BARE in *[!A-Za-z0-9+/=]*) LINE=REDACTED ;; esac
            fi
            ;;
        esac
        OUT=$OUT$LINE$NL
    done
    IFS=$FIELDS
    set +f
    BODY=$OUT
}

# key_blocks: BLOCKS, a line `block TYPE HEADERS STATE` for each PEM block of BODY: TYPE encoded, HEADERS the names
# of its headers with commas or -, STATE `ok`, `bad` (its base64 is not) or `open` (it has no end); and ENCRYPTED.
key_blocks() {
    BLOCKS=
    TYPE=
    ENCRYPTED=no
    set -f
    IFS=$NL
    for LINE in $BODY; do
        BARE=${LINE%"$CR"}
        BARE=${BARE%"${BARE##*[!" $TAB"]}"}
        case $BARE in
        -----BEGIN*-----)
            [ -z "$TYPE" ] || key_block open
            TYPE=${BARE#-----BEGIN}
            TYPE=${TYPE# }
            TYPE=${TYPE%-----}
            [ ${#TYPE} -le 64 ] || TYPE=REDACTED
            HEADERS=
            BLOCK_TEXT=0
            STATE=ok
            case $TYPE in ENCRYPTED*) ENCRYPTED=yes ;; esac
            ;;
        -----END*-----)
            [ -n "$TYPE" ] || continue
            [ "$BARE" = "-----END $TYPE-----" ] || STATE=bad
            [ $((BLOCK_TEXT % 4)) -eq 0 ] || STATE=bad
            key_block "$STATE"
            TYPE=
            ;;
        *:*)
            [ -n "$TYPE" ] || continue
            NAME=${BARE%%:*}
            case $NAME in *[!A-Za-z0-9-]*) NAME=other ;; esac
            [ ${#NAME} -le 32 ] || NAME=other
            HEADERS=$HEADERS,$NAME
            case $BARE in Proc-Type:*ENCRYPTED*) ENCRYPTED=yes ;; esac
            ;;
        *)
            [ -n "$TYPE" ] || continue
            IFS=$FIELDS
            # shellcheck disable=SC2086 # white space inside is allowed
            set -- $BARE
            for WORD in "$@"; do
                case $WORD in *[!A-Za-z0-9+/=]*) STATE=bad ;; esac
                BLOCK_TEXT=$((BLOCK_TEXT + ${#WORD}))
            done
            IFS=$NL
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
    [ -z "$TYPE" ] || key_block open
}

key_block() {
    IFS=$FIELDS
    enc "$TYPE"
    HEADERS=${HEADERS#,}
    BLOCKS="${BLOCKS}block $ENC ${HEADERS:--} $1$NL"
    IFS=$NL
}

# key_file PATH SIZE: the frame `key:PATH`, after key_blocks.
key_file() {
    PUBLIC=-
    PARSES=unknown
    if [ "$ENCRYPTED" = yes ]; then
        PARSES=no
    elif has openssl; then
        PARSES=no
        PUBLIC=$(limit 4 openssl pkey -in "$1" -pubout -outform DER -passin pass: 2>/dev/null | to_base64 | tr -d '\n')
        [ -z "$PUBLIC" ] || PARSES=yes
    fi
    say "key:$1" 0 "size $2$NL${BLOCKS}encrypted $ENCRYPTED${NL}parses $PARSES${NL}public ${PUBLIC:--}$NL"
}
CR=$(printf '\r')
