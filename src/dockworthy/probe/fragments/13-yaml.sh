# YAML, read by PyYAML's grammar (scanner.py, parser.py, composer.py, resolver.py, constructor.py of 6.0), and written
# again with the values that the rules of 11-carry.sh allow. Where it is not certain, nothing is carried.
# shellcheck shell=sh disable=SC2016,SC2034

# The scanner: lines to tokens. A window T of the line, so that a long one costs no more than its length; P is the next
# character in it, R what follows it on the line, BASE the column before it. An empty CH is the end of a line.
YAML_SCANNER='
function peek(at) {
    if (R != "" && length(T) - P < 300) {
        BASE += P - 1
        T = substr(T, P) substr(R, 1, 2000)
        R = substr(R, 2001)
        P = 1
    }
    return substr(T, P + at, 1)
}
function column() { return BASE + P - 1 }
function open_line() {
    BASE = 0
    P = 1
    T = substr(ROW[LN], 1, 2000)
    R = substr(ROW[LN], 2001)
}
function newline() {
    if (LN >= LAST) return 0
    LN++
    open_line()
    return 1
}
function to_end() {
    R = ""
    P = length(T) + 1
}
# How many characters from here on a set of them holds; as far as the window goes.
function run(set) { return match(substr(T, P), set) ? RLENGTH : 0 }
function skip_spaces() { while (peek(0) == " ") P += run("^ +") }
function blank(c) { return c == "" || c == " " || c == "\t" }
function at_marker(s) {
    peek(0)
    s = substr(T, P, 3)
    return (s == "---" || s == "...") && blank(substr(T, P + 3, 1))
}
# no_yaml(words): PyYAML refuses it here, with these words: of the text only one of the characters that YAML knows is told.
# What other programs read they may take.
# The parser, which it has go along, may refuse what stands before that: it comes first, by way of END.
function no_yaml(words) {
    if (KIND_OF_TEXT != "harbor") refuse()
    PENDING = words ", line " LN ", column " (column() + 1)
    exit 64
}
function broken(words) {
    if (KIND_OF_TEXT != "harbor") refuse()
    printf "\00264\n%s\n\002", words
    exit 64
}
function found(c) {
    c = peek(0)
    return c == "" ? "the end of a line" : c == "\t" ? "\047\\t\047" : index("-?:,[]{}#&*!|>\"%@`\\ ", c) ? "\047" c "\047" : "another"
}
function token(type, value, bare) {
    TYPE[++TOKENS] = type
    LINE_OF[TOKENS] = BEGUN
    if (value != "") VALUE[TOKENS] = value
    if (bare) BARE[TOKENS] = 1
    if (TOKENS > 200000) refuse()
}
# The text of a scalar: of a long one, which is never carried, its beginning and its end.
function begin_text() {
    HEAD = REST = ""
    SIZE = 0
}
function add(s) {
    if (SIZE < 5000) {
        HEAD = HEAD s
        SIZE += length(s)
    } else REST = s
}
function newlines(n, s) {
    if (n > 2000) n = 2000
    for (s = ""; n > 7; n -= 8) s = s "\n\n\n\n\n\n\n\n"
    while (n-- > 0) s = s "\n"
    return s
}
function unwind(to) {
    if (FLOW) return
    while (INDENT > to) {
        INDENT = INDENTS[DEEP--]
        token("end")
    }
}
function indent_to(to) {
    if (INDENT >= to) return 0
    INDENTS[++DEEP] = INDENT
    INDENT = to
    return 1
}
# A simple key may begin here: room is left for the tokens that would stand before it.
function may_be_key() {
    if (!ALLOW) return
    no_key()
    KEY[FLOW] = TOKENS + 1
    KEY_LINE[FLOW] = LN
    KEY_AT[FLOW] = column()
    KEY_NEEDED[FLOW] = !FLOW && INDENT == column()
    LINE_OF[TOKENS + 1] = LINE_OF[TOKENS + 2] = LN
    TOKENS += 2
}
function no_key() {
    if ((FLOW in KEY) && KEY_NEEDED[FLOW]) no_yaml("could not find expected \047:\047")
    delete KEY[FLOW]
    delete LONG[FLOW]
}
function stale(level) {
    for (level = 0; level <= FLOW; level++)
        if ((level in KEY) && (KEY_LINE[level] != LN || column() - KEY_AT[level] > 1024)) {
            if (KEY_NEEDED[level]) no_yaml("could not find expected \047:\047")
            # In characters it may be less than 1024.
            if (KEY_LINE[level] == LN) LONG[level] = 1
            delete KEY[level]
        }
}
function next_token(c, n) {
    while (1) {
        c = peek(0)
        if (c == " ") {
            skip_spaces()
            c = peek(0)
        }
        if (c == "#") {
            to_end()
            c = ""
        }
        if (c != "" || !newline()) break
        if (!FLOW) ALLOW = 1
    }
    BEGUN = LN
    stale()
    if (!FLOW) unwind(column())
    n = substr(T, P + 1, 1)
    if (c == "") {
        unwind(-1)
        if (FLOW) {
            token("stop")
            no_yaml("found unexpected end of stream")
        }
        no_key()
        token("stop")
        return 0
    }
    if (!column()) {
        if (c == "%") {
            unwind(-1)
            no_key()
            ALLOW = 0
            directive()
            return 1
        }
        if (at_marker()) {
            unwind(-1)
            no_key()
            ALLOW = 0
            P += 3
            token(c c c)
            return 1
        }
    }
    if (c == "[" || c == "{") {
        may_be_key()
        if (++FLOW > 100) refuse()
        ALLOW = 1
        P++
        token(c)
    } else if (c == "]" || c == "}") {
        no_key()
        if (--FLOW < 0) {
            token(c)
            no_yaml("expected the node content, but found \047" c "\047")
        }
        ALLOW = 0
        P++
        token(c)
    } else if (c == ",") {
        ALLOW = 1
        no_key()
        P++
        token(c)
    } else if (c == "-" && blank(n)) {
        if (!FLOW) {
            if (!ALLOW) no_yaml("sequence entries are not allowed here")
            if (indent_to(column())) token("sequence")
        }
        ALLOW = 1
        no_key()
        P++
        token("-")
    } else if (c == "?" && (FLOW || blank(n))) {
        if (!FLOW) {
            if (!ALLOW) no_yaml("mapping keys are not allowed here")
            if (indent_to(column())) token("mapping")
        }
        ALLOW = !FLOW
        no_key()
        P++
        token("?")
    } else if (c == ":" && (FLOW || blank(n))) colon()
    else if (c == "*" || c == "&") {
        may_be_key()
        ALLOW = 0
        P++
        n = run("^[0-9A-Za-z_-]+")
        if (!n) no_yaml("expected alphabetic or numeric character, but found " found())
        if (n > 200) refuse()
        token(c, substr(T, P, n))
        P += n
        c = peek(0)
        if (!blank(c) && !index("?:,]}%@`", c)) no_yaml("expected alphabetic or numeric character, but found " found())
    } else if (c == "!") {
        may_be_key()
        ALLOW = 0
        tag()
    } else if ((c == "|" || c == ">") && !FLOW) {
        ALLOW = 1
        no_key()
        block_scalar(c == ">")
    } else if (c == "\047" || c == "\"") {
        may_be_key()
        ALLOW = 0
        quoted_scalar(c)
    } else if (c != "\t" && (!index("-?:,[]{}#&*!|>\047\"%@`", c) || (!blank(n) && index(FLOW ? "-" : "-?:", c)))) {
        may_be_key()
        ALLOW = 0
        plain_scalar()
    } else no_yaml("found character " found() " that cannot start any token")
    return 1
}
function colon(k) {
    if (FLOW in KEY) {
        k = KEY[FLOW]
        delete KEY[FLOW]
        TYPE[k + 1] = "?"
        if (!FLOW && indent_to(KEY_AT[FLOW])) TYPE[k] = "mapping"
        ALLOW = 0
    } else {
        if (FLOW in LONG) refuse()
        if (!FLOW) {
            if (!ALLOW) no_yaml("mapping values are not allowed here")
            if (indent_to(column())) token("mapping")
        }
        ALLOW = !FLOW
        no_key()
    }
    P++
    token(":")
}
function directive(s, f) {
    s = T R
    to_end()
    if (s ~ /^%YAML( |$)/) {
        if (s !~ /^%YAML +1\.[0-9]+ *( #.*)?$/ || YAML_SEEN++) refuse()
    } else if (s ~ /^%TAG( |$)/) {
        if (s !~ "^%TAG +!([0-9A-Za-z_-]*!)? +[-0-9A-Za-z;/?:@&=+$,_.!~*()]+ *( #.*)?$") refuse()
        split(s, f, / +/)
        if (f[2] in HANDLES) refuse()
        HANDLES[f[2]] = f[3]
    } else if (s !~ /^%[0-9A-Za-z_-]+( |$)/) refuse()
    DIRECTIVES++
    token("%")
}
function tag(s, n, handle) {
    peek(0)
    if (substr(T, P + 1, 1) == "<") {
        n = run("^!<[-0-9A-Za-z;/?:@&=+$,_.!~*()]+>")
        if (!n) refuse()
        s = substr(T, P + 2, n - 3)
        handle = "<"
    } else if (blank(substr(T, P + 1, 1))) {
        n = 1
        handle = "<"
        s = "!"
    } else {
        n = run("^![0-9A-Za-z_-]*!")
        if (!n) n = 1
        handle = substr(T, P, n)
        P += n
        n = run("^[-0-9A-Za-z;/?:@&=+$,_.!~*()]+")
        if (!n) refuse()
        s = substr(T, P, n)
    }
    if (n > 200) refuse()
    P += n
    if (peek(0) != "" && peek(0) != " ") refuse()
    token("!", handle " " s)
}
function plain_scalar(gap, n, c, least) {
    begin_text()
    least = INDENT + 1
    while (peek(0) != "#") {
        n = 0
        while (1) {
            c = peek(0)
            if (blank(c)) break
            if (c == ":") {
                c = substr(T, P + 1, 1)
                if (blank(c) || (FLOW && index(",[]{}", c))) break
                c = 1
            } else if (FLOW) {
                c = run("^[^] ,?{}:[	]+")
                if (!c) break
            } else c = run("^[^ :	]+")
            if (!n++) add(gap)
            add(substr(T, P, c))
            P += c
        }
        if (!n) break
        ALLOW = 0
        gap = plain_gap()
        if (gap == "" || peek(0) == "#" || (!FLOW && column() < least)) break
    }
    token("scalar", HEAD REST, 1)
}
function plain_gap(gap, n, breaks) {
    while (peek(0) == " ") {
        n = run("^ +")
        gap = gap substr(T, P, n)
        P += n
    }
    if (peek(0) != "" || !newline()) return gap
    ALLOW = 1
    if (at_marker()) return ""
    while (1) {
        skip_spaces()
        if (peek(0) != "" || !newline()) break
        breaks++
        if (at_marker()) return ""
    }
    return breaks ? newlines(breaks) : " "
}
function quoted_scalar(quote, c, n, gap) {
    begin_text()
    P++
    while (1) {
        c = peek(0)
        if (c == quote) {
            P++
            if (quote == "\"" || peek(0) != quote) break
            add(quote)
            P++
        } else if (blank(c)) {
            gap = ""
            while (c != "" && blank(c)) {
                n = run("^[ \t]+")
                gap = gap substr(T, P, n)
                P += n
                c = peek(0)
            }
            if (c == "") {
                if (!newline()) no_yaml("found unexpected end of stream")
                gap = quoted_breaks()
                if (gap == "") gap = " "
            }
            add(gap)
        } else if (quote == "\"" && c == "\\") add(escape())
        else {
            n = quote == "\"" ? run("^[^\"\\\\ \t]+") : run("^[^\047 \t]+")
            add(substr(T, P, n))
            P += n
        }
    }
    token("scalar", HEAD REST)
}
function quoted_breaks(breaks) {
    while (1) {
        if (at_marker()) no_yaml("found unexpected document separator")
        while (peek(0) == " " || peek(0) == "\t") P += run("^[ \t]+")
        if (peek(0) != "" || !newline()) return newlines(breaks)
        breaks++
    }
}
function escape(c, n, i, code) {
    P++
    c = peek(0)
    P++
    if (c == "") {
        if (!newline()) no_yaml("found unexpected end of stream")
        return quoted_breaks()
    }
    if (c in ESCAPES) return ESCAPES[c]
    n = c == "x" ? 2 : c == "u" ? 4 : c == "U" ? 8 : 0
    if (!n) no_yaml("found unknown escape character")
    while (n--) {
        i = index("0123456789abcdef", tolower(peek(0)))
        if (!i || peek(0) == "") no_yaml("expected escape sequence of hexadecimal numbers, but found " found())
        code = code * 16 + i - 1
        P++
    }
    if ((code >= 55296 && code < 57344) || code > 1114111) refuse()
    return character(code)
}
function character(code) { return code < 32 && code != 9 && code != 10 ? UNSAFE : utf8(code) }
function block_scalar(folded, chomp, more, c, least, to, breaks, bare, end) {
    begin_text()
    P++
    c = peek(0)
    if (c == "+" || c == "-") {
        chomp = c
        P++
        c = peek(0)
    }
    if (c ~ /^[0-9]$/) {
        more = c
        if (!+more) no_yaml("expected indentation indicator in the range 1-9, but found 0")
        P++
        c = peek(0)
        if (chomp == "" && (c == "+" || c == "-")) {
            chomp = c
            P++
            c = peek(0)
        }
    }
    if (c != "" && c != " ") no_yaml("expected chomping or indentation indicators, but found " found())
    skip_spaces()
    if (peek(0) == "#") to_end()
    if (peek(0) != "") no_yaml("expected a comment or a line break, but found " found())
    newline()
    least = INDENT + 1
    if (least < 1) least = 1
    if (more == "") {
        to = least
        while (1) {
            skip_spaces()
            if (column() > to && !(peek(0) == "" && LN == LAST && !column())) to = column()
            if (peek(0) != "" || !newline()) break
            breaks++
        }
    } else {
        to = least + more - 1
        breaks = block_breaks(to)
    }
    while (column() == to && (peek(0) != "" || LN < LAST)) {
        c = peek(0)
        bare = c != " " && c != "\t"
        if (breaks) add(newlines(breaks))
        add(substr(T, P) R)
        to_end()
        end = newline() ? "\n" : ""
        breaks = block_breaks(to)
        if (column() != to || (peek(0) == "" && LN == LAST)) break
        c = peek(0)
        if (!folded || end == "" || !bare || c == " " || c == "\t") add(end)
        else if (!breaks) add(" ")
    }
    end = (chomp == "-" ? "" : end) (chomp == "+" ? newlines(breaks) : "")
    token("scalar", HEAD REST end)
}
function block_breaks(to, breaks) {
    while (1) {
        while (column() < to && peek(0) == " ") P++
        if (peek(0) != "" || !newline()) return breaks + 0
        breaks++
    }
}
'

# The parser: tokens to nodes. KIND is scalar, sequence or mapping; SORT the type of a scalar; COUNT, and ITEM and NAME
# by number, what is in the others.
YAML_PARSER='
function next_type() {
    while (TYPE[AT] == "") AT++
    return TYPE[AT]
}
# The next token as PyYAML names it.
function next_name(t) {
    t = next_type()
    if (t == "sequence" || t == "mapping") return "\047<block " t " start>\047"
    if (t == "end") return "<block end>"
    if (t in LONG_NAME) return "\047<" LONG_NAME[t] ">\047"
    return "\047" t "\047"
}
BEGIN {
    LONG_NAME["..."] = "document end"
    LONG_NAME["---"] = "document start"
    LONG_NAME["stop"] = "stream end"
    LONG_NAME["scalar"] = "scalar"
    LONG_NAME["*"] = "alias"
    LONG_NAME["&"] = "anchor"
    LONG_NAME["!"] = "tag"
    LONG_NAME["%"] = "directive"
}
function misplaced(words) {
    if (next_type() == "broken") words = PENDING
    else words = words ", line " LINE_OF[AT]
    broken(words)
}
END {
    if (PENDING != "") {
        # What may yet be a key is not handed on.
        for (LEVEL in KEY) if (KEY[LEVEL] <= TOKENS) TOKENS = KEY[LEVEL] - 1
        LEVEL = 0
        BEGUN = LN
        token("broken")
        AT = 1
        whole_document()
        broken(PENDING)
    }
}
function empty(n) {
    n = ++NEWEST
    KIND[n] = "scalar"
    SORT[n] = "null"
    return n
}
function among(set) { return index(set, " " next_type() " ") }
function read_node(block, loose, n, anchor, label, t) {
    anchor = label = ""
    t = next_type()
    if (t == "*") {
        anchor = VALUE[AT]
        if (!(anchor in ANCHORS)) misplaced("found undefined alias")
        AT++
        return ANCHORS[anchor]
    }
    if (++LEVEL > 100) refuse()
    if (t == "&") anchor = VALUE[AT++]
    if (next_type() == "!") label = resolved(VALUE[AT++])
    if (anchor == "" && next_type() == "&") anchor = VALUE[AT++]
    n = ++NEWEST
    if (anchor != "") {
        if (anchor in ANCHORS) misplaced("found duplicate anchor")
        ANCHORS[anchor] = n
    }
    t = next_type()
    if (t == "scalar") {
        KIND[n] = "scalar"
        STRING[n] = VALUE[AT]
        sort_scalar(n, label, AT in BARE)
        AT++
    } else if (t == "[") flow_sequence(n)
    else if (t == "{") flow_mapping(n)
    else if (loose && t == "-") sequence(n, " - ? : end ")
    else if (block && t == "sequence") {
        AT++
        sequence(n, " - end ")
        if (next_type() != "end") misplaced("expected <block end>, but found " next_name())
        AT++
    } else if (block && t == "mapping") mapping(n)
    else if (anchor != "" || label != "") {
        KIND[n] = "scalar"
        sort_scalar(n, label, label == "" || label == "!")
    } else misplaced("expected the node content, but found " next_name())
    if (KIND[n] != "scalar") {
        if (label == YAML_TAG "set" && KIND[n] == "mapping") SORT[n] = "set"
        else if (label != "" && label != "!" && label != YAML_TAG (KIND[n] == "mapping" ? "map" : "seq")) unconstructed(label)
    }
    LEVEL--
    return n
}
function resolved(value, handle) {
    handle = value
    sub(/ .*/, "", handle)
    sub(/^[^ ]* /, "", value)
    if (handle == "<") return value
    if (handle in HANDLES) return HANDLES[handle] value
    if (handle == "!!") return YAML_TAG value
    if (handle != "!") refuse()
    return "!" value
}
function put(n, name, item) {
    COUNT[n]++
    if (name) NAME[n, COUNT[n]] = name
    ITEM[n, COUNT[n]] = item
}
function sequence(n, ends) {
    KIND[n] = "sequence"
    while (next_type() == "-") {
        AT++
        put(n, 0, among(ends) ? empty() : read_node(1, 0))
    }
}
function mapping(n, k) {
    KIND[n] = "mapping"
    AT++
    while (next_type() == "?") {
        AT++
        k = among(" ? : end ") ? empty() : read_node(1, 1)
        if (next_type() != ":") put(n, k, empty())
        else {
            AT++
            put(n, k, among(" ? : end ") ? empty() : read_node(1, 1))
        }
    }
    if (next_type() != "end") misplaced("expected <block end>, but found " next_name())
    AT++
}
function flow_sequence(n, pair, k) {
    KIND[n] = "sequence"
    AT++
    while (next_type() != "]") {
        if (COUNT[n]) {
            if (next_type() != ",") misplaced("expected \047,\047 or \047]\047, but got " next_name())
            AT++
            if (next_type() == "]") break
        }
        if (next_type() == "?") {
            AT++
            pair = ++NEWEST
            KIND[pair] = "mapping"
            k = among(" : , ] ") ? empty() : read_node(0, 0)
            put(pair, k, flow_value(" , ] "))
            put(n, 0, pair)
        } else put(n, 0, read_node(0, 0))
    }
    AT++
}
function flow_mapping(n, k) {
    KIND[n] = "mapping"
    AT++
    while (next_type() != "}") {
        if (COUNT[n]) {
            if (next_type() != ",") misplaced("expected \047,\047 or \047}\047, but got " next_name())
            AT++
            if (next_type() == "}") break
        }
        if (next_type() == "?") {
            AT++
            k = among(" : , } ") ? empty() : read_node(0, 0)
            put(n, k, flow_value(" , } "))
        } else {
            k = read_node(0, 0)
            put(n, k, empty())
        }
    }
    AT++
}
function flow_value(ends) {
    if (next_type() != ":") return empty()
    AT++
    return among(ends) ? empty() : read_node(0, 0)
}
function whole_document(   explicit, top) {
    AT = 1
    if (next_type() == "stop") return 0
    while (next_type() == "%") AT++
    explicit = next_type() == "---"
    if (explicit) AT++
    else if (DIRECTIVES) misplaced("expected \047<document start>\047, but found " next_name())
    top = explicit && among(" % --- ... stop ") ? empty() : read_node(1, 0)
    while (next_type() == "...") AT++
    if (next_type() == "---") misplaced("expected a single document in the stream, but found another document")
    if (next_type() != "stop") misplaced("expected \047<document start>\047, but found " next_name())
    return top
}
# The type that a plain scalar has.
function sort_of(s) {
    if (s == "" || s ~ /^(~|null|Null|NULL)$/) return "null"
    if (s ~ /^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/) return "bool"
    if (s == "<" "<") return "merge"
    if (s == "=") return "value"
    if (s !~ /^[-+.0-9]/) return "str"
    if (s ~ /^[-+]?(0|[1-9][0-9_]*)$/ || s ~ /^[-+]?0(b[01_]+|[0-7_]+|x[0-9a-fA-F_]+)$/) return "int"
    if (s ~ /^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$/) return "int"
    if (s ~ /^([-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?$/) return "float"
    if (s ~ /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*$/ || s ~ /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/) return "float"
    if (s ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/) return "time"
    if (!sub(/^[0-9][0-9][0-9][0-9]-[0-9][0-9]?-[0-9][0-9]?([Tt]|[ \t]+)/, "", s)) return "str"
    sub(/[ \t]*(Z|[-+][0-9][0-9]?(:[0-9][0-9])?)$/, "", s)
    return s ~ /^[0-9][0-9]?:[0-9][0-9]:[0-9][0-9](\.[0-9]*)?$/ ? "time" : "str"
}
# Whether the calendar has such a time; where not, the reader fails.
function is_time(s,   part, leap, days) {
    split(s, part, /[^0-9]+/)
    leap = part[1] % 4 == 0 && (part[1] % 100 || part[1] % 400 == 0)
    days = part[2] == 2 ? 28 + leap : part[2] ~ /^(0?4|0?6|0?9|11)$/ ? 30 : 31
    if (part[1] < 1 || part[2] < 1 || part[2] > 12 || part[3] < 1 || part[3] > days) return 0
    if (part[4] > 23 || part[5] > 59 || part[6] > 59) return 0
    sub(/^[0-9-]+/, "", s)
    if (!match(s, /[-+][0-9:]+$/)) return 1
    split(substr(s, RSTART + 1), part, ":")
    return part[1] < 24 && part[2] < 60
}
# A tag for which safe_load knows no constructor; of those that it knows what comes of them is not certain here.
function unconstructed(label) {
    if (label ~ "^" YAML_TAG "(null|bool|int|float|binary|timestamp|omap|pairs|set|str|seq|map|merge|value)$") refuse()
    misplaced("could not determine a constructor for the tag")
}
function sort_scalar(n, label, bare,   s, t) {
    s = STRING[n] ""
    if (label == "" || label == "!") t = bare || label == "!" ? sort_of(s) : "str"
    else {
        if (substr(label, 1, length(YAML_TAG)) != YAML_TAG) unconstructed(label)
        t = substr(label, length(YAML_TAG) + 1)
        if (t == "null") STRING[n] = s = ""
        else if (t == "float" && s ~ /^[0-9]+$/) STRING[n] = s = s ".0"
        else if (t == "binary") {
            gsub(/[ \n]/, "", s)
            if (s !~ "^[A-Za-z0-9+/]*=?=?$" || length(s) % 4 || length(s) > 5000) refuse()
        } else if (t == "timestamp") {
            t = "time"
            if (sort_of(s) != t) refuse()
        } else if (t != "str" && (sort_of(s) != t || t !~ /^(bool|int|float|merge)$/)) unconstructed(label)
    }
    if (t == "int" || t == "float") {
        gsub(/[-+_]/, "", s)
        # The reader fails: no digits, or more than Python takes.
        if (s ~ /^0[bx]$/ || length(s) > 4000 || s ~ /e$/) refuse()
    } else if (t == "time") {
        if (!is_time(s)) refuse()
    }
    SORT[n] = t
}
'

# The writer: nodes to block YAML. To the kinds of rules it adds
#   word         letters, as options have them: `warning`, `redis+sentinel`, `on-failure:3`
#   count        a number, a duration, a size
#   hours        a duration, with whatever unit somebody took for one
#   name         a name in lower case: of a bucket, a region, a database
#   folder       a path in lower case, with a slash before it or without
#   title        the name of a container, a network, a volume
#   version, image, mount (`SOURCE:TARGET:HOW`), port (`HOST:OUTSIDE:INSIDE/tcp`), account (`user:group`)
#   certificate  a path that the probe follows; data: that of the data volume; logs, tls: of a folder with these
#   secret       shape, and of what kind the password is
#   redis        the URL of a Redis, of which nothing before the host is told
# The same serves other readers of text with such rules.
YAML_WRITER='
function as_scalar(s) {
    if (s !~ "^[A-Za-z0-9/_.][A-Za-z0-9_./@,+-]*(:[A-Za-z0-9_./@,+-]+)*$" || s ~ /^\.\.\./) return json_quote(s)
    return sort_of(s) == "str" ? s : json_quote(s)
}
function identity(k) { return SORT[k] SUBSEP STRING[k] }
function is_merge(n, i) { return KIND[NAME[n, i]] == "scalar" && SORT[NAME[n, i]] == "merge" }
# The pairs of a mapping as lists of one number: those merged into it, then its own; the first OWN[…] are merged.
function pairs_of(n,   id, i, k) {
    if (n in FLAT) return FLAT[n]
    if (n in FLATTENING) refuse()
    FLATTENING[n] = 1
    id = ++FLATS
    PAIRS[id] = 0
    for (i = 1; i <= COUNT[n]; i++) if (is_merge(n, i)) merge(id, ITEM[n, i])
    MERGED[id] = PAIRS[id]
    for (i = 1; i <= COUNT[n]; i++) if (!is_merge(n, i)) add_pair(id, NAME[n, i], ITEM[n, i])
    delete FLATTENING[n]
    FLAT[n] = id
    return id
}
function merge(id, v,   j) {
    if (KIND[v] == "mapping") merge_one(id, v)
    else if (KIND[v] == "sequence") for (j = COUNT[v]; j; j--) {
        if (KIND[ITEM[v, j]] != "mapping") broken("expected a mapping for merging")
        merge_one(id, ITEM[v, j])
    } else broken("expected a mapping or list of mappings for merging")
}
function merge_one(id, v,   other, i) {
    other = pairs_of(v)
    for (i = 1; i <= PAIRS[other]; i++) add_pair(id, PAIR_NAME[other, i], PAIR_ITEM[other, i])
}
function add_pair(id, k, v) {
    if (KIND[k] != "scalar") broken("found unhashable key")
    if (++ADDED > 100000) refuse()
    # As a name it is text.
    if (SORT[k] == "value") SORT[k] = "str"
    PAIR_NAME[id, ++PAIRS[id]] = k
    PAIR_ITEM[id, PAIRS[id]] = v
    NEWEST_OF[id, identity(k)] = PAIRS[id]
}
function enter(n, margin) {
    if ((n in ACTIVE) || length(margin) > 200) refuse()
    ACTIVE[n] = 1
}
function write_mapping(n, at, dotted, margin,   id, i, k) {
    enter(n, margin)
    id = pairs_of(n)
    if (margin != "" || !PAIRS[id]) print (PAIRS[id] ? "" : " {}")
    for (i = 1; i <= PAIRS[id]; i++) {
        k = PAIR_NAME[id, i]
        # What was merged gives way without a word; a name that stands there twice is carried twice.
        if (i > MERGED[id] || NEWEST_OF[id, identity(k)] == i) write_pair(id, k, PAIR_ITEM[id, i], at, dotted, margin)
    }
    delete ACTIVE[n]
}
function write_pair(id, k, v, at, dotted, margin,   name, to) {
    name = STRING[k] ""
    to = 0
    if (SORT[k] == "str") {
        to = down(at, name)
        name = key_of(to, name)
        if (name ~ /REDACTED/) name = numbered(id, identity(k), "REDACTED-")
        else if (name ~ /[^ -~]/) refuse()
        printf "%s%s:", margin, as_scalar(name)
    } else if (SORT[k] == "bool" || SORT[k] == "null") printf "%s%s:", margin, (name == "" ? "~" : name)
    else if (SORT[k] == "int" || SORT[k] == "float") printf "%s%s:", margin, numbered(id, identity(k), "")
    else printf "%s%s:", margin, numbered(id, identity(k), "REDACTED-")
    write_node(v, to, dotted == "" ? name : dotted "." name, margin "  ")
}
# The same name for the same key, another for another.
function numbered(id, k, before) {
    if (!((id, before, k) in NUMBERED)) NUMBERED[id, before, k] = ++NUMBERS[id, before]
    k = NUMBERED[id, before, k]
    # As a name, 1 is the same as true.
    return before == "" ? k + 1 : k > 1 ? before k : HIDDEN
}
function write_node(n, at, dotted, margin,   i) {
    if (++WRITTEN > 50000 || WRITTEN > 5000 + 20 * TOKENS) refuse()
    if (KIND[n] == "scalar") write_scalar(n, at, dotted)
    else if (KIND[n] == "sequence") {
        enter(n, margin)
        print (COUNT[n] ? "" : " []")
        for (i = 1; i <= COUNT[n]; i++) {
            printf "%s-", margin
            write_node(ITEM[n, i], at, dotted, margin "  ")
        }
        delete ACTIVE[n]
    } else if (SORT[n] == "set") {
        # Its names may be anything.
        pairs_of(n)
        print " REDACTED"
    } else write_mapping(n, at, dotted, margin)
}
function write_scalar(n, at, dotted,   s, t, tail, how) {
    s = STRING[n] ""
    t = SORT[n]
    how = HOW[at] ""
    if (t == "merge" || t == "value") refuse()
    if (how == "secret") note_secret(is_nothing(s, t, dotted) ? "" : s, dotted)
    if (t == "null" || t == "bool") print (s == "" ? "" : " " s)
    else if (t == "str") {
        match(s, /\n*$/)
        tail = RSTART ? substr(s, RSTART) : ""
        s = substr(s, 1, length(s) - length(tail))
        s = s == "" || !at ? shape(s) : told(at, s)
        if (s ~ AWKWARD) s = HIDDEN
        note_file(how, s)
        print " " as_scalar(s tail)
    } else if (t == "int" || t == "float") {
        if (how == "" || how == "secret" || how == "shape") print " " (is_zero(s) ? "0" : "1") (t == "int" ? "" : ".0")
        else print " " (length(s) <= 12 ? s : HIDDEN)
    } else print " " HIDDEN
}
# Of a number that is not told: whether it is none at all, as an empty text is.
function is_zero(s) {
    gsub(/[-+_]|^[-+]?0[bx]/, "", s)
    sub(/e.*/, "", s)
    return s !~ /[1-9a-fiA-FIN]/
}
# A string by the rule of its key.
function told(at, s,   how) {
    how = HOW[at] ""
    if (how == "redis") return redis_url(s)
    if (how in NOTED) return is_place(s, how) ? host_path(s) : HIDDEN
    if (!(how in FORM)) return carried(at, s)
    if (length(s) > LONGEST[how] || s !~ FORM[how] || (how == "word" && !is_word(s)) || token_in(s)) return HIDDEN
    return s
}
function form(how, longest, expression) {
    LONGEST[how] = longest
    FORM[how] = expression
}
# Whether each of its words looks like one.
function is_word(s,   part, n) {
    n = split(s, part, /[,:_+ -]+/)
    for (; n; n--) if (part[n] !~ /^[0-9]*$/ && !wordlike(part[n]) && !wordlike(tolower(part[n]))) return 0
    return 1
}
function is_place(s, how) {
    if (s ~ /[@\\"]/) return 0
    if (s ~ "^([.]?[.]?|~)(/|$)" || s ~ /^\$[{A-Za-z]/) return 1
    # A relative one is to the engine the name of a volume.
    if (how == "data" && s ~ "^[a-z][a-z0-9_.-]*(/[a-z0-9_.-]*)*$") return 1
    return how == "certificate" && s ~ "^[A-Za-z0-9_./ -]*[.](crt|cert|pem|cer|key|env|conf|yml)$"
}
# What the probe itself has to know: the files that are named.
function note_file(how, s) {
    if (!(how in NOTED) || s == HIDDEN || s == "") return
    if (how ~ /^(certificate|tls)$/) {
        # The container in which they are read begins at the root.
        if (KIND_OF_TEXT == "harbor") sub(/^\/*/, "/", s)
        if (s !~ /^\//) return
    }
    FILES = FILES NOTED[how] s "\n"
}
# Of a password: whether it is the one that it is shipped with, none, or how long it is, roughly.
function note_secret(s, dotted) {
    if (KIND_OF_TEXT != "harbor" && KIND_OF_TEXT != "cfg") return
    if (dotted ~ DIGESTED) note_value(dotted, s)
    # What would end a part of a URL; prepare writes some of them into one as they are.
    if (dotted ~ /redis[.](password|username)$/ && s !~ /^[A-Za-z0-9._~!$&()*+,;=:@%^-]*$/) FILES = FILES "U" dotted "\n"
    if (!(dotted in STRENGTH)) SECRETS[++SECRET] = dotted
    STRENGTH[dotted] = strength(s, dotted)
}
# Whether what is no text is no password: null, and of the bundled database what prepare takes for none.
function is_nothing(s, t, dotted) {
    if (t == "null") return 1
    if (dotted != "database.password") return 0
    return t == "bool" ? s ~ /^([nN]|[fF]|[oO][fF])/ : (t == "int" || t == "float") && s ~ /^[-+]?[0_.xb:]+([eE][-+][0-9]+)?$/
}
function strength(s, dotted) {
    # Rendered, a line ends there.
    sub(/\n+$/, "", s)
    if (s == "") return "empty"
    if (s == "Harbor12345" && dotted == "harbor_admin_password") return "default"
    if (s == "root123" && dotted ~ /^(database[.]password|db_password|external_database[.][a-z_]+[.]password)$/) return "default"
    gsub(/[\200-\277]/, "", s)
    return "set " (length(s) < 8 ? "<8" : length(s) < 12 ? "8-11" : ">=12")
}
BEGIN {
    form("word", 64, "^[A-Za-z_+-]+([,:] *[A-Za-z_+-]+|:[0-9][0-9]?)*$")
    form("count", 16, "^[-+]?([0-9]+([.][0-9]*)?([numh]s?|s|d|[kKMGT][iI]?[bB]?|b|B|%)?)+$")
    form("hours", 12, "^ ?[-+]?[0-9.]*[A-Za-z]?[a-z]?[a-z]?[a-z]?$")
    form("name", 63, "^[a-z0-9][a-z0-9_.-]*$")
    form("title", 128, "^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    form("folder", 256, "^/?[a-z0-9][a-z0-9_./-]*$")
    form("version", 24, "^v?[0-9][0-9]?[0-9]?([.][0-9][0-9]?[0-9]?[0-9]?)*([.-](rc|dev|build|alpha|beta)[.0-9]?[0-9]?)?$")
    form("image", 512, "^[A-Za-z0-9]([A-Za-z0-9._-]|/[A-Za-z0-9]|:[A-Za-z0-9])*(@sha256:[0-9a-f]+)?$")
    form("port", 100, "^[][0-9a-f.:]*[0-9]+(-[0-9]+)?(:[0-9]+(-[0-9]+)?)?(/[a-z]+)?$")
    form("account", 64, "^([0-9]+|[a-z_][a-z_-]*)(:([0-9]+|[a-z_][a-z_-]*))?$")
    form("mount", 512, "^([.]?[.]?/|[a-z][a-z_.-]*:)[A-Za-z0-9_.~/-]*(:[A-Za-z0-9_./-]+)*(:[A-Za-z,]+)?$")
    split("certificate C data D logs L tls T", NOTES_OF, " ")
    for (I = 1; I in NOTES_OF; I += 2) NOTED[NOTES_OF[I]] = NOTES_OF[I + 1]
    YAML_TAG = "tag:yaml.org,2002:"
    UNSAFE = sprintf("%c", 1)
    AWKWARD = "[\001-\010\013-\037\177]|\302[\200-\237]|\342\200[\250\251]|\357\277[\276\277]|\357\273\277"
    ESCAPES["0"] = ESCAPES["a"] = ESCAPES["b"] = ESCAPES["v"] = ESCAPES["f"] = ESCAPES["r"] = ESCAPES["e"] = UNSAFE
    ESCAPES["t"] = ESCAPES["\t"] = "\t"
    ESCAPES["n"] = "\n"
    ESCAPES[" "] = " "
    ESCAPES["\""] = "\""
    ESCAPES["\\"] = "\\"
    ESCAPES["/"] = "/"
    ESCAPES["N"] = utf8(133)
    ESCAPES["_"] = utf8(160)
    ESCAPES["L"] = utf8(8232)
    ESCAPES["P"] = utf8(8233)
}
function take_rows(   i, j, n, part) {
    fresh()
    if (substr(LINE[1], 1, 3) == utf8(65279)) LINE[1] = substr(LINE[1], 4)
    for (i = 1; i <= ROWS; i++) {
        # A carriage return is a line break, or one with that after it.
        n = split(LINE[i], part, "\r")
        if (n > 1 && i < ROWS && part[n] == "") n--
        if (!n) ROW[++LAST] = ""
        for (j = 1; j <= n; j++) {
            if (part[j] ~ /[^\t -~]/ && !is_text(part[j])) odd_text(part[j], LAST + 1)
            ROW[++LAST] = part[j]
        }
    }
}
# What is no UTF-8, and what has control characters, ends every reader of YAML.
function odd_text(s, at) {
    if (KIND_OF_TEXT == "harbor") {
        if (s ~ /[\003-\010\013\014\016-\037\177]/) broken("special characters are not allowed, line " at)
        gsub(AWKWARD, " ", s)
        if (!is_text(s)) broken("the text is not encoded in UTF-8, line " at)
    }
    refuse()
}
# Whether it is UTF-8 without characters that the reader refuses or breaks lines at.
function is_text(s) {
    if (s ~ AWKWARD) return 0
    gsub(/[\302-\337][\200-\277]/, " ", s)
    gsub(/\340[\240-\277][\200-\277]|\355[\200-\237][\200-\277]|[\341-\354\356\357][\200-\277][\200-\277]/, " ", s)
    gsub(/(\360[\220-\277]|[\361-\363][\200-\277]|\364[\200-\217])[\200-\277][\200-\277]/, " ", s)
    return s !~ /[^\t -~]/
}
function note_all(   i) {
    for (i = 1; i <= SECRET; i++) NOTES = NOTES "S" SECRETS[i] " " STRENGTH[SECRETS[i]] "\n"
    for (i = 1; i <= OCTALS; i++) NOTES = NOTES "V" OCTAL_NAME[i] " " OCTAL[OCTAL_NAME[i]] "\n"
    NOTES = NOTES FILES
}
# Of the text before this one, nothing is left.
function fresh() {
    split("", TYPE); split("", VALUE); split("", BARE); split("", LINE_OF); TOKENS = 0
    split("", INDENTS); DEEP = 0; split("", KEY); split("", KEY_LINE); split("", KEY_AT); split("", KEY_NEEDED)
    split("", LONG); split("", ROW); LAST = 0
    split("", HANDLES); YAML_SEEN = DIRECTIVES = 0
    split("", ANCHORS); LEVEL = NEWEST = AT = 0
    split("", KIND); split("", SORT); split("", STRING); split("", COUNT); split("", ITEM); split("", NAME)
    split("", FLAT); split("", FLATTENING); FLATS = 0; split("", PAIRS); split("", MERGED)
    split("", PAIR_NAME); split("", PAIR_ITEM); split("", NEWEST_OF); ADDED = 0
    split("", ACTIVE); split("", NUMBERED); split("", NUMBERS); WRITTEN = 0
    FILES = ""; split("", SECRETS); SECRET = 0; split("", STRENGTH); split("", OCTAL); OCTALS = 0
    CFG_KEY = CFG_VALUE = ""; CFG_MORE = 0
}
'

YAML_MAIN='
function read_text() {
    if (KIND_OF_TEXT in LINES_OF) read_rendered()
    else {
        take_rows()
        if (KIND_OF_TEXT == "cfg") read_cfg()
        else read_yaml()
    }
    note_all()
}
function read_yaml() {
    INDENT = -1
    FLOW = 0
    ALLOW = LN = 1
    open_line()
    while (next_token()) { }
    TOP = whole_document()
    if (TOP) {
        if (KIND[TOP] == "mapping" && SORT[TOP] != "set") write_mapping(TOP, root(KIND_OF_TEXT), "", "")
        else write_node(TOP, 0, "", "")
    }
}
'

# read_yaml: of the reader of YAML and of harbor.cfg, all but its rules. NOTES, what they have the probe look at: lines
# `Cpath` of certificates and keys, `Dpath` of the data volume, `Skey.path WORDS` of passwords, `Vname OCTAL` of what is
# digested on the host.
read_yaml() {
    PROGRAM=$CARRY_AWK$YAML_SCANNER$YAML_PARSER$YAML_WRITER$CFG_AWK$RENDERED_AWK$YAML_MAIN
    TEXT_ONLY=1
}
