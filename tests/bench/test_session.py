# SPDX-License-Identifier: GPL-2.0-or-later
"""A session: one cursor over Linux, OP-TEE and the M4, both ways, live and in a recording."""

import random
import threading
from pathlib import Path

import pytest

from rprocbench.base.errors import InputError
from rprocbench.base.state import state_at
from rprocbench.base.trace import Lane, Message, Wrote
from rprocbench.bench import Bench, Machine, Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.session import Position, Session, Watchpoint
from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.emulator.watch import (
    Access,
    Address,
    ExceptionTaken,
    PeripheralAccess,
    Predicate,
    RpmsgMessage,
    Sleep,
    Why,
)


def booted(*said: bytes) -> tuple[Machine, Session]:
    """A machine that has echoed, and its session."""
    machine = Bench().machine(demo_image())
    session = Session(machine)
    machine.probe()
    machine.write_state("start")
    for payload in said:
        machine.wait_for_channel()
        machine.say(payload)
    return machine, session


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A finished run, saved and loaded."""
    path = tmp_path_factory.mktemp("run") / "run.json"
    Bench().boot(demo_image(), say=[b"one", b"two"]).save(path)
    return Recording.load(path)


def look(session: Session) -> tuple[object, ...]:
    """What can be seen of a moment."""
    memories = {name: ram.read(0, ram.size) for name, ram in session.core.soc.rams.items()}
    return dict(session.registers), {n: memories[n] for n in ("retram", "mcusram")}


def test_live_it_runs_until_something_happens() -> None:
    _, session = booted()
    assert session.is_live
    assert session.step().why is Why.STEP
    assert session.position.cycles == 1
    assert session.run(limit=99).why is Why.LIMIT
    assert session.position.cycles == 100
    assert session.run(until=[PeripheralAccess("ipcc")]).why is Why.PERIPHERAL
    assert session.run(until=[Sleep()]).why is Why.SLEEP
    assert session.core.is_asleep
    assert session.run(until=[ExceptionTaken()]).why is Why.EXCEPTION
    stopped = session.run(until=[RpmsgMessage("received")])
    assert stopped.why is Why.MESSAGE
    assert isinstance(session.trace[session.index - 1], Message)


def test_breakpoints_by_symbol_and_watchpoints() -> None:
    _, session = booted()
    info = DebugInfo(demo_elf())
    named = info.symbol("rpmsg_send")
    assert named
    session.breakpoints.add(named.da)
    stopped = session.run()
    assert (stopped.why, stopped.pc, stopped.until) == (Why.BREAKPOINT, named.da, Address(named.da))
    used = 0x1004_0000 + 0x130 + 2
    session.watchpoints.add(Watchpoint(used, 2))
    stopped = session.run()
    assert stopped.why is Why.WATCHPOINT
    assert stopped.touch
    assert stopped.touch.lane is Lane.M4
    assert session.read(used, 2) == b"\x01\0"
    written = session.who_wrote(used, 2)
    assert written
    assert (written.by, written.value) == (Lane.M4, 1)
    session.goto(written.position)
    assert session.pc == written.pc
    assert session.read(used, 2) == b"\0\0"


def test_back_and_forth_is_the_same() -> None:
    _, session = booted(b"hello")
    assert session.is_live
    seen = [(session.position, look(session))]
    for _ in range(60):
        assert session.step_back().why is Why.STEP
        seen.append((session.position, look(session)))
    assert len({position for position, _ in seen}) == 61
    for position, state in reversed(seen):
        assert session.position == position or session.is_live
        assert look(session) == state
        session.step()
    assert session.is_live


def test_a_recording_is_gone_through_at_random(recording: Recording) -> None:
    session = Session(recording, spacing=50_000)
    assert not session.is_live
    end, dice = session.end, random.Random(1)  # noqa: S311  repeatable
    seen = {}
    for _ in range(20):
        session.goto_event(dice.randrange(len(recording.trace)))
        seen[session.position] = look(session)
        for name, memory in state_at(recording.trace, session.index - 1).memories.items():
            if name in ("retram", "mcusram"):
                assert session.core.soc.rams[name].read(0, memory.size) == memory.read(
                    0, memory.size
                )
    other = Session(recording)
    for position, state in seen.items():
        other.goto(position)
        assert other.position == position
        assert look(other) == state
    assert session.run(limit=10**12).why is Why.END
    assert session.position == end


def test_events_and_writers_are_found_backwards(recording: Recording) -> None:
    session = Session(recording)
    messages = [i for i, e in enumerate(recording.trace) if isinstance(e, Message)]
    for index in reversed(messages):
        assert session.run_back([RpmsgMessage()]).why is Why.MESSAGE
        assert session.index == index
    assert session.run_back([RpmsgMessage()]).why is Why.START
    session = Session(recording)
    host = [e for e in recording.trace if isinstance(e, Wrote) and e.lane is Lane.LINUX][-1]
    da = 0x1000_0000 + host.offset
    written = session.who_wrote(da, len(host.data))
    assert written
    assert written.by in (Lane.LINUX, Lane.M4, Lane.OPTEE)
    session.goto(written.position)
    assert session.who_wrote(0x1000_0000) is not None  # loaded by somebody


def test_when_a_condition_became_true(recording: Recording) -> None:
    session = Session(recording)
    used = 0x1004_0000 + 0x130 + 2
    (first,) = session.when(lambda at: at.read(used, 2) == b"\x01\0")
    session.goto(first)
    written = session.who_wrote(used, 2)
    assert written
    assert written.position.cycles == first.cycles - 1


def test_a_predicate_stops_exactly() -> None:
    _, session = booted()
    main = session.info.symbol("main")
    assert main
    stopped = session.run(until=[Predicate(lambda at: at.pc == main.da)], limit=5000)
    assert (stopped.why, stopped.pc) == (Why.PREDICATE, main.da)
    session.step_back()
    assert session.pc != main.da


def test_only_the_newest_moment_can_be_changed() -> None:
    _, session = booted(b"hello")
    session.write(0x1005_0000, b"debug")
    session.registers["r7"] = 0x1234
    assert session.registers["r7"] == 0x1234
    session.run(limit=1000)
    end = session.position
    written = session.who_wrote(0x1005_0000)
    assert written
    assert written.by is Lane.HARDWARE
    session.step_back()
    with pytest.raises(InputError):
        session.write(0x1005_0000, b"x")
    with pytest.raises(InputError):
        session.registers["r7"] = 1
    session.goto(end)
    assert session.read(0x1005_0000, 5) == b"debug"
    assert session.registers["r7"] == 0x1234
    session.goto(written.position)
    assert session.read(0x1005_0000, 5) == bytes(5)


def test_what_is_not_there_is_refused(recording: Recording) -> None:
    session = Session(recording)
    for position in (Position(10**12), Position(-1)):
        with pytest.raises(InputError):
            session.goto(position)
    with pytest.raises(InputError):
        session.goto_event(len(recording.trace) + 1)
    with pytest.raises(InputError):
        session.read(0x9000_0000, 4)
    with pytest.raises(InputError):
        session.trace_m4("everything")


def test_it_can_be_interrupted() -> None:
    _, session = booted(b"hello")
    session.breakpoints.add(0x10)
    timer = threading.Timer(0.2, session.interrupt)
    timer.start()
    asleep = session.run(until=[Access(0x1005_0000, 4, "write")], limit=10**15)
    timer.join()
    assert asleep.why in (Why.INTERRUPTED, Why.NO_PROGRESS)


def test_traces_profile_and_coverage(recording: Recording) -> None:
    session = Session(recording)
    lines = session.trace_m4(limit=50)
    assert len(lines) == 50
    assert not lines.is_whole
    assert "Reset_Handler" in next(lines.text())
    names = {spent.name for spent in session.profile().functions()}
    assert {"main", "rpmsg_send"} <= names
    debug = Path(__file__).parents[2] / "data" / "firmware" / "echo" / "echo.debug"
    session.info = DebugInfo(debug.read_bytes())
    coverage = session.coverage()
    assert 0.5 < coverage.share < 1
    assert coverage.functions()["rpmsg_send"] >= 2
    assert sum(line == "end_of_record" for line in coverage.lcov()) == len(coverage.lines())
