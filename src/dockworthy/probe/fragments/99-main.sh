# The order of the parts, in streams that run beside each other: what waits for the engine or for the network costs
# no time of its own, and a part that hangs holds up its own stream alone. The order of the frames is always the
# same. Descriptor 3 carries each stream's number of frames to the end, 8 and 9 are the real standard output.
# shellcheck shell=sh

host_stream() {
    step about probe_about
    step kernel probe_kernel
    step network probe_network
    step persisted probe_persisted
    step packages probe_packages
    step services probe_services
    step boot probe_boot
    step users probe_users
    step client probe_client
    step audit probe_audit
    step trust probe_trust
    step resolver probe_resolver
    step limits probe_limits
    stream_end host
}

engine_stream() {
    step api probe_api
    step engines probe_engines
    step managers probe_managers
    step files probe_files
    step engine-limits probe_engine_limits
    step filters probe_filters
    step versions probe_versions
    step mirrors probe_mirrors
    stream_end engine
}

container_stream() {
    step containers probe_containers
    step harbor probe_harbor
    step processes probe_processes
    step reach probe_reach
    [ -z "$IMAGE_LIMIT" ] || step layers probe_layers
    stream_end containers
}

registry_stream() {
    step names probe_names
    step registries probe_registries
    stream_end registries
}

# stream_end NAME: the times of a stream's parts, and its number of frames.
stream_end() {
    say "cmd:timings-$1" 0 "$TIMINGS"
    printf '%s\n' "$COUNT" >&3
}

# beside: runs the streams beside each other and prints their frames one stream after the other. Each stream's
# output waits in its pipe until those before it are printed; only then can a long one have to wait.
beside() {
    registry_stream </dev/null | {
        container_stream </dev/null | {
            engine_stream </dev/null | {
                host_stream </dev/null
                cat
            }
            cat
        }
        cat
    }
}

main() {
    start
    printf 'dockworthy-snapshot %s %s\n' "$FORMAT" "$VERSION"
    {
        beside >&9
    } 3>&1 9>&8 | {
        TOTAL=0
        while read -r FRAMES; do
            TOTAL=$((TOTAL + FRAMES))
        done
        printf '@end %s\n' "$TOTAL" >&8
    }
}
