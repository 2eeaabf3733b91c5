# SPDX-License-Identifier: GPL-2.0-or-later
"""What the firmware brings: terminals for its channels, a dump when it crashes."""

import os
import subprocess
from pathlib import Path

from rprocbench.resources import resource

from .conftest import PATIENCE, Served, Start, eventually


def two_endpoints(start: Start) -> Served:
    served = start()
    name = "two_endpoints"
    served.put(name, resource("data", "firmware", name, f"{name}.elf").read_bytes())
    served.sh(f"echo {name} > $D/firmware; echo start > $D/state")
    eventually((served.root / "dev/ttyRPMSG0").exists, served.told())
    return served


def test_a_terminal_echoes_what_a_script_writes(start: Start) -> None:
    served = two_endpoints(start)
    script = """
        exec 3<> $R/dev/ttyRPMSG0
        for word in hello again; do
            echo $word >&3
            read -r answer <&3
            echo "said $word, heard $answer"
        done
    """
    assert served.sh(script) == "said hello, heard hello\nsaid again, heard again\n"


def test_much_text_comes_through_whole(start: Start) -> None:
    served = two_endpoints(start)
    text = "".join(f"line {number}\n" for number in range(3000)).encode()
    with (served.root / "dev/ttyRPMSG0").open("rb", buffering=0) as terminal:
        writer = subprocess.Popen(
            ["tee", str(served.root / "dev/ttyRPMSG0")],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert writer.stdin
        os.set_blocking(writer.stdin.fileno(), True)
        heard = b""
        for at in range(0, len(text), 2048):
            part = text[at : at + 2048]
            writer.stdin.write(part)
            writer.stdin.flush()
            while len(heard) < at + len(part):
                heard += terminal.read(4096)
        writer.stdin.close()
        assert writer.wait(PATIENCE) == 0
    assert heard == text


def test_terminals_go_with_the_firmware(start: Start) -> None:
    served = two_endpoints(start)
    served.sh("echo stop > $D/state")
    eventually(lambda: not os.path.lexists(served.root / "dev/ttyRPMSG0"), "it stays")
    served.sh("echo start > $D/state")
    eventually((served.root / "dev/ttyRPMSG0").exists, "it does not come back")
    assert served.stop() == 0
    assert not (served.root / "dev").exists()


def test_a_file_in_the_place_of_a_terminal_is_left_alone(start: Start) -> None:
    served = start()
    served.put("echo.elf")
    taken = served.root / "dev/rpmsg0"
    taken.parent.mkdir()
    taken.write_text("mine\n", encoding="utf-8")
    served.sh("echo echo.elf > $D/firmware; echo start > $D/state")
    served.tells("dev/rpmsg0' is there already")
    assert served.sh("cat $D/state $R/dev/rpmsg0") == "running\nmine\n"


def dump(served: Served, number: int) -> Path:
    return served.root / f"sys/class/devcoredump/devcd{number}/data"


def test_a_dump_is_there_until_it_is_discarded(start: Start) -> None:
    served = start()
    served.put("echo.elf")
    script = """
        echo enabled > $D/coredump
        echo echo.elf > $D/firmware
        echo start > $D/state
        echo 1 > $G/crash
        cat $D/state
    """
    assert served.sh(script) == "running\n"
    eventually(dump(served, 1).exists, "there is no dump")
    data = dump(served, 1).read_bytes()
    assert data[:4] == b"\x7fELF"
    assert data[16] == 4  # ET_CORE
    served.sh("echo 1 > $G/crash; cat $D/state")
    served.tells("handling crash #2")
    assert not dump(served, 2).exists()
    served.sh("echo thanks > $R/sys/class/devcoredump/devcd1/data")
    eventually(lambda: not dump(served, 1).exists(), "it is not discarded")
    served.sh("echo 1 > $G/crash")
    eventually(dump(served, 2).exists, "there is no second dump")
    assert served.stop() == 0
    assert not (served.root / "sys").exists()
