# Registries' trust: the certs.d folders, keys by their public halves, and what runs with them.
# shellcheck shell=sh disable=SC2034

cert_files() {
    FILTER=filter_certificate
    files "$@"
    FILTER=
}

filter_certificate() { :; }
