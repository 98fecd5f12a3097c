"""Options of the commands on images of tissue: how they are read, encoded and trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spectra_dl.tissue.estimators.model_names import NAMES, NETWORKS, NUMBERS, TIMES
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.options import bundled, positive_option, sample_label_option, store_option, together

if TYPE_CHECKING:
    from spectra_dl.tissue.images import TissueImages
    from spectra_dl.tissue.study.evaluate_patients import PatientStudySettings
    from spectra_dl.tissue.study.settings import TissueStudySettings
    from spectra_dl.training.settings import TrainingSettings

images_argument = click.argument("images", type=click.Path(path_type=Path, readable=False), metavar="IMAGES")
pattern_option = click.option(
    "--name-pattern",
    metavar="PATTERN",
    help='How names of images in a folder are read, such as "{label}___{patient}-{slide}-{x}-{y}"; {} is a part that is not read. What comes of it is shown first.',
)
tile_option = click.option(
    "--tile-um",
    type=click.FloatRange(min=1.0, max=10_000.0),
    metavar="UM",
    help="Side in um of the tiles that slides are cut into: 112, or the model's, if not given. Where it is given, smaller images are cut too.",
)
cut_options = together(
    tile_option,
    click.option(
        "--least-inside",
        type=click.FloatRange(min=0.0, max=1.0, min_open=True),
        default=0.5,
        show_default=True,
        metavar="SHARE",
        help="Least share of a slide's tile inside annotations of its class, or on tissue where nothing is annotated.",
    ),
    click.option(
        "--annotation",
        "annotations",
        multiple=True,
        metavar="NAME=CLASS",
        help="Which annotations of slides are taken, and as which class; NAME alone keeps the name. May be given several times; all of them if not given.",
    ),
)
share_option = click.option(
    "--share",
    metavar="A/B",
    help="Two classes of images, such as necrotic/viable: estimate A / (A + B) of each slide and patient, corrected by what the model mistakes, with an interval.",
)
image_options = together(
    click.option("--label", metavar="COLUMN", help="Column of the classes in the sheet, if it isn't label."),
    click.option(
        "--patient",
        metavar="COLUMN",
        help="Column of the patient ids, if it isn't patient; PatientID without such a column takes that of DICOM files.",
    ),
    click.option("--slide", metavar="COLUMN", help="Column of the slides, if it isn't slide."),
    pattern_option,
    cut_options,
)
study_image_options = together(image_options, sample_label_option, share_option, positive_option)
encoder_option = click.option(
    "--encoder",
    "encoders",
    multiple=True,
    default=("colour-texture",),
    show_default=True,
    metavar="NAME",
    help="What turns images into numbers; may be given several times: colour-texture, efficientnet-lite0, slidl, timm:MODEL or file:WEIGHTS.safetensors; macenko: or vahadane: before a name normalises the stain of each tile first.",
)
training_options = together(
    click.option(
        "--members",
        type=click.IntRange(min=2, max=100),
        default=10,
        show_default=True,
        help="Networks in the ensemble; fewer where a class has few patients.",
    ),
    click.option(
        "--epochs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Passes over the training images; 12, and more with few images, if not given.",
    ),
)
network_option = click.option(
    "--model",
    type=click.Choice(list(NETWORKS)),
    help="What is trained: mlp classifies each image; attention and mean-pooling pool all images of a patient, or of a slide where classes are of slides; fine-tuned trains a whole encoder on the images themselves.  [default: mlp; "
    "attention with --target or --time]",
)
OPTIONS_OF_CLASSES = frozenset({"label", "label_per_sample", "share", "positive", "split_by"})
tissue_options = together(study_image_options, encoder_option, training_options, store_option)
MODELS_HELP = (
    f"Which models are evaluated: {', '.join(NAMES)}; the first is the reference of differences. attention and mean-pooling need classes of patients or slides. With --time: {', '.join(TIMES.names)};"
    f" with --target: {', '.join(NUMBERS.names)}.  [default: all that the classes allow]"
)
bundled_images = bundled("reading", ImageOptions)


@dataclass(frozen=True)
class ImageModels:
    """What is trained on images.

    Attributes
    ----------
    encoders
        What turns images into features.
    members, epochs
        Of the network.
    label_per_sample, share, positive
        Of the classes.
    seed
        Of it all.
    """

    encoders: tuple[str, ...]
    members: int
    epochs: int | None
    label_per_sample: bool
    share: str | None
    positive: str | None
    seed: int

    def settings(self) -> "TissueStudySettings":
        """Return the settings of a study with the usual evaluation."""
        from spectra_dl.evaluation.classes.results import EvaluationSettings
        from spectra_dl.tissue.estimators.classifier import DEFAULT_TRAINING
        from spectra_dl.tissue.study.settings import TissueStudySettings

        return TissueStudySettings(
            encoders=self.encoders,
            members=self.members,
            training=self.training(DEFAULT_TRAINING),
            label_per_sample=self.label_per_sample,
            share=self.share,
            evaluation=EvaluationSettings(seed=self.seed, positive=self.positive),
        )

    def training(self, usual: "TrainingSettings") -> "TrainingSettings | None":
        """Return the loop's settings, ``usual`` but for the passes; None where nothing was said of these."""
        from dataclasses import replace

        return None if self.epochs is None else replace(usual, epochs=self.epochs, least_steps=1)

    def of_patients(
        self, columns: OutcomeColumns, models: tuple[str, ...] | None, folds: int | None = None, **how: Any
    ) -> "PatientStudySettings":
        """Return the settings of a study of a number, or of the time to an event.

        Parameters
        ----------
        columns
            Which.
        models
            By name; None takes all.
        folds
            The usual ones if None.
        how
            Further settings of the evaluation.
        """
        from spectra_dl.evaluation.outcomes.results import OutcomeSettings
        from spectra_dl.tissue.estimators.outcomes.pooled import PATIENT_TRAINING
        from spectra_dl.tissue.study.evaluate_patients import PatientStudySettings

        evaluation = columns.settings(seed=self.seed, folds=folds or OutcomeSettings.folds, **how)
        training = self.training(PATIENT_TRAINING)
        return PatientStudySettings(evaluation, self.encoders, models, self.members, training)


bundled_models = bundled("chosen", ImageModels)


def read_and_show(path: Path, reading: ImageOptions) -> "TissueImages":
    """Read images and say on standard error what they were taken for, before anything is computed.

    Parameters
    ----------
    path
        A folder or a sheet.
    reading
        What the user says of it.

    Raises
    ------
    DataError
        It can't be read.
    """
    from spectra_dl.tissue.readers import read_images
    from spectra_dl_cli.printing.text import visible

    images = read_images(path, reading)
    for note in images.notes:
        click.echo(visible(f"Read: {note}"), err=True)
    return images
