# SPDX-License-Identifier: GPL-2.0-or-later
"""Play a script of `verdicts.jsonl` and tell what happened in the recordings' words."""

from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from rprocbench.base.errors import TeeResult
from rprocbench.base.trace import Signalled
from rprocbench.formats.keys import RsaPublicKey
from rprocbench.formats.tee_params import Param, ParamType, SmcResult, TaCmd, memref, value
from rprocbench.tee import TaFlags
from rprocbench.tee.optee import REMOTEPROC_FLAGS
from tests.vectors.tee.gen_corpus import KEYS, build_tee

from .machine import Machine

KEY = RsaPublicKey(RSAPublicNumbers(65537, KEYS["test"][0]).public_key())
MULTI = REMOTEPROC_FLAGS | TaFlags.MULTI_SESSION  # the recording harness called the TA itself


class Player:
    """One case: its images, its machine, the sessions that the script opened."""

    def __init__(self, case: dict[str, Any], heap_size: int | None = 4096) -> None:
        self.case = case
        self.images = [bytearray(image) for image in build_tee(case)]  # type: ignore[no-untyped-call]
        self.machine = Machine(key=KEY, flags=MULTI, heap_size=heap_size)
        self.sessions: list[int] = []
        self.before = self.memories()

    def memories(self) -> dict[str, bytes]:
        return {name: ram.read(0, ram.size) for name, ram in self.machine.soc.rams.items()}

    def changed(self) -> dict[str, str]:
        before, self.before = self.before, self.memories()
        return {
            name: "zero" if data == bytes(len(data)) else sha256(data).hexdigest()
            for name, data in self.before.items()
            if data != before[name]
        }

    def play(self) -> list[dict[str, Any]]:
        return [self.step(*step) for step in self.case["script"] if not self.poked(*step)]

    def poked(self, verb: str, *args: Any) -> bool:
        if verb == "poke":
            data = bytes.fromhex(args[2])
            self.images[args[0]][args[1] : args[1] + len(data)] = data
        return verb == "poke"

    def step(self, verb: str, *args: Any) -> dict[str, Any]:
        machine = self.machine
        seen: dict[str, Any] = {"c": verb}
        machine.pta_calls()
        mark = machine.mark
        result = getattr(self, verb)(seen, *args)
        seen["res"] = f"0x{result.ret:08X}"
        signals = [e.what for e in machine.run.trace[mark:] if isinstance(e, Signalled)]
        if signals:
            seen["m4"] = "released" if "released" in signals else "reset"
        messages = [f"ta:{text}" for text in machine.messages() if "TA panicked" not in text]
        if messages:
            seen["msg"] = messages
        if result.ret is TeeResult.TARGET_DEAD:
            seen |= {"panic": "0xFFFF0001"} if "0xffff0001" in result.why else {"events": [FAULT]}
            self.sessions.clear()  # the recording harness drops them
        if changed := self.changed():
            seen["mem"] = changed
        return seen

    def invoke(self, cmd: int, *params: Param) -> SmcResult:
        self.machine.session = self.sessions[-1] if self.sessions else 0
        return self.machine.invoke(cmd, *params)

    def open(self, _seen: dict[str, Any], rproc_id: int) -> SmcResult:
        result = self.machine.open(rproc_id)
        if result.ret is TeeResult.SUCCESS:
            self.sessions.append(result.session)
        return result

    def close(self, _seen: dict[str, Any]) -> SmcResult:
        self.machine.session = self.sessions.pop() if self.sessions else 0
        return self.machine.close()

    def load(
        self, _seen: dict[str, Any], rproc_id: int, index: int, size: int = -1, null: int = 0
    ) -> SmcResult:
        image: bytearray | None = self.images[index]
        if size >= 0 and image is not None:
            image = image[:size].ljust(size, b"\0")
        buffer = memref(None if null else image, "image", offset=self.case.get("align", 0) % 8)
        return self.invoke(TaCmd.LOAD_FW, value(rproc_id), buffer)

    def get_rsc(self, seen: dict[str, Any], rproc_id: int) -> SmcResult:
        pa, size = value(type_=ParamType.VALUE_OUTPUT), value(type_=ParamType.VALUE_OUTPUT)
        result = self.invoke(TaCmd.GET_RSC_TABLE, value(rproc_id), pa, size)
        if result.ret is TeeResult.SUCCESS:
            seen |= {"rsc_pa": hex(pa.a), "rsc_size": hex(size.a)}
        return result

    def start(self, _seen: dict[str, Any], rproc_id: int) -> SmcResult:
        return self.invoke(TaCmd.START_FW, value(rproc_id))

    def stop(self, _seen: dict[str, Any], rproc_id: int) -> SmcResult:
        return self.invoke(TaCmd.STOP_FW, value(rproc_id))

    def release(self, _seen: dict[str, Any], rproc_id: int) -> SmcResult:
        return self.invoke(TaCmd.RELEASE_FW, value(rproc_id))

    def coredump(self, _seen: dict[str, Any], rproc_id: int) -> SmcResult:
        return self.invoke(TaCmd.GET_COREDUMP, value(rproc_id))

    def raw(self, seen: dict[str, Any], cmd: int, types: int, *values: int) -> SmcResult:
        kinds = [ParamType(types >> 4 * i & 15) for i in range(5)]
        pairs = zip(kinds, (*values[::2], 0), (*values[1::2], 0), strict=True)
        params = [Param(kind, a, b) for kind, a, b in pairs]
        result = self.invoke(cmd, *params[: 5 if kinds[4] else 4])
        if cmd == TaCmd.GET_RSC_TABLE and result.ret is TeeResult.SUCCESS:
            seen |= {"rsc_pa": hex(params[1].a), "rsc_size": hex(params[2].a)}
        return result


FAULT = "fault signal 11 in TA"
