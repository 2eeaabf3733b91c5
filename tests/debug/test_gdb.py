# SPDX-License-Identifier: GPL-2.0-or-later
"""A real gdb debugs a real firmware on our machine, forwards and backwards."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rprocbench.bench import Bench
from rprocbench.debug import open_target
from rprocbench.debug.gdb_server import Server, listen

from .firmwares import compile_shapes, line_of, need, shipped

GDB = "gdb-multiarch"


@contextmanager
def served(path: Path) -> Iterator[int]:
    """A server for `path` in a thread; its port."""
    found = open_target(path, Bench())
    found.session.budget = None
    server = Server(found, listen(0), lambda _text: None)
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield server.port
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def debug(path: Path, symbols: Path, *commands: str) -> str:
    """What gdb prints when it obeys."""
    need(GDB)
    settings = [
        "set pagination off", "set confirm off", "set width 0", "set tcp auto-retry off",
        "set debuginfod enabled off",
    ]  # fmt: skip
    with served(path) as port:
        lines = [*settings, f"file {symbols}", f"target remote 127.0.0.1:{port}", *commands]
        arguments = [part for line in lines for part in ("-ex", line)]
        ran = subprocess.run(
            [GDB, "-nx", "-batch", *arguments],
            check=False, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert "Remote communication error" not in ran.stderr, ran.stderr
    assert "internal-error" not in ran.stdout + ran.stderr, ran.stderr
    return ran.stdout + ran.stderr  # what the target prints goes to standard error


def echo(*commands: str) -> str:
    """The same with the firmware of the demonstration."""
    return debug(shipped("echo"), shipped("echo", "debug"), *commands)


def values(text: str) -> list[str]:
    """What the `print`s printed."""
    return re.findall(r"^\$\d+ = (.*)$", text, re.MULTILINE)


def test_break_on_a_line_of_c_print_a_local_step_and_step_back() -> None:
    line = line_of("common/rpmsg.c", "memcpy(buffer.bytes, &header")
    text = echo(
        f"break rpmsg.c:{line}", "continue", "print length", "print header.len", "print $pc",
        "stepi", "print $pc", "reverse-stepi", "print $pc", "next", "info line", "print $pc",
        "reverse-next", "print $pc",
    )  # fmt: skip
    assert re.search(r"Breakpoint 1, rpmsg_send \(from=.*53, to=.*53", text)
    length, in_header, before, after, back, later, again = values(text)
    assert length == in_header == "40"
    assert before == back == again
    assert len({before, after, later}) >= 2
    assert later != before
    assert re.search(rf"Line ({line + 1}|{line + 2}) of", text)


def test_reverse_continue_to_a_watchpoint_and_on_again() -> None:
    text = echo(
        "break rpmsg_send", "continue", "delete", "watch ticks", "reverse-continue", "bt 1",
        "print ticks", "continue", "print ticks",
    )  # fmt: skip
    assert "Hardware watchpoint 2: ticks" in text
    assert "tick_handler" in text
    assert values(text) == ["0", "1"]


def test_a_backtrace_from_an_interrupt_goes_to_what_it_interrupted() -> None:
    text = debug(
        shipped("fpu_irq"), shipped("fpu_irq", "debug"), "break tick_handler", "continue",
        "backtrace", "print $xpsr & 0x1ff", "info registers msp psp d0 control primask",
    )  # fmt: skip
    assert "<signal handler called>" in text
    assert re.search(r"#\d+ .* in main \(", text) or re.search(r"#\d+ .*main \(", text)
    assert values(text) == ["15"]
    assert re.search(r"msp +0x1003f", text)


def test_memory_and_registers_are_written_and_the_firmware_sees_it() -> None:
    text = echo(
        "tbreak hear", "continue", "monitor say hello", "continue",
        "print (char)*(char *)payload", "set var *(char *)payload = 'J'",
        "set var $r5 = 0x1234", "print/x $r5", "monitor status", "continue", "monitor hear",
    )  # fmt: skip
    assert "104 'h'" in values(text)
    assert "0x1234" in values(text)
    assert "bytes written to /dev/rpmsg0" in text
    assert "/dev/rpmsg0: 'Jello'" in text


def test_a_spinning_machine_is_interrupted(tmp_path: Path) -> None:
    """A spin that never ends stops when gdb asks for it."""
    need(GDB)
    shapes = compile_shapes(tmp_path, "-g", "-O0")
    script = tmp_path / "script.gdb"
    script.write_text(
        "python\n"
        "import os, signal, threading\n"
        "threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "end\n"
        "continue\n"
    )
    text = debug(shapes, shapes, f"source {script}", "print $pc")
    assert "SIGINT" in text
    assert "Reset_Handler" in values(text)[-1]


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_variables_of_our_debug_information_are_those_of_gdb(level: str, tmp_path: Path) -> None:
    shapes = compile_shapes(tmp_path, "-g", level)
    text = debug(
        shapes, shapes, "break add", "continue", "finish", "print second.corners", "print both",
        "print values", "ptype struct point", "monitor where",
    )  # fmt: skip
    assert "{{{x = 1, y = 2}, {x = 3, y = 4}}, {{x = 5, y = 6}, {x = 7, y = 8}}}" in values(text)
    assert "(F_A | F_C)" in values(text)
    assert "{1, 2.5, -3}" in values(text)
    assert "Value returned is" in text


def test_the_machine_interface_works_as_cortex_debug_uses_it() -> None:
    """The commands of an external server in cortex-debug, one after the other."""
    need(GDB)
    with served(shipped("echo")) as port:
        commands = [
            f"-file-exec-and-symbols {shipped('echo', 'debug')}",
            "-enable-pretty-printing",
            f"-target-select extended-remote localhost:{port}",
            '-interpreter-exec console "monitor halt"',
            '-interpreter-exec console "monitor reset halt"',
            "-break-insert -f rpmsg_send",
            "-exec-continue --all",
            "-thread-info",
            "-stack-list-frames",
            "-stack-list-variables --simple-values",
            "-data-evaluate-expression length",
            "-data-list-register-values x 13 14 15",
            "-data-read-memory-bytes 0x10000000 16",
            "-exec-next-instruction --reverse",
            "-gdb-exit",
        ]
        ran = subprocess.run(
            [GDB, "-nx", "-q", "--interpreter=mi2"], input="\n".join(commands) + "\n",
            check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    text = ran.stdout
    assert "^error" not in text, text
    assert 'reason="breakpoint-hit"' in text
    assert '{name="length",arg="1",type="uint32_t",value="40"}' in text
    assert 'details="Linux says running' in text
    assert "booted again" in text


def test_gdb_comes_back_after_it_left() -> None:
    need(GDB)
    with served(shipped("echo")) as port:
        for expected in ("Reset_Handler", "rpmsg_send"):
            ran = subprocess.run(
                [GDB, "-nx", "-batch", "-ex", "set tcp auto-retry off",
                 "-ex", f"file {shipped('echo', 'debug')}",
                 "-ex", f"target remote 127.0.0.1:{port}", "-ex", "print $pc",
                 "-ex", "break rpmsg_send", "-ex", "continue", "-ex", "detach"],
                check=False, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert expected in values(ran.stdout)[0]


def test_the_verb_serves_and_ends_on_a_signal() -> None:
    need(GDB)
    server = subprocess.Popen(
        [sys.executable, "-m", "rprocbench", "gdbserver", "--firmware", "echo", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout
        line = server.stdout.readline()
        port = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
        assert port, line
        ran = subprocess.run(
            [GDB, "-nx", "-batch", "-ex", f"target remote :{port[1]}", "-ex", "x/i $pc"],
            check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert "=> 0x1000" in ran.stdout
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Traceback" not in errors
