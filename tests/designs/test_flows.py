# SPDX-License-Identifier: GPL-2.0-or-later
"""Every design goes the way that the reference gives (series.md, B.0 to B.3 and B.17)."""

from collections.abc import Callable

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError, TeeResult, Undefined
from rprocbench.base.run import At, Disturbance, Fail
from rprocbench.base.trace import Failed, Logged
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.machine import Machine
from rprocbench.bench.scenarios import SCENARIOS
from rprocbench.designs import DESIGNS
from rprocbench.kernel.remoteproc import RprocState
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe
from rprocbench.kernel.stm32_rproc_structs import M4State
from tests.designs.flows import (
    commands,
    during,
    final,
    labels,
    machine_of,
    play,
    reported,
    words,
)

BOOT = {
    "mainline": "request_fw iommu prepare handle_resources carveouts prepare_subdev start_subdev",
    "v2": "LOAD iommu prepare GET handle_resources carveouts prepare_subdev START start_subdev",
    "seed-ext-boot": "request_fw LOAD START iommu prepare GET map handle_resources carveouts",
    "seed-request-fw": "request_fw LOAD iommu prepare GET handle_resources carveouts GET "
    "prepare_subdev START start_subdev",
    "v22": "iommu prepare LOAD GET handle_resources carveouts LOAD GET prepare_subdev START "
    "start_subdev",
}
SHUTDOWN = {
    "mainline": "stop_subdev mailbox-shutdown plat_release unprepare_subdev cleanup unprepare "
    "iommu-off",
    "v2": "stop_subdev mailbox-shutdown STOP unmap plat_release unprepare_subdev cleanup unprepare "
    "iommu-off",
    "seed-request-fw": "stop_subdev mailbox-shutdown STOP plat_release unprepare_subdev cleanup "
    "unprepare iommu-off",
    "v22": "mailbox-shutdown STOP plat_release unprepare iommu-off RELEASE",
}
RECOVERY = {
    "mainline": "request_fw prepare_subdev start_subdev",
    "v2": "STOP request_fw LOAD GET prepare_subdev START start_subdev",
    "seed-request-fw": "STOP request_fw LOAD GET prepare_subdev START start_subdev",
    "v22": "STOP request_fw LOAD GET prepare_subdev START start_subdev",
}
NEVER_IN_RECOVERY = "iommu prepare handle_resources carveouts cleanup unprepare"
SIGNED = [name for name, design in DESIGNS.items() if design.signed]
SEED = ["v2", "seed-ext-boot", "seed-request-fw"]


def fail(place: str, code: Errno | TeeResult, nth: int = 1) -> dict[At, Disturbance]:
    return {At(place, nth): Fail(code)}


@pytest.mark.parametrize("design", DESIGNS)
def test_a_clean_boot(design: str) -> None:
    boot = during(play("boot", design).run.trace, "rproc_boot")
    assert words(boot, BOOT[design]) == BOOT[design]


@pytest.mark.parametrize("design", SHUTDOWN)
def test_a_clean_shutdown(design: str) -> None:
    trace = play("boot-shutdown", design).run.trace
    assert words(during(trace, "__rproc_shutdown"), SHUTDOWN[design]) == SHUTDOWN[design]
    assert final(trace, "remoteproc0", "state") == "OFFLINE"
    assert final(trace, "MCU", "running") is False


@pytest.mark.parametrize("design", RECOVERY)
def test_a_clean_recovery(design: str) -> None:
    trace = play("recovery", design).run.trace
    recovery = during(trace, "rproc_boot_recovery")
    assert words(recovery, RECOVERY[design]) == RECOVERY[design]
    assert words(recovery, NEVER_IN_RECOVERY).split() == commands(recovery)
    assert words(during(trace, "__rproc_shutdown"), SHUTDOWN[design]) == SHUTDOWN[design]


@pytest.mark.parametrize("design", [name for name in DESIGNS if name != "seed-ext-boot"])
def test_the_real_firmware_recovers_and_says_so(design: str) -> None:
    chosen = DESIGNS[design]
    machine = Bench(design=chosen).machine(demo_image() if chosen.signed else demo_elf())
    SCENARIOS["boot"](machine)
    assert machine.say(b"one") == b"one"
    machine.crash()
    assert machine.wait_for_channel()
    assert machine.say(b"two") == b"two"


def test_v2_sends_nothing_after_a_boot_that_failed_and_the_firmware_stays_loaded() -> None:
    machine = machine_of("v2", fail("rproc_alloc_registered_carveouts", Errno.ENOMEM))
    rproc = machine.probe()
    assert reported(machine, "start") == "ENOMEM"
    assert commands(machine.run.trace) == ["LOAD", "GET"]
    assert rproc.priv.fw_loaded is True
    assert rproc.priv.trproc.rsc_va is not None, "and its table stays mapped"
    assert (rproc.power, rproc.cached_table) == (0, None)
    assert final(machine.run.trace, "firmware 0", "state") == "LOADED"
    assert reported(machine, "start") is None, "today's TA ignores the second LOAD"
    assert commands(during(machine.run.trace, "rproc_boot", 2)) == ["LOAD", "GET", "START"]


def test_v22_releases_once_after_a_boot_that_failed() -> None:
    trace = play("boot", "v22", fail("rproc_alloc_registered_carveouts", Errno.ENOMEM)).run.trace
    assert commands(trace) == ["LOAD", "GET", "RELEASE"]
    assert words(trace, "cleanup unprepare iommu-off").endswith(
        "cleanup unprepare iommu-off RELEASE"
    )
    assert final(trace, "firmware 0", "state") == "OFF"


@pytest.mark.parametrize("place", ["rproc_handle_resources", "rproc_prepare_subdevices"])
def test_seed_request_fw_has_no_counterpart_of_the_request(place: str) -> None:
    trace = play("boot-shutdown", "seed-request-fw", fail(place, Errno.ENOMEM)).run.trace
    assert set(commands(trace)) == {"LOAD", "GET"}
    assert final(trace, "firmware 0", "state") == "LOADED"


@pytest.mark.parametrize("design", SEED)
def test_a_start_that_fails_leaves_the_image_loaded(design: str) -> None:
    trace = play("boot", design, fail("remoteproc_start_fw", TeeResult.GENERIC)).run.trace
    assert commands(trace)[-1] == "START"
    assert final(trace, "firmware 0", "state") == "LOADED"
    assert final(trace, "remoteproc0", "power") == 0


def test_a_subdevice_that_does_not_start_stops_the_core() -> None:
    machine = play("boot", "v2", fail("rproc_start_subdevices", Errno.ENOMEM))
    start = during(machine.run.trace, "rproc_start")
    assert words(start, "unmap plat_release") == "START STOP unmap plat_release"
    assert machine.rproc
    assert machine.rproc.priv.fw_loaded is False
    assert labels(start) == ["stop_rproc", "unprepare_subdevices", "reset_table_ptr"]


def test_v2_only_warns_when_it_cannot_get_the_table() -> None:
    trace = play("boot", "v2", fail("remoteproc_get_rsc_table", TeeResult.GENERIC)).run.trace
    assert any(isinstance(e, Logged) and "no resource table" in e.text for e in trace)
    assert final(trace, "remoteproc0", "state") == "RUNNING"
    assert final(trace, "remoteproc0", "table_ptr") is None


def test_seed_request_fw_does_not_boot_without_an_answer_about_the_table() -> None:
    machine = machine_of("seed-request-fw", fail("remoteproc_get_rsc_table", TeeResult.GENERIC))
    machine.probe()
    assert reported(machine, "start") == "EIO"
    assert commands(machine.run.trace) == ["LOAD", "GET"]


@pytest.mark.parametrize("design", ["v2", "seed-request-fw"])
def test_a_refused_image_is_refused_before_anything_is_prepared(design: str) -> None:
    machine = machine_of(design, fail("remoteproc_load_fw", TeeResult.SECURITY))
    machine.probe()
    assert reported(machine, "start") == "EIO"
    assert words(machine.run.trace, "iommu prepare") == "LOAD"
    assert machine.rproc
    assert machine.rproc.power == 0


def test_a_shutdown_whose_stop_fails_can_be_repeated() -> None:
    machine = machine_of("v2", fail("remoteproc_stop_fw", TeeResult.GENERIC))
    rproc = machine.probe()
    assert reported(machine, "start") is None
    assert reported(machine, "stop") == "EIO"
    assert (rproc.state, rproc.power, rproc.priv.fw_loaded) == (RprocState.RUNNING, 1, True)
    assert rproc.priv.trproc.rsc_va is None, "the table is unmapped all the same"
    assert reported(machine, "stop") is None
    assert (rproc.state, rproc.priv.fw_loaded) == (RprocState.OFFLINE, False)


def test_recovery_of_v2_forgets_the_old_table() -> None:
    machine = play("boot", "v2")
    assert machine.rproc
    before = machine.rproc.cached_table
    machine.crash()
    after = machine.rproc.cached_table
    assert before is not None
    assert after is not None
    assert before is not after
    before.read(0, 1)  # never freed: reading a freed table is a crash


def test_recovery_of_v2_without_a_table_follows_a_null_pointer() -> None:
    machine = play("boot", "v2", fail("remoteproc_get_rsc_table", TeeResult.GENERIC, nth=2))
    with pytest.raises(Crash) as caught:
        machine.crash()
    assert caught.value.code is Undefined.OOPS
    assert "table_ptr" in caught.value.why


@pytest.mark.parametrize("design", ["mainline", "seed-request-fw", "v22"])
def test_recovery_keeps_the_cached_table(design: str) -> None:
    machine = play("boot", design)
    assert machine.rproc
    before = machine.rproc.cached_table
    machine.crash()
    assert machine.rproc.cached_table is before


@pytest.mark.parametrize("design", ["v2", "seed-request-fw"])
def test_a_recovery_that_fails_ends_offline_with_power(design: str) -> None:
    machine = play("boot", design)
    machine.run.script = fail("remoteproc_load_fw", TeeResult.SECURITY, nth=2)
    machine.crash()
    assert machine.rproc
    assert (machine.rproc.state, machine.rproc.power) == (RprocState.OFFLINE, 1)
    assert reported(machine, "stop") == "EINVAL"


def test_seed_request_fw_leaves_a_mapping_behind_with_each_start() -> None:
    trace = play("recovery", "seed-request-fw").run.trace
    assert words(trace, "map unmap").split().count("map") == 3
    assert words(trace, "map unmap").split().count("unmap") == 1


def test_an_ext_boot_succeeds_and_leaves_the_processor_offline() -> None:
    machine = machine_of("seed-ext-boot")
    rproc = machine.probe()
    assert reported(machine, "start") is None
    assert machine.soc.mcu.running
    assert (rproc.state, rproc.power, rproc.subdevs_started) == (RprocState.OFFLINE, 1, False)
    assert any(isinstance(e, Logged) and "is OFFLINE" in e.text for e in machine.run.trace)
    assert reported(machine, "stop") == "EINVAL"
    assert reported(machine, "start") is None, "one more user: nothing is done"
    assert commands(machine.run.trace) == ["LOAD", "START", "GET"]
    machine.remove()
    assert machine.soc.mcu.running, "nobody stopped it"
    machine.probe()
    assert reported(machine, "start") == "EIO", "the TA is STARTED"


@pytest.mark.parametrize(
    ("place", "passed"),
    [
        ("stm32_rproc_tee_boot", ["downref_rproc"]),
        ("rproc_enable_iommu", ["downref_rproc"]),
        ("rproc_prepare_device", ["disable_iommu", "downref_rproc"]),
        ("rproc_set_rsc_table", ["unprepare_rproc", "disable_iommu", "downref_rproc"]),
        (
            "rproc_handle_resources",
            ["clean_up_resources", "unprepare_rproc", "disable_iommu", "downref_rproc"],
        ),
    ],
)
def test_an_ext_boot_that_fails_unwinds_but_stops_nothing(place: str, passed: list[str]) -> None:
    machine = machine_of("seed-ext-boot", fail(place, Errno.ENOMEM))
    machine.probe()
    assert reported(machine, "start") == "ENOMEM"
    assert labels(machine.run.trace) == passed
    assert "STOP" not in commands(machine.run.trace)
    assert machine.soc.mcu.running is (place != "stm32_rproc_tee_boot")


def test_a_crash_of_an_ext_booted_core_is_ignored() -> None:
    trace = play("recovery", "seed-ext-boot").run.trace
    assert not any(getattr(e, "function", "") == "rproc_boot_recovery" for e in trace)
    assert commands(trace) == ["LOAD", "START", "GET"]


def test_recovery_would_take_the_container_for_an_elf() -> None:
    machine = play("boot", "seed-ext-boot")
    assert machine.rproc
    machine.rproc.state = RprocState.RUNNING  # what the sketch forgets
    machine.crash()
    recovery = during(machine.run.trace, "rproc_boot_recovery")
    assert commands(recovery) == ["STOP", "START"], "no LOAD: the ELF loader is asked"
    assert any(getattr(e, "function", "") == "rproc_elf_load_segments" for e in recovery)
    assert isinstance(recovery[-1], Failed)
    assert "BAD_STATE" in recovery[-1].why
    assert (machine.rproc.state, machine.rproc.power) == (RprocState.OFFLINE, 1)
    assert not machine.soc.mcu.running


@pytest.mark.parametrize("design", ["v2", "seed-request-fw"])
def test_an_attach_sends_nothing_and_cannot_be_stopped(design: str) -> None:
    trace = play("attach", design).run.trace
    boot = during(trace, "rproc_boot")
    expected = "iommu prepare handle_resources carveouts prepare_subdev attach start_subdev"
    assert words(boot, expected) == expected
    shutdown = during(trace, "__rproc_shutdown")
    assert words(shutdown, "stop_subdev mailbox-shutdown") == "stop_subdev mailbox-shutdown STOP"
    assert isinstance(shutdown[-1], Failed)
    assert shutdown[-1].code == "EIO"
    assert final(trace, "remoteproc0", "state") == "ATTACHED"
    assert final(trace, "MCU", "running") is True


def test_mainline_attaches_and_stops() -> None:
    trace = play("attach", "mainline").run.trace
    assert final(trace, "remoteproc0", "state") == "OFFLINE"
    assert final(trace, "MCU", "running") is False


def test_an_attach_of_the_ext_boot_design_asks_the_ta_in_vain() -> None:
    trace = play("attach", "seed-ext-boot").run.trace
    boot = during(trace, "rproc_boot")
    assert words(boot, "iommu prepare handle_resources") == "iommu prepare GET"
    assert labels(boot) == [
        "clean_up_resources", "unprepare_device", "disable_iommu", "downref_rproc",
    ]  # fmt: skip


def test_v22_refuses_a_core_that_runs() -> None:
    trace = play("attach", "v22").run.trace
    assert words(trace, "open_session rproc_add") == ""
    assert labels(trace) == ["free_rproc"]


def probe_code(machine: Machine, prepare: Callable[[Machine], None] | None = None) -> str:
    if prepare:
        prepare(machine)
    with pytest.raises(ModelledError) as caught:
        stm32_rproc_probe(machine.host)
    return caught.value.code.name


@pytest.mark.parametrize("design", SIGNED)
def test_without_the_tee_device_the_probe_is_deferred(design: str) -> None:
    machine = machine_of(design)
    assert probe_code(machine) == "EPROBE_DEFER"
    assert words(machine.run.trace, "open_session rproc_add") == ""
    assert machine.host.indices == () or design == "v22"


@pytest.mark.parametrize("design", SEED)
@pytest.mark.parametrize(
    ("place", "undone"),
    [
        ("rproc_alloc", "rproc_alloc close_session"),
        ("stm32_rproc_of_memory_translations", "rproc_alloc rproc_free close_session"),
        ("stm32_rproc_request_mbox", "rproc_alloc mailboxes rproc_free close_session"),
        (
            "rproc_add",
            "rproc_alloc mailboxes rproc_add mailboxes-off rproc_free close_session",
        ),
    ],
)
def test_a_probe_that_fails_closes_the_session_last(design: str, place: str, undone: str) -> None:
    machine = machine_of(design, fail(place, Errno.ENOMEM))
    with pytest.raises(ModelledError):
        machine.probe()
    expected = f"open_session {undone}"
    vocabulary = f"{expected} rproc_add rproc_free mailboxes mailboxes-off"
    assert words(machine.run.trace, vocabulary) == expected
    assert machine.optee.sessions == ()
    assert machine.host.indices == ()


@pytest.mark.parametrize("design", SEED)
def test_a_session_that_is_refused_is_no_probe(design: str) -> None:
    machine = machine_of(design, fail("optee_open_session", TeeResult.BUSY))
    with pytest.raises(ModelledError) as caught:
        machine.probe()
    assert caught.value.code is Errno.EINVAL
    assert words(machine.run.trace, "rproc_alloc") == ""


@pytest.mark.parametrize("design", SEED)
def test_remove_frees_the_processor_and_closes_the_session_last(design: str) -> None:
    machine = machine_of(design)
    machine.probe()
    machine.remove()
    trace = during(machine.run.trace, "stm32_rproc_remove")
    expected = "rproc_del mailboxes-off rproc_free close_session"
    assert words(trace, expected) == expected
    assert machine.host.statics == {}


@pytest.mark.parametrize("design", SIGNED)
def test_a_machine_can_be_probed_and_booted_again(design: str) -> None:
    machine = play("boot-shutdown", design)
    assert machine.soc.syscon.m4_state == M4State.OFF
    machine.probe()
    assert reported(machine, "start") == ("EIO" if design == "seed-ext-boot" else None)


def test_v2_reads_the_driver_data_after_it_was_freed() -> None:
    trace = during(play("boot-shutdown", "v2").run.trace, "stm32_rproc_remove")
    assert any(isinstance(e, Logged) and "after rproc_free" in e.text for e in trace)
