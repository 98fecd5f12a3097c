"""Correct spectra from files of any length and write them with a certificate each."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from spectra_dl.execution.run import Execution
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.preprocessing.correction import CorrectedBlock, certificates_file, corrected
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl.spectra.study.nexus_file import nexus_file
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import csv_file
from spectra_dl.storage.run_folder import RunResult, make_run_folder

TableKind = Literal["csv", "hdf5", "both", "nxraman"]


@dataclass
class CorrectionCounts:
    """What has been corrected so far.

    Attributes
    ----------
    spectra, refused, warned
        Rows in all, those without values, and those with a warning.
    not_converged, spikes
        Baselines that did not converge, and spikes that were removed.
    negative_points
        Sum over spectra of the share of points below the baseline.
    notes
        Of the reader, and of the steps: where bands or hot pixels recur.
    steps
        The steps with what they learnt, ready for JSON.
    """

    spectra: int = 0
    refused: int = 0
    warned: int = 0
    not_converged: int = 0
    spikes: int = 0
    negative_points: float = 0.0
    notes: tuple[str, ...] = ()
    steps: object = None

    def add(self, block: CorrectedBlock) -> None:
        """Count a block in."""
        used = int(block.usable.sum())
        remarks = block.remarks
        self.spectra += len(block.usable)
        self.refused += len(block.usable) - used
        self.warned += int((block.status == "warned").sum())
        self.not_converged += sum(not converged for converged in remarks.get("baseline_converged", ()))
        self.spikes += int(sum(remarks.get("spikes_removed", ())))
        self.negative_points += float(sum(remarks.get("fraction_below_zero", ())))
        despike = block.fitted.despike
        self.notes = (*block.table.notes, *(despike.notes_without_model() if despike else ()))
        self.steps = block.fitted.to_json()["steps"]

    @property
    def mean_fraction_below_zero(self) -> float:
        """Mean over corrected spectra of the share of points below the baseline."""
        return self.negative_points / max(self.spectra - self.refused, 1)


@dataclass(frozen=True, eq=False)
class CorrectedSpectra(RunResult):
    """Spectra that were corrected and written.

    Attributes
    ----------
    cleaning
        The steps asked for.
    counts
        What became of the spectra.
    """

    cleaning: CleaningSettings
    counts: CorrectionCounts

    @property
    def report(self) -> dict[str, object]:
        """Notes, fitted steps and counts, ready for JSON."""
        counts = self.counts
        results = {
            "spectra": counts.spectra,
            "refused": counts.refused,
            "warned": counts.warned,
            "baselines_not_converged": counts.not_converged,
            "spikes_removed": counts.spikes,
            "mean_fraction_below_zero": counts.mean_fraction_below_zero,
        }
        return {
            "notes": list(counts.notes),
            "negatives": self.cleaning.negatives,
            "steps": counts.steps,
            "results": results,
        }


def correct_study(
    blocks: Iterable[SpectraTable],
    folder: Path,
    cleaning: CleaningSettings | None = None,
    *,
    kind: TableKind = "both",
    execution: Execution | None = None,
    progress: Callable[[int], None] | None = None,
) -> CorrectedSpectra:
    """Correct spectra block by block and write them under their ids, in input order.

    Parameters
    ----------
    blocks
        Tables on one axis, such as `spectra_dl.spectra.preprocessing.whole_input.Rereadable` of `spectra_dl.spectra.readers.iter_spectra`. Steps
        that learn are fitted on the first; where cosmic rays are removed, all are looked at before, unless they can be taken only once.
    folder
        Made unless it is there, once the first block is corrected.
    cleaning
        The steps; the default if None.
    kind
        Write ``spectra.csv``, ``spectra.h5`` or both of them, or ``spectra.nxs``.
    execution
        Where blocks are corrected, and the journal of those that are; in this process and without one if None.
    progress
        Takes how many spectra are done.

    Raises
    ------
    DataError
        The input can't be read or corrected.
    EnvironmentFault
        A file can't be written.
    """
    cleaning = cleaning or CleaningSettings()
    done = corrected(blocks, cleaning.preprocessing(), execution)
    first = next(done)
    make_run_folder(folder)
    counts = CorrectionCounts()
    with _writers(folder, kind) as write:
        for block in chain([first], done):
            write(block)
            counts.add(block)
            if progress:
                progress(counts.spectra)
    return CorrectedSpectra(cleaning, counts)


@contextlib.contextmanager
def _writers(folder: Path, kind: TableKind) -> Iterator[Callable[[CorrectedBlock], None]]:
    with contextlib.ExitStack() as stack:
        certificates = stack.enter_context(certificates_file(folder / "certificates.csv"))
        tables = []
        if kind in ("csv", "both"):
            tables.append(stack.enter_context(csv_file(folder / "spectra.csv")))
        if kind in ("hdf5", "both"):
            tables.append(stack.enter_context(hdf5_file(folder / "spectra.h5")))
        if kind == "nxraman":
            tables.append(stack.enter_context(nexus_file(folder / "spectra.nxs")))

        def write(block: CorrectedBlock) -> None:
            certificates(block)
            for append in tables:
                append(block.table)

        yield write
