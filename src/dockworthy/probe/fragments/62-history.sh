# The build history of each image, with its keywords and without what may be secret: values of variables, arguments
# and labels, and all of a command line but the names of what it runs and what package managers are told.
# shellcheck shell=sh disable=SC2034

MAX_IMAGES=200
BACKSLASH="\\"

# api_history: a frame `docker:history`, one object an image.
api_history() {
    LINES_OUT=
    HISTORY_STATUS=0
    NUMBER=0
    config_secrets
    for IMAGE in $ALL_IMAGES; do
        NUMBER=$((NUMBER + 1))
        if [ "$NUMBER" -gt "$MAX_IMAGES" ]; then
            HISTORY_STATUS=27
            break
        fi
        ask 8 "$DOCKER" history --no-trunc --human=false --format '{{json .Comment}} {{json .CreatedBy}} {{.Size}}' "$IMAGE"
        case $STATUS in
        0) history_of_image ;;
        124)
            HISTORY_STATUS=124
            break
            ;;
        *) only_vanished || HISTORY_STATUS=$STATUS ;;
        esac
    done
    say docker:history "$HISTORY_STATUS" "$LINES_OUT"
}

history_of_image() {
    ITEMS=
    SECRETS=
    INDEX=0
    set -f
    IFS=$NL
    for LINE in $BODY; do
        IFS=$FIELDS
        TEXT=${LINE%%'" "'*}
        token_in "$TEXT" "history $INDEX: comment"
        command_secrets "${TEXT#\"}" "history $INDEX: comment"
        LINE=${LINE#*'" '}
        SIZE=${LINE##* }
        TEXT=${LINE%\"*}
        TEXT=${TEXT#\"}
        history_entry
        case $SIZE in '' | *[!0-9]*) SIZE=null ;; esac
        ITEMS="$ITEMS,{\"CreatedBy\":\"$DONE\",\"Size\":$SIZE}"
        INDEX=$((INDEX + 1))
    done
    IFS=$FIELDS
    set +f
    CONFIG=
    case $CONFIG_SECRETS in
    *"$NL$IMAGE "*)
        CONFIG=${CONFIG_SECRETS#*"$NL$IMAGE "}
        CONFIG=",\"ConfigSecrets\":[${CONFIG%%"$NL"*}]"
        ;;
    esac
    LINES_OUT="$LINES_OUT{\"Id\":\"$IMAGE\",\"History\":[${ITEMS#,}],\"Secrets\":[${SECRETS#,}]$CONFIG}$NL"
}

# history_entry: DONE, what is told of TEXT, the inside of a JSON string.
history_entry() {
    case $TEXT in
    '|'[0-9]*) TEXT="RUN $TEXT" ;;
    *)
        REST_OF_RUN=$TEXT
        without_shell
        case $REST_OF_RUN in
        "$TEXT") ;;
        '#(nop) '*) TEXT=${REST_OF_RUN#'#(nop) '} ;;
        *) TEXT="RUN $TEXT" ;;
        esac
        ;;
    esac
    TEXT=${TEXT#"${TEXT%%[! ]*}"}
    TEXT=${TEXT%' # buildkit'}
    token_in "$TEXT" "history $INDEX"
    case $TEXT in
    ENV\ * | ARG\ * | LABEL\ *) url_secret "$TEXT" "history $INDEX: ${TEXT%% *}" ;;
    RUN\ * | COPY\ * | ADD\ * | CMD\ * | ENTRYPOINT\ * | HEALTHCHECK\ * | SHELL\ * | ONBUILD\ *)
        command_secrets "$TEXT" "history $INDEX: ${TEXT%% *}"
        ;;
    *) command_secrets "$TEXT" "history $INDEX" ;;
    esac
    WORD=${TEXT%% *}
    case $WORD in
    ENV | ARG | LABEL) history_names "$WORD" "${TEXT#"$WORD"}" ;;
    RUN) history_run "${TEXT#RUN}" ;;
    COPY | ADD | USER | EXPOSE | WORKDIR | VOLUME | STOPSIGNAL | FROM) history_words "${TEXT#"$WORD"}" ;;
    CMD | ENTRYPOINT | HEALTHCHECK | SHELL | ONBUILD | MAINTAINER)
        case $TEXT in
        "$WORD []" | "$WORD NONE" | "$WORD [\\\"NONE\\\"]" | "$WORD {[NONE]"*) DONE="$WORD ${TEXT#"$WORD "}" ;;
        *) DONE="$WORD REDACTED" ;;
        esac
        ;;
    apt | apt-get | aptitude | apk | yum | dnf | microdnf | tdnf | zypper | pacman | curl | wget) history_run "$TEXT" ;;
    *[!A-Za-z0-9._/-]*) DONE=REDACTED ;;
    *)
        short_pieces "$WORD" || WORD=REDACTED
        DONE=$WORD
        [ "$WORD" = "$TEXT" ] || DONE="$WORD REDACTED"
        ;;
    esac
}

# history_words TEXT: DONE, WORD and what it names: paths, users, ports, digests; what is no such thing is REDACTED.
history_words() {
    DONE=$WORD
    for PART in $1; do
        case $PART in
        file:[0-9a-f]* | dir:[0-9a-f]* | multi:[0-9a-f]*) case ${PART#*:} in *[!0-9a-f]*) PART=REDACTED ;; esac ;;
        --from=* | --chown=* | --chmod=* | --link | --checksum=*) case $PART in *[!A-Za-z0-9:=._/@-]* | *:*@*) PART="${PART%%=*}=REDACTED" ;; esac ;;
        http://* | https://* | ftp://* | git://* | ssh://*) PART=${PART%%://*}://REDACTED ;;
        *[!]A-Za-z0-9._/:,*[+~\\\"-]*) PART=REDACTED ;;
        esac
        ! token_like "$PART" || PART=REDACTED
        [ ${#PART} -le 200 ] || PART=REDACTED
        DONE="$DONE $PART"
    done
}

CONSONANT='[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz]'
CONSONANTS=$CONSONANT$CONSONANT$CONSONANT$CONSONANT$CONSONANT$CONSONANT$CONSONANT

# token_like TEXT: whether a long piece of it has letters and digits, and is no digest; or is no word that anybody wrote.
token_like() {
    case $1 in /*) return 1 ;; esac
    IFS='.:=+~/_,@[]*"-'
    for PIECE in $1; do
        case $PIECE in
        *[0-9]*[g-zA-Z]* | *[g-zA-Z]*[0-9]* | *$CONSONANTS* | *[a-z][A-Z]*[a-z][A-Z]*[a-z][A-Z]*[a-z][A-Z]*)
            if [ ${#PIECE} -gt 15 ]; then
                IFS=$FIELDS
                return 0
            fi
            ;;
        esac
    done
    IFS=$FIELDS
    return 1
}

# history_names KEYWORD TEXT: DONE, the names that are set, without their values.
history_names() {
    DONE=$1
    KEYWORD=$1
    for WORD in $2; do
        case $WORD in
        [A-Za-z_]*=*)
            NAME=${WORD%%=*}
            case $NAME in *[!A-Za-z0-9_.-]*) continue ;; esac
            # Behind the first it may be a part of a value: the end of base64 has signs, too.
            case $DONE:$WORD in "$1":* | *:*=*[!=]*) ;; *) continue ;; esac
            short_pieces "$NAME" || NAME=REDACTED
            DONE="$DONE $NAME=REDACTED"
            ! betrays "$NAME" "${WORD#*=}" || secret_found "history $INDEX: $KEYWORD $NAME" name
            ;;
        esac
    done
    if [ "$DONE" = ARG ] || [ "$DONE" = ENV ]; then
        NAME=${2#"${2%%[! ]*}"}
        NAME=${NAME%% *}
        case $NAME in
        '' | *[!A-Za-z0-9_]*) ;;
        *) ! short_pieces "$NAME" || DONE="$DONE $NAME" ;;
        esac
    fi
}

# history_run TEXT: DONE, the commands by name; of package managers also their words, so that an update without
# an installation can be told. Build arguments (`|2 A=b C=d`) by name.
history_run() {
    REST_OF_RUN=${1#"${1%%[! ]*}"}
    DONE=RUN
    case $REST_OF_RUN in
    '|'[0-9]*)
        COUNTDOWN=${REST_OF_RUN%% *}
        COUNTDOWN=${COUNTDOWN#'|'}
        case $REST_OF_RUN in
        *' /bin/sh -c '*)
            ARGS=${REST_OF_RUN%%' /bin/sh -c '*}
            REST_OF_RUN="/bin/sh -c ${REST_OF_RUN#"$ARGS /bin/sh -c "}"
            ;;
        *)
            ARGS=$REST_OF_RUN
            REST_OF_RUN=
            ;;
        esac
        history_names ARG "${ARGS#"|$COUNTDOWN"}"
        DONE="RUN |$COUNTDOWN${DONE#ARG}"
        ;;
    esac
    without_shell
    [ ${#REST_OF_RUN} -le 16384 ] || REST_OF_RUN=
    without_escapes
    # What separates commands becomes a word of its own; what stands in quotation marks is no command.
    FIRST=1
    JOIN='&&'
    MANAGER=
    KEPT=
    QUOTED=
    for WORD in $REST_OF_RUN; do
        if [ -n "$QUOTED" ]; then
            quotes_of "$WORD"
            continue
        fi
        case $WORD in
        '&&' | '||' | ';' | '\n' | '\t' | '\u0026\u0026')
            FIRST=1
            JOIN='&&'
            MANAGER=
            ;;
        '|')
            FIRST=1
            JOIN='|'
            MANAGER=
            ;;
        *)
            quotes_of "$WORD"
            run_word
            ;;
        esac
    done
    DONE=$DONE$KEPT
}

# without_shell: REST_OF_RUN without the shell that the builder puts before it (`/bin/bash -o pipefail -c `).
without_shell() {
    case $REST_OF_RUN in
    *sh\ -*) ;;
    *) return 0 ;;
    esac
    WORD=${REST_OF_RUN%% *}
    case ${WORD##*/} in sh | bash | dash | ash | ksh | zsh) ;; *) return 0 ;; esac
    LEFT=${REST_OF_RUN#"$WORD "}
    while :; do
        WORD=${LEFT%% *}
        case $WORD in
        -*c)
            REST_OF_RUN=${LEFT#"$WORD "}
            return
            ;;
        -* | pipefail | errexit | nounset | xtrace) LEFT=${LEFT#"$WORD "} ;;
        *) return ;;
        esac
        case $LEFT in *\ *) ;; *) return ;; esac
    done
}

# without_escapes: REST_OF_RUN with JSON's tabs and line ends as what they are to a shell: a gap, and the end of a
# command. Quotation marks keep their backslash.
without_escapes() {
    case $REST_OF_RUN in
    *\\*) ;;
    *) return 0 ;;
    esac
    LEFT=
    WORD=
    IFS=$BACKSLASH
    for PART in $REST_OF_RUN; do
        case $WORD$PART in
        .t*) LEFT="$LEFT ${PART#t}" ;;
        .n*) LEFT="$LEFT ; ${PART#n}" ;;
        .u0026*) LEFT="$LEFT&${PART#u0026}" ;;
        .*) LEFT="$LEFT\\$PART" ;;
        *) LEFT=$LEFT$PART ;;
        esac
        # Two backslashes are one, and what is after them is no escape.
        if [ "$WORD" = . ] && [ -z "$PART" ]; then WORD=''; else WORD=.; fi
    done
    IFS=$FIELDS
    REST_OF_RUN=$LEFT
}

# quotes_of WORD: QUOTED, the quotation mark that is open after the word.
quotes_of() {
    LEFT=$1
    while :; do
        if [ -n "$QUOTED" ]; then
            case $LEFT in *"$QUOTED"*) ;; *) return ;; esac
            LEFT=${LEFT#*"$QUOTED"}
            QUOTED=
            continue
        fi
        case $LEFT in
        *[\"\']*) ;;
        *) return ;;
        esac
        REST=${LEFT#*[\"\']}
        QUOTED=${LEFT%"$REST"}
        QUOTED=${QUOTED#"${QUOTED%?}"}
        LEFT=$REST
    done
}

run_word() {
    LAST_OF_COMMAND=
    case $WORD in
    *\;)
        LAST_OF_COMMAND=1
        WORD=${WORD%\;}
        ;;
    esac
    WORD=${WORD#\\t}
    if [ -n "$FIRST" ]; then
        case $WORD in
        *=* | set | -* | if | then | else | do | '{' | '(' | '!') return ;;
        *[!A-Za-z0-9._/+-]* | '') WORD=REDACTED ;;
        esac
        [ ${#WORD} -le 40 ] && short_pieces "$WORD" || WORD=REDACTED
        HIDE_NEXT=
        [ -z "$KEPT" ] || KEPT="$KEPT $JOIN"
        KEPT="$KEPT $WORD"
        FIRST=
        MANAGER=
        case ${WORD##*/} in
        apt | apt-get | aptitude | apk | yum | dnf | microdnf | tdnf | zypper | pacman | opkg | pip | pip3 | npm | gem | rpm) MANAGER=1 ;;
        curl | wget) MANAGER=flags ;;
        sudo) FIRST=1 JOIN= ;;
        esac
    elif [ -n "$MANAGER" ]; then
        case $MANAGER$WORD in
        flags-*[!A-Za-z-]* | flags[!-]*) ;;
        flags*) KEPT="$KEPT $WORD" ;;
        1[Aa][Pp][Tt]::[A-Z]*[!A-Za-z:=-]* | 1Acquire::[A-Z]*[!A-Za-z:=-]*) ;;
        1[Aa][Pp][Tt]::[A-Z]* | 1Acquire::[A-Z]*) [ ${#WORD} -gt 60 ] || KEPT="$KEPT $WORD" ;;
        1--*[!A-Za-z-]*) run_argument ;;
        1--*)
            HIDE_NEXT=
            ! secret_name "$WORD" || HIDE_NEXT=1
            [ ${#WORD} -gt 40 ] || KEPT="$KEPT $WORD"
            ;;
        *) run_argument ;;
        esac
    fi
    if [ -n "$LAST_OF_COMMAND" ]; then
        FIRST=1
        JOIN='&&'
        MANAGER=
    fi
}

# run_argument: keeps WORD, what a package manager is told, where it can be the name of a package or of a command.
run_argument() {
    if [ -n "$HIDE_NEXT" ]; then
        HIDE_NEXT=
        return
    fi
    case $WORD in
    *[!A-Za-z0-9.:=+~-]*) return ;;
    -*) ! secret_name "$WORD" || HIDE_NEXT=1 ;;
    esac
    ! secret_name "$WORD" || return 0
    [ ${#WORD} -le 60 ] || return 0
    ! short_pieces "$WORD" || KEPT="$KEPT $WORD"
}

# short_pieces WORD: whether it is made of pieces as names are, none of them long.
short_pieces() {
    IFS='.:=+~/_-'
    for PART in $1; do
        if [ ${#PART} -gt 15 ]; then
            IFS=$FIELDS
            return 1
        fi
    done
    IFS=$FIELDS
}
HIDE_NEXT=
