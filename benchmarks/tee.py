# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""What the secure side costs: verifying an image, and the acceptance map of a small and a big one.

Run it as `python benchmarks/tee.py [--json] [--quick]`; `--quick` leaves out the map of 448 KiB.

- `map_3k_s`, `map_448k_s`: seconds of one core for the map of every bit (limits 3 s, 900 s); what
  other programs do meanwhile does not count
- `verify_448k`, `verify_10m`: verifying divided by its floor, one SHA-256 of the same bytes and one
  RSA-2048 verification with `cryptography`, both measured in turn in this run, medians (limits 1.10
  and 1.03)
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable
from hashlib import sha256
from random import Random
from statistics import median
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from rprocbench.base.errors import TeeResult
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.keys import RsaPrivateKey, RsaPublicKey, generate_key
from rprocbench.formats.signer import sign_image
from rprocbench.verdicts.acceptance_run import acceptance_map
from rprocbench.verdicts.verify import verify_image

LIMITS = {"map_3k_s": 3.0, "map_448k_s": 900.0, "verify_448k": 1.10, "verify_10m": 1.03}
KIB = 1024


def firmware(size: int, signer: RsaPrivateKey) -> bytes:
    """A signed image of about `size` bytes: vectors, code, data with a resource table."""
    dice = Random(size)  # noqa: S311  the same bytes each time
    table = bytes.fromhex("01000000") + bytes(12)
    rest = max(size - 1700, 256)
    code, data = rest // 2, rest - rest // 2  # both find room in the M4's memories, up to 448 KiB
    segments = [
        Seg(0, dice.randbytes(0x100)),
        Seg(0x1000_0000, dice.randbytes(code)),
        Seg(0x3000_0000, table + dice.randbytes(data)),
    ]
    sections = [
        Sec(".isr_vector", segment=0),
        Sec(".text", segment=1),
        Sec(".resource_table", segment=2),
        Sec(".comment", b"a firmware\0"),
        Sec(".symtab", dice.randbytes(160)),
        Sec(".strtab", dice.randbytes(64)),
    ]
    return sign_image([("firmware", build_elf(segments, sections))], signer).image


def ratio(image: bytes, key: RsaPublicKey, signer: RsaPrivateKey, turns: int) -> float:
    """Time of `verify_image` divided by that of the floor."""
    prehashed, padding = Prehashed(SHA256()), PKCS1v15()
    signed = sha256(b"").digest()
    signature = signer.sign(signed)

    def floor() -> None:
        sha256(image).digest()
        key.key.verify(signature, signed, padding, prehashed)

    def verify() -> None:
        assert verify_image(image, public_key=key).holds

    floors: list[float] = []
    times: list[float] = []
    both = [(floor, floors), (verify, times)]
    gc.disable()  # as timeit does
    for _ in range(turns):
        for what, into in both:
            into.append(seconds(what))
        both.reverse()  # what comes second finds warm caches: each does in turn
    gc.enable()
    return median(times) / median(floors)


def seconds(what: Callable[[], None]) -> float:
    """How long it takes, once."""
    begun = perf_counter()
    what()
    return perf_counter() - begun


def map_seconds(image: bytes, key: RsaPublicKey) -> float:
    """How long the map of an image takes; of a short one the median of three."""
    turns = 3 if len(image) < 64 * KIB else 1

    def draw() -> None:
        drawn = acceptance_map(image, public_key=key)
        assert drawn.is_complete
        assert drawn.base.result is TeeResult.SUCCESS

    spent = []
    for _ in range(turns):
        begun = process_time()
        draw()
        spent.append(process_time() - begun)
    return median(spent)


def main() -> int:
    """Measure, tell, and say whether all is within the limits."""
    parser = argparse.ArgumentParser(description="What the secure side costs.")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--quick", action="store_true", help="leave out the map of 448 KiB")
    args = parser.parse_args()
    signer = generate_key()
    assert isinstance(signer, RsaPrivateKey)
    key = signer.public
    sizes = {"map_3k_s": 3 * KIB} | ({} if args.quick else {"map_448k_s": 448 * KIB})
    found = {name: map_seconds(firmware(size, signer), key) for name, size in sizes.items()}
    found |= {
        "verify_448k": ratio(firmware(448 * KIB, signer), key, signer, 1000),
        "verify_10m": ratio(firmware(10_000_000, signer), key, signer, 150),
    }
    if args.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        for name, value in found.items():
            sys.stdout.write(f"{name}: {value:.3f} (limit {LIMITS[name]})\n")
    return 0 if all(value <= LIMITS[name] for name, value in found.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
