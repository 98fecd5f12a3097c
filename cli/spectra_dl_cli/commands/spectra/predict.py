"""What spectra-dl predict does with models of spectra."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from spectra_dl_cli.options import readers_input
from spectra_dl_cli.output import Output, counting, origin_of, warn_of_training_rows
from spectra_dl_cli.predict_text import outcomes_text, spectra_text
from spectra_dl_cli.study_data import read_paths

if TYPE_CHECKING:
    from spectra_dl.execution.executor import Executor
    from spectra_dl.models.predictor import Predictor
    from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.spectra.readers import ReadOptions

_PARTIAL = 6


def predict_spectra(
    data: tuple[Path, ...],
    reading: "ReadOptions",
    predictor: "Predictor[Any]",
    output: Output,
    *,
    model_name: str | None,
    batch_size: int,
    coverage: float | None,
    executor: "Executor",
) -> int:
    """Predict spectra and return the exit code.

    Parameters
    ----------
    data
        What the user named.
    reading
        What the user says of it.
    predictor
        The model.
    output
        Where results go.
    model_name
        The model file's; None for the model that ships with spectra-dl.
    batch_size
        Spectra at a time.
    coverage
        How often sets of classes, or intervals of numbers, shall hold the truth; None takes the model's own.
    executor
        Where blocks are predicted.
    """
    if predictor.header.input.kind == "spectra outcome":
        outcomes = cast("SpectraOutcomePredictor", predictor)
        return _outcomes(
            data,
            reading,
            outcomes,
            output,
            model_name=model_name or "",
            batch_size=batch_size,
            coverage=coverage,
        )
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.readers import iter_spectra
    from spectra_dl.spectra.study.predict import predict_study

    with counting("predicting") as count:
        result = predict_study(
            cast("SpectraPredictor", predictor),
            iter_spectra(readers_input(data), reading),
            output.out,
            coverage=coverage,
            batch_size=batch_size,
            execution=Execution(executor),
            progress=count,
        )
    counts = result.counts
    warn_of_training_rows(counts.seen, counts.spectra, "spectra")
    output.finish(
        result,
        lambda: origin_of(read_paths(data, reading)),
        lambda: spectra_text(result, model_name, output.out),
    )
    return _PARTIAL if counts.damaged else 0


def _outcomes(
    data: tuple[Path, ...],
    reading: "ReadOptions",
    predictor: "SpectraOutcomePredictor",
    output: Output,
    *,
    model_name: str,
    batch_size: int,
    coverage: float | None,
) -> int:
    """Predict what comes of patients and return the exit code."""
    from spectra_dl.spectra.readers import iter_spectra
    from spectra_dl.spectra.study.outcomes.predict import predict_outcomes

    with counting("predicting") as count:
        result = predict_outcomes(
            predictor,
            iter_spectra(readers_input(data), reading),
            output.out,
            coverage=coverage,
            batch_size=batch_size,
            progress=count,
        )
    warn_of_training_rows(result.seen, sum(result.status.values()), "spectra")
    output.finish(
        result, lambda: origin_of(read_paths(data, reading)), lambda: outcomes_text(result, model_name)
    )
    return _PARTIAL if result.damaged else 0
