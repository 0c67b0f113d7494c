"""`python -m dockworthy.probe > probe.sh`: the script as it would run."""

from __future__ import annotations

import sys

from dockworthy.probe.script import script

if __name__ == "__main__":
    sys.stdout.write(script(sys.argv[1:]))
