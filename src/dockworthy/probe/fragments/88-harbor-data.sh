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
