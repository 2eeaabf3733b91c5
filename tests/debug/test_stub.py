# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb's packets are answered as the protocol wants; wrong ones are refused, and harm nothing."""

import re
import struct
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rprocbench.debug.gdb_description import REGISTERS
from rprocbench.debug.gdb_stub import Stub
from rprocbench.debug.monitor import Monitor
from rprocbench.debug.view import View

from .firmwares import target

SP, LR, PC, XPSR = 13, 14, 15, 16


class Client:
    """What gdb would send and see."""

    def __init__(self, name: str) -> None:
        view = View(target(name))
        self.console: list[bytes] = []
        self.stub = Stub(view, Monitor(view), self.console.append)
        self.info, self.session = view.info, view.target.session

    def __call__(self, packet: str | bytes) -> str:
        """The reply to a packet."""
        body = packet.encode() if isinstance(packet, str) else packet
        reply = self.stub.handle(body)
        return "" if reply is None else reply.decode("latin-1")

    def register(self, number: int) -> int:
        """One register as gdb reads it."""
        return int.from_bytes(bytes.fromhex(self(f"p{number:x}")), "little")

    def monitor(self, text: str) -> str:
        """What `monitor TEXT` prints."""
        self.console.clear()
        assert self(f"qRcmd,{text.encode().hex()}") == "OK"
        return b"".join(bytes.fromhex(part[1:].decode()) for part in self.console).decode()

    def place(self, function: str) -> int:
        """Where gdb would break."""
        return self.info.breakpoints_of(function)[0]


@pytest.fixture
def gdb() -> Client:
    return Client("echo")


def test_it_says_that_it_goes_backwards(gdb: Client) -> None:
    features = gdb("qSupported:multiprocess+;swbreak+").split(";")
    assert {"ReverseStep+", "ReverseContinue+", "qXfer:features:read+", "hwbreak+"} <= set(features)
    assert "QStartNoAckMode+" in features
    assert gdb("vMustReplyEmpty") == gdb("vFile:open:00") == gdb("jabber") == ""
    assert (gdb("?"), gdb("qC"), gdb("qfThreadInfo"), gdb("Hg0")) == (
        "T05thread:1;",
        "QC1",
        "m1",
        "OK",
    )


def test_the_description_lists_the_registers_in_the_order_of_g(gdb: Client) -> None:
    document, at = "", 0
    while not document or document[0] == "m":
        part = gdb(f"qXfer:features:read:target.xml:{at:x},80")
        document = part[:1] + document[1:] + part[1:]
        at += len(part) - 1
    root = ET.fromstring(document[1:])  # noqa: S314  our own
    features = [feature.get("name") for feature in root.iter("feature")]
    assert features == [
        "org.gnu.gdb.arm.m-profile", "org.gnu.gdb.arm.vfp", "org.gnu.gdb.arm.m-system",
    ]  # fmt: skip
    names = [each.get("name") for each in root.iter("reg")]
    assert names == [register.name for register in REGISTERS]
    assert names[SP : XPSR + 1] == ["sp", "lr", "pc", "xpsr"]
    assert {"d15", "fpscr", "msp", "psp", "primask", "basepri", "faultmask", "control"} <= set(
        names
    )
    whole = bytes.fromhex(gdb("g"))
    assert len(whole) == sum(int(each.get("bitsize", 0)) // 8 for each in root.iter("reg"))
    assert struct.unpack_from("<17I", whole)[PC] == gdb.session.pc == gdb.register(PC)


def test_the_memory_map_has_what_the_m4_sees(gdb: Client) -> None:
    root = ET.fromstring(gdb("qXfer:memory-map:read::0,4000")[1:])  # noqa: S314  our own
    starts = {int(each.get("start", ""), 16) for each in root.iter("memory")}
    assert {0x0, 0x1000_0000, 0x2000_0000, 0x3000_0000, 0x4000_0000, 0xE000_0000} <= starts
    assert gdb("qXfer:memory-map:write::0:x") == ""
    assert gdb("qXfer:features:read:other.xml:0,10") == "E00"


def test_registers_are_written_one_by_one_and_all_together(gdb: Client) -> None:
    assert gdb("P3=78563412") == "OK"
    assert gdb.register(3) == gdb.session.registers["r3"] == 0x12345678
    assert gdb(f"P{17 + 1:x}=0000803f00000040") == "OK"  # d1 is s2 and s3
    assert (gdb.session.registers["s2"], gdb.session.registers["s3"]) == (0x3F800000, 0x40000000)
    whole = bytearray.fromhex(gdb("g"))
    whole[4 * 5 : 4 * 6] = b"\x0a\0\0\0"
    assert gdb("G" + whole.hex()) == "OK"
    assert gdb.session.registers["r5"] == 10
    assert gdb("g") == whole.hex()


def test_memory_is_read_and_written(gdb: Client) -> None:
    assert gdb("m0,8") == gdb.session.read(0, 8).hex()
    assert gdb("M10030000,4:01020304") == "OK"
    assert gdb("m10030000,4") == "01020304"
    assert gdb(b"X10030000,3:\x7d\x03a\x7d\x5d") == "OK"
    assert gdb("x10030000,3") == "b\x7d\x03a\x7d\x5d"
    assert gdb("m30030000,3") == "23617d"  # the alias shows the same bytes
    assert gdb("m10060000,4").startswith("E")
    assert gdb("m1005fffe,8") == gdb.session.read(0x1005FFFE, 2).hex()  # as much as there is
    assert gdb("me000ed08,4") == "00000000"  # VTOR
    assert gdb("M40000000,4:00000000").startswith("E")


def test_it_stops_at_a_breakpoint_steps_and_steps_back(gdb: Client) -> None:
    place = gdb.place("rpmsg_send")
    assert gdb(f"Z0,{place:x},2") == "OK"
    assert gdb("vCont;c") == "T05swbreak:;thread:1;"
    assert gdb.register(PC) == place
    state = gdb("g")
    assert gdb("s") == "T05thread:1;"
    assert gdb.register(PC) != place
    assert gdb("bs") == "T05thread:1;"
    assert gdb("g") == state
    assert gdb(f"z0,{place:x},2") == "OK"
    assert gdb(f"Z1,{place:x},2") == "OK"
    assert gdb("bc") == "T05replaylog:begin;thread:1;"
    assert gdb("c") == "T05hwbreak:;thread:1;"
    assert gdb("g") == state


def test_a_range_is_stepped_through_in_one_packet(gdb: Client) -> None:
    place = gdb.place("rpmsg_send")
    gdb(f"Z1,{place:x},2")
    gdb("c")
    assert gdb.info.lines
    stretch = gdb.info.lines.stretch(place)
    assert stretch
    assert gdb(f"vCont;r{place:x},{stretch[1]:x}:1") == "T05thread:1;"
    assert not place <= gdb.register(PC) < stretch[1]


@pytest.mark.parametrize(("kind", "word"), [("2", "watch"), ("3", "rwatch"), ("4", "awatch")])
def test_a_watchpoint_stops_both_ways(gdb: Client, kind: str, word: str) -> None:
    known = gdb.info.global_called("posted")
    assert known
    assert gdb(f"Z{kind},{known.address:x},4") == "OK"
    assert re.fullmatch(rf"T05{word}:{known.address:x};thread:1;", gdb("c"))
    first = gdb.session.position
    assert gdb("c").startswith(f"T05{word}:")
    assert gdb("bc").startswith(f"T05{word}:")
    assert gdb("bc").startswith(f"T05{word}:")
    assert gdb.session.position < first
    assert gdb(f"z{kind},{known.address:x},4") == "OK"
    assert not gdb.session.watchpoints


def test_the_past_cannot_be_written(gdb: Client) -> None:
    gdb(f"Z1,{gdb.place('rpmsg_send'):x},2")
    gdb("c")
    gdb("bs")
    assert gdb("M10030000,1:00") == "E01"
    assert gdb("P0=00000000") == "E01"


def test_a_machine_that_sleeps_for_good_is_said_to(gdb: Client) -> None:
    assert gdb("c") == "T00thread:1;"
    assert b"asleep, with nothing to wake it".hex() in b"".join(gdb.console).decode()
    assert "bytes written to /dev/rpmsg0" in gdb.monitor("say hello")
    gdb(f"Z1,{gdb.place('hear'):x},2")
    assert gdb("c") == "T05hwbreak:;thread:1;"


def test_monitor_commands_answer(gdb: Client) -> None:
    assert "who-wrote PLACE" in gdb.monitor("help")
    assert "Linux says running" in gdb.monitor("status")
    assert "mcusram" in gdb.monitor("board")
    assert "thread mode" in gdb.monitor("irq")
    assert "no command 'bogus'" in gdb.monitor("bogus")
    assert "no position" in gdb.monitor("goto somewhere")
    assert "No closing quotation" in gdb.monitor("say 'oops")
    assert "announced no channel" in gdb.monitor("say hello")
    gdb(f"Z1,{gdb.place('rpmsg_send'):x},2")
    gdb("c")
    assert "#0" in gdb.monitor("where")
    assert "vdev ready" in gdb.monitor("log 5 m4")
    assert "events_post" in gdb.monitor("who-wrote posted") or "M4" in gdb.monitor(
        "who-wrote posted"
    )
    assert "at 100" in gdb.monitor("goto 100")
    assert "(live)" not in gdb.monitor("position")
    assert "cannot be changed" in gdb.monitor("say hello")
    gdb.monitor("goto end")
    assert "(live)" in gdb.monitor("position")
    assert "vdev" in gdb.monitor("firewall") or "region" in gdb.monitor("firewall")
    assert "booted again" in gdb.monitor("reset")
    assert gdb.stub.session.registers["pc"] == gdb.info.symbol("Reset_Handler").da  # type: ignore[union-attr]


def test_a_kernel_that_dies_while_the_m4_runs_is_a_stop(gdb: Client) -> None:
    gdb(f"Z1,{gdb.place('rpmsg_send'):x},2")
    gdb("c")
    assert "Linux may not touch it" in gdb.monitor("firewall deny vdev0buffer linux")
    gdb(f"z1,{gdb.place('rpmsg_send'):x},2")
    gdb.console.clear()
    assert gdb("c") in ("T06thread:1;", "T00thread:1;")
    told = b"".join(bytes.fromhex(part[1:].decode()) for part in gdb.console).decode()
    assert "external abort: Linux may not read vdev0buffer" in told + gdb.monitor("log 5")
    assert gdb("?").startswith("T0")


def test_stop_and_start_through_linux(gdb: Client) -> None:
    gdb("c")
    assert gdb.monitor("state") == "running\n"
    assert gdb.monitor("state stop") == "offline\n"
    assert gdb("c") == "T00thread:1;"
    assert gdb.monitor("state start") == "running\n"
    gdb(f"Z1,{gdb.place('rpmsg_send'):x},2")
    assert gdb("c") == "T05hwbreak:;thread:1;"


VERBS = (
    b"m", b"M", b"x", b"X", b"p", b"P", b"G", b"Z0,", b"z", b"Z2,", b"q", b"qXfer:", b"qRcmd,",
    b"v", b"vCont;r", b"H", b"T", b"Q", b"b", b"D?", b"qXfer:features:read:target.xml:",
)  # fmt: skip
NUMBERS = st.from_regex(rb"[0-9a-f]{0,10},?[0-9a-f]{0,5}[:;]?", fullmatch=True)
PACKETS = st.one_of(
    st.binary(max_size=60),
    st.builds(bytes.__add__, st.sampled_from(VERBS), st.one_of(st.binary(max_size=30), NUMBERS)),
)
SHARED = Client("no_table")


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(PACKETS)
@example(b"m0,ffffffffffffffff")
@example(b"m" + b"9" * 60)
@example(b"qXfer:features:read:target.xml:-1,5")
@example(b"Z2,0,ffffffff")
@example(b"qRcmd,zz")
@example(b"vCont;r5,")
@example(b"P99=00")
def test_hostile_packets_are_answered(packet: bytes) -> None:
    if packet[:1] in b"csCSkRD" or packet.startswith((b"bc", b"vCont;c", b"vCont;C")):
        return  # those run, and are tested elsewhere
    reply = SHARED.stub.handle(packet)
    assert reply is None or isinstance(reply, bytes)
