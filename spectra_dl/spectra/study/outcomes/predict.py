"""Predict what comes of patients from their spectra, block by block, from files of any length."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from spectra_dl.classification.outcomes.answers import RowOutcomes
from spectra_dl.classification.outcomes.predicted import PredictedOutcomes, predicted_outcomes
from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor
from spectra_dl.spectra.table import SpectraTable


def predict_outcomes(
    predictor: SpectraOutcomePredictor,
    blocks: Iterable[SpectraTable],
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    batch_size: int = 256,
    progress: Callable[[int], None] | None = None,
) -> PredictedOutcomes:
    """Predict patients from spectra that come block by block, and write a line for each spectrum and each patient.

    Parameters
    ----------
    predictor
        The model.
    blocks
        From `spectra_dl.spectra.readers.iter_spectra`.
    folder
        Where ``predictions.csv`` and ``patients.csv`` are written; None writes nothing.
    coverage
        Of the intervals of numbers; None takes the model's own.
    batch_size
        Spectra at a time; changes no result.
    progress
        Takes how many spectra are done.

    Raises
    ------
    DataError
        The input can't be read, or its axis does not cover the model's.
    UsageError
        The model has no intervals for this coverage.
    EnvironmentFault
        A file can't be written.
    """
    notes: dict[str, None] = {}
    read: tuple[str, ...] = ()
    seen = done = 0

    def predicted() -> Iterator[tuple[RowOutcomes, tuple[()]]]:
        nonlocal read, seen, done
        for table in blocks:
            rows, said = predictor.predict(table, batch_size=batch_size)
            notes.update(dict.fromkeys(said))
            read = table.notes  # the last block carries all
            seen += predictor.seen_in_training(table)
            done += len(table)
            yield rows, ()
            if progress:
                progress(done)

    result = predicted_outcomes(predictor, predicted(), folder, coverage=coverage)
    return replace(result, notes=(*read, *notes, *result.notes), seen=seen)
