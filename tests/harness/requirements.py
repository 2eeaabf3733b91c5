# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test may need from the machine: skip where it is missing, fail where it is promised."""

import os
from typing import NoReturn

import pytest

BROWSER = "RPROCBENCH_REQUIRE_BROWSER"
TOOLS = "RPROCBENCH_REQUIRE_TOOLS"
AXE = "RPROCBENCH_REQUIRE_AXE"


def missing(why: str, promise: str) -> NoReturn:
    """Skip the test because of `why`, or fail it where the environment promises otherwise."""
    if os.environ.get(promise) == "1":
        pytest.fail(f"{why}, though {promise}=1", pytrace=False)
    pytest.skip(why)
