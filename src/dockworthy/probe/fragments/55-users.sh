# Users and groups, completion files, content trust.
# shellcheck shell=sh

probe_users() {
    accounts /etc/passwd passwd_line
    accounts /etc/group group_line
    line_files /etc/subuid /etc/subgid
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
    if [ -r "$1" ]; then
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

passwd_line() {
    IFS=:
    # shellcheck disable=SC2086 # split on purpose
    set -- $LINE
    IFS=$FIELDS
    printf '%s:x:%s:%s::%s:%s\n' "$1" "$3" "$4" "$6" "$7"
}

group_line() {
    IFS=:
    # shellcheck disable=SC2086 # split on purpose
    set -- $LINE
    IFS=$FIELDS
    printf '%s:x:%s:%s\n' "$1" "$3" "$4"
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
