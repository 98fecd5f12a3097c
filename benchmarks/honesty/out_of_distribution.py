"""How often out-of-distribution spectra are flagged, and how often good ones are.

Run: ``python benchmarks/honesty/out_of_distribution.py [--data shared/data/raman]``. The reference is fitted on two thirds of the
patients; the others' spectra are scored as they are (false flags: at most 5 %) and after each injury (at least 95 % flagged).
"another instrument" are the spectra of the other set, brought to this set's axis. Two thirds are drawn five times; shares are
over all draws.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

DRAWS = 5
SHIFT = 6.0  # cm⁻¹
FALSE_FLAGS_AT_MOST, FLAGS_AT_LEAST = 0.05, 0.95


def main() -> None:
    """Print one line per set and injury."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/raman"))
    tables = dict(named_tables(parser.parse_args().data))
    print("| set | spectra | flagged | wanted |\n|---|---|---|---|")
    for name, table in tables.items():
        others = {other: one for other, one in tables.items() if other != name}
        for kind, share in shares(table, others).items():
            good = share <= FALSE_FLAGS_AT_MOST if kind == "as they are" else share >= FLAGS_AT_LEAST
            wanted = "at most 5 %" if kind == "as they are" else "at least 95 %"
            print(f"| {name} | {kind} | {share:.1%} | {wanted}{'' if good else ' **MISSED**'} |", flush=True)


def shares(table: SpectraTable, others: dict[str, SpectraTable]) -> dict[str, float]:
    """Return the share of flagged spectra of held-out patients for each injury."""
    flagged: dict[str, list[np.ndarray]] = {}
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        assert table.patient is not None
        people = random.permutation(np.unique(table.patient))
        training = np.isin(table.patient, people[: 2 * len(people) // 3])
        steps = Preprocessing.default().fit(table.select(training))
        reference = OutOfDistribution.fit(
            steps.transform(table.select(training)).matrix, list(table.patient[training])
        )
        test = table.select(~training)
        for kind, intensity in injured(test, others, random):
            matrix = steps.transform(_with(test, intensity)).matrix
            flagged.setdefault(kind, []).append(reference.exceedance(matrix) > 1)
    return {kind: float(np.concatenate(found).mean()) for kind, found in flagged.items()}


def injured(
    table: SpectraTable, others: dict[str, SpectraTable], random: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield intensities on the table's axis, as they are and injured."""
    good, axis = table.intensity, table.wavenumber
    yield "as they are", good
    yield "noise alone", random.normal(good.mean(), good.std(), good.shape)
    yield "points shuffled", random.permuted(good, axis=1)
    yield "negated", good.max() - good
    yield "flat with noise", np.abs(good).mean() + 0.01 * good.std() * random.normal(size=good.shape)
    for shift in (SHIFT, -SHIFT):
        yield f"shifted by {shift:+g} cm-1", np.stack([np.interp(axis - shift, axis, row) for row in good])
    # A Raman shift s taken for a wavelength: intensities lie where 1e7 / (1e7 / 785 - s) nm is even.
    wavelength = 1e7 / (1e7 / 785 - axis)
    even = np.linspace(wavelength[0], wavelength[-1], axis.size)
    yield "axis in other units", np.stack([np.interp(even, wavelength, row) for row in good])
    for name, other in others.items():
        if other.wavenumber[0] <= axis[-1] and other.wavenumber[-1] >= axis[0]:
            rows = other.intensity[:: max(1, len(other) // 300)]
            yield (
                f"another instrument ({name})",
                np.stack([np.interp(axis, other.wavenumber, row) for row in rows]),
            )


def _with(table: SpectraTable, intensity: np.ndarray) -> SpectraTable:
    if len(intensity) == len(table):
        return replace(table, intensity=intensity)
    ids = np.array([str(row) for row in range(len(intensity))], dtype=object)
    return SpectraTable(intensity, table.wavenumber, ids)


def named_tables(data: Path) -> Iterator[tuple[str, SpectraTable]]:
    """Yield the simulated study and each COVID set that is there."""
    yield "simulated", simulate_study(StudySettings()).table
    saliva, serum = data / "covid_saliva", data / "covid_serum"
    if saliva.is_dir():
        options = ReadOptions(label="category", patient="user")
        yield "saliva", labelled_cohort(read_spectra(saliva, options)).table
    for file in sorted(serum.glob("*.csv")):
        options = ReadOptions(label="diagnostic", replicates=3)
        yield "serum", labelled_cohort(read_spectra(file, options)).table


if __name__ == "__main__":
    main()
