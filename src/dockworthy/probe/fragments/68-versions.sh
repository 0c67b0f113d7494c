# Versions of the command-line tools, and of the engine's programs where no engine answers.
# shellcheck shell=sh disable=SC2034

# probe_versions: `cmd:cli-versions`, a line `name<TAB>first line that it prints` for each; `told by docker info` where
# that is the plugin of which docker:info tells the version.
probe_versions() {
    VERSIONS=
    if [ -n "$DOCKER" ] && [ -z "$HUNG" ]; then
        # What the CLI has said of itself and of its plugins already need not be asked again.
        [ -n "$CLIENT_TOLD" ] || version_of 'docker' "$DOCKER" --version
        if [ -n "$COMPOSE_PATH" ]; then
            VERSIONS="${VERSIONS}docker compose${TAB}told by docker info$NL"
        else
            version_of 'docker compose' "$DOCKER" compose version
        fi
    fi
    if find_tool docker-compose; then
        if [ -n "$COMPOSE_PATH" ] && [ "$(readlink -f "$TOOL_PATH" 2>/dev/null)" = "$COMPOSE_PATH" ]; then
            VERSIONS="${VERSIONS}docker-compose${TAB}told by docker info$NL"
        else
            version_of docker-compose "$TOOL_PATH" --version
        fi
    fi
    ! find_tool podman || version_of podman "$TOOL_PATH" --version
    ! find_tool podman-compose || version_of podman-compose "$TOOL_PATH" --version
    if [ -z "$REACHED" ]; then
        for NAME in dockerd containerd runc; do
            ! find_tool "$NAME" || version_of "$NAME" "$TOOL_PATH" --version
        done
    fi
    say cmd:cli-versions 0 "$VERSIONS"
    for DIR in /usr/libexec/docker/cli-plugins /usr/lib/docker/cli-plugins /usr/local/lib/docker/cli-plugins \
        /usr/local/libexec/docker/cli-plugins "${HOME:-/root}/.docker/cli-plugins"; do
        list "$DIR"
    done
}

version_of() {
    NAME=$1
    shift
    ask 5 "$@"
    case $STATUS in
    0) LINE=${BODY%%"$NL"*} ;;
    *) return 0 ;;
    esac
    [ ${#LINE} -le 200 ] || LINE=
    VERSIONS=$VERSIONS$NAME$TAB$LINE$NL
}
COMPOSE_PATH=
