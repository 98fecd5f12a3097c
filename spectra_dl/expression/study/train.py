"""Train a model of expression on all sections, after measuring on left-out ones what to expect of each gene."""

import logging
from collections.abc import Sequence
from pathlib import Path

from spectra_dl.execution.run import Execution
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.study.evaluate import evaluate_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.expression.training import TrainingRequest, train_predictor
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.trained import TrainedModel

_LOG = logging.getLogger(__name__)


class TrainedExpression(TrainedModel[ExpressionPredictor, ExpressionCohort]):
    """A trained model of expression; attributes as of `TrainedModel`."""


def train_study(
    sections: Sequence[TissueSection],
    settings: ExpressionStudySettings | None = None,
    *,
    source: str,
    store: FeatureStore | None = None,
    folder: Path | None = None,
    execution: Execution | None = None,
) -> TrainedExpression:
    """Train on every section, and write the model file.

    Parameters
    ----------
    sections
        With patients, image and counts.
    settings
        The default if None.
    source
        What the sections are, in a few words; never a path.
    store
        Where features are looked up and kept.
    folder
        Where ``model.safetensors`` and overlays of spots on tissue are written; made unless it is there. None writes nothing.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Sections can't be used or left out, or spots do not lie on tissue.
    UsageError
        There is no such model, encoder or setting.
    TrainingDivergedError
        The loss is no longer finite.
    """
    settings = settings or ExpressionStudySettings()
    evaluated = evaluate_study(
        sections, settings, compared=False, store=store, folder=folder, execution=execution
    )
    _LOG.info("training on all sections")
    request = TrainingRequest(
        evaluated.model, evaluated.cohort, evaluated.targets, settings.recipe(), source, settings.seed
    )
    predictor = train_predictor(request, evaluated.evaluation)
    return TrainedExpression.written(folder, predictor, evaluated.cohort)
