#!/bin/sh
# Installs what the tests start for real: the Docker Engine, a registry, web and ssh servers, the shells, Go; and
# debootstrap, which makes the root file systems of other engines (roots.py).
# Does nothing where all of it is there; says so and leaves it to the tests where it may not install.
set -eu

packages="docker.io docker-cli docker-compose docker-buildx docker-registry nginx-light openssh-server openssh-client
shellcheck busybox-static ksh dash gawk original-awk golang-go iptables openssl curl auditd acl iproute2 util-linux
debootstrap zsh fish nftables uidmap e2fsprogs"

missing=""
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "not installed, and this is not root on Debian or Ubuntu:$missing" >&2
	echo "tests that need them are skipped here, and fail in CI" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# Services must not start by themselves: the tests start their own, with their own data.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d.dockworthy
chmod 755 /usr/sbin/policy-rc.d.dockworthy
if [ ! -e /usr/sbin/policy-rc.d ]; then
	mv /usr/sbin/policy-rc.d.dockworthy /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
else
	rm -f /usr/sbin/policy-rc.d.dockworthy
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
