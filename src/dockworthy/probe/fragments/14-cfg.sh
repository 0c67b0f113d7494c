# harbor.cfg, read as Python's configparser does (Harbor's prepare up to 1.7), and written as lines `key = value`.
# shellcheck shell=sh disable=SC2016,SC2034

# A value may go on in lines that begin with white space: then nothing harmless is in it.
CFG_AWK='
function put_key(   at, how) {
    if (KEY == "") return
    at = down(root(ENVIRON["CARRY_KIND"]), KEY)
    how = HOW[at] ""
    if (how == "secret") note_secret(VALUE_OF, KEY)
    if (VALUE_OF != "") VALUE_OF = at && !MORE ? told(at, VALUE_OF) : HIDDEN
    if (VALUE_OF ~ /[^ -~]/) VALUE_OF = HIDDEN
    note_file(how, VALUE_OF)
    print key_of(at, KEY) " =" (VALUE_OF == "" ? "" : " " VALUE_OF)
    KEY = ""
    MORE = 0
}
END {
    if (REFUSED) exit 62
    take_rows()
    for (I = 1; I <= LAST; I++) {
        ROW_OF = ROW[I]
        if (ROW_OF ~ /^[ \t]*$/ || ROW_OF ~ /^[#;]/ || ROW_OF ~ /^[Rr][Ee][Mm]([ \t]|$)/) continue
        if (ROW_OF ~ /^[ \t]/) {
            if (KEY == "") { if (ROW_OF ~ /^[ \t]+[#;]/) continue; refuse() }
            MORE = 1
            VALUE_OF = VALUE_OF "\n"
        } else if (ROW_OF ~ /^\[[^]]*\][ \t]*$/) {
            put_key()
            print "[" name_of(substr(ROW_OF, 2, index(ROW_OF, "]") - 2)) "]"
        } else {
            put_key()
            if (!match(ROW_OF, /[:=]/) || RSTART == 1) refuse()
            KEY = fold(substr(ROW_OF, 1, RSTART - 1))
            VALUE_OF = substr(ROW_OF, RSTART + 1)
            sub(/[ \t];.*$/, "", VALUE_OF)
            gsub(/^[ \t]+|[ \t]+$/, "", VALUE_OF)
        }
    }
    put_key()
    print_notes()
}
'

# carry_cfg RULES KIND: as carry_yaml.
carry_cfg() {
    carry_noted "$1" "$YAML_PARSER$YAML_WRITER$CFG_AWK" "$2"
}
