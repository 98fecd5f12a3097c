"""Single bit flips in a model file and in a checkpoint: how many are refused.

Run: ``python benchmarks/robustness/bit_flips.py [--flips 1000] [--model FILE]``. Bits are drawn at random over the whole file (seed 0), one flipped at a
time; the default is the model that ships with spectra-dl. Refused is what ends in a sentence; whatever loads, or fails otherwise, is counted apart.
"""

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

from spectra_dl.errors import SpectraDLError
from spectra_dl.loading import read_header
from spectra_dl_datasets.shipped import SHIPPED_MODEL


def main() -> None:
    """Print how many flips were refused, how many loaded, and how many ended otherwise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--model", type=Path, default=SHIPPED_MODEL)
    asked = parser.parse_args()
    whole = asked.model.read_bytes()
    read_header(asked.model)
    generator = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / asked.model.name
        counts = Counter(
            _outcome(path, whole, generator.randrange(8 * len(whole))) for _ in range(asked.flips)
        )
    print(
        f"{asked.model.name}, {len(whole):,} bytes: {counts['refused']} of {asked.flips} single bit flips refused"
    )
    for name in ("loaded", "ended otherwise"):
        print(f"{name}: {counts[name]}")


def _outcome(path: Path, whole: bytes, bit: int) -> str:
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    try:
        read_header(path)
    except SpectraDLError:
        return "refused"
    except Exception:
        return "ended otherwise"
    return "loaded"


if __name__ == "__main__":
    main()
