# SPDX-License-Identifier: GPL-2.0-or-later
"""An acceptance map as plain data, for `rprocbench map --json`.

- `image`, `size` (bytes), `sha256`, `key` (fingerprint), `board`, `ta`: what it is a map of
- `complete`: false if it was stopped; `asked`: how often the TA was asked
- `base`: the answer to the image as it is
- `bits`: how many bits have each fate: `refused`, `same`, `different`, `unknown`
- `answers`: every different answer: `fate`, `result` (name), `code` (number), `step` (function),
  `undefined` (the real code leaves defined behaviour)
- `map`: every bit, as `[first, end, answer]` with `end` excluded and an index into `answers`; bit
  `8 * offset + n` is the one worth `1 << n` of the byte at `offset`
- `regions`: `name`, `kind`, `spans` (`[start, end]` in bytes), `bits`, and `answers` as
  `[index, bits]`
- `effective`: each bit that is accepted and changes what is loaded: `bit`, `offset`, `mask`,
  `region`, `changes` (texts)
"""

from hashlib import sha256
from itertools import groupby
from typing import Any

from rprocbench.verdicts.acceptance import AcceptanceMap, Answer, Fate

from .acceptance_words import region_at

NAMES = {
    Fate.REFUSED: "refused",
    Fate.SAME: "same",
    Fate.DIFFERENT: "different",
    Fate.UNKNOWN: "unknown",
}


def pack_acceptance(view: AcceptanceMap) -> dict[str, Any]:
    """`view` as data."""
    index = {answer: number for number, answer in enumerate(view.answers)}
    return {
        "image": view.name,
        "size": len(view.data),
        "sha256": sha256(view.data).hexdigest(),
        "key": view.key.fingerprint,
        "board": view.board,
        "ta": view.ta,
        "complete": view.is_complete,
        "asked": view.asked,
        "base": pack_answer(view.base),
        "bits": _fates(view.fates),
        "answers": [pack_answer(answer) for answer in view.answers],
        "map": _runs(view),
        "regions": [
            {
                "name": totals.region.name,
                "kind": totals.region.kind.value,
                "spans": [[span.start, span.end] for span in totals.region.spans],
                "bits": _fates(totals.fates),
                "answers": [[index[answer], count] for answer, count in totals.answers.items()],
            }
            for totals in view.totals
        ],
        "effective": [
            {
                "bit": bit,
                "offset": bit // 8,
                "mask": 1 << bit % 8,
                "region": region_at(view, bit // 8),
                "changes": list(view.changes[bit]),
            }
            for bit in view.effective
        ],
    }


def pack_answer(answer: Answer) -> dict[str, Any]:
    """One answer as data."""
    return {
        "fate": NAMES[answer.fate],
        "result": None if answer.result is None else answer.result.name,
        "code": None if answer.result is None else int(answer.result),
        "step": answer.step,
        "undefined": answer.undefined,
    }


def _fates(counts: dict[Fate, int]) -> dict[str, int]:
    return {NAMES[fate]: counts[fate] for fate in NAMES}


def _runs(view: AcceptanceMap) -> list[list[int]]:
    runs: list[list[int]] = []
    at = 0
    for number, run in groupby(view.outcomes):
        end = at + sum(1 for _ in run)
        runs.append([at, end, number])
        at = end
    return runs
