"""Peak memory of predicting the expression of one whole slide with 20,000 tiles of each size, through the command line.

Run: ``python benchmarks/speed/slide_memory.py [--spots 20000] [--encoders colour-texture efficientnet-lite0] [--tile-um 112 224 448] [--drawn]``.
A context network with 250 genes is trained for an epoch on simulated tissue; the slide is a tiled TIFF of 1 µm per pixel, tissue everywhere, made tile by tile.
``spectra-dl predict slide.tif --mpp 1 --pitch 100`` runs in a process of its own, whose largest resident set is printed. With ``--drawn`` the features lie in a
store already, drawn at random: reading them, the neighbours' means, the heads and the files take what they take, and no tile is encoded.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import tifffile

from spectra_dl.evaluation.profiles.harness import SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.training import TrainingRequest, train_predictor
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.image import Pixels
from spectra_dl.training.settings import TrainingSettings

MOST_GB = 1.5
PITCH, TILE = 100, 512
GENES = 250


def write_model(path: Path, recipe: FeatureRecipe) -> None:
    """Train a context network for one epoch on simulated tissue."""
    sections = [
        one.section for one in simulate_tissue(TissueSettings(patients=3, spots_per_side=6, genes=600))
    ]
    cohort = expression_cohort(sections, recipe)
    targets, spots = PanelTargets(cohort, PanelSettings(GENES)), cohort.spots
    scores = evaluate_profiles(
        {"ridge": RidgeExpression()},
        SectionRows(spots, spots.section, spots.patient),
        targets,
        ProfileSettings(resamples=100, shuffles=0, leaky=False),
    )
    model = NetworkExpression("context", training=TrainingSettings(epochs=1, batch_size=32))
    train_predictor(TrainingRequest(model, cohort, targets, recipe, "simulated tissue", 0), scores).save(path)


def write_slide(path: Path, spots: int) -> None:
    """Write a square slide on which about so many spots lie, all of it tissue, a tile at a time."""
    side = round(PITCH * np.sqrt(spots))
    across = -(-side // TILE)

    def tiles() -> Iterator[Pixels]:
        generator = np.random.default_rng(0)
        for _ in range(across * across):
            coarse = generator.normal(0.0, 18.0, (TILE // 16, TILE // 16, 3)).repeat(16, 0).repeat(16, 1)
            yield np.clip(np.array([176, 116, 168]) + coarse, 0, 255).astype(np.uint8)

    shape = (side, side, 3)
    tifffile.imwrite(
        path, tiles(), shape=shape, dtype=np.uint8, tile=(TILE, TILE), compression="jpeg", photometric="rgb"
    )


def draw_features(folder: Path, slide: Path, recipe: FeatureRecipe) -> None:
    """Fill a store with random features of the slide."""
    section = read_section(SectionSource(slide, um_per_pixel=1.0, pitch_um=float(PITCH)))
    generator = np.random.default_rng(0)
    for name in recipe.encoders:
        encoder = build_encoder(name)

        def drawn(first: int, last: int, width: int = encoder.width) -> np.ndarray:
            return generator.normal(size=(last - first, width)).astype(np.float32)

        for size in recipe.sizes_um:
            for _ in FeatureStore(folder).rows(section, encoder, size, drawn):
                pass


def predicted(words: list[str]) -> tuple[float, float]:
    """Return the peak memory in GB and the CPU seconds of ``spectra-dl predict``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spectra_dl_cli", "predict", *words], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 6):
        raise SystemExit(f"spectra-dl predict ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_maxrss * 1024 / 1e9, used.ru_utime + used.ru_stime


def main() -> None:
    """Print spots, features, time and peak memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spots", type=int, default=20_000)
    parser.add_argument("--encoders", nargs="+", default=["colour-texture", "efficientnet-lite0"])
    parser.add_argument("--tile-um", type=float, nargs="+", default=[112.0, 224.0, 448.0])
    parser.add_argument("--drawn", action="store_true")
    asked = parser.parse_args()
    recipe = FeatureRecipe(tuple(asked.encoders), tuple(asked.tile_um))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_model(folder / "model.safetensors", recipe)
        write_slide(folder / "slide.tif", asked.spots)
        words = [str(folder / "slide.tif"), "--mpp", "1", "--pitch", str(PITCH)]
        words += ["--model", str(folder / "model.safetensors"), "--out", str(folder / "out")]
        if asked.drawn:
            (folder / "store").mkdir()
            draw_features(folder / "store", folder / "slide.tif", recipe)
            words += ["--store", str(folder / "store")]
        started = time.perf_counter()
        peak, seconds = predicted(words)
        elapsed = time.perf_counter() - started
        with h5py.File(folder / "out" / "predictions.h5ad") as file:
            n, genes = file["X"].shape
            known = int(np.isfinite(file["X"][:, 0]).sum())
    how = "drawn into a store" if asked.drawn else "encoded"
    print(
        f"{n:,} spots ({known:,} predicted) x {genes} genes; {', '.join(recipe.encoders)} at {len(recipe.sizes_um)} sizes, {how}"
    )
    print(f"{elapsed:.0f} s by the clock, {seconds:.0f} s CPU")
    missed = "" if peak <= MOST_GB else "  MISSED"
    print(f"peak memory {peak:.2f} GB (must: {MOST_GB:g} at most){missed}")


if __name__ == "__main__":
    main()
