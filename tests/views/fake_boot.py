# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot by hand, about 300 events over four lanes: what views are tested on before real runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.errors import Cite, Errno, ModelledError, Span, TeeResult
from rprocbench.base.run import At, Disturbance, Run, Unwind, Watched, tolerate
from rprocbench.base.trace import Fetched, Lane, Message, Ran
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da, Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

CORE = "linux:drivers/remoteproc/remoteproc_core.c"
TEE = "linux:drivers/remoteproc/remoteproc_tee.c"
STM = "linux:drivers/remoteproc/stm32_rproc.c"
TA = "optee_os:ta/remoteproc/src/remoteproc_core.c"
PTA = "optee_os:core/pta/stm32mp/remoteproc_pta.c"
DRV = "optee_os:core/drivers/remoteproc/stm32_remoteproc.c"


@dataclass
class Rproc(Watched):
    """A remote processor, in a few fields."""

    run: Run
    state: str = "OFFLINE"
    power: int = 0
    firmware: str = "rproc-m4-fw"
    bootaddr: int = 0
    prepared: bool = False
    cached_table: bytes | None = None
    carveouts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.watch("m4")


@dataclass
class Ta(Watched):
    """A trusted application, in two fields."""

    LANE: ClassVar[Lane] = Lane.OPTEE
    run: Run
    fw_state: str = "OFF"
    segments: int = 0

    def __post_init__(self) -> None:
        self.watch("ta_ctx")


@dataclass
class FakeBoot:
    """Plays a boot whose calls can be failed as those of the real models are."""

    script: Mapping[At, Disturbance] = field(default_factory=dict)
    bad_hash: bool = False
    name: str = "rproc-m4-fw"
    run: Run = field(init=False)

    def __post_init__(self) -> None:
        self.run = Run(script=self.script)
        self.soc = Soc(STM32MP157C_DK2, self.run)
        self.rproc = Rproc(self.run, firmware=self.name)
        self.ta = Ta(self.run)

    @contextmanager
    def call(self, where: str, name: str, subject: object = None) -> Iterator[None]:
        tree, path = where.split(":")
        with self.run.step(Cite(tree, path, name), subject or self.rproc):  # type: ignore[arg-type]
            yield

    def leaf(self, where: str, *names: str) -> None:
        for name in names:
            with self.call(where, name):
                pass

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        self.run.log(lane, text, level)

    # Linux

    def boot(self) -> Run:
        try:
            with self.call(CORE, "rproc_boot"), Unwind(self.rproc) as unwind:
                self.rproc.power = 1
                unwind.label("downref_rproc", setattr, self.rproc, "power", 0)
                self.log(Lane.LINUX, "remoteproc0: powering up m4")
                self.leaf(CORE, "request_firmware")
                self.log(Lane.LINUX, f"remoteproc0: Booting fw image {self.name}, size 61440")
                self._fw_boot()
                self.log(Lane.LINUX, "remoteproc0: remote processor m4 is now up")
            self.talk()
            self.shutdown()
        except ModelledError as error:
            self.log(Lane.LINUX, f"remoteproc0: Boot failed: {-int(error.code)}", "err")
        return self.run

    def _fw_boot(self) -> None:
        rproc = self.rproc
        with self.call(CORE, "rproc_fw_boot"), Unwind(rproc) as unwind:
            with self.call(CORE, "rproc_fw_sanity_check"):
                self.leaf(TEE, "rproc_tee_sanity_check")
            self.leaf(CORE, "rproc_enable_iommu")
            unwind.label("disable_iommu", self.leaf, CORE, "rproc_disable_iommu")
            with self.call(CORE, "rproc_prepare_device"), self.call(STM, "stm32_rproc_prepare"):
                for region in STM32MP157C_DK2.linux_regions:
                    with self.call(CORE, "rproc_add_carveout"):
                        rproc.carveouts += (region.name,)
                rproc.prepared = True
            unwind.label("unprepare_rproc", self._unprepare)
            self.leaf(CORE, "rproc_get_boot_addr")
            with self.call(CORE, "rproc_parse_fw"), self.call(TEE, "rproc_tee_parse_fw"):
                with self.call(TEE, "rproc_tee_load_fw"):
                    self._load_fw()
                with self.call(TEE, "rproc_tee_get_rsc_table"):
                    self._smc(TA, "remoteproc_get_rsc_table", Errno.EIO, self._get_table)
                rproc.cached_table = bytes(range(88))
            unwind.label("clean_up_resources", self._clean_up)
            with self.call(CORE, "rproc_handle_resources"):
                with self.call(CORE, "rproc_handle_vdev"):
                    self.leaf(CORE, "rproc_parse_vring", "rproc_parse_vring")
                    self.leaf(CORE, "rproc_alloc_vring", "rproc_alloc_vring")
                with self.call(CORE, "rproc_handle_trace"):
                    rproc.bootaddr = 0x1000_1000
            with self.call(CORE, "rproc_alloc_registered_carveouts"):
                self.leaf(CORE, *["rproc_alloc_carveout"] * 5)
            self._start()

    def _start(self) -> None:
        with self.call(CORE, "rproc_start"):
            with self.call(CORE, "rproc_prepare_subdevices"):
                self.leaf(CORE, "rproc_vdev_do_prepare")
            with self.call(TEE, "rproc_tee_start"):
                self._smc(TA, "remoteproc_start_fw", Errno.EIO, self._start_fw)
            with self.call(CORE, "rproc_start_subdevices"):
                with self.call(CORE, "rproc_vdev_do_start"):
                    self.soc.a7.fill(Pa(0x1004_0000), 0x1000, 0)
                    self.soc.a7.write(Pa(0x1004_0000), bytes(range(200)))
                self.run_m4(20_000, "sleeps in WFI")
            self.rproc.state = "RUNNING"

    def _load_fw(self) -> None:
        with self.call("linux:drivers/tee/tee_core.c", "tee_shm_register_kernel_buf"):
            pass
        self._smc(TA, "remoteproc_load_fw", Errno.EINVAL, self._load)

    def _smc(self, where: str, command: str, code: Errno, action: Callable[[], None]) -> None:
        with self.call("linux:drivers/tee/optee/smc_abi.c", "optee_smc_do_call_with_arg"):
            try:
                with (
                    self.call("optee_os:core/kernel/tee_ta_manager.c", "tee_ta_invoke_command"),
                    self.call(TA, "TA_InvokeCommandEntryPoint"),
                    self.call(where, command),
                ):
                    action()
            except ModelledError as error:
                raise ModelledError(code, f"TA returned {error.code.name}") from error

    # OP-TEE

    def _load(self) -> None:
        with self.call(TA, "remoteproc_verify_header"):
            self.run.record(Fetched(Lane.OPTEE, Span("image", 0, 20)))
        with self.call(TA, "remoteproc_save_fw_header_and_sig"):
            self.run.record(Fetched(Lane.OPTEE, Span("image", 20, 556)))
        with (
            self.call(TA, "remoteproc_verify_signature"),
            self.call(PTA, "rproc_pta_verify_digest"),
        ):
            self.log(Lane.OPTEE, "verify RSASSA-PKCS1-v1_5 SHA-256: good", "debug")
        with self.call(TA, "remoteproc_parse_elf"):
            for index, (da, size) in enumerate(
                ((0, 0x298), (0x1000_0000, 0x5A10), (0x2000_0000, 96))
            ):
                with self.call(PTA, "rproc_pta_load_segment_sha256"):
                    self.leaf(DRV, "stm32_rproc_da_to_pa", "stm32_rproc_map")
                    self.soc.m4.write(Da(da), bytes([0x11 * (index + 1)]) * size, Lane.OPTEE)
                    if self.bad_hash and index == 1:
                        self.log(Lane.OPTEE, "E/TA: firmware authentication failed", "err")
                        where = Span("image", 0x22C + 0x1000, 0x22C + 0x6A10)
                        raise ModelledError(TeeResult.SECURITY, "segment hash differs", span=where)
                self.ta.segments += 1
        self.ta.fw_state = "LOADED"

    def _get_table(self) -> None:
        with self.call(TA, "remoteproc_find_rsc_table"):
            self.leaf(PTA, "rproc_pta_da_to_pa")

    def _start_fw(self) -> None:
        with self.call(PTA, "rproc_pta_start"), self.call(DRV, "stm32_rproc_start"):
            self.soc.mcu.assert_reset(Lane.OPTEE)
            self.soc.mcu.set_boot_mcu(True, Lane.OPTEE)
        self.ta.fw_state = "STARTED"

    # M4

    cycles = 0

    def run_m4(self, count: int, why: str) -> None:
        for _slice in range(4):
            start, self.cycles = self.cycles, self.cycles + count // 4
            self.run.record(Ran(start, self.cycles, 0x1000_0448 + _slice * 8, why))
        self.soc.m4.write(Da(0x1005_0000), b"[m4] rpmsg endpoint up\n", Lane.M4)
        self.log(Lane.M4, "[m4] rpmsg endpoint up")
        self.soc.ipcc.send_to_a7(0)
        self.soc.ipcc.taken_by_a7(0)

    def talk(self) -> None:
        with self.call("linux:drivers/rpmsg/virtio_rpmsg_bus.c", "rpmsg_send_offchannel_raw"):
            self.soc.a7.write(Pa(0x1004_2000), b"\0\4\0\0\1\4\0\0\0\0\0\0\5\0\0\0hello")
            self.run.record(Message("sent", 0x400, 0x401, b"hello"))
            self.soc.ipcc.send_to_m4(1)
        self.run_m4(4_000, "sleeps in WFI")
        self.soc.ipcc.taken_by_m4(1)
        with self.call("linux:drivers/rpmsg/virtio_rpmsg_bus.c", "rpmsg_recv_done"):
            self.run.record(Message("received", 0x401, 0x400, b"hello"))

    # The way down

    def shutdown(self) -> None:
        with self.call(CORE, "rproc_shutdown"):
            self.soc.ipcc.send_to_m4(2)
            self.run_m4(400, "halts in its shutdown handler")
            with self.call(CORE, "rproc_stop"), self.call(TEE, "rproc_tee_stop"):
                self._smc(TA, "remoteproc_stop_fw", Errno.EIO, self._stop_fw)
            self.rproc.state = "OFFLINE"
            self._clean_up()
            self._unprepare()
            self.rproc.power = 0

    def _stop_fw(self) -> None:
        with self.call(PTA, "rproc_pta_stop"), self.call(DRV, "stm32_rproc_stop"):
            self.soc.mcu.set_boot_mcu(False, Lane.OPTEE)
            self.soc.mcu.assert_reset(Lane.OPTEE)
        self.ta.fw_state = "OFF"

    def _release_fw(self) -> None:
        with self.call(TEE, "rproc_tee_release_fw"):
            self._smc(TA, "remoteproc_release_fw", Errno.EIO, self._wipe)

    def _wipe(self) -> None:
        with self.call(PTA, "rproc_pta_clean"):
            self.soc.m4.fill(Da(0), 0x298, 0, Lane.OPTEE)
            self.soc.m4.fill(Da(0x1000_0000), 0x5A10, 0, Lane.OPTEE)
        self.ta.segments = 0
        self.ta.fw_state = "OFF"

    def _clean_up(self) -> None:
        with self.call(CORE, "rproc_resource_cleanup"):
            self.rproc.cached_table = None
            self.leaf(CORE, "rproc_remove_trace_file", "rproc_remove_rvdev")
            tolerate(self._release_fw)

    def _unprepare(self) -> None:
        with self.call(CORE, "rproc_unprepare_device"):
            self.rproc.carveouts = ()
            self.rproc.prepared = False
