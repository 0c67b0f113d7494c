# Where settings lie that will be in force after the next boot: sysctl, modules-load and modprobe.
# shellcheck shell=sh

probe_persisted() {
    for TOPIC in sysctl.d modules-load.d modprobe.d; do
        for DIR in /etc /run /usr/local/lib /usr/lib /lib; do
            [ "$DIR" != /lib ] || [ ! -L /lib ] || continue
            list "$DIR/$TOPIC"
        done
    done
}
