# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold of every run: named questions, each silent when all is well.

To add one: a generator in the file of its theme, its name a sentence, its docstring the reason.
"""

from collections.abc import Callable, Iterator

from rprocbench.base.trace import Trace

from .agreement import AGREEMENT, nothing_oopses
from .balance import BALANCE
from .breach import Breach
from .loading import LOADING
from .story import Story, read
from .telling import TELLING

Invariant = Callable[[Story], Iterator[Breach]]
INVARIANTS: dict[str, Invariant] = {
    question.__name__: question for question in (*LOADING, *BALANCE, *AGREEMENT, *TELLING)
}


def judge(trace: Trace) -> list[Breach]:
    """Every breach of every invariant in a trace, the same one only once, where it shows first.

    After an oops nothing is expected of the kernel any more.
    """
    story = read(trace)
    found: dict[tuple[str, str], Breach] = {}
    for question in INVARIANTS.values():
        for breach in question(story):
            found.setdefault(breach.key, breach)
    end = min((b.index for b in nothing_oopses(story)), default=len(trace))
    return [breach for breach in found.values() if breach.index <= end]


def reason(invariant: str) -> str:
    """Why an invariant matters: its docstring's first paragraph, on one line."""
    text = INVARIANTS[invariant].__doc__ or ""
    return " ".join(text.split("\n\n")[0].split())
