# SPDX-License-Identifier: GPL-2.0-or-later
"""The lanes: what a story tells, and how it stands in a terminal."""

import subprocess
import sys
from itertools import pairwise

import pytest

from rprocbench.base.errors import Cite, Errno
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Changed, Entered, Failed, Lane, Left, Signalled, Trace, Unwound
from rprocbench.views import render, timeline_text  # noqa: F401  it registers
from rprocbench.views.terminal import Terminal
from rprocbench.views.timeline import PAGE_OF_ROWS, Timeline, timeline
from rprocbench.views.wording import columns
from tests.views.fake_boot import FakeBoot
from tests.views.hostile import hostile_trace

FAULT = {At("rproc_tee_start"): Fail(Errno.EIO)}


def small() -> Trace:
    """Linux calls OP-TEE, which moves a wire and fails; Linux unwinds."""
    core, ta = Cite("linux", "drivers/core.c", "boot"), Cite("optee_os", "ta/ta.c", "entry")
    return [
        Entered("boot", 1, 0, core, "m4"),
        Entered("prepare", 1, 1, core, "m4"),
        Left("prepare", 1),
        Entered("entry", 1, 1, ta, "m4"),
        Signalled("mcu_rst", "asserted", Lane.OPTEE, Lane.M4),
        Failed("entry", 1, "SECURITY", "bad hash"),
        Unwound("boot", "downref", 0),
        Failed("boot", 0, "EINVAL", "refused"),
    ]


SMALL = """\
Run
     Linux                          OP-TEE                    M4                  Hardware
     ┬──────────────────────────────┬─────────────────────────┬───────────────────┬─────────────────
   0 │ boot ✗                       │                         │                   │
   3 │                              │ entry ✗                 │                   │
   4 │                              ├─── mcu_rst asserted ───▶│                   │
   5 │                              │ ✗ entry  SECURITY: bad hash                 │
   6 │   ↶ goto downref             │                         │                   │
   7 │ ✗ boot  EINVAL: refused      │                         │                   │
     ┴──────────────────────────────┴─────────────────────────┴───────────────────┴─────────────────

✗ boot failed with EINVAL (refused)."""


def text(view: Timeline, width: int = 100, **options: bool) -> str:
    return render.text(view, Terminal(width, **options))


def test_a_small_run_in_four_lanes() -> None:
    assert text(timeline(small())) == SMALL


def test_a_narrow_terminal_names_the_lane() -> None:
    lines = text(timeline(small()), 60).splitlines()
    assert lines[1:4] == [
        "   0 Linux    boot ✗",
        "   3 OP-TEE     entry ✗",
        "   4 OP-TEE       mcu_rst asserted  → M4",
    ]


@pytest.mark.parametrize("width", [40, 60, 99, 100, 120, 132])
@pytest.mark.parametrize("detail", ["story", "full"])
def test_no_line_is_wider_than_the_terminal(width: int, detail: str) -> None:
    for trace in (FakeBoot(script=FAULT).boot().trace, hostile_trace()):
        view = timeline(trace, detail)  # type: ignore[arg-type]
        assert max(map(columns, text(view, width).splitlines())) <= width


def test_a_story_fits_a_page_and_a_full_timeline_does_not() -> None:
    trace = FakeBoot().boot().trace
    assert 30 <= len(timeline(trace).rows) <= PAGE_OF_ROWS
    assert len(timeline(trace, "full").rows) > 100


def test_a_story_tells_borders_errors_unwinding_and_signals() -> None:
    trace = FakeBoot(script=FAULT).boot().trace
    view = timeline(trace)
    told = {(row.kind, row.text) for row in view.rows}
    assert ("injected", "rproc_tee_start") in told
    assert [row.text for row in view.rows if row.kind == "unwound"] == [
        "goto clean_up_resources",
        "goto unprepare_rproc",
        "goto disable_iommu",
        "goto downref_rproc",
    ]
    assert ("call", "remoteproc_load_fw") in told  # across the border
    assert view.verdict == "rproc_boot failed with EIO (injected)."
    signals = [e for e in FakeBoot().boot().trace if isinstance(e, Signalled)]
    rows = [row for row in timeline(FakeBoot().boot().trace).rows if row.kind == "signal"]
    both = sum("then" in row.text for row in rows)
    assert len(rows) + both == len(signals)


def test_an_error_that_is_handed_up_is_told_once_in_each_world() -> None:
    view = timeline(FakeBoot(bad_hash=True).boot().trace)
    told = [(row.text, row.details) for row in view.rows if row.kind == "failed"]
    assert [text for text, _details in told] == [
        "rproc_pta_load_segment_sha256",
        "tee_ta_invoke_command",
        "optee_smc_do_call_with_arg",
        "rproc_boot",
    ]
    assert told[0][1] == ("SECURITY: segment hash differs at image[0x122c:0x6c3c]",)


def test_a_change_is_told_with_the_open_call_that_made_it() -> None:
    rows = timeline(FakeBoot().boot().trace, "full").rows
    loaded = next(
        row for row in rows if "ta_ctx.fw_state: OFF → LOADED" in (row.text, *row.details)
    )
    assert loaded.kind == "changed"  # the call told before it had returned by then


@pytest.mark.parametrize("detail", ["story", "full"])
def test_rows_are_in_order_and_do_not_meet(detail: str) -> None:
    rows = timeline(FakeBoot().boot().trace, detail).rows  # type: ignore[arg-type]
    assert all(row.index <= row.last for row in rows)
    assert all(a.last < b.index for a, b in pairwise(rows))


def test_a_full_timeline_tells_every_change() -> None:
    trace = FakeBoot().boot().trace
    rows = timeline(trace, "full").rows
    told = sum(
        "→" in line for row in rows for line in (row.text, *row.details) if row.kind != "message"
    )
    assert told == sum(isinstance(event, Changed) for event in trace)


def test_text_is_plain_where_asked() -> None:
    view = timeline(hostile_trace())
    plain = text(view)
    assert all(line.isprintable() for line in plain.splitlines())
    assert "\x1b[" in text(view, colour=True)
    assert text(view, unicode=False).isascii()


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Terminal.of(sys.stdout).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Terminal.of(sys.stdout).colour


def test_an_empty_and_an_unfinished_trace_are_shown() -> None:
    assert "No call was made." in text(timeline([]))
    assert "boot" in text(timeline(small()[:1]))


PRINT = """
from tests.views.fake_boot import FakeBoot
from rprocbench.views.show import show
from rprocbench.views.walk import pack, walk
import hashlib
run = FakeBoot().boot()
drawn = (show(run).text() + show(run).html()).encode() + pack(walk(run.trace))
print(hashlib.sha256(drawn).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_draw_the_same() -> None:
    drawn = {
        subprocess.check_output(
            [sys.executable, "-c", PRINT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src:."},
        )
        for seed in ("1", "2")
    }
    assert len(drawn) == 1
