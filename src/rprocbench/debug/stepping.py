# SPDX-License-Identifier: GPL-2.0-or-later
"""Stepping by lines of C, over calls and interrupts."""

from dataclasses import dataclass, replace

from rprocbench.base.errors import InputCode, InputError
from rprocbench.bench.session import Session, Stopped
from rprocbench.emulator.prologue import is_call
from rprocbench.emulator.watch import Address, Why

from .view import View

MOST = 200_000  # instructions that one step by line looks at


def cannot(why: str) -> InputError:
    """Something that makes no sense here."""
    return InputError(InputCode.UNSUPPORTED, why)


@dataclass
class Stepper:
    """Moves the session of `view`. What stops a step early is told by `Stopped.why`."""

    view: View

    @property
    def session(self) -> Session:
        """The session, as it is now."""
        return self.view.target.session

    def _stretch(self, pc: int) -> tuple[int, int] | None:
        lines = self.view.info.lines
        return lines.stretch(pc) if lines else None

    def _ipsr(self) -> int:
        return self.session.registers["xpsr"] & 0x1FF

    # Forwards

    def step(self) -> Stopped:
        """To the next line, also of a function that is called and has lines."""
        return self._by_line(over=False)

    def next(self) -> Stopped:
        """To the next line of this function."""
        return self._by_line(over=True)

    def next_instruction(self) -> Stopped:
        """One instruction, or a whole call."""
        return self._instruction(over=True)

    def _instruction(self, *, over: bool) -> Stopped:
        """One instruction; interrupts that it meets run to their end, and so do calls if `over`."""
        session = self.session
        pc, sp, ipsr = session.pc, session.registers["sp"], self._ipsr()
        calls = is_call(self._code(pc))
        stopped = session.step()
        while stopped.why is Why.STEP and self._ipsr() not in (0, ipsr) and self._is_entry():
            stopped = self._leave_exception(stopped)
        if over and calls and stopped.why is Why.STEP and stopped.pc != pc + calls:
            stopped = self._run_to(pc + calls, sp)
        return self._at_breakpoint(stopped)

    def _is_entry(self) -> bool:
        """Whether the core stands at the first instruction of an exception's handler."""
        frames = self.view.calls[:2]
        return len(frames) == 2 and bool(frames[1].frame.exception)

    def _leave_exception(self, stopped: Stopped) -> Stopped:
        """Run until what was interrupted goes on."""
        calls = self.view.calls
        at = next((i for i, call in enumerate(calls) if call.frame.exception), None)
        if at is None or at + 1 >= len(calls):
            return stopped
        back = calls[at + 1].frame
        return self._run_to(back.pc, back.registers.get("sp", 0))

    def _run_to(self, pc: int, sp: int) -> Stopped:
        """Run to `pc`, in the same activation or an outer one."""
        while True:
            stopped = self.session.run(until=[Address(pc)])
            arrived = stopped.why is Why.BREAKPOINT and stopped.pc == pc
            if not arrived:
                return stopped
            if self.session.registers["sp"] >= sp:
                return replace(stopped, why=Why.STEP)
            if pc in self.session.breakpoints:
                return stopped

    def _at_breakpoint(self, stopped: Stopped) -> Stopped:
        if self.session.was_interrupted:
            return replace(stopped, why=Why.INTERRUPTED)
        if stopped.why is Why.STEP and stopped.pc in self.session.breakpoints:
            return replace(stopped, why=Why.BREAKPOINT, until=Address(stopped.pc))
        return stopped

    def _code(self, pc: int) -> bytes:
        try:
            return self.session.read(pc, 4)
        except InputError:
            return b""

    def _by_line(self, *, over: bool) -> Stopped:
        stretch, start = self._stretch(self.session.pc), self._here()
        if stretch is None:
            return self._instruction(over=over)
        for _ in range(MOST):
            pc, sp = self.session.pc, self.session.registers["sp"]
            back = pc + is_call(self._code(pc))
            stopped = self._instruction(over=over)
            if stopped.why is not Why.STEP:
                return stopped
            if stretch and stretch[0] <= stopped.pc < stretch[1]:
                continue
            if back not in (pc, stopped.pc) and not over:
                return self._into(stopped.pc, back, sp)
            if self._is_news(start, stopped.pc):
                return stopped
            stretch = self._stretch(stopped.pc)
        raise cannot(f"no other line within {MOST} instructions")

    def _here(self) -> tuple[object, object]:
        """The function and the line."""
        info, pc = self.view.info, self.session.pc
        return info.function_at(pc), info.line_at(pc)

    def _is_news(self, start: tuple[object, object], pc: int) -> bool:
        """Whether a step that began at `start` is over: a line begins, or a function was left."""
        function, line = self._here()
        if function != start[0]:
            return line is not None
        lines = self.view.info.lines
        return line != start[1] and lines is not None and lines.begins_statement(pc)

    def _into(self, pc: int, back: int, sp: int) -> Stopped:
        """A function was called: go to its first line, or over it if it has none."""
        lines, function = self.view.info.lines, self.view.info.function_at(pc)
        if self.view.info.line_at(pc) is None or lines is None or function is None:
            return self._at_breakpoint(self._run_to(back, sp))
        body = lines.after_prologue(function.da, function.da + max(function.size, 1))
        if body == pc:
            return replace(self.session.step(0), why=Why.STEP)
        return self._at_breakpoint(self._run_to(body, 0))

    def finish(self) -> Stopped:
        """Run until the selected function has returned. Raises `InputError` if it cannot."""
        frames = self.view.frames()
        outer = [frame for frame in frames[1:] if not frame.exception]
        if not outer:
            raise cannot("the outermost function has nobody to return to")
        back = outer[0]
        return self._at_breakpoint(self._run_to(back.pc, back.registers.get("sp", 0)))
