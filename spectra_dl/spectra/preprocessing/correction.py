"""Correct a stream of spectra block by block: rows in are rows out, in their order, each with its certificate."""

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.execution.run import Execution
from spectra_dl.execution.stream import StreamedJobs
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.preprocessing.step import Remarks
from spectra_dl.spectra.preprocessing.whole_input import with_places
from spectra_dl.spectra.quality import inspect, used_range
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.text.csv_rows import csv_rows

_REMARKS = (
    "spikes_removed",
    "spikes_at",
    "baseline_converged",
    "baseline_iterations",
    "baseline_final_change",
    "fraction_below_zero",
    "baseline_roughness",
)


@dataclass(frozen=True, eq=False)
class CorrectedBlock:
    """Some consecutive spectra after correction.

    Attributes
    ----------
    table
        As given, with corrected intensities; a refused spectrum's are missing.
    status, reason
        ``(n,)`` text: ok, warned or refused, and why.
    usable
        ``(n,)`` bool: not refused.
    remarks
        What the steps recorded of the usable spectra, in their order.
    fitted
        The steps, with what they learnt.
    """

    table: SpectraTable
    status: TextArray
    reason: TextArray
    usable: np.ndarray
    remarks: Remarks
    fitted: FittedPreprocessing


@dataclass(frozen=True, eq=False)
class Correction:
    """What the steps made of a block.

    Attributes
    ----------
    intensity, wavenumber
        ``(n, q)``, missing where a spectrum was refused, and ``(q,)``.
    status, reason, usable, remarks
        As of `CorrectedBlock`.
    """

    intensity: FloatArray
    wavenumber: FloatArray
    status: TextArray
    reason: TextArray
    usable: np.ndarray
    remarks: Remarks


def corrected(
    blocks: Iterable[SpectraTable], preprocessing: Preprocessing, execution: Execution | None = None
) -> Iterator[CorrectedBlock]:
    """Yield each block after correction; a spectrum's result depends on it and the fitted steps alone.

    Steps that learn are fitted on the usable spectra of the first block. Only the places that no cosmic ray is removed from are learnt on the
    usable spectra of all blocks.

    Parameters
    ----------
    blocks
        Tables on one axis, in the order of the input. They are taken twice if there are several and such places are to be learnt; an iterator
        can't be, and the places are learnt on its first block.
    preprocessing
        The steps, not fitted.
    execution
        Where blocks are corrected, and the journal of those that are; in this process and without one if None.

    Yields
    ------
    CorrectedBlock
        As many spectra as the block, in its order.

    Raises
    ------
    DataError
        A step learns and the first block has no usable spectrum, or a step doesn't fit the axis.
    """
    execution = execution or Execution()
    preprocessing, blocks = with_places(blocks, preprocessing, execution)
    blocks = iter(blocks)
    first = next(blocks)
    checked, verdicts = inspect(first, within=used_range(preprocessing.steps))
    usable = np.array([verdict.status != "refused" for verdict in verdicts], dtype=bool)
    fitted = _fitted(checked.select(usable), preprocessing)
    stream = StreamedJobs(_correct, fitted, "block of spectra", (Correction,))
    for block, correction in stream.run(chain([first], blocks), execution):
        table = replace(block, intensity=correction.intensity, wavenumber=correction.wavenumber)
        yield CorrectedBlock(
            table, correction.status, correction.reason, correction.usable, correction.remarks, fitted
        )


def _correct(fitted: FittedPreprocessing, block: SpectraTable) -> Correction:
    kept = fitted.kept_points(block.wavenumber)
    checked, verdicts = inspect(block, kept, within=used_range(fitted.steps))
    status = text_array([verdict.status for verdict in verdicts])
    usable = status != "refused"
    result, _ = fitted.clean(checked.select(usable))
    intensity = np.full((len(block), result.wavenumber.size), np.nan)
    intensity[usable] = result.intensity
    reason = text_array(["; ".join(verdict.reasons) for verdict in verdicts])
    return Correction(intensity, result.wavenumber, status, reason, usable, result.remarks)


def _fitted(usable_table: SpectraTable, preprocessing: Preprocessing) -> FittedPreprocessing:
    if not len(usable_table) and any(step.learns for step in preprocessing.steps):
        raise DataError(
            "none of the first spectra can be used, and the correction is to learn from them; give --lam a number, and no "
            "step that learns"
        )
    return preprocessing.fit(usable_table)


@contextlib.contextmanager
def certificates_file(path: str | os.PathLike[str]) -> Iterator[Callable[[CorrectedBlock], None]]:
    """Yield a function that appends a block's certificates to a CSV file: one line per spectrum, in input order.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with csv_rows(path) as write_row:
        write_row(["row", "sample_id", "status", "reason", *_REMARKS])
        count = 0

        def append(block: CorrectedBlock) -> None:
            nonlocal count
            certificates = iter(
                zip(*(_cells(block.remarks.get(name), block) for name in _REMARKS), strict=True)
            )
            for row, usable in enumerate(block.usable):
                cells = next(certificates) if usable else [""] * len(_REMARKS)
                count += 1
                write_row([count, block.table.sample_id[row], block.status[row], block.reason[row], *cells])

        yield append


def _cells(remark: np.ndarray | None, block: CorrectedBlock) -> list[object]:
    if remark is None:
        return [""] * int(block.usable.sum())
    return ["" if isinstance(value, float) and math.isnan(value) else value for value in remark.tolist()]
