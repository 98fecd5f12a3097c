"""What an evaluation of expression leaves out: refused before a tile is encoded, and the folds that a column or an earlier run asks for."""

from collections.abc import Sequence

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.leave_out_splits import column_folds, left_out_folds
from spectra_dl.evaluation.folds.split_file import RowNames, read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import MISSING_IDS
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.spots import SpotTable
from spectra_dl.expression.study.settings import ExpressionStudySettings


def refuse_undivided(
    sections: Sequence[TissueSection], settings: ExpressionStudySettings, *, split: str | None
) -> None:
    """Refuse sections of which none can be left out, since features of whole slides take minutes.

    Parameters
    ----------
    sections
        As they were read.
    settings
        Say what is left out.
    split
        Text of the ``folds.csv`` of another run, which is compared with the spots later; None where folds are drawn.

    Raises
    ------
    DataError
        A section has no patient, or there is nothing to train on.
    UsageError
        A column is asked for that sections don't have.
    """
    unknown = [section.name for section in sections if (section.patient or "").strip().lower() in MISSING_IDS]
    if unknown:
        raise DataError(
            f"{first_few(unknown)}: nobody says of which patient; list the sections in a sheet with columns path, patient and section, "
            "and where they may be of one patient (or animal), give them one name and say --group section"
        )
    names = [section.name for section in sections]
    patients = one_spelling([section.patient or "" for section in sections]).names
    if split is None and settings.split_by is None:
        left_out_folds(names, patients, group=settings.group, folds=settings.folds)
    elif split is None:
        column_folds(names, patients, _batches(sections, settings, names), column="batch")


def given_folds(
    sections: Sequence[TissueSection],
    spots: SpotTable,
    settings: ExpressionStudySettings,
    *,
    split: str | None,
) -> list[Fold] | None:
    """Return the folds a column or an earlier run asks for, None if neither does.

    Parameters
    ----------
    sections
        As they were read.
    spots
        ``(n,)`` usable spots of all sections.
    settings
        Say what is left out.
    split
        Text of the ``folds.csv`` of another run, or None.

    Raises
    ------
    DataError
        The column or the folds don't fit the spots.
    UsageError
        A column is asked for that sections don't have.
    """
    if split is not None:
        names = RowNames.counted(len(spots.section), spots.section)
        unit = spots.section if settings.group == "section" else None
        return read_split(split, spots.patient, unit=unit, names=names)
    if settings.split_by is None:
        return None
    values = _batches(sections, settings, [str(name) for name in spots.section])
    return column_folds(spots.section, spots.patient, values, column="batch")


def _batches(
    sections: Sequence[TissueSection], settings: ExpressionStudySettings, names: Sequence[str]
) -> list[str]:
    if settings.split_by != "batch":
        raise UsageError(
            f"--split-by {settings.split_by!r:.80}: sections have no such column; name the batch, scanner or site in a column batch of the "
            "sheet, and say --split-by batch"
        )
    batch_of = {section.name: section.batch or "" for section in sections}
    return [batch_of[name] for name in names]
