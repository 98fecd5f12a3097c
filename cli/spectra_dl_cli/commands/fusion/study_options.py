"""What is said of a study of several blocks: a file, or options for the simple case."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.model_options import NetworkOptions
from spectra_dl_cli.options import bundled, label_option, positive_option, seed_option, store_option, together

if TYPE_CHECKING:
    from spectra_dl.fusion.readers.stated import StatedOutcome, StatedStudy
    from spectra_dl.training.settings import TrainingSettings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _block_option(name: str, help_text: str) -> Callable[[_Command], _Command]:
    path = click.Path(path_type=Path, readable=False)
    return click.option(f"--{name}", type=path, metavar="PATH", help=help_text)


study_argument = click.argument(
    "study", required=False, type=click.Path(path_type=Path, readable=False), metavar="[STUDY]"
)
block_options = together(
    _block_option("spectra", "In place of STUDY: spectra, with a column of patients."),
    _block_option("tissue", "In place of STUDY: a sheet or folder of tissue images."),
    _block_option("clinical", "In place of STUDY: clinical columns, a row a patient."),
)
study_options = together(
    study_argument,
    block_options,
    click.option("--patient", metavar="COLUMN", help="Column of the patient ids."),
    label_option,
    positive_option,
)
fusion_options = together(
    study_options,
    click.option(
        "--members",
        type=click.IntRange(min=2, max=100),
        default=10,
        show_default=True,
        help="Networks in an ensemble, where a block's model is one; fewer where a class has few patients.",
    ),
    click.option(
        "--epochs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Passes over the training rows of such networks; each network's own if not given.",
    ),
    seed_option,
    store_option,
)


@dataclass(frozen=True)
class StudyOptions:
    """What names a study.

    Attributes
    ----------
    study
        The study file.
    spectra, tissue, clinical
        Blocks, where there is none.
    patient, label, positive
        Columns, and the class whose sensitivity is reported.
    """

    study: Path | None
    spectra: Path | None
    tissue: Path | None
    clinical: Path | None
    patient: str | None
    label: str | None
    positive: str | None

    def stated(self, outcome: "StatedOutcome | None" = None) -> "StatedStudy":
        """Return the study.

        Parameters
        ----------
        outcome
            Predicted in place of what the study file says.

        Raises
        ------
        UsageError
            Neither a file nor a block is named, or both are.
        DataError, UnsafeError
            The study file can't be used.
        """
        from spectra_dl.fusion.readers.study_file import read_study_file, study_of_options

        blocks = {"spectra": self.spectra, "tissue": self.tissue, "clinical": self.clinical}
        if self.study is None:
            return study_of_options(
                **blocks, patient=self.patient, label=self.label, positive=self.positive, outcome=outcome
            )
        if given := [f"--{name}" for name, path in blocks.items() if path is not None]:
            raise UsageError(f"{self.study.name} names its blocks; leave {', '.join(given)} out, or the file")
        said = read_study_file(self.study, outcome=outcome)
        return replace(
            said,
            patient=self.patient or said.patient,
            label=self.label or said.label,
            positive=self.positive or said.positive,
        )


bundled_study = bundled("asked", StudyOptions)


def stated_outcome(columns: OutcomeColumns) -> "StatedOutcome | None":
    """Return what is predicted in place of what the study file says; None where no option says anything.

    Parameters
    ----------
    columns
        Of the options.
    """
    from spectra_dl.fusion.readers.stated import StatedOutcome

    said = StatedOutcome(columns.target, columns.time, columns.event)
    return said if said.columns else None


def training_of(epochs: int | None) -> "TrainingSettings | None":
    """Return settings of a network's loop; None takes its own."""
    return None if epochs is None else NetworkOptions(None, epochs).training()
