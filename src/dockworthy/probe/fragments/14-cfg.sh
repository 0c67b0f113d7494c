# harbor.cfg, read as Python's configparser does (Harbor's prepare up to 1.7), and written as lines `key = value`.
# shellcheck shell=sh disable=SC2016,SC2034

# A value may go on in lines that begin with white space: then nothing harmless is in it.
CFG_AWK='
function put_key(   at, how) {
    if (CFG_KEY == "") return
    at = down(root("harbor"), CFG_KEY)
    how = HOW[at] ""
    if (how == "secret") note_secret(CFG_VALUE, CFG_KEY)
    if (CFG_VALUE != "") CFG_VALUE = at && !CFG_MORE ? told(at, CFG_VALUE) : HIDDEN
    if (CFG_VALUE ~ /[^ -~]/) CFG_VALUE = HIDDEN
    note_file(how, CFG_VALUE)
    print key_of(at, CFG_KEY) " =" (CFG_VALUE == "" ? "" : " " CFG_VALUE)
    CFG_KEY = ""
    CFG_MORE = 0
}
function read_cfg(   i, row) {
    for (i = 1; i <= LAST; i++) {
        row = ROW[i]
        if (row ~ /^[ \t]*$/ || row ~ /^[#;]/ || row ~ /^[Rr][Ee][Mm]([ \t]|$)/) continue
        if (row ~ /^[ \t]/) {
            if (CFG_KEY == "") { if (row ~ /^[ \t]+[#;]/) continue; refuse() }
            CFG_MORE = 1
            CFG_VALUE = CFG_VALUE "\n"
        } else if (row ~ /^\[[^]]*\][ \t]*$/) {
            put_key()
            print "[" name_of(substr(row, 2, index(row, "]") - 2)) "]"
        } else {
            put_key()
            if (!match(row, /[:=]/) || RSTART == 1) refuse()
            CFG_KEY = fold(substr(row, 1, RSTART - 1))
            CFG_VALUE = substr(row, RSTART + 1)
            sub(/[ \t];.*$/, "", CFG_VALUE)
            gsub(/^[ \t]+|[ \t]+$/, "", CFG_VALUE)
        }
    }
    put_key()
}
'
