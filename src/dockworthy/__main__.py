"""``python -m dockworthy``."""

import sys

from dockworthy.cli import main

sys.exit(main())
