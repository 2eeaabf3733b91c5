# SPDX-License-Identifier: GPL-2.0-or-later
"""Campaigns: what is tried, that it does not matter who computes it, and what must be found."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.base.state import check
from rprocbench.base.trace import Entered
from rprocbench.bench import Recording
from rprocbench.cli import main
from rprocbench.designs import DESIGNS
from rprocbench.review import judge
from rprocbench.review.campaign import fail_everywhere, places, plan, run_trial
from rprocbench.review.faults import FAULTS, SILENT, is_place
from rprocbench.review.findings import Row, groups, rows
from rprocbench.review.play import play

SCENARIOS = ("boot", "boot-shutdown", "recovery", "attach")


@pytest.fixture(scope="module")
def table() -> list[Row]:
    """Every single fault of two designs while they boot."""
    return rows(fail_everywhere(["mainline", "v22"], ["boot"]).verdicts)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_function_that_is_called_is_known(design: str) -> None:
    """Whether, and with what, a call can fail is written down, not guessed."""
    assert not FAULTS.keys() & SILENT.keys()
    for scenario in SCENARIOS:
        called = {e.function for e in play(design, scenario).trace
                  if isinstance(e, Entered) and is_place(e)}  # fmt: skip
        assert called <= FAULTS.keys(), scenario


@pytest.mark.parametrize("design", DESIGNS)
def test_every_place_is_reached_and_every_trace_folds(design: str) -> None:
    """A plan lists nothing that its own scenario does not come to, and nothing twice."""
    trials = plan(design, ["boot"])
    assert len(set(trials)) == len(trials)
    for trial in trials[::7]:
        recording = play(design, "boot", trial.script)
        assert not recording.unreached, trial
        check(recording.trace)


def test_a_command_of_the_ta_fails_in_both_ways() -> None:
    """Once as transport, once as the TA, at the client's crossing."""
    codes = {(t.at.function, type(t.code)) for t in plan("v22", ["boot"]) if t.at}
    assert {("tee_client_invoke_func", Errno), ("optee_invoke_func", TeeResult)} <= codes
    assert {("tee_client_open_session", Errno), ("optee_open_session", TeeResult)} <= codes
    assert not any(name.startswith(("remoteproc_", "TA_")) for name, _ in codes)


def test_a_place_that_an_earlier_scenario_came_to_is_not_tried_again() -> None:
    """What is left of the second scenario is what the first one did not do."""
    both = plan("mainline", ["boot", "boot-shutdown"])
    later = [trial.at.function for trial in both if trial.scenario == "boot-shutdown" and trial.at]
    alone = [at.function for at, _ in places(play("mainline", "boot-shutdown").trace)]
    assert "rproc_shutdown" in later
    assert "rproc_fw_boot" not in later
    assert "rproc_fw_boot" in alone


def test_the_result_is_the_same_for_any_executor() -> None:
    """One worker, two, threads, or none: the same verdicts in the same order."""
    want = fail_everywhere(["mainline"], ["boot"])
    assert want.is_complete
    for executor in (ProcessPoolExecutor(1), ProcessPoolExecutor(2), ThreadPoolExecutor(2)):
        with executor:
            assert fail_everywhere(["mainline"], ["boot"], executor).verdicts == want.verdicts


def test_a_campaign_can_be_cancelled() -> None:
    """What is done is kept, and says that it is not all."""
    done: list[int] = []
    campaign = fail_everywhere(
        ["mainline"], ["boot"], None, lambda count, _: done.append(count), lambda: len(done) == 3
    )
    assert done == [1, 2, 3]
    assert len(campaign.verdicts) == 3
    assert not campaign.is_complete


def test_an_interrupt_keeps_what_is_done() -> None:
    def interrupt(count: int, _total: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    campaign = fail_everywhere(["mainline"], ["boot"], None, interrupt)
    assert len(campaign.verdicts) == 2
    assert not campaign.is_complete


def commands(trace: list[object], name: str) -> int:
    """How often a TA function was called."""
    return sum(isinstance(e, Entered) and e.function == name for e in trace)


def broken(recording: Recording) -> set[str]:
    """The names of the invariants that a run breaks."""
    return {breach.invariant for breach in judge(recording.trace)}


FAULT = {At("rproc_alloc_registered_carveouts"): Fail(Errno.ENOMEM)}
UNDONE = "every_successful_load_is_undone_before_linux_rests"


@pytest.mark.parametrize("design", ["v2", "seed-request-fw"])
def test_a_boot_that_fails_after_the_load_leaves_the_firmware_loaded(design: str) -> None:
    """The argument of the seed: nothing is sent to the TA."""
    recording = play(design, "boot", FAULT)
    assert UNDONE in broken(recording)
    assert commands([*recording.trace], "remoteproc_release_fw") == 0


def test_the_same_fault_is_undone_by_one_release_in_v22() -> None:
    recording = play("v22", "boot", FAULT)
    assert broken(recording) == set()
    told = recording.failure
    assert told
    assert commands([*recording.trace[:told]], "remoteproc_release_fw") == 1


def test_a_recovery_that_fails_is_a_dead_end_even_in_mainline() -> None:
    assert "power_and_state_agree" in broken(play("mainline", "recovery", {
        At("rproc_start", 2): Fail(Errno.EIO)}))  # fmt: skip


@pytest.mark.parametrize(("design", "clean"), [("mainline", True), ("v22", True), ("v2", False),
                                               ("seed-ext-boot", False)])  # fmt: skip
def test_what_an_undisturbed_recovery_breaks(design: str, clean: bool) -> None:
    """v2 hands over a fresh table; the sketch never runs at all."""
    assert (broken(play(design, "recovery")) == set()) is clean


def test_the_sketch_runs_without_linux_knowing() -> None:
    want = {"linux_and_the_ta_agree_on_who_runs", "power_and_state_agree"}
    assert want <= broken(play("seed-ext-boot", "boot"))


def test_breaches_that_mainline_has_as_well_are_the_baselines(table: list[Row]) -> None:
    """A design is not blamed for what it did not change."""
    leak = [row for row in table if row.place == "rproc_mem_entry_init" and row.design == "v22"]
    carveouts = [f for row in leak for f in row.findings if "carveouts" in f.breach.what]
    assert carveouts
    assert {finding.origin for finding in carveouts} == {"baseline"}
    assert all(finding.known for finding in carveouts)
    assert not any(row.own for row in table if row.design == "mainline")


def test_v22_releases_what_it_did_not_load(table: list[Row]) -> None:
    """A failure before the load is undone as if there had been one."""
    row = next(r for r in table if (r.design, r.place) == ("v22", "rproc_fw_sanity_check"))
    assert [finding.breach.invariant for finding in row.own] == ["no_release_without_load"]


def test_runs_of_one_cause_are_one_group(table: list[Row]) -> None:
    found = groups(table)
    assert sum(len(group.rows) for group in found) == sum(bool(row.own) for row in table)
    assert len({(group.design, group.what) for group in found}) == len(found)


def test_rows_are_json(table: list[Row]) -> None:
    data = json.loads(json.dumps([row.as_data for row in table]))
    keys = {"design", "scenario", "place", "nth", "fault", "breaches", "script"}
    assert all(row.keys() == keys for row in data)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_script_makes_the_run_again(design: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The line in a row is a command that shows the same breaches."""
    for trial in plan(design, ["boot"])[::20]:
        program, *argv = trial.command.split()
        assert program == "rprocbench"
        breaches = run_trial(trial).breaches
        assert main(argv) == bool(breaches)
        shown = capsys.readouterr().out
        assert all(f"broken: {b.sentence}: {b.what}" in shown for b in breaches)
