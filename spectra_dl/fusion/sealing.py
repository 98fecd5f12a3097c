"""What a protocol seals of a study of several blocks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from spectra_dl.evaluation.protocol.sealable import Sealable, SealedWords, digest_of_cells, digest_of_numbers
from spectra_dl.evaluation.protocol.sealed_plan import SealedData
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.readers.blocks import ReadBlock
from spectra_dl.fusion.readers.stated import StatedStudy
from spectra_dl.spectra.sealing.sealed_data import spectrum_cells
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.tissue.sealing import image_cells

_WORDS = SealedWords("blocks", "another statement of blocks, columns, models, outcome or axis")


def sealable(cohort: FusionCohort) -> Sealable:
    """Return what a protocol knows of patients with their blocks.

    Parameters
    ----------
    cohort
        Of `spectra_dl.fusion.cohort.read_cohort` with ``labelled=False``: everybody, whatever is known of what came of them.
    """
    rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for part in cohort.blocks:
        for owner, cells in zip(part.owner, _cells_of_rows(part.read), strict=True):
            rows[cohort.patients[owner]].append((part.read.name, *cells))
    data = SealedData(
        rows=sum(map(len, rows.values())),
        axis=digest_of_cells(_statement(cohort)),
        order=digest_of_cells(cohort.patients),
        groups=None,
        patients={
            name: digest_of_cells(cell for row in sorted(own) for cell in (str(len(row)), *row))
            for name, own in rows.items()
        },
    )
    return Sealable(data, tuple(_outcome(cohort)), _WORDS)


def _statement(cohort: FusionCohort) -> Iterator[str]:
    """Yield what is said of the study, and what all rows of a block share; nothing of where files lie."""
    study: StatedStudy = cohort.study
    yield repr((study.label, study.patient, study.positive, study.patients, study.outcome))
    for part in cohort.blocks:
        stated, rows = part.read.stated, part.read.rows
        said = sorted((stated.columns or {}).items())
        yield repr(
            (stated.name, stated.kind, stated.model, stated.patient, stated.encoders, said, stated.outcome)
        )
        if isinstance(rows, SpectraTable):
            yield digest_of_numbers(rows.wavenumber)
        if isinstance(rows, ClinicalTable):
            yield from (
                repr((each.name, each.kind, each.levels, each.unit, each.known_before))
                for each in rows.columns
            )


def _cells_of_rows(block: ReadBlock) -> Iterator[Sequence[str]]:
    rows = block.rows
    if isinstance(rows, SpectraTable):
        yield from spectrum_cells(rows)
    elif isinstance(rows, ClinicalTable):
        for row in range(len(rows)):
            yield [_cell(column, row) for column in rows.columns]
    else:
        yield from image_cells(rows)


def _cell(column: ClinicalColumn, row: int) -> str:
    value = float(column.values[row])
    return repr(value) if column.kind == "numeric" or np.isnan(value) else column.levels[int(value)]


def _outcome(cohort: FusionCohort) -> Iterator[str]:
    """Yield what blocks say of what came of patients: block, patient and cell, sorted, so that files may list them in any order."""
    said = []
    for part in cohort.blocks:
        names = [cohort.patients[owner] for owner in part.owner]
        columns = dict(part.read.outcomes)
        if not cohort.study.outcome.columns and part.read.label is not None:
            columns = {"": part.read.label}
        for column, cells in columns.items():
            said += [
                (part.read.name, column, name, str(cell))
                for name, cell in zip(names, cells, strict=True)
                if str(cell)
            ]
    for row in sorted(said):
        yield from row
