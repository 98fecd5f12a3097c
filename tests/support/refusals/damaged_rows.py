"""Section A: tables in which some spectra are damaged or strange; every row stays in the output."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from example_tables import TextTable
from refusals.inputs import predict_file
from refusals.row import Row
from refusals.tables import rows_changed

_LOOK = "See status and reason of each row in predictions.csv."
_AGAIN = "Measure those again; the other rows stand."
_QUALITY = "tests/spectra/quality/test_verdicts.py"


def values_changed(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[TextTable], str]:
    """The clean table after a change of its intensities ``(36, 701)``, as text."""

    def content(clean: TextTable) -> str:
        changed = change(clean.intensity.copy())
        rows = [
            [*row[:3], *(f"{v:.1f}" for v in values)] for row, values in zip(clean.rows, changed, strict=True)
        ]
        return replace(clean, rows=rows).text()

    return content


def on_axis(wavenumber: np.ndarray) -> Callable[[TextTable], str]:
    """The clean spectra resampled to another axis, along straight lines between the points."""

    def content(clean: TextTable) -> str:
        longer = np.linspace(350.0, 1850.0, 751)  # 25 points more at each end, mirrored through the last
        mirrored = np.pad(clean.intensity, ((0, 0), (25, 25)), mode="reflect", reflect_type="odd")
        values = np.array([np.interp(wavenumber, longer, row) for row in mirrored])
        rows = [
            [*row[:3], *(f"{v:.2f}" for v in spectrum)]
            for row, spectrum in zip(clean.rows, values, strict=True)
        ]
        return replace(clean, header=[*clean.header[:3], *(f"{w:.2f}" for w in wavenumber)], rows=rows).text()

    return content


def displaced(clean: TextTable) -> str:
    """The clean table with every band 6 cm-1 too high."""
    shifted = np.pad(clean.intensity, ((0, 0), (3, 0)), mode="reflect", reflect_type="odd")[:, :-3]
    return values_changed(lambda _: shifted)(clean)


def _cells(row: int, columns: slice, text: str) -> Callable[[TextTable], str]:
    def changed(at: int, cells: list[str]) -> list[str]:
        if at != row:
            return cells
        spoilt = list(cells)
        spoilt[columns] = [text] * len(spoilt[columns])
        return spoilt

    return rows_changed(changed)


def _one_per_cent_empty(clean: TextTable) -> str:
    empty = np.random.default_rng(1).random(clean.intensity.shape) < 0.01
    rows = [
        [*row[:3], *("" if gone else cell for cell, gone in zip(row[3:], gaps, strict=True))]
        for row, gaps in zip(clean.rows, empty, strict=True)
    ]
    return replace(clean, rows=rows).text()


def _missing_in_words(clean: TextTable) -> str:
    tokens = ("NaN", "NA", "--", "#DIV/0!", "n.d.", "<LOD")
    rows = [list(row) for row in clean.rows]
    for at, token in enumerate(tokens):
        rows[at][100:110] = [token] * 10
    return replace(clean, rows=rows).text()


def _five_broken(values: np.ndarray) -> np.ndarray:
    generator = np.random.default_rng(2)
    values[5], values[10] = 0.0, 700.0
    values[15] = -values[15]
    values[21] = generator.permutation(values[21])
    values[26] = generator.normal(0, 1, 701)
    return values


def _saturated(values: np.ndarray) -> np.ndarray:
    return np.minimum(values * 65535.0 / np.quantile(values, 0.98, axis=1, keepdims=True), 65535.0)


def _padded(values: np.ndarray) -> np.ndarray:
    values[3, :30], values[7, 300:302], values[9, 680:] = 0.0, 0.0, -9999.0
    return values


def _joined(values: np.ndarray) -> np.ndarray:
    noise = np.median(np.abs(np.diff(values, n=2, axis=1)), axis=1) / 1.65
    values[[4, 8], 350:] += 60 * noise[[4, 8], np.newaxis]
    return values


def _rays(values: np.ndarray) -> np.ndarray:
    wavenumber = np.linspace(400.0, 1800.0, values.shape[1])
    narrow = [
        abs(wavenumber - band) < 15 for band in (1003, 1157, 1520)
    ]  # a ray there stays (docs/cosmic_rays.md)
    free = np.flatnonzero(~np.any(narrow, axis=0))[20:-20]
    for at, place in enumerate(np.random.default_rng(3).choice(free, (36, 3))):
        values[at, place] += 30_000
    return values


def _extremes(clean: TextTable) -> str:
    rows = [list(row) for row in clean.rows]
    for at, token in enumerate(("1e308", "inf", "-Infinity", "1" * 400, "5e-324")):
        rows[at][300] = token
    return replace(clean, rows=rows).text()


ROWS = [
    Row("A", "1 % of the cells empty", "partial", _LOOK, predict_file(_one_per_cent_empty), "missing values filled"),
    Row("A", "ten missing values in words (NaN, NA, --, #DIV/0!, n.d., <LOD)", "partial", _AGAIN, predict_file(_missing_in_words), "row 1 (SIM-01-1) refused"),
    Row("A", "a spectrum without any value", "partial", _AGAIN, predict_file(_cells(5, slice(3, None), "")), "empty spectrum"),
    Row("A", "a detector at its limit (65535)", "partial", "Measure it again with a shorter exposure.", predict_file(values_changed(_saturated)), "saturated"),
    Row("A", "three cosmic rays in every spectrum", "warn", "Nothing: spikes are removed and counted.", predict_file(values_changed(_rays)), "spikes removed", tests=(f"{_QUALITY}::test_a_few_cosmic_rays_are_left_to_the_despiking_many_are_warned_of",)),
    Row("A", "five broken spectra: zero, constant, negated, shuffled, noise", "partial", _AGAIN, predict_file(values_changed(_five_broken)), "refused: all values are zero", tests=(f"{_QUALITY}::test_the_five_broken_rows_are_found_and_no_other",)),
    Row("A", "zeros or -9999 where nothing was measured", "partial", "Crop, or delete those points.", predict_file(values_changed(_padded)), "padding, no measurement"),
    Row("A", "a step in level where two gratings were put together", "partial", "Level the windows, or measure again with one.", predict_file(values_changed(_joined)), "the level steps"),
    Row("A", "infinite and absurd values", "partial", _AGAIN, predict_file(_extremes), "refused: 1 infinite"),
    Row("A", "a wider axis, four times as fine", "warn", "Nothing: it is brought to the model's axis, and said.", predict_file(on_axis(np.arange(360.0, 1840.1, 0.5))), "resampled"),
    Row("A", "spectra shifted by 6 cm-1", "warn", "Calibrate the spectrometer.", predict_file(displaced), "unlike the training spectra ("),
    Row("A", "all values with three decimals after a comma (3,956)", "warn", "Check the note on the decimal comma.", predict_file(lambda c: c.cells(lambda v: f"{float(v) / 1000:.3f}".replace(".", ",")).text(";")), "decimal comma"),
]  # fmt: skip
