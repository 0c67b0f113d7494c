# The kernel's audit: the rules that are loaded, and those that will be.
# shellcheck shell=sh disable=SC2034

probe_audit() {
    audit_tool l
    audit_tool s
    list /etc/audit/rules.d
    set -- /etc/audit/audit.rules
    for FILE in /etc/audit/rules.d/*.rules; do
        [ ! -e "$FILE" ] || set -- "$@" "$FILE"
    done
    files "$@"
}

audit_tool() {
    BODY=
    ERR=
    STATUS=127
    ! has auditctl || ask 3 auditctl "-$1"
    emit "cmd:auditctl-$1" "$STATUS"
    [ -z "$ERR" ] || say "cmd:auditctl-$1:err" 0 "$ERR"
}
