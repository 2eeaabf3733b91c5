# SPDX-License-Identifier: GPL-2.0-or-later
"""The model says what Linux said about thousands of good and damaged images."""

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .corpus import RPMSG_LINE, play

VECTORS = Path(__file__).parents[1] / "vectors/kernel/verdicts.jsonl.gz"
GOLDEN = Path(__file__).parents[3] / "shared/golden"
STRIDE = 7
OURS = {"why"}
THEIRS = {"crash", "events"}

# Unsafe in the recording, not seen as such by the model, and why that is right or tolerable:
# VRING_OOB: a ring whose parts, placed by a wild alignment, leave its memory; virtio's matter;
# FORMAT_STRING: `%d` prints garbage without harm; only `%s` crashes (reference: C16, C17);
# SHORT_READS: bytes past the table are read before the length is judged, and then not used.
HARMLESS = {"VRING_OOB", "FORMAT_STRING"}
SHORT_READS = {"K05980", "K06684"}


def cases(stride: int) -> Iterator[dict[str, Any]]:
    with gzip.open(VECTORS, "rt") as lines:
        for number, line in enumerate(lines):
            if number % stride == 0:
                yield json.loads(line)


def differences(case: dict[str, Any]) -> str:
    """The fields in which the model differs from the recording."""
    ours, _rproc = play(bytes.fromhex(case["image"]))
    theirs = case["v"]
    theirs["log"] = [line for line in theirs["log"] if "vring_new_virtqueue" not in line]
    if "unsafe" in case:
        if set(case["unsafe"]) <= HARMLESS or case["id"] in SHORT_READS:
            return ""
        if ours["result"] == "oops":
            return ""
        return "unsafe"
    names = sorted((ours.keys() - OURS) | (theirs.keys() - THEIRS))
    return " ".join(name for name in names if ours.get(name) != theirs.get(name))


def mismatches(stride: int) -> Counter[str]:
    return Counter(found for case in cases(stride) if (found := differences(case)))


def test_a_sample_of_images_meets_the_recorded_fate() -> None:
    assert not mismatches(STRIDE)


@pytest.mark.slow
@pytest.mark.skipif(
    not GOLDEN.is_dir() and "CI" not in os.environ, reason="a sample is enough without ../shared"
)
def test_every_image_meets_the_recorded_fate() -> None:
    assert not mismatches(1)


def test_lines_of_the_rpmsg_driver_are_the_only_ones_left_out() -> None:
    dropped = {
        line
        for case in cases(STRIDE)
        for line in case["v"]["log"]
        if RPMSG_LINE.match(line.split(":", 1)[1])
    }
    assert not dropped
