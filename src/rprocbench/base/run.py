# SPDX-License-Identifier: GPL-2.0-or-later
"""The seam: modelled functions, the run they leave a trace in, and what disturbs it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ClassVar, Protocol, TypeVar, cast

from .errors import Cite, Errno, ModelledError, RprocError, TeeResult
from .trace import (
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Gone,
    Lane,
    Left,
    Logged,
    Trace,
    Unwound,
    freeze,
)

F = TypeVar("F", bound=Callable[..., Any])
MIRRORED: dict[str, list[Cite]] = {}


class Modelled(Protocol):
    """Anything a modelled function works on: it knows its run."""

    @property
    def run(self) -> "Run": ...


Disturbance = Callable[[Modelled], None]


@dataclass(frozen=True, slots=True, order=True)
class At:
    """A place in a run: the `nth` call of `function`, counted from 1."""

    function: str
    nth: int = 1

    def __str__(self) -> str:
        return self.function if self.nth == 1 else f"{self.function}#{self.nth}"


@dataclass(frozen=True, slots=True)
class Fail:
    """A disturbance: the call fails with `code` before it does anything."""

    code: Errno | TeeResult

    def __call__(self, _subject: Modelled) -> None:
        raise ModelledError(self.code, "injected")


@dataclass(frozen=True, slots=True)
class Poke:
    """A disturbance: somebody else writes `data` at `offset` of the shared buffer `buffer`."""

    buffer: str
    offset: int
    data: bytes

    def __call__(self, subject: Modelled) -> None:
        shared = subject.run.buffers[self.buffer]
        shared[self.offset : self.offset + len(self.data)] = self.data


@dataclass
class Run:
    """One execution: the script that disturbs it, the patches it runs with, the trace it leaves.

    `patches` replaces modelled functions by name, as applying a patch to a source tree does: every
    caller then reaches the patched function. A design is such a set of patches.
    """

    script: Mapping[At, Disturbance] = field(default_factory=dict)
    patches: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    trace: Trace = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    buffers: dict[str, bytearray] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)

    def record(self, event: Event) -> None:
        """Append one event."""
        self.trace.append(event)

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        """A line on the console of `lane`."""
        self.record(Logged(lane, level, text))

    @contextmanager
    def step(self, cite: Cite, subject: Modelled) -> Iterator[None]:
        """One call of the modelled function that `cite` names."""
        name, depth = cite.symbol, len(self.stack)
        self.calls[name] += 1
        here = At(name, self.calls[name])
        self.record(Entered(name, here.nth, depth, cite, getattr(subject, "label", "")))
        self.stack.append(name)
        disturbed = False
        try:
            if disturb := self.script.get(here):
                disturbed = True
                disturb(subject)
                disturbed = False
            yield
        except RprocError as error:
            code, why = error.code.name, error.why
            self.record(Failed(name, depth, code, why, error.span, disturbed))
            raise
        else:
            self.record(Left(name, depth))
        finally:
            self.stack.pop()


def mirrors(source: str) -> Callable[[F], F]:
    """Name the source file (`tree:path`) a function mirrors, and make each call a place in the run.

    The function takes the thing it works on first. Where the run has a patch for that name, the
    patch is called instead.
    """
    tree, path = source.split(":")

    def decorate(fn: F) -> F:
        cite = Cite(tree, path, fn.__name__)
        MIRRORED.setdefault(fn.__name__, []).append(cite)

        @wraps(fn)
        def step(subject: Modelled, *args: Any, **kwargs: Any) -> Any:
            patch: Any = subject.run.patches.get(fn.__name__, step)
            if patch is not step:
                return patch(subject, *args, **kwargs)
            with subject.run.step(cite, subject):
                return fn(subject, *args, **kwargs)

        cast("Any", step).cite = cite
        return cast("F", step)

    return decorate


class Unwind(ExitStack):
    """A C function's ladder of `goto` labels.

    `label` says what to undo if anything after it fails. Undoing starts at the newest label and, as
    in C, ignores what it returns. Reaching the end of the block undoes nothing, and neither does a
    crash or a bug in the model.
    """

    def __init__(self, subject: Modelled) -> None:
        super().__init__()
        self.run = subject.run

    def label(self, name: str, undo: Callable[..., object], *args: object) -> None:
        """From here on, an error first calls `undo(*args)`, under the C label `name`."""
        self.push(partial(self._pass, name, partial(undo, *args)))

    def _pass(self, name: str, undo: Callable[[], object], *exc_info: object) -> None:
        if isinstance(exc_info[1], ModelledError):
            self.run.record(Unwound(self.run.stack[-1], name, len(self.run.stack) - 1))
            with suppress(ModelledError):
                undo()


class Watched:
    """A modelled struct: assign to its fields as the C does, and the trace listens.

    A subclass is a dataclass with a `run`; its `__post_init__` calls `self.watch(name)`. Fields
    that start with an underscore, and those in `UNWATCHED`, are not part of its state. Containers
    are replaced, never changed in place (`self.carveouts += (entry,)`), or nobody would hear.
    """

    LANE: ClassVar[Lane] = Lane.LINUX
    UNWATCHED: ClassVar[frozenset[str]] = frozenset()
    run: Run
    label: str = ""
    _live: bool = False

    def watch(self, name: str) -> None:
        """Announce this object as `name`, made unique by a number where it must be."""
        self.run.labels[name] += 1
        count = self.run.labels[name]
        object.__setattr__(self, "label", name if count == 1 else f"{name}~{count}")
        object.__setattr__(self, "_live", True)
        self.run.record(Created(self.label, type(self).__name__, self.LANE, self.frozen()))

    def frozen(self) -> tuple[tuple[str, Any], ...]:
        """This object's state as an event holds it."""
        skip = self.UNWATCHED | {"run", "label"}
        shown = ((k, v) for k, v in vars(self).items() if k[0] != "_" and k not in skip)
        return tuple((name, freeze(value)) for name, value in shown)

    def gone(self) -> None:
        """Announce that this object ceased to be. Who still points at it knows its name."""
        self.run.record(Gone(self.label))
        object.__setattr__(self, "_live", False)

    def __setattr__(self, name: str, value: object) -> None:
        if self._live and name[0] != "_" and name != "run" and name not in self.UNWATCHED:
            before, after = freeze(getattr(self, name, None)), freeze(value)
            if before != after:
                self.run.record(Changed(self.label, name, before, after))
        object.__setattr__(self, name, value)


def tolerate(undo: Callable[..., object], *args: object) -> None:
    """Call `undo`, ignoring the error it reports, as C does when it drops a return value."""
    with suppress(ModelledError):
        undo(*args)
