# SPDX-License-Identifier: GPL-2.0-or-later
"""Random users, faults and crashes, in several kernels and designs: what must hold all the same.

A rule-based state machine drives sysfs of a whole machine without an engine. States stay legal,
nothing leaks but what the reference says leaks, and a shutdown leads back to a bootable OFFLINE.
"""

from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.run import At, Fail
from rprocbench.base.state import check
from rprocbench.base.trace import Changed, Lane, Unwound
from rprocbench.bench import FIRMWARE, Bench, Machine
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.designs import DESIGNS
from rprocbench.kernel import remoteproc_sysfs
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.review.faults import FAULTS

S = RprocState
# kernel.md section 1.4: from where to where, each with who may do it.
LEGAL = {
    ("OFFLINE", "RUNNING"), ("DETACHED", "ATTACHED"), ("RUNNING", "OFFLINE"),
    ("ATTACHED", "OFFLINE"), ("CRASHED", "OFFLINE"), ("ATTACHED", "DETACHED"),
    ("RUNNING", "CRASHED"), ("ATTACHED", "CRASHED"), ("DETACHED", "CRASHED"),
    ("CRASHED", "DETACHED"), ("OFFLINE", "DETACHED"),
}  # fmt: skip
WORDS = ["start", "stop", "detach", "start\n", "stop\n", "", "Start", "start\n\n", "s", "\0", "§"]
RECOVERY = ["enabled", "disabled", "recover", "enabled\n", "e", "", "x" * 5000]
DUMPS = ["disabled", "enabled", "inline", "default", ""]
NAMES = [FIRMWARE, FIRMWARE + "\n", "other", "\n", "../x", "a/../b", "n" * 300, ""]
PLACES = sorted(
    name for name, code in FAULTS.items() if isinstance(code, Errno) and name.startswith(
        ("rproc_", "__rproc", "stm32_rproc", "request_firmware", "regmap", "reset_control", "mbox",
         "mutex_lock_i", "register_virtio", "rpmsg_probe", "rp_find_vq")
    ) and "probe" not in name.replace("rpmsg_probe", "") and name not in {
        "rproc_add", "rproc_alloc", "rproc_alloc_ops", "rproc_validate", "stm32_rproc_request_mbox",
        "mbox_request_channel", "stm32_rproc_parse_dt", "rproc_char_device_add",
    }
)  # fmt: skip


class Sysfs(RuleBasedStateMachine):
    """One machine, its users, and what happens to it."""

    machine: Machine
    rproc: Rproc
    dead: str = ""
    leaky: bool = False
    foreign: bool = False

    @initialize(
        design=st.sampled_from(["mainline", "mainline", "v22"]),
        linux=st.sampled_from(["6.1", "6.12", "7.3"]),
        hardened=st.booleans(),
        attached=st.booleans(),
    )
    def power_on(self, design: str, linux: str, hardened: bool, attached: bool) -> None:
        bench = Bench(design=DESIGNS[design], engine=False, linux=linux, hardened=hardened)
        self.signed = DESIGNS[design].signed
        self.good = demo_image() if self.signed else demo_elf()
        self.machine = bench.machine(self.good)
        if attached and not self.signed:
            self.machine.soc.syscon.m4_state = 2
            self.machine.soc.syscon.rsc_tbl = 0x1002_0000
        self.rproc = self.machine.probe()
        self.base = self.objects()
        self.told = 0

    def objects(self) -> set[str]:
        """What Linux has made. OP-TEE keeps its record of a firmware."""
        live = self.machine.run.live
        return {name for name, each in live.items() if each.LANE is Lane.LINUX}

    def attempt(self, do: Any) -> object:
        """What a user's action reports; a crash ends the machine's life."""
        if self.dead:
            return self.dead
        since = len(self.machine.run.trace)
        try:
            do()
        except ModelledError as error:
            return error.code
        except Crash as crash:
            self.dead = crash.why or "crashed"
            return self.dead
        finally:
            # What fails between `prepare` and `parse_fw` leaves carveouts behind (kernel.md 2.3).
            labels = {e.label for e in self.machine.run.trace[since:] if isinstance(e, Unwound)}
            self.leaky |= "disable_iommu" in labels and "clean_up_resources" not in labels
        return None

    @rule(word=st.sampled_from(WORDS))
    def write_state(self, word: str) -> None:
        before = (self.rproc.state, self.rproc.power)
        code = self.attempt(lambda: remoteproc_sysfs.write(self.rproc, "state", word))
        if word.removesuffix("\n") not in ("start", "stop", "detach", "") and not self.dead:
            assert code == Errno.EINVAL
            assert (self.rproc.state, self.rproc.power) == before

    @rule(word=st.sampled_from(RECOVERY))
    def write_recovery(self, word: str) -> None:
        self.attempt(lambda: remoteproc_sysfs.write(self.rproc, "recovery", word))

    @rule(word=st.sampled_from(DUMPS))
    def write_coredump(self, word: str) -> None:
        self.attempt(lambda: remoteproc_sysfs.write(self.rproc, "coredump", word))

    @rule(name=st.sampled_from(NAMES) | st.text(max_size=8))
    def write_firmware(self, name: str) -> None:
        state = self.rproc.state
        code = self.attempt(lambda: remoteproc_sysfs.write(self.rproc, "firmware", name))
        if state != S.OFFLINE and name and not self.dead and not self.machine.run.script:
            assert code == Errno.EBUSY

    @rule(data=st.sampled_from(["good", "none", "empty", "cut", "noise"]))
    def change_file(self, data: str) -> None:
        files = self.machine.host.files
        files.pop(FIRMWARE, None)
        if data != "none":
            files[FIRMWARE] = {
                "good": self.good, "empty": b"", "cut": self.good[:60], "noise": bytes(500),
            }[data]  # fmt: skip

    @rule()
    def crash(self) -> None:
        """Of a core that nobody attached to, too: its users, none, then count down from there."""
        self.foreign |= self.rproc.state == S.DETACHED
        self.attempt(self.machine.crash)

    @rule(place=st.sampled_from(PLACES), nth=st.integers(1, 3))
    def break_something(self, place: str, nth: int) -> None:
        """From now on, one call of `place` fails."""
        run = self.machine.run
        run.script = {At(place, run.calls[place] + nth): Fail(FAULTS[place])}

    @precondition(lambda self: not self.dead)
    @rule()
    def bring_down_and_up(self) -> None:
        """Without faults, the last user's stop ends OFFLINE, and a good image boots again."""
        rproc, files = self.rproc, self.machine.host.files
        self.machine.run.script = {}
        files[FIRMWARE] = self.good
        if rproc.state not in (S.RUNNING, S.ATTACHED, S.CRASHED) or self.foreign:
            return
        for _ in range(rproc.power):
            code = self.attempt(lambda: remoteproc_sysfs.write(rproc, "state", "stop"))
        if self.dead:
            return
        assert code is None
        assert (rproc.state, rproc.power) == (S.OFFLINE, 0)
        self.nothing_is_left()
        remoteproc_sysfs.write(rproc, "firmware", FIRMWARE)
        assert self.attempt(lambda: remoteproc_sysfs.write(rproc, "state", "start")) is None
        assert rproc.state == S.RUNNING or self.dead

    @precondition(lambda self: not self.dead)
    @rule()
    def a_dead_end_is_one(self) -> None:
        """After a recovery that failed half way, `start` does nothing and `stop` is refused."""
        rproc = self.rproc
        if rproc.state not in (S.OFFLINE, S.DETACHED) or not rproc.power or self.foreign:
            return
        self.machine.run.script = {}
        state, power = rproc.state, rproc.power
        assert self.attempt(lambda: remoteproc_sysfs.write(rproc, "state", "start")) is None
        assert (rproc.state, rproc.power) == (state, power + 1)
        for word in ("stop", "detach"):
            code = self.attempt(lambda w=word: remoteproc_sysfs.write(rproc, "state", w))
            assert code == Errno.EINVAL
        rproc.power -= 1

    def nothing_is_left(self) -> None:
        """At rest the processor has nothing, and no object is there that was not at the start."""
        rproc = self.rproc
        if self.leaky or rproc.leaked_pdevs:
            return
        assert (rproc.rvdevs, rproc.traces, rproc.num_traces, rproc.notifyids) == ((), (), 0, ())
        assert (rproc.carveouts, rproc.mappings, rproc.dump_segments) == ((), (), ())
        assert (rproc.table_ptr, rproc.cached_table) == (None, None)
        assert not self.objects() - self.base
        assert not [name for name in self.machine.soc.rams if name.startswith("dma@")]

    @invariant()
    def states_stay_legal(self) -> None:
        if not hasattr(self, "machine"):
            return
        trace = self.machine.run.trace
        for event in trace[self.told :]:
            if isinstance(event, Changed) and (event.owner, event.field) == (
                self.rproc.label, "state",
            ):  # fmt: skip
                assert (event.before, event.after) in LEGAL
        self.told = len(trace)

    @invariant()
    def nobody_holds_a_lock_and_no_work_is_left(self) -> None:
        if not hasattr(self, "machine") or self.dead:
            return
        assert not self.rproc.lock_held
        assert self.machine.host.locks == 0
        assert self.rproc.power >= 0 or self.foreign
        assert not self.machine.run.stack
        assert self.machine.host.work == []

    @invariant()
    def who_is_offline_without_users_has_nothing(self) -> None:
        if not hasattr(self, "machine") or self.dead:
            return
        if (self.rproc.state, self.rproc.power) == (S.OFFLINE, 0) and not self.foreign:
            self.nothing_is_left()

    @invariant()
    def a_hardened_kernel_does_not_crash(self) -> None:
        if hasattr(self, "machine"):
            assert not (self.machine.host.hardened and self.dead), self.dead

    def teardown(self) -> None:
        if hasattr(self, "machine") and not self.dead:
            self.machine.run.script = {}
            with suppress(ModelledError, Crash):
                self.machine.remove()
            check(self.machine.run.trace)


TestSysfs = Sysfs.TestCase
TestSysfs.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
