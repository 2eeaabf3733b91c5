# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the secure world's model raises."""

from pathlib import Path

import rprocbench.tee
from tests.harness.raising import RaiseSites

TEE = Path(rprocbench.tee.__file__).parent
SECURE = RaiseSites(TEE)
