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
    Message,
    Signalled,
    Trace,
    Unwound,
    freeze,
)

F = TypeVar("F", bound=Callable[..., Any])
MIRRORED: dict[str, list[Cite]] = {}
AUDIBLE = frozenset({Message, Signalled, Logged, Created, Gone})
assign = object.__setattr__
PLAIN = frozenset({int, str, bool, bytes, type(None)})  # types whose values are frozen as they are


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


class Skipped(Exception):  # noqa: N818  it is no error that anybody reports
    """How `Skip` leaves a call. It never gets past the call."""

    def __init__(self, result: object) -> None:
        super().__init__(result)
        self.result = result


@dataclass(frozen=True, slots=True)
class Skip:
    """A disturbance: the call does nothing, and returns `result` as if it had."""

    result: object = None

    def __call__(self, _subject: Modelled) -> None:
        raise Skipped(self.result)


@dataclass
class Run:
    """One execution: the script that disturbs it, the patches it runs with, the trace it leaves.

    `patches` replaces modelled functions by name, as applying a patch to a source tree does: every
    caller then reaches the patched function. A design is such a set of patches.

    `messages` numbers what crosses between Linux and the M4. `live` are the objects that exist.
    While the run `is_quiet`, calls, changes and writes leave no events (see `quiet.quietly`).
    A kind of run that wants no traces says that objects need not announce themselves, or even that
    calls are no places: it can be neither disturbed nor patched.
    """

    ANNOUNCES: ClassVar[bool] = True
    HAS_PLACES: ClassVar[bool] = True

    script: Mapping[At, Disturbance] = field(default_factory=dict)
    patches: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    trace: Trace = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    buffers: dict[str, bytearray] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    live: dict[str, "Watched"] = field(default_factory=dict, repr=False)
    is_quiet: bool = False

    def next_message(self) -> int:
        """The id of one more message, counted from 1."""
        self.messages += 1
        return self.messages

    def record(self, event: Event) -> None:
        """Append one event. A quiet run keeps only those that `AUDIBLE` names."""
        if not self.is_quiet or type(event) in AUDIBLE:
            self.trace.append(event)

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        """A line on the console of `lane`."""
        self.record(Logged(lane, level, text))

    @contextmanager
    def step(self, cite: Cite, subject: Modelled) -> Iterator[None]:
        """One call of the modelled function that `cite` names, its body being the block.

        `mirrors` does the same for a function, and faster. The block cannot be skipped.
        """
        here = self._enter(cite, subject)
        disturbed = True
        try:
            if disturb := self.script.get(here):
                disturb(subject)
            disturbed = False
            yield
        except RprocError as error:
            self._fail(cite, error, disturbed=disturbed)
            raise
        else:
            self.record(Left(cite.symbol, len(self.stack) - 1))
        finally:
            self.stack.pop()

    def _enter(self, cite: Cite, subject: Modelled) -> At:
        name = cite.symbol
        nth = self.calls[name] = self.calls[name] + 1
        label = getattr(subject, "label", "")
        self.record(Entered(name, nth, len(self.stack), cite, label))
        self.stack.append(name)
        return At(name, nth)

    def _fail(self, cite: Cite, error: RprocError, *, disturbed: bool) -> None:
        depth, code = len(self.stack) - 1, error.code.name
        self.record(Failed(cite.symbol, depth, code, error.why, error.span, disturbed))


def mirrors(source: str) -> Callable[[F], F]:
    """Name the source file (`tree:path`) a function mirrors, and make each call a place in the run.

    The function takes the thing it works on first. Where the run has a patch for that name, the
    patch is called instead.
    """
    tree, path = source.split(":")

    def decorate(fn: F) -> F:
        cite = Cite(tree, path, fn.__name__)
        MIRRORED.setdefault(fn.__name__, []).append(cite)
        return _place(fn, cite)

    return decorate


def _place(fn: F, cite: Cite) -> F:  # noqa: C901  the way of every call: flat, because it is hot
    name = cite.symbol
    lefts: dict[int, Left] = {}  # an event is a value: one of each does

    @wraps(fn)
    def step(subject: Modelled, *args: Any, **kwargs: Any) -> Any:  # noqa: C901
        run = subject.run
        if not run.HAS_PLACES:
            return fn(subject, *args, **kwargs)
        if run.patches:
            patch: Any = run.patches.get(name, step)
            if patch is not step:
                return patch(subject, *args, **kwargs)
        nth = run.calls[name] = run.calls[name] + 1
        if run.is_quiet and not run.script:
            return fn(subject, *args, **kwargs)
        stack = run.stack
        depth = len(stack)
        heard = not run.is_quiet
        if heard:
            run.record(Entered(name, nth, depth, cite, getattr(subject, "label", "")))
        stack.append(name)
        disturbed = False
        try:
            if run.script and (disturb := run.script.get(At(name, nth))):
                disturbed = True
                disturb(subject)
                disturbed = False
            result = fn(subject, *args, **kwargs)
        except Skipped as skipped:
            result = skipped.result
        except RprocError as error:
            if heard:
                run._fail(cite, error, disturbed=disturbed)  # noqa: SLF001  the seam is one
            raise
        finally:
            stack.pop()
        if heard:
            run.record(lefts.get(depth) or lefts.setdefault(depth, Left(name, depth)))
        return result

    cast("Any", step).cite = cite
    return cast("F", step)


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
            if not self.run.is_quiet:
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
        object.__setattr__(self, "_live", self.run.ANNOUNCES)
        self.run.live[self.label] = self
        if self.run.ANNOUNCES:
            self.run.record(Created(self.label, type(self).__name__, self.LANE, self.frozen()))

    def frozen(self) -> tuple[tuple[str, Any], ...]:
        """This object's state as an event holds it."""
        skip = self.UNWATCHED | {"run", "label"}
        shown = ((k, v) for k, v in vars(self).items() if k[0] != "_" and k not in skip)
        return tuple((name, freeze(value)) for name, value in shown)

    def gone(self) -> None:
        """Announce that this object ceased to be. Who still points at it knows its name."""
        self.run.record(Gone(self.label))
        self.run.live.pop(self.label, None)
        object.__setattr__(self, "_live", False)

    def __setattr__(self, name: str, value: object) -> None:
        if self._live and name[0] != "_" and not self.run.is_quiet:
            before = getattr(self, name, None)
            if (before is not value or type(value) not in PLAIN) and (
                name != "run" and name not in self.UNWATCHED
            ):
                if type(before) not in PLAIN:
                    before = freeze(before)
                after = value if type(value) in PLAIN else freeze(value)
                if before != after:
                    self.run.record(Changed(self.label, name, before, after))  # type: ignore[arg-type]
        assign(self, name, value)


def tolerate(undo: Callable[..., object], *args: object) -> None:
    """Call `undo`, ignoring the error it reports, as C does when it drops a return value."""
    with suppress(ModelledError):
        undo(*args)
