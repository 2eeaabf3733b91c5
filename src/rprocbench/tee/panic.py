# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/kernel/tee_ta_manager.c: how a trusted application dies.

A data abort, an assertion, `TEE_Panic`, or a PTA call that the core itself refuses. None of these
unwinds anything in the TA: its instance is gone, with everything it knew.
"""

from dataclasses import dataclass

from rprocbench.base.errors import RprocError, Span, TeeResult
from rprocbench.base.run import Modelled


class TaPanic(RprocError):
    """The TA is dead. Its client hears TARGET_DEAD, origin TEE.

    Not a `ModelledError`: no function of the TA returns, so none of its `goto` ladders runs.
    """

    code: TeeResult


def data_abort(what: str, span: Span | None = None) -> TaPanic:
    """The TA touches an address where nothing is mapped."""
    return TaPanic(TeeResult.TARGET_DEAD, f"data abort in the TA: {what}", span=span)


@dataclass(frozen=True, slots=True)
class Panic:
    """A disturbance: the TA instance is lost at this place.

    Put it at a function of the TA, not of the core: nothing else in the secure world dies.
    """

    why: str = "instance lost"

    def __call__(self, _subject: Modelled) -> None:
        raise TaPanic(TeeResult.TARGET_DEAD, self.why)
