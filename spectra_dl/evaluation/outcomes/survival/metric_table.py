"""The one table of metrics of predicted risks: reports, intervals and commands iterate over it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.metric import Metric
from spectra_dl.evaluation.outcomes.survival import metrics
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk


@dataclass(frozen=True)
class SurvivalMetric(Metric):
    """A metric of predicted risks.

    Attributes
    ----------
    of
        ``(r,)`` the figure where each patient counts as often as ``(r, m)`` multiplicities say.
    refitted
        Whether its interval is widened by as much as refits vary more than fixed predictions.
    """

    of: Callable[[PredictedRisk, FloatArray], FloatArray] = lambda _, multiplicity: np.full(
        len(multiplicity), np.nan
    )
    refitted: bool = False


_ALL = (
    SurvivalMetric(
        "c_index",
        "C-index (Harrell)",
        "C",
        shown=frozenset({"headline", "text", "page"}),
        of=metrics.concordance,
        refitted=True,
    ),
    SurvivalMetric(
        "uno_c",
        "C-index (Uno)",
        "Uno's C",
        shown=frozenset({"text", "page"}),
        of=metrics.concordance_ipcw,
        refitted=True,
    ),
    SurvivalMetric(
        "integrated_brier",
        "integrated Brier score",
        "IBS",
        lower_is_better=True,
        shown=frozenset({"headline", "text", "page"}),
        of=metrics.integrated_brier,
    ),
)
SURVIVAL_METRICS: dict[str, SurvivalMetric] = {metric.name: metric for metric in _ALL}
