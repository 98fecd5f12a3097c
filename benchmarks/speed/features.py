"""Time and memory of the features of her2st's five sections, and of finding them in a store.

Run: ``python benchmarks/speed/features.py [FOLDER] [ENCODER]``; FOLDER holds her2st (default ../shared/data/st/her2st), ENCODER defaults to efficientnet-lite0. The times
are those of the clock, with the threads torch takes by itself.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder
from spectra_dl.imaging.features.store import FeatureStore

NAMES = ("C2", "C3", "C4", "C5", "B4")


def encode_all(sources: list[SectionSource], recipe: FeatureRecipe, store: FeatureStore) -> tuple[float, int]:
    """Return the seconds that all sections' features took, and how many tiles they are of."""
    start, tiles = time.perf_counter(), 0
    encoder = SectionEncoder(recipe, store)
    for source in sources:
        section = read_section(source)
        found = encoder.features(section.select(section.usable))
        tiles += len(found.values) * len(found.blocks)
    return time.perf_counter() - start, tiles


def main() -> None:
    """Print the time of a first and a second run, and the peak memory."""
    usual = Path(__file__).resolve().parents[3] / "shared" / "data" / "st" / "her2st"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else usual
    recipe = FeatureRecipe((sys.argv[2] if len(sys.argv) > 2 else "efficientnet-lite0",))
    sources = [SectionSource(folder / "counts" / f"{name}.tsv.gz", name, name[0]) for name in NAMES]
    with tempfile.TemporaryDirectory() as kept:
        store = FeatureStore(Path(kept))
        for title in ("computed", "from the store"):
            seconds, tiles = encode_all(sources, recipe, store)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
            print(
                f"{recipe.encoders[0]}, {tiles} tiles, {title}: {seconds:.1f} s, peak memory {peak:.2f} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
