# Whether an image's configuration or history seems to hold a secret. It is judged here: where one lies is told, and
# of what kind it is, never what it is. Masking hides what might be a secret; a finding must be one, so that the
# names and values that are known for being none are left out here and not there.
# shellcheck shell=sh disable=SC2034

# secret_name NAME: whether a key, flag or variable of that name is likely to hold a secret.
secret_name() {
    case $1 in
    *[Aa]uthorization-plugin*) return 1 ;;
    esac
    secret_text "$1"
}

# secret_text TEXT: whether there is such a name in it; only then is it looked at word by word.
secret_text() {
    case $1 in
    *[Pp][Aa][Ss][Ss]* | *[Pp][Ww][Dd]* | *[Ss][Ee][Cc][Rr][Ee][Tt]* | *[Tt][Oo][Kk][Ee][Nn]*) return 0 ;;
    *[Cc][Rr][Ee][Dd]* | *[Aa][Uu][Tt][Hh]* | *[Aa][Pp][Ii]*[Kk][Ee][Yy]* | *[Aa][Cc][Cc][Ee][Ss][Ss]*[Kk][Ee][Yy]*) return 0 ;;
    *[Pp][Rr][Ii][Vv]*[Kk][Ee][Yy]* | *[Ss][Ii][Gg][Nn]*[Kk][Ee][Yy]* | *[Ee][Nn][Cc][Rr]*[Kk][Ee][Yy]*) return 0 ;;
    *[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*[Kk][Ee][Yy]* | *[Aa][Cc][Cc][Oo][Uu][Nn][Tt]*[Kk][Ee][Yy]*) return 0 ;;
    *[Dd][Ss][Nn] | *[Ww][Ee][Bb][Hh][Oo][Oo][Kk]* | *[Cc][Oo][Oo][Kk][Ii][Ee]*) return 0 ;;
    *) return 1 ;;
    esac
}

# What ends a word of a command line in JSON: blanks, quotation marks, escapes, what separates commands and lists.
WORD_ENDS="$SP_NL\"'\`\\,;|&(){}[]"

# secret_found WHERE RULE: once each.
secret_found() {
    case $SECRETS in *"{\"Where\":\"$1\",\"Rule\":\"$2\"}"*) return 0 ;; esac
    SECRETS="$SECRETS,{\"Where\":\"$1\",\"Rule\":\"$2\"}"
}

# Words in names that only look like those of secrets.
NO_SECRETS='[Aa][Uu][Tt][Hh][Oo][Rr][!Ii] [Aa][Uu][Tt][Hh][Oo][Rr][Ii][Tt] [Uu][Nn][Aa][Uu][Tt][Hh]
[Pp][Aa][Ss][Ss][Ee][Nn][Gg][Ee][Rr] [Pp][Aa][Ss][Ss][Ii][Vv][Ee] [Bb][Yy][Pp][Aa][Ss][Ss] [Cc][Oo][Mm][Pp][Aa][Ss][Ss]
[Pp][Aa][Ss][Ss][Tt][Hh][Rr]'

# config_secrets: CONFIG_SECRETS, a line `ID {"Where":…},…` for each image whose configuration was searched whole.
config_secrets() {
    CONFIG_SECRETS=$NL
    # shellcheck disable=SC2086 # identifiers have no spaces
    set -- $ALL_IMAGES
    [ $# -gt 0 ] || return 0
    ask 30 "$DOCKER" image inspect --format "$SECRETS_TEMPLATE" "$@"
    IMAGE=
    set -f
    IFS=$NL
    for LINE in $BODY; do
        IFS=$FIELDS
        WORD=${LINE%% *}
        TEXT=${LINE#* }
        case $WORD in
        IMAGE)
            IMAGE=$TEXT
            SECRETS=
            ;;
        END) CONFIG_SECRETS="$CONFIG_SECRETS$IMAGE ${SECRETS#,}$NL" ;;
        ENV | LABEL)
            TEXT=${TEXT#\"}
            pair_secrets "$WORD" "${TEXT%\"}" configuration
            ;;
        *)
            token_in "$TEXT" "configuration: $WORD"
            command_secrets "$TEXT" "configuration: $WORD"
            ;;
        esac
    done
    IFS=$FIELDS
    set +f
}

# pair_secrets KEYWORD NAME=VALUE WHERE
pair_secrets() {
    PLACE="$3: $1"
    case ${2%%=*} in
    '' | *[!A-Za-z0-9_./-]* | ????????????????????????????????????????????????????????????????*) ;;
    *) PLACE="$3: $1 ${2%%=*}" ;;
    esac
    token_in "$2" "$PLACE"
    if betrays "${2%%=*}" "${2#*=}"; then
        secret_found "$PLACE" name
    else
        command_secrets "${2#*=}" "$PLACE"
    fi
}

# betrays NAME VALUE: whether this is a secret by its name, and a value that can be one. Globbing is off.
betrays() {
    secret_name "$1" || return 1
    LONGER=${1}_
    for PART in $NO_SECRETS; do
        # shellcheck disable=SC2295 # a pattern
        case $LONGER in
        *$PART*) secret_name "${LONGER%%$PART*}_${LONGER#*$PART}" || return 1 ;;
        esac
    done
    case $1 in
    *[_.-][Ff][Ii][Ll][Ee] | *[_.-][Pp][Aa][Tt][Hh] | *[_.-][Dd][Ii][Rr] | */passwd | */shadow) return 1 ;;
    -*-stdin | --disable* | --no-* | --passphrase-fd*) return 1 ;;
    esac
    VALUE=${2#\\}
    VALUE=${VALUE#[\"\']}
    VALUE=${VALUE%%\\\"}
    case $VALUE in
    '' | \$* | '`'* | /run/secrets/* | [01] | [Tt]rue | TRUE | [Ff]alse | FALSE | [Yy]es | YES | [Nn]o | NO | [Nn]one | null) return 1 ;;
    esac
}

# command_secrets TEXT WHERE: notes `TOKEN=x`, `--password x`, `Authorization: Bearer x`, `"password": "x"`.
command_secrets() {
    url_secret "$1" "$2"
    case $1 in
    *:\$*chpasswd*) ;;
    *echo*:*chpasswd*) secret_found "$2" assignment ;;
    esac
    secret_text "$1" || return 0
    AWAITED=
    NAMED=
    IFS=$WORD_ENDS
    for WORD in $1; do
        IFS=$FIELDS
        [ -z "$WORD" ] || command_word "$2"
    done
    IFS=$FIELDS
}

# command_word WHERE: one WORD; AWAITED, the name whose value comes next.
command_word() {
    if [ -n "$AWAITED" ]; then
        case $WORD in = | : | := | [Bb]earer | [Bb]asic) return 0 ;; esac
        BEFORE_WORD=$AWAITED
        AWAITED=
        case $WORD in
        -*) ;;
        *)
            ! betrays "$BEFORE_WORD" "$WORD" || secret_found "$1" assignment
            return 0
            ;;
        esac
    fi
    case $WORD in
    = | : | :=)
        AWAITED=$NAMED
        NAMED=
        return 0
        ;;
    esac
    NAMED=
    HEAD=${WORD%%[=:]*}
    TAIL=${WORD#"$HEAD"}
    TAIL=${TAIL#[=:]}
    if ! secret_name "$HEAD"; then
        # `--log-opt=token=x`, `//registry.example.com/:_authToken=x`
        case $TAIL in
        *=*) HEAD=${TAIL%%=*} TAIL=${TAIL#*=} ;;
        esac
    fi
    secret_name "$HEAD" || return 0
    case $WORD in
    *=?* | *:?*) ! betrays "$HEAD" "$TAIL" || secret_found "$1" assignment ;;
    *= | *: | -*) AWAITED=$HEAD ;;
    *) NAMED=$HEAD ;;
    esac
}

# url_secret TEXT WHERE: notes `scheme://user:password@host`.
url_secret() {
    TAIL=$1
    while :; do
        case $TAIL in
        *://*@*) ;;
        *) return 0 ;;
        esac
        TAIL=${TAIL#*://}
        case ${TAIL%%@*} in
        *[\"\'\<\>"$SP_NL"]*) ;;
        *:\$* | *: | *:REDACTED) ;;
        */*:*) ;;
        *:?*) secret_found "$2" url ;;
        esac
    done
}

# token_in TEXT WHERE: notes strings that are known kinds of credentials, whatever they are named.
token_in() {
    case $1 in
    *AKIA[A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9]*) secret_found "$2" aws-access-key ;;
    *gh[pousr]_[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]* | *github_pat_*) secret_found "$2" github-token ;;
    *glpat-[A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-]*) secret_found "$2" gitlab-token ;;
    *xox[bpars]-[0-9]*) secret_found "$2" slack-token ;;
    *'PRIVATE KEY-----'*) secret_found "$2" private-key ;;
    *eyJ[A-Za-z0-9_-]*.eyJ[A-Za-z0-9_-]*.*) secret_found "$2" jwt ;;
    esac
}
