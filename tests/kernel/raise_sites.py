# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the model of remoteproc raises."""

from pathlib import Path

import rprocbench.kernel
from tests.harness.raising import RaiseSites

KERNEL = Path(rprocbench.kernel.__file__).parent
# The message bus, the mailboxes and the TEE's client have tests of their own.
OTHERS = ("virtio", "rpmsg", "virtproc", "virtqueue", "mailbox", "stm32_ipcc", "tee_client",
          "remoteproc_virtio", "mapped")  # fmt: skip
MAKERS = ("ModelledError", "Crash", "undefined", "refuse", "read_outside")

KERNELS = RaiseSites(KERNEL, OTHERS, MAKERS, helpers=("refuse",))
