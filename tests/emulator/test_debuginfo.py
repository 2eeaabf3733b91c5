# SPDX-License-Identifier: GPL-2.0-or-later
"""What a running firmware looks like: lines, variables, backtraces, with and without debug info."""

from pathlib import Path

import pytest

from rprocbench.debug import Target
from rprocbench.debug.view import View
from rprocbench.emulator.debuginfo import DebugInfo, safely
from rprocbench.emulator.watch import Why
from rprocbench.formats.dwarf_values import Printer
from rprocbench.formats.elf import ElfView
from rprocbench.kernel.rpmsg_char import rpmsg_eptdev_write_iter
from tests.debug.firmwares import CLANG, GCC, compile_shapes, line_of, shipped, target

SHOWN = {
    "both": "(F_A | F_C)",
    "minus": "-5",
    "pi": "3.25",
    "yes": "true",
    "nothing": "0x0",
    "text": '"hi\\n\\"there\\""',
    "values": "{1, 2.5, -3}",
    "many": "{0 <repeats 30 times>}",
}


def stopped_at(name: str, place: str, *, file: bool = False) -> Target:
    """A firmware that has run to a function, or a line."""
    found = target(name)
    info, session = found.info, found.session
    file_name, _, line = place.partition(":")
    places = info.addresses_of(file_name, int(line)) if file else info.breakpoints_of(place)
    session.breakpoints = set(places)
    assert session.run(limit=50_000_000).why is Why.BREAKPOINT
    return found


def memory_of(data: bytes) -> Printer:
    """Shows values of a firmware that has not started."""
    elf, info = ElfView.parse(data), DebugInfo(data)

    def read(da: int, size: int) -> bytes:
        for segment in elf.segments:
            at = da - segment.p_vaddr
            if at >= 0 and at + size <= segment.p_memsz:
                return elf.content(segment).ljust(segment.p_memsz, b"\0")[at : at + size]
        raise IndexError(da)

    return Printer(safely(read), info.pointed_at)


@pytest.mark.parametrize("compiler", [GCC, CLANG])
@pytest.mark.parametrize("version", ["-gdwarf-2", "-gdwarf-4", "-gdwarf-5"])
def test_globals_of_every_type_are_shown(compiler: str, version: str, tmp_path: Path) -> None:
    data = compile_shapes(tmp_path, version, "-O0", compiler=compiler).read_bytes()
    printer, info = memory_of(data), DebugInfo(data)
    shown = {}
    for each in info.globals():
        shown[each.name] = printer.show(each.type, printer.read(each.address, each.size))
    assert {name: shown[name] for name in SHOWN} == SHOWN
    for part in (
        '"second", colour = BLUE, {a = 1, b = -2}, low = 5, signed_bits = -3, big = 78187493530',
        "word = {u = 1069547520, f = 1.5",
        "corners = {{{x = 1, y = 2}, {x = 3, y = 4}}, {{x = 5, y = 6}, {x = 7, y = 8}}}",
    ):
        assert part in shown["second"]
    assert "<Reset_Handler>" in shown["vectors"]
    calls = info.global_called("calls")
    assert calls is not None
    assert calls.function == "add"
    assert info.enumerator("BLUE") == 6


def test_types_are_written_as_c_writes_them(tmp_path: Path) -> None:
    info = DebugInfo(compile_shapes(tmp_path, "-g", "-O0").read_bytes())
    node = info.type_called("struct node")
    assert node is not None
    shown = {member.name: member.type.declare(member.name) for member in node.members}
    assert shown["hook"] == "int (*hook)(int, char)"
    assert shown["corners"] == "struct point corners[2][2]"
    assert shown["name"] == "const char *name"
    inner = node.member("b")  # of a member without a name
    assert inner is not None
    assert inner.offset == 16
    head = info.global_called("head")
    assert head is not None
    assert head.type.declare("head") == "volatile struct node head"


@pytest.mark.parametrize("compiler", [GCC, CLANG])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_a_line_is_found_and_found_again(compiler: str, level: str, tmp_path: Path) -> None:
    info = DebugInfo(compile_shapes(tmp_path, "-g", level, compiler=compiler).read_bytes())
    wanted = line_of("shapes.c", "calls++")
    places = info.addresses_of("shapes.c", wanted)
    assert places
    for place in places:
        found = info.line_at(place)
        assert found is not None
        assert found[0].endswith("shapes.c")
        function = info.function_at(place)
        assert function is not None
        if level == "-O0":
            assert found[1] == wanted
            assert function.name == "add"
    assert info.addresses_of("nowhere.c", wanted) == []
    assert info.addresses_of("shapes.c", 100_000) == []


def test_parameters_are_there_when_a_function_is_stopped_at() -> None:
    found = stopped_at("echo", "rpmsg_send")
    shown = {each.name: each for each in View(found).locals()}
    assert (shown["from"].text, shown["to"].text, shown["length"].text) == ("53", "53", "40")
    assert shown["from"].is_parameter
    assert not shown["buffer"].is_parameter
    assert shown["buffer"].type == "struct vring_buffer"


def test_inlined_calls_are_calls_of_their_own() -> None:
    found = stopped_at("echo", "rpmsg_send")
    view = View(found)
    names = [call.function for call in view.calls]
    assert names[0] == "rpmsg_send"
    assert names[-3:] == ["connect", "main", "Reset_Handler"]
    connect = view.calls[names.index("connect")]
    assert connect.is_inlined
    assert connect.where == ("common/main.c", line_of("common/main.c", "rpmsg_announce("))


@pytest.mark.parametrize("with_debug", [True, False])
@pytest.mark.parametrize("name", ["echo", "echo_clang", "two_endpoints"])
def test_a_backtrace_leads_to_reset_with_and_without_frame_information(
    name: str, *, with_debug: bool
) -> None:
    found = stopped_at(name, "rpmsg_send")
    info = found.info if with_debug else DebugInfo(shipped(name).read_bytes())
    assert info.has_lines == with_debug
    calls = info.backtrace(found.registers(), found.session.read)
    assert calls[0].function == "rpmsg_send"
    assert calls[-1].function == "Reset_Handler"
    assert [c.function for c in calls][-2] == "main"
    assert not any(call.frame.exception for call in calls)


def test_without_any_symbols_callers_are_still_found() -> None:
    found = stopped_at("echo", "rpmsg_send")
    known = [c.pc for c in found.info.backtrace(found.registers(), found.session.read)]
    calls = DebugInfo().backtrace(found.registers(), found.session.read)
    assert [call.pc for call in calls] == list(dict.fromkeys(known))
    assert {call.function for call in calls} == {""}


@pytest.mark.parametrize("with_debug", [True, False])
def test_an_interrupt_is_a_frame_and_what_it_interrupted_follows(*, with_debug: bool) -> None:
    found = stopped_at("fpu_irq", "tick_handler")
    info = found.info if with_debug else DebugInfo(shipped("fpu_irq").read_bytes())
    calls = info.backtrace(found.registers(), found.session.read)
    shown = [str(call) for call in calls]
    assert "tick_handler" in shown[0]
    assert shown[1] == "<exception: SysTick>"
    assert "events_wait" in " ".join(shown[2:4])
    assert "Reset_Handler" in shown[-1]


def test_the_extended_frame_of_floating_point_is_stepped_over() -> None:
    found = target("fpu_irq")
    session, info = found.session, found.info
    session.run(limit=2_000_000)
    device = found.machine.devices[0]
    for _ in range(12):  # each keeps it busy for a while; a tick comes every 10 ms
        rpmsg_eptdev_write_iter(device, b"go")  # type: ignore[arg-type]
    session.breakpoints = set(info.breakpoints_of("tick_handler"))
    for _ in range(20):
        session.run(limit=50_000_000)
        assert session.pc in session.breakpoints
        calls = info.backtrace(found.registers(), session.read)
        names = [call.function for call in calls]
        if {"hear", "sum_is_exact"} & set(names):
            break
    assert session.registers["lr"] & 0x10 == 0
    assert names[:3] == ["tick_handler", "SysTick", "sum_is_exact"]
    assert names[-2:] == ["main", "Reset_Handler"]


def test_a_fault_shows_the_instruction_that_was_at_fault() -> None:
    found = target("crash")
    session, info = found.session, found.info
    session.run(limit=2_000_000)
    rpmsg_eptdev_write_iter(found.machine.devices[0], b"usage")  # type: ignore[arg-type]
    session.breakpoints = set(info.breakpoints_of("report_fault"))
    assert session.run(limit=50_000_000).why is Why.BREAKPOINT
    calls = info.backtrace(found.registers(), session.read)
    assert [c.function for c in calls][:3] == ["report_fault", "HardFault", "execute_nonsense"]
    assert calls[2].where == ("crash/crash.c", line_of("crash/crash.c", "udf #0"))


def test_a_caller_tells_what_an_argument_was(tmp_path: Path) -> None:
    """Optimised code forgets its arguments; what the caller put there is known from its side."""
    found = stopped_at("crash", "app_start")
    assert found.info.locals_at(found.session.pc, found.registers(), found.session.read) == []
    info = DebugInfo(compile_shapes(tmp_path, "-g", "-O2").read_bytes())
    entries = [e for u in info.dwarf.units for e in u.by_offset.values()] if info.dwarf else []
    assert any(entry.tag in (0x48, 0x4109) for entry in entries), "calls are described at all"
