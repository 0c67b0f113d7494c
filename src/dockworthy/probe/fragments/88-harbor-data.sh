# What prepare rendered for a Harbor and when, and what lies in its data volume: databases, sizes, free space.
# shellcheck shell=sh disable=SC2034

# harbor_times: `stat:harbor-rendered`DIR, the files below common/config, at most 400 of them, and the certificates that
# prepare copied; 13 where a folder of these cannot be listed, 27 where there are more.
harbor_times() {
    set --
    for FILE in "$HARBOR_DIR"/common/config "$HARBOR_DIR"/common/config/* "$HARBOR_DIR"/common/config/*/* \
        "$HARBOR_DATA"/secret "$HARBOR_DATA"/secret/cert "$HARBOR_DATA"/secret/tls; do
        if [ -d "$FILE" ] && { [ ! -r "$FILE" ] || [ ! -x "$FILE" ]; }; then
            say "stat:harbor-rendered$HARBOR_DIR" 13 ''
            return
        fi
    done
    for FILE in "$HARBOR_DIR"/common/config/*/* "$HARBOR_DIR"/common/config/*/*/* "$HARBOR_DATA"/secret/cert/* "$HARBOR_DATA"/secret/tls/*; do
        [ ! -f "$FILE" ] || set -- "$@" "$FILE"
        [ $# -gt 400 ] || continue
        say "stat:harbor-rendered$HARBOR_DIR" 27 ''
        return
    done
    table "harbor-rendered$HARBOR_DIR" "$@"
}

# harbor_data: the frames of the data volume: its databases, the free space, and how prepare's shell reads its path.
harbor_data() {
    harbor_databases
    harbor_path
    for FILE in "$HARBOR_DATA" "$HARBOR_DATA/registry" "$HARBOR_DATA/database" "${HARBOR_LOGS:-/var/log/harbor}"; do
        case $NL$HARBOR_MEASURED in *"$NL$FILE$NL"*) continue ;; esac
        HARBOR_MEASURED=$HARBOR_MEASURED$FILE$NL
        HARBOR_PLACE=$FILE
        grab figures "$FILE"
        # 1: nothing is there.
        [ "$STATUS" -eq 1 ] || emit "df:$HARBOR_PLACE" "$STATUS"
    done
}
HARBOR_MEASURED=

# harbor_databases: `cmd:harbor-databases`HARBOR_DIR: `NAME VERSION KIB` of each folder with a PG_VERSION in the database's
# folder, of that itself by the name `.`; VERSION - where the file is empty, KIB - where du took too long. 2 where there is
# no such folder, 13 where one of them cannot be looked into.
harbor_databases() {
    DIR=$HARBOR_DATA/database
    OUT=
    KIND=0
    if [ ! -d "$DIR" ]; then
        missing "$DIR"
        say "cmd:harbor-databases$HARBOR_DIR" "$STATUS" ''
        return
    fi
    for FILE in "$DIR" "$DIR"/*; do
        [ -d "$FILE" ] || continue
        if [ ! -r "$FILE" ] || [ ! -x "$FILE" ]; then
            KIND=13
            continue
        fi
        [ -f "$FILE/PG_VERSION" ] || continue
        LINE=
        read -r LINE 2>/dev/null <"$FILE/PG_VERSION"
        case $LINE in '' | *[!0-9.]* | ?????????*) LINE=- ;; esac
        [ ! -s "$FILE/PG_VERSION" ] || [ "$LINE" != - ] || LINE='?'
        NAME=.
        [ "$FILE" = "$DIR" ] || NAME=${FILE##*/}
        enc "$NAME"
        SIZE=$(limit 5 du -sk -- "$FILE" 2>/dev/null) || SIZE=-
        OUT="$OUT$ENC $LINE ${SIZE%%[!0-9-]*}$NL"
    done
    [ "$KIND" -eq 0 ] || OUT=
    say "cmd:harbor-databases$HARBOR_DIR" "$KIND" "$OUT"
}

# harbor_path: `cmd:harbor-path`HARBOR_DIR: `same` where prepare's shell finds the path that harbor.yml says, `other` where
# not: it takes the last word of the line, whatever that is. What it found is not told: it may be anything.
harbor_path() {
    BODY=
    STATUS=2
    if [ -f "$HARBOR_DIR/harbor.yml" ]; then
        # shellcheck disable=SC2016 # for awk
        grab limit 3 sh -c 'grep "^[^#]*data_volume:" <"$1" | awk "{print \$NF}"' sh "$HARBOR_DIR/harbor.yml"
        BODY=${BODY%"$NL"}
        if [ "$BODY" = "$HARBOR_SAID" ]; then BODY=same; else BODY=other; fi
        BODY=$BODY$NL
    fi
    emit "cmd:harbor-path$HARBOR_DIR" "$STATUS"
}
