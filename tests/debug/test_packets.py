# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames of the remote protocol: whatever comes in, nothing is raised and nothing grows."""

from hypothesis import given
from hypothesis import strategies as st

from rprocbench.debug.packets import PACKET_SIZE, Event, Receiver, escape, frame, unescape


@given(st.binary(max_size=300))
def test_escaping_is_undone(data: bytes) -> None:
    escaped = escape(data)
    assert not set(escaped) & set(b"$#*")
    assert unescape(escaped) == data


@given(st.binary(max_size=200), st.integers(1, 50))
def test_a_packet_arrives_however_it_is_cut(data: bytes, size: int) -> None:
    sent = frame(escape(data))
    receiver = Receiver()
    events = [e for at in range(0, len(sent), size) for e in receiver.feed(sent[at : at + size])]
    assert events == [Event("packet", escape(data))]


@given(st.binary(max_size=2000))
def test_any_bytes_give_events_and_no_exception(data: bytes) -> None:
    receiver = Receiver()
    for event in receiver.feed(data):
        assert event.kind in ("packet", "damaged", "again", "interrupt")
        assert len(event.body) <= PACKET_SIZE
    assert list(receiver.feed(b"#00#00")) == [] or data
    good = frame(b"g")
    assert list(receiver.feed(b"#00" + good + good))[-1] == Event("packet", b"g")


def test_a_wrong_sum_is_noticed() -> None:
    assert [e.kind for e in Receiver().feed(b"$g#00")] == ["damaged"]
    assert [e.kind for e in Receiver().feed(b"$g#zz")] == ["damaged"]


def test_an_interrupt_counts_between_packets_only() -> None:
    assert [e.kind for e in Receiver().feed(b"\x03+-\x03")] == ["interrupt", "again", "interrupt"]
    assert [e.kind for e in Receiver().feed(b"$X\x03#" + b"%02x" % (ord("X") + 3))] == ["packet"]


def test_a_packet_without_end_takes_no_memory() -> None:
    receiver = Receiver()
    for _ in range(100):
        assert list(receiver.feed(b"$" + bytes([1]) * PACKET_SIZE)) == []
    assert [e.kind for e in receiver.feed(b"\x01" * PACKET_SIZE + b"#00")] == ["damaged"]
