# SPDX-License-Identifier: GPL-2.0-or-later
"""The debugger in a terminal, driven by scripts: what it shows, and how it bears wrong commands."""

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rprocbench.debug.shell import Shell

from .firmwares import compile_shapes, line_of, shipped, target


class Terminal:
    """A shell without a terminal; `ask` is what it prints for some lines."""

    def __init__(self, name: str = "echo") -> None:
        self.out = io.StringIO()
        self.shell = Shell(target(name), stdin=io.StringIO(), stdout=self.out)

    def ask(self, *lines: str) -> str:
        self.out.seek(0)
        self.out.truncate()
        self.shell.run_lines(lines)
        return self.out.getvalue()


@pytest.fixture
def t() -> Terminal:
    return Terminal()


def test_break_continue_and_look(t: Terminal) -> None:
    assert "1: breakpoint rpmsg_send at 0x" in t.ask("break rpmsg_send")
    text = t.ask("continue")
    assert "[M4] vdev ready" in text
    assert "breakpoint 1: rpmsg_send" in text
    line = line_of("common/rpmsg.c", "bool rpmsg_send(") + 1
    assert f"{line:<7} {{" in text  # the line of source is found
    assert "length = 40" in t.ask("locals")
    assert t.ask("print length * 2") == "length * 2 = 80\n"
    assert t.ask("p/x length") == "length = 0x28\n"
    back = t.ask("bt")
    assert back.startswith("*#0")
    assert "connect" in back
    assert "Reset_Handler" in back.splitlines()[-1]
    up = t.ask("up", "locals", "frame", "down")
    assert "name_service" in up
    assert f">{line}" in t.ask("list")
    assert "returned true" in t.ask("finish")


def test_lines_are_stepped_both_ways(t: Terminal) -> None:
    line = line_of("common/rpmsg.c", "memcpy(buffer.bytes, &header")
    t.ask(f"tbreak rpmsg.c:{line}", "continue")
    assert t.shell.points.points == {}
    here = t.ask("frame")
    assert f"rpmsg.c:{line}" in here
    following = t.ask("next")
    assert f"rpmsg.c:{line + 1}" in following
    inside = t.ask("step")
    assert "in memcpy at" in inside
    assert f"rpmsg.c:{line + 1}" in t.ask("reverse-finish")
    t.ask("goto end")
    registers = t.ask("info registers")
    t.ask("stepi 5")
    assert t.ask("info registers") != registers
    t.ask("reverse-stepi 5")
    assert t.ask("info registers") == registers


def test_reverse_next_undoes_next(t: Terminal) -> None:
    line = line_of("common/rpmsg.c", "memcpy(buffer.bytes, &header")
    t.ask(f"break rpmsg.c:{line}", "continue")
    before = t.ask("info registers")
    assert f"rpmsg.c:{line + 1}" in t.ask("next")
    assert f"rpmsg.c:{line}\n" in t.ask("reverse-next")
    assert t.ask("info registers") == before


def test_reverse_step_enters_what_has_returned(t: Terminal) -> None:
    line = line_of("common/rpmsg.c", "memcpy((uint8_t *)buffer.bytes")
    t.ask(f"break rpmsg.c:{line}", "continue")
    assert "in memcpy at common/memory.c" in t.ask("reverse-step")


def test_watchpoints_tell_what_changed_both_ways(t: Terminal) -> None:
    assert "1: watch posted at 0x" in t.ask("watch posted")
    first = t.ask("continue")
    assert "watch 1: posted" in first
    values = re.search(r"^  (\d+) -> (\d+)$", first, re.MULTILINE)
    assert values
    t.ask("continue", "continue")
    back = t.ask("reverse-continue")
    assert "watch 1: posted" in back
    assert "met" in t.ask("info breakpoints")


def test_conditions_counts_and_switches(t: Terminal) -> None:
    t.ask("break put if c == 'v'")
    assert "breakpoint 1" in t.ask("continue")
    assert t.ask("print c") == "c = 118 'v'\n"
    t.ask("disable 1")
    assert "asleep" in t.ask("continue")
    assert "(disabled)" in t.ask("info breakpoints")
    t.ask("enable 1", "delete 1")
    assert t.ask("info breakpoints") == "no breakpoints\n"


def test_until_knows_more_than_places(t: Terminal) -> None:
    assert "exception: SysTick" in t.ask("until exception")
    assert "tick_handler" in t.ask("bt")
    assert "peripheral access" in t.ask("until peripheral 0x4c001000")
    assert "asleep" in t.ask("until sleep")
    assert "as many instructions" in t.ask("until 100 instructions") or "asleep" in t.ask(
        "until sleep"
    )
    t.ask("say hello")
    assert "rpmsg message" in t.ask("until message received")
    assert "in hear at" in t.ask("goto end", "say again", "until hear")
    assert "until what?" in t.ask("until")
    assert "no peripheral 'toaster'" in t.ask("until peripheral toaster")


def test_talking_with_the_firmware(t: Terminal) -> None:
    text = t.ask("continue")
    assert "asleep, with nothing to wake it" in text
    assert "say TEXT" in text
    t.ask("say hello")
    answer = t.ask("continue")
    assert "[rpmsg] Linux -> M4 0x400->0x400: 'hello'" in answer
    assert "[rpmsg] M4 -> Linux 0x400->0x400: 'hello'" in answer
    assert "[M4] echo 5 bytes" in answer
    assert t.ask("hear") == "/dev/rpmsg0: 'hello'\n"
    assert t.ask("hear") == "nothing waits to be read\n"
    wrote = t.ask("who-wrote cm4_log")
    assert "common/trace.c" in wrote
    assert "M4" in wrote


def test_time_travel_by_position(t: Terminal) -> None:
    t.ask("continue")
    place = re.search(r"position (\S+)", t.ask("who-wrote ticks"))
    assert place
    assert "tick_handler" in t.ask(f"goto {place[1]}")
    before = t.ask("print ticks")
    t.ask("stepi")
    assert t.ask("print ticks") != before
    assert "cannot be changed" in t.ask("set var ticks = 5")
    assert "no position" in t.ask("goto nowhere")
    assert t.shell.status == 1


def test_memory_code_and_source(t: Terminal) -> None:
    t.ask("break hear", "continue", "say hello", "continue")
    assert '"hello"' in t.ask("x/s payload")
    assert "0x6c6c6568" in t.ask("x/2xw payload")
    assert "0x68  0x65" in t.ask("x/4xb payload")
    assert "=> 0x" in t.ask("x/3i $pc")
    code = t.ask("disassemble hear")
    assert "<rpmsg_send>" in code
    assert "if (rpmsg_send(self->address" in code
    assert "static void hear" in t.ask("list hear")
    assert "*self = {name = " in t.ask("print *self")
    assert "struct rpmsg_endpoint" in t.ask("whatis *self")
    assert "set payload" not in t.ask("set var *(char *)payload = 'J'")
    t.ask("delete", "continue")
    assert "'Jello'" in t.ask("hear")


def test_everything_says_something(t: Terminal) -> None:
    t.ask("break rpmsg_send", "continue")
    for line, words in {
        "help": "reverse-continue",
        "help bt": "also: bt",
        "status": "Linux says running",
        "irq": "thread mode",
        "board": "mcusram",
        "firewall": "",
        "log 3": "[M4]",
        "trace 5": "M4",
        "info files": "common/rpmsg.c",
        "info globals ring": "struct vring send_ring",
        "info line rpmsg_send": "rpmsg.c",
        "info symbol 0x10000000": "events_post",
        "info registers all": "s31",
        "info irq": "thread mode",
        "when ticks == 1": "at position",
        "state": "running",
        "# a remark": "",
        "": "",
    }.items():
        assert words in t.ask(line), line
    assert t.shell.status == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bogus", "no command 'bogus'"),
        ("re", "may be"),
        ("break nowhere", "no function is called 'nowhere'"),
        ("break nowhere.c:5", "no source file is called"),
        ("break rpmsg.c:99999", "no code was made of line"),
        ("break *", "missing"),
        ("watch 5 +", "too early"),
        ("watch", "watch what?"),
        ("print", "missing"),
        ("print/q 5", "no format"),
        ("delete 7", "no breakpoint '7'"),
        ("step many", "no number of times"),
        ("frame 99", "there are frames"),
        ("frame x", "no frame"),
        ("x", "x what?"),
        ("x/4xw 0x20000000 +", "too early"),
        ("x 0x2fffffff", "no memory"),
        ("list nowhere.c:5", "not found"),
        ("info nonsense", "info what?"),
        ("info registers r77", "no register"),
        ("goto", "goto POSITION"),
        ("goto 999999999999", ""),
        ("who-wrote", "who-wrote PLACE"),
        ("say", "say what?"),
        ("say hi", "no channel"),
        ("state upside-down", ""),
        ("when", "when what?"),
        ("set 5", "set PLACE"),
        ("firewall deny nowhere m4", "no region"),
        ("help bogus", "no command"),
        ("log many", "no number"),
        ("finish", "nobody to return to"),
    ],
)
def test_a_wrong_command_is_one_line_and_not_the_end(t: Terminal, line: str, why: str) -> None:
    text = t.ask(line)
    assert why in text
    assert text.count("\n") == 1
    assert t.shell.status == 1
    assert "Linux says running" in t.ask("status")


def test_names_from_an_image_cannot_steer_the_terminal(t: Terminal) -> None:
    t.shell.emit("\x1b[31mred\x07")
    assert t.out.getvalue() == "\\x1b[31mred\\x07\n"


def test_without_debug_information_it_works_by_instructions(tmp_path: Path) -> None:
    from rprocbench.bench import Bench
    from rprocbench.debug import open_target

    out = io.StringIO()
    made = compile_shapes(tmp_path, "-g0", "-O0")
    shell = Shell(open_target(made, Bench()), stdin=io.StringIO(), stdout=out)
    shell.run_lines(["break add", "continue", "bt", "step", "next", "locals", "list", "disas"])
    text = out.getvalue()
    assert "breakpoint 1: add" in text
    assert "work" in text
    assert "no debug information" in text
    assert "no source line is known" in text
    assert "add:" in text


def run(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The verb in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "rprocbench", "debug", *map(str, arguments)],
        input=stdin, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_verb_reads_scripts_and_tells_by_its_status() -> None:
    good = run(
        shipped("echo", "sign"), stdin="break rpmsg_send\ncontinue\nprint length\nquit\nbogus\n"
    )
    assert (good.returncode, good.stderr) == (0, "")
    assert "length = 40" in good.stdout
    assert "bogus" not in good.stdout
    bad = run("--firmware", "echo", stdin="bogus\nposition\n")
    assert bad.returncode == 1
    assert "no command 'bogus'" in bad.stdout
    assert "(live)" in bad.stdout


def test_commands_come_from_options_and_files(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("# look\nbreak main\ncontinue\n")
    ran = run("--firmware", "echo", "--commands", script, "-c", "bt 1", "--batch")
    assert ran.returncode == 0
    assert "breakpoint 1: main" in ran.stdout
    assert "#0" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("nowhere.elf",), 1, "nowhere.elf"),
        ((), 2, "IMAGE or --firmware"),
        (("--firmware", "nothing"), 2, "no firmware 'nothing'"),
        (("--firmware", "echo", "--design", "v99"), 2, "no design"),
        ((Path(__file__),), 1, "text file"),
    ],
)
def test_wrong_calls_are_told_in_a_line(arguments: tuple[str, ...], status: int, why: str) -> None:
    ran = run(*arguments)
    assert ran.returncode == status
    assert why in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "Traceback" not in ran.stderr


def test_ctrl_c_ends_a_script() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rprocbench", "debug", "--firmware", "crash"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    process.stdin.write("position\n")
    process.stdin.flush()
    assert "(live)" in process.stdout.readline()
    script = "set $pc = 0x1003fff0\n" + "continue\n" * 200
    process.stdin.write("set var *(int *)0x1003fff0 = 0xe7fdbf00\n" + script)
    process.stdin.flush()
    for _ in range(2):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "rprocbench: stopped"


def test_at_a_terminal_ctrl_c_interrupts_the_run_and_not_the_debugger(tmp_path: Path) -> None:
    shapes = compile_shapes(tmp_path, "-g", "-O0")
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rprocbench", "debug", str(shapes), "--design", "mainline"],
        stdin=child, stdout=child, stderr=child, close_fds=True, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": ""},
    )  # fmt: skip
    os.close(child)
    seen = b""

    def wait_for(text: bytes, seconds: float = 60) -> bool:
        nonlocal seen
        deadline = time.monotonic() + seconds
        while text not in seen and time.monotonic() < deadline:
            if select.select([parent], [], [], 0.5)[0]:
                seen += os.read(parent, 4096)
        return text in seen

    try:
        assert wait_for(b"(rprocbench) "), seen
        os.write(parent, b"break *0x20000000\ntbreak mix\ncontinue\n")
        assert wait_for(b"breakpoint 2: mix"), seen
        os.write(parent, b"set var *(int *)0x1003fff0 = 0xe7fdbf00\nset $pc = 0x1003fff0\n")
        os.write(parent, b"x/i $pc\n")
        assert wait_for(b"nop"), seen
        for _ in range(10):  # too early, and it is only the line that is given up
            os.write(parent, b"continue\n")
            time.sleep(1)
            os.kill(process.pid, signal.SIGINT)
            if wait_for(b"interrupted", 5):
                break
        assert b"interrupted" in seen
        os.write(parent, b"quit\n")
        assert process.wait(30) == 0
        assert b"\x1b[" in seen, "there is colour at a terminal"
    finally:
        process.kill()
        process.wait()
        os.close(parent)
