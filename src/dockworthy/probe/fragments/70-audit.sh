# The kernel's audit: the rules that are loaded, and those that will be.
# shellcheck shell=sh disable=SC2034

probe_audit() {
    AUDITED=$NL
    audit_tool l
    audit_tool s
    list /etc/audit/rules.d
    BODY=$AUDIT_RULES
    audited_folders
    set -f
    IFS=$NL
    # shellcheck disable=SC2086 # one a line
    set -- $AUDITED
    IFS=$FIELDS
    set +f
    table audit "$@"
}

audit_tool() {
    BODY=
    ERR=
    STATUS=127
    ! has auditctl || ask 3 auditctl "-$1"
    [ -z "$BODY" ] || lines_as audited
    audited_folders
    emit "cmd:auditctl-$1" "$STATUS"
    [ -z "$ERR" ] || say "cmd:auditctl-$1:err" 0 "$ERR"
}

# audited_folders: AUDITED, the folders in which what the rules in BODY name lies, one a line: the kernel resolves the
# links in them when it loads the rule.
audited_folders() {
    case $BODY in */*) ;; *) return 0 ;; esac
    set -f
    for WORD in $BODY; do
        case $WORD in
        -w/*) WORD=${WORD#-w} ;;
        path=/* | dir=/* | -Fpath=/* | -Fdir=/*) WORD=${WORD#*=} ;;
        /*) ;;
        *) continue ;;
        esac
        WORD=${WORD%/}
        WORD=${WORD%/*}
        case $AUDITED in *"$NL$WORD$NL"*) continue ;; esac
        [ -z "$WORD" ] || [ ${#AUDITED} -gt 16384 ] || AUDITED=$AUDITED$WORD$NL
    done
    set +f
}
