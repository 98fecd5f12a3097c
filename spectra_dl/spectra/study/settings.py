"""What is trained on spectra and how it is evaluated."""

from dataclasses import dataclass, field, replace

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class SpectraStudySettings:
    """The choices of a study of spectra; `evaluate_study` and `train_study` take the same.

    Attributes
    ----------
    preprocessing
        Cleaning steps, fitted anew on the training rows of each fold and member.
    networks
        By name; an empty tuple evaluates none. The first is the reference of the differences, and the one that is trained.
    classical
        Classical models evaluated beside them, by title; None takes all. `CLASS_MODELS.chosen` gives both from the names that users type.
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop; None takes those of `spectra_dl.SpectraClassifier`.
    tune
        Let each fold choose among a few settings, in its training patients; see `spectra_dl.spectra.estimators.tuning_space`.
    label_per_sample
        Labels are of samples, and a patient may carry several; see `spectra_dl.evaluation.sample_units`.
    split_by
        Leave out one value of this column at a time; None splits by patient alone.
    evaluation
        Folds, seed, intervals, positive class, threshold and coverage; its ``split_by`` is replaced by the one above.
    """

    preprocessing: Preprocessing = field(default_factory=Preprocessing.default)
    networks: tuple[str, ...] = (CLASS_MODELS.default,)
    classical: tuple[str, ...] | None = None
    members: int = 10
    training: TrainingSettings | None = None
    tune: bool = False
    label_per_sample: bool = False
    split_by: str | None = None
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)

    @property
    def seed(self) -> int:
        """The seed of folds, resamples and networks."""
        return self.evaluation.seed

    def as_split(self) -> EvaluationSettings:
        """Return the evaluation's settings with what the folds keep together."""
        return replace(self.evaluation, split_by=self.split_by or "patient")
