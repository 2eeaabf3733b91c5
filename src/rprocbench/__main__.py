# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m rprocbench`."""

import sys

from rprocbench.cli import main

sys.exit(main())
