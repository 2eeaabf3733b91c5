# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the time went: a tree of calls with their instructions, and a profile by function.

Calls are found in the blocks that were executed: a block that ends with BL or BLX calls, and the
call is over when the instruction behind it executes. An exception is a call that nobody made; it is
over when its handler returns by EXC_RETURN.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .debuginfo import DebugInfo
from .symbols import Instruction
from .tape import ADDRESS
from .tracing import BLOCKS, Code, Tracer
from .travel import Moment
from .unwind import exception_name

DEEPEST = 512  # open calls that are followed; a firmware may well recurse for ever
RETURNS = ("bx lr", "pop", "ldm", "ldr pc", "mov pc, lr")


@dataclass(slots=True, eq=False)
class Node:
    """A function as it was called from one place in the tree. `own` leaves out what it called."""

    name: str
    calls: int = 0
    own: int = 0
    children: dict[str, "Node"] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Instructions with those of everything that it called."""
        return self.own + sum(child.total for child in self.children.values())

    def child(self, name: str) -> "Node":
        """The function of that name, as called from here."""
        return self.children.setdefault(name, Node(name))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Node"]]:
        """Every node with its depth, the dearest child first."""
        yield depth, self
        for child in sorted(self.children.values(), key=lambda node: (-node.total, node.name)):
            yield from child.walk(depth + 1)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one function cost: calls, instructions of its own, and with what it called."""

    name: str
    calls: int
    own: int
    total: int


@dataclass
class Profile:
    """A call tree; `idle` cycles passed while the core slept or ran in a loop of one branch."""

    root: Node
    idle: int = 0

    def functions(self) -> list[Spent]:
        """By function, the dearest first. A recursive one's total counts each instruction once."""
        own: dict[str, list[int]] = {}

        def visit(node: Node, above: frozenset[str]) -> None:
            row = own.setdefault(node.name, [0, 0, 0])
            row[0] += node.calls
            row[1] += node.own
            if node.name not in above:
                row[2] += node.total
            for child in node.children.values():
                visit(child, above | {node.name})

        for child in self.root.children.values():
            visit(child, frozenset())
        rows = [Spent(name, *numbers) for name, numbers in own.items()]
        return sorted(rows, key=lambda spent: (-spent.own, spent.name))

    def tree(self) -> Iterator[str]:
        """The tree as text."""
        for depth, node in self.root.walk():
            if depth:
                indent = "  " * (depth - 1)
                yield f"{node.total:>12} {node.calls:>7}  {indent}{node.name}"

    def text(self) -> Iterator[str]:
        """The profile as text."""
        whole = self.root.total or 1
        yield f"{'own':>12} {'%':>6} {'total':>12} {'calls':>7}  function"
        for spent in self.functions():
            share = f"{100 * spent.own / whole:6.1f}"
            yield f"{spent.own:>12} {share} {spent.total:>12} {spent.calls:>7}  {spent.name}"
        if self.idle:
            yield f"{self.idle:>12} cycles asleep, or in a loop of one branch"


@dataclass(slots=True)
class Open:
    """A call that is not over: it will be when `back` executes. `number` is an exception's."""

    node: Node
    back: int
    number: int = 0


class Caller:
    """Builds the tree, block by block."""

    def __init__(self, code: Code, info: DebugInfo) -> None:
        self.root = Node("")
        self._code, self._info = code, info
        self._stack = [Open(self.root, -1)]
        self._names: dict[int, str] = {}
        self._ends: dict[int, tuple[int, bool, bool]] = {}
        self._will_call = True  # the first block is somewhere, called by nobody
        self._has_returned = False
        self._back = -1

    def block(self, word: int) -> int:
        """One more block: an address, and its size from bit 32 on. Gives its instructions."""
        start = word & ADDRESS
        if word not in self._ends:
            self._ends[word] = ending(self._code.block(start, word >> 32))
        count, calls, returns = self._ends[word]
        self._arrive(start)
        self._stack[-1].node.own += count
        self._will_call, self._has_returned = calls, returns
        self._back = start + (word >> 32)
        return count

    def _arrive(self, start: int) -> None:
        """Find out whose block it is."""
        if self._will_call:
            self._open(start, self._back)
        elif (
            not self._close(start)
            and self._name(start) != self._stack[-1].node.name
            and not (self._has_returned and self._leave())
        ):
            self._branch(start)

    def _leave(self) -> bool:
        """The handler of an exception returns: everything since its entry is over."""
        for depth in range(len(self._stack) - 1, 0, -1):
            if self._stack[depth].number:
                del self._stack[depth:]
                return True
        return False

    def _branch(self, start: int) -> None:
        """To another function, which returns to whom this one would have returned."""
        back = self._stack[-1].back
        if len(self._stack) > 1 and not self._stack[-1].number:
            self._stack.pop()
        self._open(start, back)

    def _open(self, start: int, back: int) -> None:
        if len(self._stack) >= DEEPEST:
            return
        node = self._stack[-1].node.child(self._name(start))
        node.calls += 1
        self._stack.append(Open(node, back))

    def _close(self, start: int) -> bool:
        """Whether a call was to return there; it is over, with all that were made inside."""
        for depth in range(len(self._stack) - 1, 0, -1):
            if self._stack[depth].number:
                return False
            if self._stack[depth].back == start:
                del self._stack[depth:]
                return True
        return False

    def exception(self, number: int) -> None:
        """Exception `number` is entered."""
        node = self._stack[-1].node.child(f"<{exception_name(number)}>")
        node.calls += 1
        if len(self._stack) < DEEPEST:
            self._stack.append(Open(node, -1, number))
        self._will_call, self._back = True, -1

    def _name(self, pc: int) -> str:
        if pc not in self._names:
            function = self._info.function_at(pc)
            self._names[pc] = function.name if function else f"{pc:#010x}"
        return self._names[pc]


def ending(block: tuple[Instruction, ...]) -> tuple[int, bool, bool]:
    """How many instructions, whether the last one calls, and whether it returns."""
    if not block:
        return 0, False, False
    text = block[-1].text
    calls = text.split(" ")[0] in ("bl", "blx")
    returns = text.startswith("bx lr") or ("pc" in text and text.startswith(RETURNS))
    return len(block), calls, returns


def profile(tracer: Tracer, start: Moment, end: Moment) -> Profile:
    """The call tree of a window."""
    caller = Caller(tracer.code, tracer.info)
    counted = 0
    late: list[tuple[int, int]] = []

    def note(_kind: str, entries: Sequence[int]) -> bool:
        nonlocal counted
        news = sorted(tracer.entries_seen())
        late.extend(news)
        for word, cycles in zip(entries[::2], entries[1::2], strict=True):
            while late and late[0][0] <= cycles:
                caller.exception(late.pop(0)[1])
            counted += caller.block(word)
        return True

    tracer.play([BLOCKS], start, end, note)
    return Profile(caller.root, max(0, end.cycles - start.cycles - counted))
