# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions: each machine's table, and what one run made of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rprocbench.base.trace import Changed, Created, Entered, Failed, Gone, Left, Trace

from .states_tables import MACHINES, Machine
from .wording import clean

Outcome = Literal["moved", "stayed", "refused", "failed", "unforeseen"]
# A glyph and a word for each, so that no kind is told by colour alone.
GLYPHS = {
    "moved": "●", "stayed": "●", "legal": "○", "refused": "✗", "failed": "✗", "unforeseen": "!",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to a machine: `cause` was asked for in `source`, by function `by`.

    `moved`: the state changed; `unforeseen`: it did, as no table says; `stayed`: success without a
    change; `refused`: the table has no such entry; `failed`: it has, but something went wrong.
    """

    index: int
    outcome: Outcome
    source: str
    target: str
    cause: str
    by: str
    code: str = ""

    @property
    def words(self) -> str:
        """The step in words."""
        match self.outcome:
            case "moved":
                return f"{self.source} → {self.target}"
            case "unforeseen":
                return f"{self.source} → {self.target}, which no table says"
            case "stayed":
                return f"stays {self.source}"
            case "refused":
                return f"refused in {self.source}: {self.code}"
        return f"fails in {self.source}: {self.code}"


@dataclass(frozen=True, slots=True)
class Life:
    """From event `index` on the machine is in `state`; an empty one is no machine at all."""

    index: int
    state: str


@dataclass(frozen=True, slots=True)
class Told:
    """A machine and its run: `owner` is the object's name in the trace, empty if there is none."""

    machine: Machine
    owner: str
    lives: tuple[Life, ...]
    steps: tuple[Step, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The states in the order they were taken; `gone` where the object ended."""
        return tuple(life.state or "gone" for life in self.lives)

    @property
    def alt(self) -> str:
        """The diagram in sentences, for who does not see it."""
        name = f"{self.machine.title} ({self.owner})" if self.owner else self.machine.title
        if not self.lives:
            return f"{name}. {self.machine.absent}"
        refused = [f"{s.cause} {s.words}" for s in self.steps if s.outcome in {"refused", "failed"}]
        more = f" {'; '.join(dict.fromkeys(refused))}." if refused else ""
        return f"{name}: {' → '.join(self.path)}.{more}"

    def state_at(self, index: int) -> str:
        """The state just after event `index`; empty if it does not exist."""
        return next((life.state for life in reversed(self.lives) if life.index <= index), "")


@dataclass(frozen=True, slots=True)
class StateMachines:
    """The description of the view."""

    title: str
    told: tuple[Told, ...]
    events: int

    @property
    def alt(self) -> str:
        """All diagrams in sentences."""
        return " ".join(told.alt for told in self.told)


def state_machines(trace: Trace, title: str = "State transitions") -> StateMachines:
    """Describe what `trace` did to the processor's, the TA's and the PTA's states."""
    told = [one for machine in MACHINES for one in _tell(machine, trace)]
    return StateMachines(title, tuple(told), len(trace))


def _tell(machine: Machine, trace: Trace) -> list[Told]:
    """The machine's objects; one that was made anew goes on where the last one ended."""
    owners: dict[str, list[Life]] = {}
    kind = {e.owner for e in trace if isinstance(e, Created) and e.kind == machine.kind}
    for index, event in enumerate(trace):
        match event:
            case Created(owner=owner) if owner in kind:
                state = clean(dict(event.fields).get("state", ""))
                owners.setdefault(_base(owner), []).append(Life(index, state))
            case Changed(owner=owner, field="state") if owner in kind:
                owners[_base(owner)].append(Life(index, clean(event.after)))
            case Gone(owner=owner) if owner in kind:
                owners[_base(owner)].append(Life(index, ""))
            case _:
                pass
    if not owners:
        return [Told(machine, "", (), ())]
    told = []
    for owner, lives in owners.items():
        one = Told(machine, clean(owner), tuple(lives), ())
        alone = len(owners) == 1
        told.append(replace(one, steps=tuple(_steps(one, trace, owner, alone=alone))))
    return told


def _base(owner: str) -> str:
    return owner.split("~", maxsplit=1)[0]


@dataclass
class _Asked:
    """An open call; one that asks for a move has a `cause`."""

    index: int
    by: str
    cause: str = ""
    state: str = ""
    moved: bool = False
    about: str = ""


def _steps(told: Told, trace: Trace, owner: str, *, alone: bool) -> Iterator[Step]:
    """What happened to `owner`, in order. `alone`: every call that asks is about it."""
    machine, open_calls = told.machine, list[_Asked]()
    for index, event in enumerate(trace):
        match event:
            case Entered():
                cause = machine.asked.get(event.function, "")
                state = told.state_at(index) if cause else ""
                open_calls.append(_Asked(index, clean(event.function), cause, state))
                _about(open_calls, event.subject, owner)
            case Changed(field="state") if _base(event.owner) == owner:
                _about(open_calls, event.owner, owner)
                yield _move(machine, index, event, open_calls)
            case Left() | Failed():
                call = open_calls.pop() if open_calls else None
                mine = call and call.cause and (alone or call.about)
                if call and mine and not call.moved:
                    state = call.state or told.state_at(index)
                    if state:
                        yield _end(machine, index, event, replace(call, state=state))
            case _:
                pass


def _about(open_calls: Iterable[_Asked], subject: str, owner: str) -> None:
    if _base(subject) == owner:
        for call in open_calls:
            call.about = owner


def _move(machine: Machine, index: int, event: Changed, open_calls: list[_Asked]) -> Step:
    source, target = clean(event.before), clean(event.after)
    asked = [call for call in open_calls if call.cause]
    for call in asked:
        call.moved = True
    by = open_calls[-1].by if open_calls else "nobody"
    known = (source, target) in machine.moves
    cause = asked[-1].cause if asked else "found running" if known else by
    return Step(index, "moved" if known else "unforeseen", source, target, cause, by)


def _end(machine: Machine, index: int, event: Left | Failed, call: _Asked) -> Step:
    outcome: Outcome = "stayed"
    code = ""
    if isinstance(event, Failed):
        code = clean(event.code)
        outcome = "failed" if call.state in machine.ways[call.cause] else "refused"
        if event.injected:
            outcome = "failed"
    return Step(index, outcome, call.state, call.state, call.cause, call.by, code)
