# The engine's API, by way of the docker CLI, else of curl.
# shellcheck shell=sh

probe_api() {
    docker_json version 8 docker version --format '{{json .}}'
    docker_json info 10 docker info --format '{{json .}}'
}

# docker_json NAME SECONDS COMMAND…: a frame `docker:NAME`, and its standard error beside it.
docker_json() {
    JSON_NAME=$1
    shift
    ERR=
    BODY=
    STATUS=127
    ! has "$2" || ask "$@"
    mask_urls "$BODY"
    BODY=$MASKED
    emit "docker:$JSON_NAME" "$STATUS"
    [ -z "$ERR" ] || say "docker:$JSON_NAME:err" "$STATUS" "$ERR"
}
