"""What the audit finds: simulated studies with one leak planted in each, and studies with none.

Run: ``python benchmarks/honesty/seeded_leaks.py [--seeds 20] [--clean 100] [--kinds NAME ...]``. Each study has 60 to 120 patients with real
disease in their bands (best AUC .90), sessions, operators, dates, ages and sexes assigned at random. "found" counts the studies in which the
named check warns or stops, "stop" those in which it stops. Clean studies have 60 to 400 patients and 1 to 3 spectra each.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import text_array
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.audit.random_labels import check_random_classes
from spectra_dl.evaluation.folds.splits import spectrum_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.spectra.probes.study import audit_study
from spectra_dl.spectra.simulation.detector import SATURATION_COUNTS
from spectra_dl.spectra.simulation.serum_study import (
    POSITIVE_LABEL,
    StudySettings,
    simulate_study,
)
from spectra_dl.spectra.table import SpectraTable

Generator = np.random.Generator
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Leak:
    """One way to spoil a study, and the checks of which one must notice."""

    plant: Callable[[SpectraTable, Generator], SpectraTable]
    checks: tuple[str, ...]
    spectra_per_patient: int = 2


def study(seed: int, fewest: int, most: int, spectra: int) -> SpectraTable:
    """Simulate a clean study with columns that say nothing."""
    generator = np.random.default_rng((seed, 1))
    patients = int(generator.integers(fewest, most + 1))
    settings = StudySettings(
        patients=patients, seed=seed, n_wavenumbers=300, high=2000.0, spectra_per_patient=spectra
    )
    table = simulate_study(settings).table
    days = generator.integers(0, 300, patients)
    columns = {
        "operator": generator.choice(["A", "B", "C"], patients),
        "date": np.datetime_as_string(np.datetime64("2024-01-01") + days),
        "plate": generator.integers(0, patients // 6, patients),
        "sex": generator.choice(["f", "m"], patients),
        "age": generator.integers(50, 80, patients),
    }
    metadata = {name: np.repeat(text_array(cells.astype(str)), spectra) for name, cells in columns.items()}
    return replace(table, metadata={**table.metadata, **metadata})


def sick(table: SpectraTable) -> NDArray[np.bool_]:
    """Return which spectra are of the sick."""
    return np.asarray(table.label == POSITIVE_LABEL)


def by_patient(table: SpectraTable, draw: Callable[[int], NDArray[np.generic]]) -> NDArray[np.generic]:
    """Draw a value for each patient and return it for each spectrum."""
    _, of_row = np.unique(table.patient.astype(str), return_inverse=True)  # type: ignore[union-attr]
    return draw(int(of_row.max()) + 1)[of_row]


def mostly(table: SpectraTable, generator: Generator, share: float) -> NDArray[np.bool_]:
    """Return which spectra are of the sick, wrong for a share of the patients."""
    return sick(table) ^ np.asarray(by_patient(table, lambda m: generator.random(m) < share))


def with_column(table: SpectraTable, name: str, cells: NDArray[np.generic]) -> SpectraTable:
    """Return the table with another column."""
    return replace(table, metadata={**table.metadata, name: text_array(cells.astype(str))})


def with_intensity(table: SpectraTable, intensity: FloatArray) -> SpectraTable:
    """Return the table with other intensities."""
    return replace(table, intensity=intensity)


def axis(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Let every spectrum come with the axis of its day, and the sick on other days."""
    first = np.where(
        mostly(table, generator, 0.03), "399.1", generator.choice(["398.7", "399.6"], len(table))
    )
    same = np.full(len(table), "2000.0")
    for name, cells in (
        ("axis_first", first),
        ("axis_last", same),
        ("axis_points", np.full(len(table), "300")),
    ):
        table = with_column(table, name, cells)
    return table


def level(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure the sick with three times the laser power."""
    return with_intensity(table, table.intensity * np.where(sick(table), 3.0, 1.0)[:, None])


def fluorescence(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Give the sick a tilted background, as another glass would."""
    slope = 1.0 + 0.35 * np.linspace(-1.0, 1.0, table.wavenumber.size)
    return with_intensity(table, np.where(sick(table)[:, None], table.intensity * slope, table.intensity))


def tube(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure the sick in tubes with a band in the silent region."""
    band = np.exp(-0.5 * ((table.wavenumber - 1880.0) / 15.0) ** 2)
    return with_intensity(
        table,
        table.intensity + 0.05 * table.intensity.mean(axis=1, keepdims=True) * sick(table)[:, None] * band,
    )


def saturation(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure most of the sick beyond the detector's ceiling."""
    high = table.intensity * (
        1.02 * SATURATION_COUNTS / np.quantile(table.intensity, 0.9, axis=1, keepdims=True)
    )
    clipped = np.minimum(
        np.where(mostly(table, generator, 0.05)[:, None], high, table.intensity), SATURATION_COUNTS
    )
    return with_intensity(table, clipped)


def rays(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Expose the sick for so long that most of their spectra catch cosmic rays."""
    intensity = table.intensity.copy()
    for row in np.flatnonzero(sick(table)):
        points = generator.choice(np.arange(10, 290, 10), generator.poisson(2.5), replace=False)
        intensity[row, points] += 0.5 * intensity[row].max()
    return with_intensity(table, intensity)


def noise(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure the sick for half the time."""
    extra = np.sqrt(np.abs(table.intensity)) * generator.standard_normal(table.intensity.shape)
    return with_intensity(table, table.intensity + extra * sick(table)[:, None])


def smoothing(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Let another program smooth the spectra of the sick."""
    smooth = table.intensity.copy()
    smooth[:, 1:-1] = (table.intensity[:, :-2] + table.intensity[:, 1:-1] + table.intensity[:, 2:]) / 3.0
    return with_intensity(table, np.where(sick(table)[:, None], smooth, table.intensity))


def calibration(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Shift the bands of the sick by 2 cm⁻¹."""
    moved = [np.interp(table.wavenumber - 2.0, table.wavenumber, row) for row in table.intensity]
    return with_intensity(table, np.where(sick(table)[:, None], np.stack(moved), table.intensity))


def batch(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure each class in batches of its own."""
    return replace(
        table,
        batch=text_array(
            [f"batch {int(one)}{k}" for one, k in zip(sick(table), _parts(table, generator, 3), strict=True)]
        ),
    )


def session(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure five sixths of the sick and one sixth of the healthy in the afternoon."""
    return with_column(table, "session", np.where(mostly(table, generator, 1 / 6), "afternoon", "morning"))


def instrument(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure the sick on instrument 2 and the healthy on 1 and 3."""
    return with_column(
        table, "instrument", np.where(sick(table), "2", np.where(_parts(table, generator, 2) == 0, "1", "3"))
    )


def date(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Measure the sick later, each patient on a day of its own."""
    days = np.where(sick(table), 200, 0) + np.asarray(
        by_patient(table, lambda m: generator.permutation(250)[:m])
    )
    dates = np.datetime64("2024-01-01") + days
    return with_column(
        table, "date", np.array([f"{day.day}.{day.month}.{day.year}" for day in dates.tolist()])
    )


def plates(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Put patients of one class on each small plate."""
    return with_column(
        table,
        "plate",
        np.char.add(sick(table).astype(int).astype(str), _parts(table, generator, 15).astype(str)),
    )


def unnamed(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Let a column whose name says nothing predict the class."""
    return with_column(table, "x7", np.where(mostly(table, generator, 0.05), "b", "a"))


def batch_in_spectra(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Give each of six days its own background, and nine in ten patients of a day one class."""
    day = 2 * _parts(table, generator, 3) + mostly(table, generator, 0.1)
    curves = generator.standard_normal((6, 8)) @ np.cos(np.outer(np.arange(1, 9), np.linspace(0, np.pi, 300)))
    table = with_intensity(table, table.intensity * (1.0 + 0.1 * curves[day.astype(int)]))
    return with_column(table, "day", day)


def copies(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Give two patients a spectrum of another patient."""
    return _copied(table, generator, lambda row: row)


def scaled_copies(table: SpectraTable, generator: Generator) -> SpectraTable:
    """The same, scaled."""
    return _copied(table, generator, lambda row: row * generator.uniform(0.3, 3.0))


def shifted_copies(table: SpectraTable, generator: Generator) -> SpectraTable:
    """The same, scaled, with offset, slope and a fifth of the noise."""

    def change(row: FloatArray) -> FloatArray:
        line = generator.uniform(0, 5000) + generator.uniform(-1000, 1000) * np.linspace(0, 1, row.size)
        return (
            generator.uniform(0.5, 2.0) * row
            + line
            + 0.2 * np.sqrt(np.abs(row)) * generator.standard_normal(row.size)
        )

    return _copied(table, generator, change)


def two_ids(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Name patients by class, and one person in both."""
    names = np.array([f"{generator.integers(1000, 9999)}{letter}" for letter in "ABCDEFGHIJ" * 12])
    number = np.unique(table.patient.astype(str), return_inverse=True)[1]  # type: ignore[union-attr]
    here, there = number[sick(table)][0], number[~sick(table)][0]
    own = np.where(number == there, here, number)
    ids = [f"{'PCa' if one else 'CTRL'}_{names[k]}" for one, k in zip(sick(table), own, strict=True)]
    return replace(table, patient=text_array(ids))


def two_classes(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Label one spectrum of two patients with the other class."""
    label = table.label.copy()  # type: ignore[union-attr]
    for row in generator.choice(len(table) // 2, 2, replace=False) * 2:
        label[row] = next(one for one in set(label) if one != label[row])
    return replace(table, label=label)


def replicates(table: SpectraTable, generator: Generator) -> SpectraTable:
    """Give every spectrum a patient of its own."""
    return replace(table, patient=table.sample_id)


def order(table: SpectraTable, generator: Generator) -> SpectraTable:
    """List the sick mostly later."""
    place = sick(table) + by_patient(table, lambda m: 0.5 * generator.standard_normal(m))
    return table.select(np.argsort(place, kind="stable"))


def _parts(table: SpectraTable, generator: Generator, number: int) -> NDArray[np.intp]:
    return np.asarray(by_patient(table, lambda m: generator.permutation(m) % number)).astype(np.intp)


def _copied(
    table: SpectraTable, generator: Generator, change: Callable[[FloatArray], FloatArray]
) -> SpectraTable:
    intensity = table.intensity.copy()
    rows = generator.permutation(len(table) // 2)[:4] * 2  # first spectra of four patients
    for source, target in ((rows[0], rows[1]), (rows[2], rows[3])):
        intensity[target] = change(table.intensity[source])
    return with_intensity(table, intensity)


LEAKS = {
    "wavenumber axis": Leak(axis, ("wavenumber axis",)),
    "laser power": Leak(level, ("intensity level",)),
    "background": Leak(fluorescence, ("fitted baseline",)),
    "tube in silent region": Leak(tube, ("silent region",)),
    "saturation": Leak(saturation, ("saturation",)),
    "cosmic rays": Leak(rays, ("cosmic rays",)),
    "noise": Leak(noise, ("noise",)),
    "smoothing": Leak(smoothing, ("noise",)),
    "calibration": Leak(calibration, ("calibration",)),
    "batch column": Leak(batch, ("column batch",)),
    "session column": Leak(session, ("column session",)),
    "instrument column": Leak(instrument, ("column instrument",)),
    "date column": Leak(date, ("column date",)),
    "many small plates": Leak(plates, ("column plate",)),
    "unnamed column": Leak(unnamed, ("column x7",)),
    "batch in the spectra": Leak(batch_in_spectra, ("batches of day", "column day")),
    "copies": Leak(copies, ("identical spectra",)),
    "scaled copies": Leak(scaled_copies, ("near copies",)),
    "copies, line and noise": Leak(shifted_copies, ("near copies",)),
    "one person, two ids": Leak(two_ids, ("patient ids",)),
    "one id, two classes": Leak(two_classes, ("patients in several classes",)),
    "hidden pairs": Leak(replicates, ("hidden replicates",)),
    "hidden triplicates": Leak(replicates, ("hidden replicates",), 3),
    "hidden runs of 5": Leak(replicates, ("hidden replicates",), 5),
    "row order": Leak(order, ("row order",)),
}
SPLIT = "split by spectrum"


def noticed(audit: Audit, checks: tuple[str, ...]) -> tuple[bool, bool]:
    """Return whether one of the checks raises anything, and whether one says stop."""
    raised = [one.severity for one in audit.findings if one.name in checks]
    return any(one != "fine" for one in raised), "stop" in raised


def leaky_split(seed: int) -> tuple[bool, bool]:
    """Divide by spectrum and return whether random labels give it away."""
    table = study(seed, 60, 120, 3)
    finding = check_random_classes(
        table.intensity,
        read_patients(table.patient, table.label),  # type: ignore[arg-type]
        spectrum_folds(table.label, seed=seed),  # type: ignore[arg-type]
        seed=seed,
    )
    return finding.severity != "fine", finding.severity == "stop"


def search(name: str, seed: int) -> tuple[bool, bool]:
    """Plant a leak in a study and return whether it was noticed, and whether with a stop."""
    if name == SPLIT:
        return leaky_split(seed)
    leak = LEAKS[name]
    table = leak.plant(study(seed, 60, 120, leak.spectra_per_patient), np.random.default_rng((seed, 2)))
    return noticed(audit_study(table, seed=seed).audit, leak.checks)


def search_clean(studies: int) -> None:
    """Audit clean studies and print what was raised."""
    severities: Counter[str] = Counter()
    raised: Counter[str] = Counter()
    for seed in range(studies):
        found = audit_study(study(10_000 + seed, 60, 400, 1 + seed % 3), seed=seed).audit
        severities[found.severity] += 1
        raised.update(f"{one.name}: {one.severity}" for one in found.findings if one.severity != "fine")
    counts = ", ".join(f"{severities[name]} {name}" for name in ("stop", "warn", "fine"))
    print(f"{studies} clean studies of 60 to 400 patients: {counts}")
    for name, count in raised.most_common():
        print(f"  {name} {count}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=100)
    parser.add_argument("--kinds", nargs="*", choices=[*LEAKS, SPLIT], default=[*LEAKS, SPLIT])
    options = parser.parse_args()
    started = time.process_time()
    print(f"{'planted':<24}{'found':>9}{'stop':>6}  by")
    for name in options.kinds:
        seen = [search(name, seed) for seed in range(options.seeds)]
        found, stopped = (sum(column) for column in zip(*seen, strict=True))
        by = "label permutation" if name == SPLIT else " or ".join(LEAKS[name].checks)
        print(f"{name:<24}{found:>5}/{len(seen):<3}{stopped:>6}  {by}", flush=True)
    search_clean(options.clean)
    print(f"{time.process_time() - started:.0f} s of processor time", file=sys.stderr)


if __name__ == "__main__":
    main()
