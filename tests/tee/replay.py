# SPDX-License-Identifier: GPL-2.0-or-later
"""Play a script of `verdicts.jsonl` and tell what happened in the recordings' words."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from rprocbench.formats.keys import RsaPublicKey
from rprocbench.verdicts.tee_corpus import SEVERAL_SESSIONS, CorpusPlayer, as_recorded
from tests.vectors.tee.gen_corpus import KEYS, build_tee

from .machine import Machine

KEY = RsaPublicKey(RSAPublicNumbers(65537, KEYS["test"][0]).public_key())


class Player(CorpusPlayer):
    """One case: its images, its machine, the sessions that the script opened."""

    def __init__(self, case: dict[str, Any], heap_size: int | None = 4096) -> None:
        machine = Machine(key=KEY, flags=SEVERAL_SESSIONS, heap_size=heap_size)
        super().__init__(machine, build_tee(case), case.get("align", 0))  # type: ignore[no-untyped-call]
        self.case = case

    def play_case(self) -> list[dict[str, Any]]:
        return [as_recorded(step) for step in self.run(self.case["script"])]
