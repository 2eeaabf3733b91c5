# SPDX-License-Identifier: GPL-2.0-or-later
"""Play a scenario undisturbed, list the places it comes to, let each fail once, judge every run.

The runs are independent and go through any `concurrent.futures.Executor`; what is sent to it and
what comes back can be pickled. The result does not depend on who computes it, or in what order.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass, field
from itertools import takewhile
from queue import SimpleQueue

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Entered, Failed, Left, Logged, Trace

from .breach import Breach
from .faults import fault_of, is_place
from .invariants import judge
from .play import AGAIN, play

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """One run to make: a call that fails, or none (`at` None).

    `path` is who called it, outermost first.
    """

    design: str
    scenario: str
    at: At | None = None
    code: Errno | TeeResult | None = None
    path: tuple[str, ...] = ()

    @property
    def script(self) -> dict[At, Fail]:
        """What disturbs the run."""
        return {self.at: Fail(self.code)} if self.at and self.code is not None else {}

    @property
    def command(self) -> str:
        """The shell line that makes this run again."""
        line = f"rprocbench play --design {self.design} --scenario {self.scenario}"
        return line + "".join(f" --fault {at}={what.code.name}" for at, what in self.script.items())


@dataclass(frozen=True, slots=True)
class Verdict:
    """A trial, and what its run breaks."""

    trial: Trial
    breaches: tuple[Breach, ...]


@dataclass
class Campaign:
    """What was planned and what was done. `verdicts` are in the plan's order, whoever was first."""

    plan: list[Trial]
    done: dict[int, Verdict] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts so far."""
        return [self.done[index] for index in sorted(self.done)]

    @property
    def is_complete(self) -> bool:
        """Whether every trial of the plan has a verdict."""
        return len(self.done) == len(self.plan)


def scenario_part(trace: Trace) -> int:
    """Where in a trace the scenario ends, and the user's second attempt begins."""
    ends = (i for i, e in enumerate(trace) if isinstance(e, Logged) and e.text == AGAIN)
    return next(ends, len(trace))


def shared(trace: Trace, others: Iterable[Trace]) -> int:
    """How many events `trace` begins with that one of `others` begins with as well."""
    return max(
        (sum(1 for _ in takewhile(lambda p: p[0] == p[1], zip(trace, o, strict=False)))
         for o in others), default=0,
    )  # fmt: skip


def places(trace: Trace, start: int = 0) -> Iterator[tuple[At, tuple[str, ...]]]:
    """The calls of the scenario, from event `start` on, that can fail; and their callers."""
    stack: list[str] = []
    for index, event in enumerate(trace[: scenario_part(trace)]):
        match event:
            case Entered():
                if index >= start and is_place(event):
                    yield At(event.function, event.nth), tuple(stack)
                stack.append(event.function)
            case Left() | Failed():
                stack.pop()
            case _:
                pass


def plan(design: str, scenarios: Sequence[str]) -> list[Trial]:
    """Every trial of a design: each scenario undisturbed, then with each of its places failing.

    A place that an earlier scenario came to in just the same way is not tried again.
    """
    trials: list[Trial] = []
    earlier: list[Trace] = []
    for scenario in scenarios:
        trace = play(design, scenario).trace
        begun = shared(trace, earlier)
        earlier.append(trace)
        trials.append(Trial(design, scenario))
        for at, path in places(trace, begun):
            trials.append(Trial(design, scenario, at, fault_of(at.function), path))
    return trials


def run_trial(trial: Trial) -> Verdict:
    """Play and judge."""
    trace = play(trial.design, trial.scenario, trial.script).trace
    return Verdict(trial, tuple(judge(trace)))


def fail_everywhere(
    designs: Sequence[str],
    scenarios: Sequence[str],
    executor: Executor | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Campaign:
    """Plan and run a campaign.

    `progress` is called with what is done and what there is. When `cancelled` says so, or the user
    interrupts, what is done so far is the result.
    """
    campaign = Campaign([])
    try:
        for design in designs:
            campaign.plan += plan(design, scenarios)
        with closing(outcomes(campaign.plan, executor)) as verdicts:
            for index, verdict in verdicts:
                campaign.done[index] = verdict
                if progress:
                    progress(len(campaign.done), len(campaign.plan))
                if cancelled():
                    break
    except KeyboardInterrupt:
        pass
    return campaign


def outcomes(
    trials: Sequence[Trial], executor: Executor | None
) -> Generator[tuple[int, Verdict], None, None]:
    """The verdict of each trial with its index, as they come. Closing cancels the others.

    Futures put themselves into a queue: `concurrent.futures.wait` takes the locks of all of them,
    and an interrupt in that moment would leave them held, and the executor waiting.
    """
    if executor is None:
        for index, trial in enumerate(trials):
            yield index, run_trial(trial)
        return
    finished: SimpleQueue[Future[Verdict]] = SimpleQueue()
    indices: dict[Future[Verdict], int] = {}
    try:
        for index, trial in enumerate(trials):
            future = executor.submit(run_trial, trial)
            indices[future] = index
            future.add_done_callback(finished.put)
        while indices:
            future = finished.get()
            yield indices.pop(future), future.result()
    finally:
        for future in indices:
            future.cancel()
