"""How a study of several blocks is evaluated and trained."""

from dataclasses import dataclass, field

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class FusionStudySettings:
    """The choices of a study of several blocks, besides those that `StatedStudy` holds.

    Attributes
    ----------
    members
        Networks in the ensembles of spectra and tissue, at least 2; fewer where a class has few patients.
    training
        Settings of their loops; None takes those of each network.
    early
        Evaluate early fusion of all blocks too: one network, beside late fusion.
    evaluation
        Folds, seed, intervals, threshold and coverage; its positive class is the study's, and a leaky estimate there is none: a row is a
        patient.
    """

    members: int = 10
    training: TrainingSettings | None = None
    early: bool = False
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
