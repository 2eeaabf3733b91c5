# SPDX-License-Identifier: GPL-2.0-or-later
"""A secure world without a normal one: what the tests of `tee` drive."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rprocbench.base.run import At, Disturbance
from rprocbench.formats.keys import RsaPrivateKey, load_private_key
from rprocbench.soc.board import Board
from rprocbench.tee import Verifier
from rprocbench.verdicts.tee_machine import TeeMachine, recorded_board

VECTORS = Path(__file__).parents[1] / "vectors" / "tee"
without_aliases = recorded_board


def vector(name: str) -> bytes:
    """A file of tests/vectors/tee, unpacked."""
    data = (VECTORS / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


@cache
def signing_key() -> RsaPrivateKey:
    """The throw-away key that the vectors are signed with."""
    key = load_private_key(vector("rsa2048.pem"))
    assert isinstance(key, RsaPrivateKey)
    return key


KEY = signing_key().public
GOOD = vector("m4_rsc_rsa2048.sig")


class Machine(TeeMachine):
    """A board of the recordings, and the key of the vectors."""

    def __init__(
        self,
        script: Mapping[At, Disturbance] | None = None,
        *,
        key: Verifier = KEY,
        board: Board | None = None,
        **options: Any,
    ) -> None:
        super().__init__(script, key=key, board=board, **options)
