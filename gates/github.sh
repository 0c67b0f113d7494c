#!/usr/bin/env bash
# The step of the GitHub action: github.sh DOCKWORTHY, with what was asked for in DW_*.
# Ends with dockworthy's own status; a variable that the runner did not set is wrong usage (4).
set -euo pipefail

for name in GITHUB_OUTPUT GITHUB_STEP_SUMMARY DW_OUTPUT_DIR; do
	if [ -z "${!name:-}" ]; then
		echo "dockworthy: $name is not set; run this as a step of a GitHub job." >&2
		exit 4
	fi
done

sarif=$DW_OUTPUT_DIR/dockworthy.sarif
arguments=(check --output-dir "$DW_OUTPUT_DIR" --report github=- --report "sarif=$sarif")
for option in profile inventory waivers baseline engine harbor fail-on min-decided; do
	name=DW_${option^^}
	name=${name//-/_}
	if [ -n "${!name:-}" ]; then
		arguments+=("--$option" "${!name}")
	fi
done
while IFS= read -r target; do
	if [ -n "$target" ]; then
		arguments+=("$target")
	fi
done <<<"${DW_TARGETS:-}"

status=0
"$1" "${arguments[@]}" || status=$?
{
	echo "status=$status"
	echo "results=$DW_OUTPUT_DIR/latest/results.json"
	echo "sarif=$sarif"
} >>"$GITHUB_OUTPUT"
exit "$status"
