#!/bin/sh
# Installs what reads reports in tests: a browser, PDF tools, promtool, and from npm the accessibility rules and the
# validator of SARIF. Does nothing where all of it is there; says so and leaves it to the tests where it may not.
set -eu
cd "$(dirname "$0")"

packages="systemd chromium fonts-dejavu-core poppler-utils promtool nodejs npm"
missing=""
for package in $packages; do
	case $package in
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	npm) command -v npm >/dev/null 2>&1 && continue ;;
	esac
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
		echo "not installed, and this is not root on Debian or Ubuntu:$missing" >&2
		echo "tests that need them are skipped here, and fail in CI" >&2
		exit 0
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of names
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if [ ! -e node_modules/.done ] || [ package.json -nt node_modules/.done ]; then
	npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	chmod +x node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
	touch node_modules/.done
fi
