# The order of the parts. What asks the engine runs beside the rest; its output comes after it, so that the
# order of the frames is always the same. Descriptor 3 carries each stream's number of frames to the end.
# shellcheck shell=sh

host_stream() {
    step about probe_about
    step kernel probe_kernel
    step persisted probe_persisted
    step packages probe_packages
    step services probe_services
    step users probe_users
    step audit probe_audit
    say cmd:timings 0 "$TIMINGS"
    printf '%s\n' "$COUNT" >&3
}

engine_stream() {
    step api probe_api
    step engines probe_engines
    step files probe_files
    step processes probe_processes
    say cmd:timings-engine 0 "$TIMINGS"
    printf '%s\n' "$COUNT" >&3
}

main() {
    start
    printf 'dockworthy-snapshot %s %s\n' "$FORMAT" "$VERSION"
    {
        engine_stream | {
            host_stream
            cat
        } >&9
    } 3>&1 9>&8 | {
        TOTAL=0
        while read -r FRAMES; do
            TOTAL=$((TOTAL + FRAMES))
        done
        printf '@end %s\n' "$TOTAL" >&8
    }
}
