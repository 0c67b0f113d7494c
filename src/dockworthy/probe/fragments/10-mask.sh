# What must not leave the host is replaced by REDACTED here, before anything is printed.
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

# mask_urls TEXT: MASKED, without the user information of the URLs in it.
mask_urls() {
    MASKED=$1
    case $1 in
    *://*@*) ;;
    *) return 0 ;;
    esac
    MASKED=
    INSIDE=
    set -f
    IFS=@
    # Each piece but the last stood before an `@`; the mark keeps a last one that is empty.
    for URL_PART in $1$EDGE; do
        IFS=$FIELDS
        MASKED=$MASKED$BEFORE
        url_piece
        MASKED=$MASKED$URL_PART
        BEFORE=@
    done
    BEFORE=
    IFS=$FIELDS
    set +f
    MASKED=${MASKED%"$EDGE"}
}
BEFORE=

# url_piece: URL_PART, which an `@` follows unless it ends with the mark, without a URL's user information.
url_piece() {
    if [ -n "$INSIDE" ]; then
        # The password had an `@` in it.
        case $URL_PART in
        *[/\"\'\`\<\>"$SP_NL$EDGE"]*) INSIDE= ;;
        *)
            URL_PART=REDACTED
            return
            ;;
        esac
    fi
    case $URL_PART in
    *"$EDGE") return ;;
    *://*) ;;
    *) return ;;
    esac
    LAST_URL=${URL_PART##*://}
    case $LAST_URL in
    *[\"\'\`\<\>"$SP_NL"]*) return ;;
    */*)
        # A slash: the path of a URL, unless the password has it, and then the host's port is no number.
        case ${LAST_URL%%/*} in
        \[*) return ;;
        *:*[!0-9]*) ;;
        *) return ;;
        esac
        ;;
    esac
    INSIDE=1
    URL_PART=${URL_PART%"$LAST_URL"}REDACTED
}

# mask TEXT: MASKED, with the values of words such as `token=…` and of URLs' user information replaced.
# A word ends at white space or a quotation mark; the text between words is kept as it is.
mask() {
    mask_urls "$1"
    secret_text "$1" || return 0
    LEFT=$MASKED
    MASKED=
    HIDE=
    NAMED=
    while [ -n "$LEFT" ]; do
        WORD=${LEFT%%[\"\'"$SP_NL"]*}
        LEFT=${LEFT#"$WORD"}
        GAP=${LEFT%%[!\"\'"$SP_NL"]*}
        LEFT=${LEFT#"$GAP"}
        mask_word
        MASKED=$MASKED$WORD$GAP
        [ -n "$WORD$GAP" ] || break
        [ -z "$HIDE" ] || mask_quoted
    done
}

# mask_quoted: where a value that must be hidden has quotes, all that is between them goes.
mask_quoted() {
    case $GAP in
    *\") QUOTE=\" ;;
    *\') QUOTE=\' ;;
    *) return ;;
    esac
    HIDE=
    MASKED=${MASKED}REDACTED
    while :; do
        PART=${LEFT%%"$QUOTE"*}
        LEFT=${LEFT#"$PART"}
        case $PART in
        *\\) LEFT=${LEFT#"$QUOTE"} ;;
        *) return ;;
        esac
        [ -n "$LEFT" ] || return
    done
}

# mask_lines: BODY, masked line by line, so that a long file costs no more than its length.
mask_lines() {
    mask_urls "$BODY"
    BODY=$MASKED
    secret_text "$BODY" || return 0
    TEXT=$BODY
    grab mask_each_line
    case $TEXT in *"$NL") ;; *) BODY=${BODY%"$NL"} ;; esac
}

mask_each_line() {
    printf '%s' "$TEXT" | while IFS= read -r LINE || [ -n "$LINE" ]; do
        mask "$LINE"
        printf '%s\n' "$MASKED"
    done
}

# mask_word: WORD, masked; HIDE says that the word before it was a name whose value this is.
mask_word() {
    if [ -n "$HIDE" ]; then
        case $WORD in
        '' | = | :) return ;;
        -*) ;;
        *)
            HIDE=
            WORD=REDACTED
            return
            ;;
        esac
    fi
    HIDE=
    case $WORD in
    = | : | :=)
        # `password = …`, `"password": …`
        HIDE=$NAMED
        NAMED=
        return
        ;;
    esac
    NAMED=
    case $WORD in
    *=*)
        # The value begins after the `=` that follows the name that betrays it: `--log-opt=token=…`.
        HEAD=
        TAIL=$WORD
        while :; do
            case $TAIL in
            *=*) ;;
            *) return ;;
            esac
            HEAD=$HEAD${TAIL%%=*}=
            TAIL=${TAIL#*=}
            if secret_name "${HEAD%=}"; then
                if [ -n "$TAIL" ]; then WORD=${HEAD}REDACTED; else HIDE=1; fi
                return
            fi
        done
        ;;
    *: | -*) ! secret_name "$WORD" || HIDE=1 ;;
    *:*) ! secret_name "${WORD%%:*}" || WORD=${WORD%%:*}:REDACTED ;;
    *) ! secret_name "$WORD" || NAMED=1 ;;
    esac
    return 0
}
