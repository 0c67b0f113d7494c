# Users and groups, completion files, content trust.
# shellcheck shell=sh

probe_users() {
    accounts /etc/passwd passwd_line
    accounts /etc/group group_line
    BODY=
    STATUS=127
    if has getent; then
        grab limit 3 getent group docker
        TABLE=$BODY
        GETENT=$STATUS
        grab each_account group_line
        STATUS=$GETENT
    fi
    emit cmd:getent-group-docker "$STATUS"
    completion
    content_trust /etc/environment /etc/profile /etc/bash.bashrc /etc/bashrc /etc/profile.d/*.sh
}

# accounts FILE FUNCTION: the file without what may be a password hash or a person's name.
accounts() {
    if [ -f "$1" ] && [ -r "$1" ]; then
        grab head -c 8388608 "$1"
        TABLE=$BODY
        grab each_account "$2"
    else
        BODY=
        missing "$1"
    fi
    emit "file:$1" "$STATUS"
}

each_account() {
    set -f
    IFS=$NL
    for LINE in $TABLE; do
        "$1"
    done
    IFS=$FIELDS
    set +f
}

# passwd_line, group_line: the fields that are what belongs there; in a line that is not in order others may be a hash.
passwd_line() {
    IFS=:
    # shellcheck disable=SC2086 # split on purpose
    set -- $LINE
    IFS=$FIELDS
    a_number "${3:-}"
    OWNER=$WORD
    a_number "${4:-}"
    GROUP=$WORD
    a_place "${6:-}"
    LINE=$WORD
    a_place "${7:-}"
    # What has no fields is no entry, and may be the rest of one.
    if [ $# -gt 2 ]; then account_name "$1"; else NAME=REDACTED; fi
    printf '%s:x:%s:%s::%s:%s\n' "$NAME" "$OWNER" "$GROUP" "$LINE" "$WORD"
}

group_line() {
    IFS=:
    # shellcheck disable=SC2086 # split on purpose
    set -- $LINE
    IFS=$FIELDS
    a_number "${3:-}"
    GROUP=$WORD
    account_name "${4:-}"
    LINE=$NAME
    if [ $# -gt 2 ]; then account_name "$1"; else NAME=REDACTED; fi
    printf '%s:x:%s:%s\n' "$NAME" "$GROUP" "$LINE"
}

# a_number TEXT, a_place TEXT: WORD, a number or a path, or nothing.
a_number() {
    WORD=$1
    case $1 in *[!0-9]* | ???????????*) WORD='' ;; esac
}

a_place() {
    WORD=$1
    case $1 in
    [!/]* | *[?\&\;=@\"]*) WORD='' ;;
    esac
}

# account_name TEXT: NAME, one, or several with commas between; a hash has its method between two signs of a dollar.
account_name() {
    NAME=$1
    case $1 in
    *\$[A-Za-z0-9]\$* | *\$[A-Za-z0-9][A-Za-z0-9]\$* | *\$[A-Za-z]*[0-9]*\$*\$* | *=*) NAME=REDACTED ;;
    esac
}

completion() {
    table completion /usr/share/bash-completion/bash_completion /etc/bash_completion \
        /usr/share/bash-completion/completions/docker /etc/bash_completion.d/docker \
        /usr/share/bash-completion/completions/docker-compose /etc/bash_completion.d/docker-compose \
        /etc/bash_completion.d/docker.sh /usr/share/zsh/vendor-completions/_docker \
        /usr/share/zsh/site-functions/_docker /usr/share/fish/vendor_completions.d/docker.fish
}

# content_trust FILE…: the assignments of DOCKER_CONTENT_TRUST in the files that every login reads.
content_trust() {
    FOUND=
    for FILE in "$@"; do
        if [ ! -f "$FILE" ] || [ ! -r "$FILE" ]; then continue; fi
        enc "$FILE"
        content_trust_file 2>/dev/null <"$FILE"
    done
    say cmd:content-trust 0 "$FOUND"
}

content_trust_file() {
    while read -r FIRST REST || [ -n "$FIRST" ]; do
        case "$FIRST $REST" in
        \#*) ;;
        *DOCKER_CONTENT_TRUST=*)
            REST="$FIRST $REST"
            HEAD=
            case $FIRST in export) HEAD='export ' ;; esac
            REST=DOCKER_CONTENT_TRUST=${REST#*DOCKER_CONTENT_TRUST=}
            REST=${REST%%[";&| $TAB"]*}
            content_trust_value "${REST#*=}"
            FOUND=$FOUND$ENC${TAB}${HEAD}DOCKER_CONTENT_TRUST=$VALUE$NL
            ;;
        esac
    done
}

# content_trust_value TEXT: VALUE, as much of it as says whether it is on: what Go reads as true or false, nothing, or
# that the shell decides.
content_trust_value() {
    VALUE=${1#[\"\']}
    VALUE=${VALUE%[\"\']}
    case $VALUE in
    '' | 0 | 1 | [tT] | [fF] | true | TRUE | True | false | FALSE | False) ;;
    *[\$\`]*) VALUE=\$ ;;
    *) VALUE=REDACTED ;;
    esac
}
