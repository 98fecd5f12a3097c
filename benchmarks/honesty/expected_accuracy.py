"""Is the correlation expected of each gene the one that is measured? The slope of measured on expected correlations, in sections never seen.

Run: ``python benchmarks/honesty/expected_accuracy.py [--her2st FOLDER] [--cohorts 20] [--first-seed 0] [--out RESULTS.jsonl]``. Ridge regression on colour
and texture. With her2st: each of C2 to C5 predicted by a model of the three others (scores by section), and B4 of another patient by all four, where
expected correlations are withheld and the slope that they would have had is printed. Simulated cohorts have 5 to 8 patients, of whom the last is
left out of training; genes depend on the image otherwise in each patient. Runs that RESULTS.jsonl holds are not run again.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.expression.expected_accuracy import expected_pearson
from spectra_dl.expression.output.measured import agreement, measured_values
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.expression.study.train import train_study
from spectra_dl.imaging.features.store import FeatureStore

HER2ST = ("C2", "C3", "C4", "C5", "B4")


def slope_and_correlation(expected: FloatArray, measured: FloatArray) -> tuple[float, float]:
    """Return the slope of measured on expected correlations over genes, and their correlation; NaN where they do not vary."""
    known = np.isfinite(expected) & np.isfinite(measured)
    if known.sum() < 3 or expected[known].std() < 1e-9:
        return float("nan"), float("nan")
    slope = float(np.polyfit(expected[known], measured[known], 1)[0])
    return slope, float(np.corrcoef(expected[known], measured[known])[0, 1])


def measured_on_expected(
    training: list[TissueSection],
    section: TissueSection,
    *,
    group: Group,
    genes: int,
    store: FeatureStore | None = None,
) -> dict[str, object]:
    """Train on sections, predict another, and compare."""
    settings = ExpressionStudySettings(
        model="ridge", encoders=("colour-texture",), tile_um=(112.0,), genes=genes, group=group
    )
    predictor = train_study(training, settings, source="sections", store=store).predictor
    described = predictor.header.input.genes
    known = measured_values(section, [gene.name for gene in described])
    assert known is not None
    measured = agreement(predictor.predict(section, store=store), known)
    expected, reason = expected_pearson(predictor, section)
    calibrated = np.array([np.nan if value is None else value for value in predictor.header.input.expected])
    raw = np.array([np.nan if gene.pearson is None else gene.pearson for gene in described])
    return {
        "raw": slope_and_correlation(raw, measured),
        "calibrated": slope_and_correlation(calibrated, measured),
        "given": bool(np.isfinite(expected).any()),
        "reason": reason,
        "expected": float(np.nanmean(calibrated)),
        "measured": float(np.nanmean(measured)),
    }


def her2st(folder: Path, left_out: str, store: FeatureStore) -> dict[str, object]:
    """Compare in a section of the public data."""
    sections = {}
    for name in HER2ST:
        section = read_section(
            SectionSource(folder / "counts" / f"{name}.tsv.gz", name=name, patient=name[0])
        )
        sections[name] = replace(section, name=name, patient=name[0])
    training = [sections[name] for name in HER2ST if name not in (left_out, "B4")]
    return measured_on_expected(training, sections[left_out], group="section", genes=250, store=store)


def simulated(seed: int) -> dict[str, object]:
    """Compare in the last patient of a simulated cohort."""
    generator = np.random.default_rng((seed, 9))
    patients = int(generator.integers(5, 9))
    settings = TissueSettings(
        patients=patients,
        spots_per_side=10,
        genes=80,
        um_per_pixel=8.0,
        depth=float(generator.uniform(200.0, 2000.0)),
        patient_spread=float(generator.uniform(0.1, 0.8)),
        seed=seed,
    )
    *training, left_out = [each.section for each in simulate_tissue(settings)]
    result = measured_on_expected(training, left_out, group="patient", genes=60)
    return {**result, "patients": patients - 1, "spread": settings.patient_spread}


def line(name: str, result: dict[str, object]) -> str:
    """Return a row of the table."""
    (raw, raw_r), (slope, correlation) = result["raw"], result["calibrated"]  # type: ignore[misc]
    given = "given" if result["given"] else "withheld"
    return f"| {name} | {raw:.2f} | {raw_r:.2f} | {slope:.2f} | {correlation:.2f} | {result['expected']:.2f} | {result['measured']:.2f} | {given} |"


def main() -> None:
    """Run all comparisons and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--her2st", type=Path)
    parser.add_argument("--cohorts", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    known = {}
    if given.out and given.out.exists():
        known = {row["name"]: row for row in map(json.loads, given.out.read_text().splitlines())}
    jobs = {
        f"simulated {seed}": (simulated, (seed,))
        for seed in range(given.first_seed, given.first_seed + given.cohorts)
    }
    if given.her2st:
        store = FeatureStore(Path(tempfile.mkdtemp(prefix="features_")))
        jobs |= {f"her2st {name}": (her2st, (given.her2st, name, store)) for name in HER2ST}  # type: ignore[dict-item]
    print(
        "| left out | slope, uncalibrated | r | slope | r | mean expected | mean measured | |\n|---|---|---|---|---|---|---|---|"
    )
    for name, (job, arguments) in jobs.items():
        if name not in known:
            known[name] = {"name": name, **job(*arguments)}  # type: ignore[operator]
            if given.out:
                with given.out.open("a") as stream:
                    stream.write(json.dumps(known[name]) + "\n")
        print(line(name, known[name]), flush=True)
    for kind in ("raw", "calibrated"):
        slopes = np.array(
            [known[name][kind][0] for name in jobs if name.startswith("simulated")], dtype=float
        )
        if len(slopes):
            print(
                f"simulated, {kind}: median slope {np.nanmedian(slopes):.2f}, {np.nanmin(slopes):.2f} to {np.nanmax(slopes):.2f}, mean {np.nanmean(slopes):.2f}; within .7 to 1.3: {int(((slopes >= 0.7) & (slopes <= 1.3)).sum())} of {len(slopes)}"
            )


if __name__ == "__main__":
    main()
