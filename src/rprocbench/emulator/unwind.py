# SPDX-License-Identifier: GPL-2.0-or-later
"""Backtraces: from a function to its caller, and through exceptions to what they interrupted.

The compiler's call frame information is followed where there is some, else the function's first
instructions are read, else the stack is searched for return addresses. An exception's frame is the
core's own (Armv7-M ARM, DDI 0403E, B1.5.6): 8 words, or 26 with floating point, on MSP or PSP.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_expressions import Context, Unavailable, evaluate, number_of
from rprocbench.formats.dwarf_frames import FrameTable, Rule, Rules
from rprocbench.soc.memory import Da

from .prologue import SCAN, analyse, find_start, is_return_address, popped_by
from .symbols import disassemble

Read = Callable[[int, int], bytes]

MAX_FRAMES = 200
EXC_RETURNS = (0xFFFF_FFF1, 0xFFFF_FFF9, 0xFFFF_FFFD)  # with bit 4 set
RESERVED = 0xFFFF_FFE0  # from here on, no code lies
NO_FLOATING, FROM_PSP, PADDED = 1 << 4, 1 << 2, 1 << 9
BASIC = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")
EXTRA = (*(f"s{n}" for n in range(16)), "fpscr", "")
CALLERS_OWN = tuple(f"r{n}" for n in (0, 1, 2, 3, 12))  # a callee need not keep them
WORD = 0xFFFF_FFFF
EXCEPTIONS = {
    1: "Reset", 2: "NMI", 3: "HardFault", 4: "MemManage", 5: "BusFault", 6: "UsageFault",
    11: "SVCall", 12: "DebugMonitor", 14: "PendSV", 15: "SysTick",
}  # fmt: skip


def exception_name(number: int) -> str:
    """`SysTick`, `IRQ 103`."""
    return EXCEPTIONS.get(number) or (f"IRQ {number - 16}" if number >= 16 else f"#{number}")


def register_name(number: int) -> str:
    """What DWARF's register number means on this core; "" if nothing."""
    if 0 <= number < 16:
        return ("sp", "lr", "pc")[number - 13] if number > 12 else f"r{number}"
    return f"s{number - 64}" if 64 <= number < 96 else ""


@dataclass(frozen=True)
class Frame:
    """One activation: the registers as they are in it, as far as they are known.

    `is_exact` tells that `pc` is the next instruction, not the one after a call. `how` says what
    the frame was found by. An `exception` stands between a handler and what it interrupted.
    """

    registers: Mapping[str, int]
    how: str = "here"
    is_exact: bool = True
    exception: int = 0
    cfa: int | None = field(default=None, compare=False)

    @property
    def pc(self) -> int:
        """Where it is."""
        return self.registers.get("pc", 0)

    @property
    def lookup(self) -> int:
        """An address inside of the instruction that is being executed."""
        return self.pc if self.is_exact else self.pc - 1


@dataclass
class Unwinder:
    """Finds callers. `start_of(pc)` is where the function begins, `is_code` what may be executed.

    `read(address, size)` raises `DwarfError` where there is no memory.
    """

    frames: FrameTable | None
    read: Read
    is_code: Callable[[int], bool]
    start_of: Callable[[int], int | None]

    def unwind(self, registers: Mapping[str, int]) -> Iterator[Frame]:
        """All frames from the innermost on. Ends where nothing more is known; never raises."""
        frame: Frame | None = self.located(Frame(dict(registers)))
        for _ in range(MAX_FRAMES):
            if frame is None:
                return
            yield frame
            if frame.exception:
                frame = self.located(self._interrupted(frame))
                continue
            try:
                after = self._caller(frame)
            except DwarfError:
                return
            frame = self.located(after)

    def located(self, frame: Frame | None) -> Frame | None:
        """The frame with its CFA, where that is known."""
        if frame is None or frame.exception:
            return frame
        try:
            rules = self._rules(frame)
            return replace(frame, cfa=self._cfa(rules, frame)) if rules else frame
        except DwarfError:
            return frame

    def _rules(self, frame: Frame) -> Rules | None:
        return self.frames.rules_at(frame.lookup) if self.frames else None

    def context(self, frame: Frame) -> Context:
        """What location expressions may ask of the frame."""

        def register(number: int) -> int:
            name = register_name(number)
            if name not in frame.registers:
                raise Unavailable(f"register {name or number} is not known in this frame")
            return frame.registers[name]

        def cfa() -> int:
            if frame.cfa is None:
                raise Unavailable("the frame's address is not known")
            return frame.cfa

        return Context(register, self.read, cfa=cfa)

    def _cfa(self, rules: Rules, frame: Frame) -> int:
        context = self.context(frame)
        if rules.cfa_expression is not None:
            return number_of(evaluate(rules.cfa_expression, context), context) & WORD
        return context.register(rules.cfa_register) + rules.cfa_offset & WORD

    def _caller(self, frame: Frame) -> Frame | None:
        rules = self._rules(frame) if self.is_code(frame.lookup) else None
        if rules is not None and frame.cfa is not None:
            before = self._by_rules(frame, rules, frame.cfa)
        else:
            before = self._by_prologue(frame)
        if before is None:
            return None
        target = before.registers.get("pc", 0)
        if target >= RESERVED and target | NO_FLOATING | 1 not in EXC_RETURNS:
            return None  # LR is all ones after a reset
        if target >= RESERVED:
            return replace(before, exception=frame.registers.get("xpsr", 0) & 0x1FF or 1)
        if not target & ~1 or not self.is_code(target & ~1):
            return self._by_scan(frame) if before.how != "frame information" else None
        is_stuck = target & ~1 == frame.pc and before.registers.get("sp") == frame.registers.get(
            "sp"
        )
        if is_stuck:
            return None
        return replace(before, registers={**before.registers, "pc": target & ~1})

    def _by_rules(self, frame: Frame, rules: Rules, cfa: int) -> Frame | None:
        known = {k: v for k, v in frame.registers.items() if k not in CALLERS_OWN}
        known["sp"] = cfa
        for number, rule in rules.registers.items():
            if name := register_name(number):
                value = self._restore(rule, cfa, frame)
                if value is None:
                    known.pop(name, None)
                else:
                    known[name] = value & WORD
        link = rules.registers.get(rules.return_register)
        if link is not None and link.kind == "undefined":
            return None
        name = register_name(rules.return_register) or "lr"
        if name not in known:
            return None
        known["pc"] = known[name]
        return Frame(self._stacks(known), "frame information", is_exact=False)

    def _restore(  # noqa: PLR0911  one return a rule
        self, rule: Rule, cfa: int, frame: Frame
    ) -> int | None:
        context = self.context(frame)
        match rule.kind:
            case "at":
                return int.from_bytes(self.read(cfa + rule.number & WORD, 4), "little")
            case "is":
                return cfa + rule.number
            case "register":
                return frame.registers.get(register_name(rule.number))
            case "at expression":
                at = number_of(evaluate(rule.expression, context), context)
                return int.from_bytes(self.read(at, 4), "little")
            case "is expression":
                return number_of(evaluate(rule.expression, context), context)
            case "undefined":
                return None
        return None

    def _stacks(self, known: dict[str, int]) -> dict[str, int]:
        """Keep the banked stack pointer that `sp` is in step with it."""
        in_handler = known.get("xpsr", 0) & 0x1FF
        bank = "psp" if known.get("control", 0) & 2 and not in_handler else "msp"
        return {**known, bank: known["sp"]}

    def _by_prologue(self, frame: Frame) -> Frame | None:
        """Without frame information."""
        registers, pc, sp = frame.registers, frame.pc, frame.registers.get("sp")
        if sp is None:
            return None
        known = {k: v for k, v in registers.items() if k not in CALLERS_OWN}
        start = (self.start_of(pc) or find_start(self.read, pc)) if self.is_code(pc) else None
        if start is None:
            if frame.is_exact and "lr" in registers:
                return Frame({**known, "pc": registers["lr"]}, "link register", is_exact=False)
            return self._by_scan(frame)
        return self._in_epilogue(frame, known, sp) or self._in_body(frame, known, sp, start)

    def _in_body(self, frame: Frame, known: dict[str, int], sp: int, start: int) -> Frame | None:
        """The caller, as the first instructions tell where it is kept."""
        saved = analyse(self.read, start, frame.pc)
        base = sp + saved.depth
        if saved.frame_pointer in frame.registers and not frame.is_exact:
            base = frame.registers[saved.frame_pointer] + saved.pointer_depth
        if "lr" not in saved.registers and not frame.is_exact:
            return self._by_scan(frame)
        for name, offset in saved.registers.items():
            if not name.startswith("d"):
                known[name] = int.from_bytes(self.read(base + offset & WORD, 4), "little")
        known |= {"sp": base & WORD, "pc": known.get("lr", 0)}
        return Frame(self._stacks(known), "first instructions", is_exact=False)

    def _in_epilogue(self, frame: Frame, known: dict[str, int], sp: int) -> Frame | None:
        """The caller, if the very next instruction returns to it."""
        if not frame.is_exact:
            return None
        here = disassemble(self.read(frame.pc, 4), Da(frame.pc))[:1]
        popped = popped_by(here[0]) if here else None
        if popped is None:
            return None
        found = {"pc": known.get("lr", 0), "sp": sp + 4 * len(popped)}
        for index, name in enumerate(popped):
            found[name] = int.from_bytes(self.read(sp + 4 * index, 4), "little")
        return Frame(self._stacks({**known, **found}), "first instructions", is_exact=False)

    def _by_scan(self, frame: Frame) -> Frame | None:
        """The next word on the stack that looks as if a call had put it there."""
        sp = frame.registers.get("sp")
        for at in range(sp, sp + 4 * SCAN, 4) if sp is not None else ():
            try:
                value = int.from_bytes(self.read(at, 4), "little")
            except DwarfError:
                return None
            if self.is_code(value & ~1) and is_return_address(self.read, value):
                known = {k: v for k, v in frame.registers.items() if k in ("xpsr", "msp", "psp")}
                known |= {"sp": at + 4, "pc": value & ~1}
                return Frame(known, "stack search", is_exact=False)
        return None

    def _interrupted(self, frame: Frame) -> Frame | None:
        """What the exception's frame says ran before it."""
        registers, exc_return = frame.registers, frame.registers["pc"]
        bank = "psp" if exc_return & FROM_PSP else "msp"
        sp = registers.get(bank)
        if sp is None:
            return None
        names = BASIC if exc_return & NO_FLOATING else (*BASIC, *EXTRA)
        try:
            data = self.read(sp, 4 * len(names))
        except DwarfError:
            return None
        words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
        known = {**registers, **dict(zip(names, words, strict=False))}
        known.pop("", None)
        after = sp + 4 * len(names) + (4 if known["xpsr"] & PADDED else 0)
        control = known.get("control", 0) & ~6 | (2 if bank == "psp" else 0)
        known |= {"sp": after, bank: after, "control": control}
        known["pc"] &= ~1
        return Frame(known, "exception frame", is_exact=True)
