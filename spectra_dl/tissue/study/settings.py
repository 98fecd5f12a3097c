"""What is trained on images of tissue and how it is evaluated."""

from dataclasses import dataclass, field

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
from spectra_dl.tissue.estimators.model_names import NETWORK, Network
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class TissueStudySettings:
    """The choices of a study of images; `evaluate_study` and `train_study` take the same.

    Attributes
    ----------
    encoders
        What turns images into features, by name; several stand side by side.
    models
        By name, see `spectra_dl.tissue.estimators.model_names.NAMES`; None takes all.
    network
        What `train_study` trains, one of `spectra_dl.tissue.estimators.model_names.NETWORKS`.
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop; None takes those of each network.
    label_per_sample
        Classes are of images even where few patients have several; see `spectra_dl.tissue.cohort.labelled_images`.
    share
        Two classes of images parted by a slash, such as ``"necrotic/viable"``, whose share in slides and patients is estimated; None estimates none.
    folds
        Parts the patients are split into; None takes five, or leaves out one patient at a time where a class has fewer than five.
    split_by
        Leave out one value of this column at a time, or one ``"patient"``; None splits into folds.
    evaluation
        Seed, intervals, positive class and so on; its folds are replaced by those above.
    """

    encoders: tuple[str, ...] = (COLOUR_TEXTURE,)
    models: tuple[str, ...] | None = None
    network: Network = NETWORK
    members: int = 10
    training: TrainingSettings | None = None
    label_per_sample: bool = False
    share: str | None = None
    folds: int | None = None
    split_by: str | None = None
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
