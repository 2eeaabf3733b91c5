# SPDX-License-Identifier: GPL-2.0-or-later
"""ST's downstream generation: encryption, firewall, keys from the image, boot address, order."""

from hashlib import sha256
from typing import Any

import pytest

from rprocbench.base.errors import Crash, InputError, TeeResult
from rprocbench.base.run import At, Fail, Poke
from rprocbench.base.trace import Lane
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.formats.keys import RsaPrivateKey, generate_key
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.st_image import StOptions, sign_st_image
from rprocbench.formats.tee_params import TaCmd, value
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.boards import BOARDS
from rprocbench.soc.memory import Pa

from .images import put, resigned, tlv_at, u32
from .machine import GOOD, KEY, signing_key
from .st_machine import (
    CODE,
    ELF,
    RSC,
    TABLE,
    VECTORS,
    StMachine,
    ec_key,
    encrypted,
    otp,
    pkh,
    st_image,
    with_key,
)

OK = TeeResult.SUCCESS


def result(image: bytes, **options: Any) -> str:
    return StMachine(**options).load(image).ret.name


def seen(machine: StMachine) -> tuple[bytes, bytes]:
    a7 = machine.soc.a7
    return a7.read(Pa(VECTORS), len(CODE), Lane.OPTEE), a7.read(Pa(TABLE), len(RSC), Lane.OPTEE)


@pytest.mark.parametrize("image", [st_image(), encrypted()], ids=["clear", "encrypted"])
def test_what_is_loaded_is_the_clear_firmware(image: bytes) -> None:
    machine = StMachine()
    assert machine.load(image).ret is OK
    assert seen(machine) == (CODE, RSC)
    assert machine.get_rsc()[1] == [TABLE, 0, len(RSC), 0]
    assert machine.start().ret is OK
    assert machine.stop().ret is OK
    assert not any(machine.soc.a7.read(Pa(VECTORS), 64, Lane.OPTEE))


def test_nothing_of_an_encrypted_image_lies_in_the_clear() -> None:
    assert CODE[:16] not in encrypted()
    names = [tlv.name for tlv in SignedImage.parse(encrypted(boot_address=0)).tlvs]
    assert names == [
        "SIGNTYPE", "ENCTYPE", "ENCTABLE", "NUM_IMG", "IMGTYPE", "IMGSIZE", "HASHTYPE", "BOOTADDR",
    ]  # fmt: skip


def test_the_device_decrypts_with_32_bytes_whatever_the_signer_used() -> None:
    machine = StMachine()
    assert machine.load(encrypted(bytes(range(16)))).ret is OK
    assert seen(machine)[0] != CODE


def test_a_device_with_a_key_of_its_own() -> None:
    key = b"\x42" * 32
    machine = StMachine(otp=otp(oem_rproc_enc_key=key))
    assert machine.load(encrypted(key)).ret is OK
    assert seen(machine)[0] == CODE
    assert result(encrypted(), otp=otp(oem_rproc_enc_key=bytes(32))) == "SECURITY"
    assert result(st_image(), otp=otp(oem_rproc_enc_key=bytes(32))) == "SUCCESS"


def test_upstream_knows_nothing_of_encrypted_images() -> None:
    assert result(encrypted(), generation="head") == "NO_DATA"


def test_hash_type_is_needed() -> None:
    assert result(st_image(has_hash_type=False)) == "NO_DATA"
    image = st_image()
    at = tlv_at(image, TlvType.HASHTYPE) + 8
    assert result(resigned(put(image, at, 9, 1))) == "NOT_SUPPORTED"


def test_types_of_image_and_encryption_must_agree() -> None:
    for image, wrong in ((st_image(), 2), (encrypted(), 1)):
        at = tlv_at(image, TlvType.IMGTYPE) + 8
        assert result(resigned(put(image, at, wrong, 1))) == "BAD_FORMAT"
    image = encrypted()
    at = tlv_at(image, TlvType.ENCTYPE) + 8
    assert result(resigned(put(image, at, 7, 1))) == "NOT_SUPPORTED"


def test_platform_tlvs_go_to_the_pta_one_by_one() -> None:
    machine = StMachine()
    assert machine.load(st_image(boot_address=0, boot_secure=1)).ret is OK
    calls = machine.tee.pta.calls
    first = calls.index("PTA.GET_MEM=00000000")
    assert calls[first : first + 5] == [
        "PTA.GET_MEM=00000000", "PTA.CAPS=00000000", "PTA.VERIFY=00000000",
        "PTA.TLV_PARAM=00000000", "PTA.TLV_PARAM=00000000",
    ]  # fmt: skip
    assert calls[-1] == "PTA.RELEASE_MEM=00000000"
    image = st_image(boot_address=0)
    at = tlv_at(image, TlvType.BOOTADDR)
    assert result(resigned(put(image, at, 0x1_0003))) == "NOT_IMPLEMENTED"
    assert result(resigned(put(image, at + 4, 3))) == "CORRUPT_OBJECT"


def test_the_firewall_denies_while_it_loads_and_isolates_afterwards() -> None:
    machine = StMachine()
    firewall = machine.soc.firewall

    def allowed() -> list[bool]:
        places = VECTORS, 0x1000_0000, 0x3000_0000, TABLE
        lanes = Lane.LINUX, Lane.M4
        return [firewall.allows(lane, pa, 4, write=False) for pa in places for lane in lanes]

    isolated = [False, True, False, True, False, True, True, True]
    assert allowed() == isolated
    during: list[list[bool]] = []
    machine.script[At("st_pta_load_segment", 2)] = lambda _subject: during.append(allowed())
    assert machine.load(st_image()).ret is OK
    assert during == [[False] * 8]
    assert allowed() == isolated
    with pytest.raises(Crash, match="external abort"):
        machine.soc.a7.write(Pa(VECTORS), b"evil")


def test_what_was_loaded_cannot_be_patched_as_upstream_can() -> None:
    machine = StMachine(generation="head")
    machine.load(GOOD)
    machine.soc.a7.write(Pa(VECTORS), b"evil")  # W-09
    assert machine.start().ret is OK


@pytest.mark.parametrize("kind", ["rsa", "ecc"])
def test_the_key_of_the_image_must_be_the_one_that_was_burnt(kind: str) -> None:
    key = signing_key() if kind == "rsa" else ec_key()
    other = generate_key(key.public.key_type)
    assert result(with_key(key), otp=pkh(key)) == "SUCCESS"
    assert result(with_key(other), otp=pkh(key)) == "SECURITY"
    image = with_key(key)
    at = tlv_at(image, TlvType.HASHTABLE) + 8
    flipped = put(image, at, u32(image, at) ^ 1)
    assert result(flipped, otp=pkh(key)) == "SIGNATURE_INVALID"
    forged = with_key(key)
    signature = SignedImage.parse(forged).signature_span
    assert result(put(forged, signature.start + 8, 1), otp=pkh(key)) == "SIGNATURE_INVALID"
    assert result(st_image(key), otp=pkh(key)) == "BAD_PARAMETERS"


def test_without_burnt_hash_the_key_of_the_build_counts_and_ecc_is_not_supported() -> None:
    assert result(st_image(ec_key())) == "NOT_SUPPORTED"
    assert result(with_key(generate_key())) == "SIGNATURE_INVALID"
    assert result(st_image(), key=KEY) == "SUCCESS"


def test_a_segment_of_no_whole_blocks_cannot_be_encrypted() -> None:
    elf = build_elf([Seg(0, bytes(17))], [])
    with pytest.raises(InputError, match="17 bytes, no whole AES blocks"):
        st_image(elf=elf, enc_key=bytes(16))
    with pytest.raises(InputError, match="16, 24 or 32 bytes, not 5"):
        st_image(enc_key=b"short")


def test_zero_rows_of_one_image_shadow_address_0_of_the_next() -> None:
    first = build_elf([Seg(0x1000_0000, bytes(16)), Seg(0, b"", 0x6474_E551)], [])
    second = build_elf([Seg(0, CODE)], [])
    options = StOptions(enc_key=bytes(range(32)))
    image = sign_st_image(
        [("1", first + bytes(8)), ("2", second + bytes(8))], signing_key(), options
    )
    assert result(image) == "BAD_PARAMETERS"


def test_the_states_are_the_older_ones() -> None:
    machine = StMachine()
    machine.load(st_image())
    assert machine.load(st_image()).ret is TeeResult.BAD_STATE
    assert machine.stop().ret is TeeResult.BAD_STATE
    assert not any(seen(machine)[0])
    assert machine.start().ret is TeeResult.BAD_STATE  # it is OFF now
    assert machine.invoke(TaCmd.RELEASE_FW, value(0)).ret is TeeResult.BAD_PARAMETERS


def test_a_segment_that_fails_leaves_nothing() -> None:
    script = {At("st_pta_load_segment", 2): Fail(TeeResult.SECURITY)}
    machine = StMachine(script)
    assert machine.load(st_image()).ret is TeeResult.SECURITY
    assert not any(seen(machine)[0])
    early = {At("core_mmu_add_mapping", 1): Poke("image", len(st_image()) - 400, bytes(200))}
    assert StMachine(early).load(st_image()).ret is not OK


# The weaknesses, as they are.


def test_d1_a_bootsec_of_0_asks_for_secure_boot() -> None:
    machine = StMachine()
    machine.load(st_image(boot_secure=0))
    assert machine.st.state.boot_sec is True


def test_d2_a_broken_elf_wedges_the_boot_address_until_reboot() -> None:
    machine = StMachine()
    image = bytearray(st_image(boot_address=0))
    image[image.index(b"\x7fELF")] = 0
    assert machine.load(bytes(image)).ret is TeeResult.BAD_FORMAT
    for _ in range(2):
        assert machine.load(st_image(boot_address=0)).ret is TeeResult.GENERIC
    later = StMachine({At("st_pta_load_segment"): Fail(TeeResult.SECURITY)})
    assert later.load(st_image(boot_address=0)).ret is TeeResult.SECURITY
    assert later.load(st_image(boot_address=0)).ret is OK  # 93ee5c059 covers this one


def test_d3_one_byte_of_the_ec_header_is_compared() -> None:
    key = ec_key()
    image = with_key(key)
    at = tlv_at(image, TlvType.PKEYINFO) + 8
    area = SignedImage.parse(image)
    changed = bytearray(image)
    changed[at + 1 : at + 27] = bytes(26)
    end = area.signed_span.end
    changed[end : end + 64] = key.sign(sha256(changed[:end]).digest())
    assert result(bytes(changed), otp=pkh(key)) == "SUCCESS"
    changed[at] ^= 1
    changed[end : end + 64] = key.sign(sha256(changed[:end]).digest())
    assert result(bytes(changed), otp=pkh(key)) == "BAD_PARAMETERS"


def test_d4_an_otp_that_cannot_be_read_frees_its_buffer_twice() -> None:
    key = signing_key()
    assert isinstance(key, RsaPrivateKey)
    machine = StMachine({At("stm32_bsec_read_otp"): Fail(TeeResult.GENERIC)}, otp=pkh(key))
    assert machine.load(with_key(key)).ret is TeeResult.GENERIC
    assert [hazard.kind for hazard in machine.tee.hazards] == ["free"]


def test_d5_a_failed_start_leaves_zeros_that_the_next_one_starts() -> None:
    machine = StMachine({At("rstctrl_deassert_to"): Fail(TeeResult.TIMEOUT)})
    machine.load(st_image())
    assert machine.start().ret is TeeResult.TIMEOUT
    assert machine.start().ret is OK
    assert not any(seen(machine)[0])


def test_d6_a_long_tlv_desynchronises_the_walk() -> None:
    inner = (0x1_0003).to_bytes(4, "little") + bytes(4)
    image = st_image(key_info=(inner * 8193)[:0x1_0008])
    result_ = StMachine(heap_size=None).load(image).ret
    assert result_ is TeeResult.NOT_IMPLEMENTED  # the value of PKEYINFO was taken for records


def test_d7_command_9_means_two_things() -> None:
    machine = StMachine()
    machine.load(st_image(boot_address=0))
    assert "PTA.TLV_PARAM=00000000" in machine.tee.pta.calls
    assert not any("RELEASE=" in call for call in machine.tee.pta.calls)


MP25 = BOARDS["stm32mp257f-ev1"]
M33_ELF = build_elf([Seg(0x0A08_0000, bytes(1024)), Seg(0x8010_0000, CODE)], []) + bytes(8)


@pytest.mark.parametrize(
    ("secure", "registers"),
    [(None, (False, 0, 0x8010_0000)), (0, (True, 0x8010_0000, 0))],
)
def test_an_m33_starts_where_the_image_says(
    secure: int | None, registers: tuple[bool, int, int]
) -> None:
    elf = build_elf([Seg(0x8010_0000, CODE)], []) + bytes(8)
    machine = StMachine(board=MP25)
    image = st_image(elf=elf, boot_address=0x0010_0040, boot_secure=secure)
    assert machine.load(image, rproc_id=1).ret is OK
    assert machine.start(1).ret is OK
    boot = machine.st.state.boot
    assert (boot.tzen, boot.initsvtor, boot.initnsvtor) == registers
    assert machine.stop(1).ret is OK
    assert machine.st.state.boot_addr is None


def test_an_m33_without_boot_address_does_not_start() -> None:
    machine = StMachine(board=MP25)
    elf = build_elf([Seg(0x8010_0000, CODE)], []) + bytes(8)
    assert machine.load(st_image(elf=elf), rproc_id=1).ret is OK
    assert machine.start(1).ret is TeeResult.GENERIC
    assert machine.load(st_image(elf=ELF), rproc_id=0).ret is TeeResult.BAD_PARAMETERS
