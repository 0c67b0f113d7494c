# What must not leave the host is replaced by REDACTED here, before anything is printed.
# shellcheck shell=sh disable=SC2034

# secret_name NAME: whether a key, flag or variable of that name is likely to hold a secret.
secret_name() {
    case $1 in
    *[Aa]uthorization-plugin* | *[Tt][Ll][Ss][Kk][Ee][Yy]* | *[Pp][Aa][Ss][Ss][Tt][Hh][Rr][Oo]*) return 1 ;;
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
    case $1 in
    *://*@*) ;;
    *)
        MASKED=$1
        return
        ;;
    esac
    MASKED=
    LEFT=$1
    while :; do
        case $LEFT in
        *://*@*) ;;
        *) break ;;
        esac
        MASKED=$MASKED${LEFT%%://*}://
        LEFT=${LEFT#*://}
        WORD=${LEFT%%[\"\'\`\<\>"$SP_NL"]*}
        HOST=${WORD%%/*}
        case $HOST in
        *@*) CUT=${HOST%@*} ;;
        *:*[!0-9]*)
            # A password with a slash in it: what looks like the host is not one.
            case $WORD in
            *@*) CUT=${WORD%@*} ;;
            *) CUT= ;;
            esac
            case $HOST in \[*\] | \[*\]:*) CUT= ;; esac
            ;;
        *) CUT= ;;
        esac
        if [ -n "$CUT" ]; then
            MASKED=${MASKED}REDACTED
            LEFT=${LEFT#"$CUT"}
        fi
    done
    MASKED=$MASKED$LEFT
}

# mask TEXT: MASKED, with the values of words such as `token=…` and of URLs' user information replaced.
# A word ends at white space or a quotation mark; the text between words is kept as it is.
mask() {
    mask_urls "$1"
    case $MASKED in
    *[=:\ ]*) ;;
    *) return ;;
    esac
    LEFT=$MASKED
    MASKED=
    HIDE=
    while [ -n "$LEFT" ]; do
        WORD=${LEFT%%[\"\'"$SP_NL"]*}
        LEFT=${LEFT#"$WORD"}
        GAP=${LEFT%%[!\"\'"$SP_NL"]*}
        LEFT=${LEFT#"$GAP"}
        mask_word
        MASKED=$MASKED$WORD$GAP
        [ -n "$WORD$GAP" ] || break
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
    *: | -*) secret_name "$WORD" && HIDE=1 ;;
    *:*)
        secret_name "${WORD%%:*}" && WORD=${WORD%%:*}:REDACTED
        ;;
    esac
    return 0
}
