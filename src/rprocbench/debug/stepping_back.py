# SPDX-License-Identifier: GPL-2.0-or-later
"""Stepping backwards by lines of C, over calls and interrupts."""

from dataclasses import replace

from rprocbench.bench.session import Stopped
from rprocbench.emulator.prologue import is_call
from rprocbench.emulator.watch import Address, ExceptionTaken, Why

from .stepping import MOST, Stepper, cannot


class BackStepper(Stepper):
    """Steps both ways."""

    def step_back(self) -> Stopped:
        """To the beginning of the line before, also of a function that has returned."""
        return self._back_by_line(over=False)

    def next_back(self) -> Stopped:
        """To the beginning of the line before in this function."""
        return self._back_by_line(over=True)

    def _back(self, *, over: bool) -> Stopped:
        """One instruction back; over interrupts, and over whole calls if `over`."""
        session = self.session
        pc, sp, ipsr = session.pc, session.registers["sp"], self._ipsr()
        stopped = session.step_back()
        while stopped.why is Why.STEP and self._ipsr() not in (0, ipsr):
            stopped = session.run_back([ExceptionTaken(self._ipsr())])
            if stopped.why is not Why.EXCEPTION:
                return stopped
            if self._ipsr():
                stopped = session.step_back()
            stopped = replace(stopped, why=Why.STEP)
        call = self._call_before(pc)
        if over and call and stopped.why is Why.STEP and stopped.pc != call:
            return self._run_back_to(call, sp)
        return stopped

    def _call_before(self, pc: int) -> int | None:
        """The call that returns to `pc`, if there is one in front of it."""
        for size in (4, 2):
            if is_call(self._code(pc - size)) == size:
                return pc - size
        return None

    def _run_back_to(self, pc: int, sp: int) -> Stopped:
        while True:
            stopped = self.session.run_back([Address(pc)])
            if stopped.why is not Why.BREAKPOINT or stopped.pc != pc:
                return stopped
            if self.session.registers["sp"] >= sp:
                return replace(stopped, why=Why.STEP)

    def _back_by_line(self, *, over: bool) -> Stopped:
        stretch = self._stretch(self.session.pc)
        if stretch is None:
            return self._back(over=over)
        stopped = self.session.step(0)
        if self.session.pc == stretch[0]:
            stopped = self._back(over=over)
            stretch = self._stretch(self.session.pc)
        for _ in range(MOST):
            if stopped.why is not Why.STEP or stretch is None or self.session.pc == stretch[0]:
                return stopped
            stopped = self._back(over=over)
            if stopped.why is Why.STEP and not stretch[0] <= self.session.pc < stretch[1]:
                deeper = self._stretch(self.session.pc)
                if over or deeper is None or not self._is_deeper(stretch):
                    return self.session.step()  # the line was jumped into: here it began
                stretch = deeper
        raise cannot(f"the line did not begin within {MOST} instructions")

    def _is_deeper(self, stretch: tuple[int, int]) -> bool:
        """Whether the code at `stretch` has called what runs now."""
        outer = self.view.calls[1:]
        return any(stretch[0] < call.pc <= stretch[1] for call in outer)

    def finish_back(self) -> Stopped:
        """Back to the call of the selected function. Raises `InputError` if it cannot."""
        frame, function = self.view.frame, self.view.info.function_at(self.view.frame.lookup)
        frames = self.view.frames()
        if len(frames) > 1 and frames[1].exception:
            number = frames[1].exception
            stopped = self.session.run_back([ExceptionTaken(number)])
            return self.session.step_back() if stopped.why is Why.EXCEPTION else stopped
        if function is None or frame.cfa is None:
            raise cannot("it is not known where this function began")
        if self.session.pc == function.da and self.view.selected == 0:
            return self.session.step_back()
        stopped = self._run_back_to(function.da, frame.cfa)
        return self.session.step_back() if stopped.why is Why.STEP else stopped
