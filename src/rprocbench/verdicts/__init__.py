# SPDX-License-Identifier: GPL-2.0-or-later
"""The front desk: one image in, one consumer's verdict out; and records of the real code's."""

from .acceptance import AcceptanceMap, Answer, Fate
from .acceptance_run import acceptance_map
from .conform import Disagreement, Outcome, Records
from .linux import linux_load
from .linux_verdict import LinuxVerdict
from .sources import Sources
from .tee import TeeVerdict, tee_load
from .tee_player import StepVerdict
from .tee_script import tee_script
from .verify import Verification, verify_image

__all__ = [
    "AcceptanceMap",
    "Answer",
    "Disagreement",
    "Fate",
    "LinuxVerdict",
    "Outcome",
    "Records",
    "Sources",
    "StepVerdict",
    "TeeVerdict",
    "Verification",
    "acceptance_map",
    "linux_load",
    "tee_load",
    "tee_script",
    "verify_image",
]
