"""The one table of metrics of predicted risks: reports, intervals and commands iterate over it."""

from spectra_dl.evaluation.outcomes.patient_figures import PatientMetric
from spectra_dl.evaluation.outcomes.survival import metrics

_ALL = (
    PatientMetric(
        "c_index",
        "C-index (Harrell)",
        "C",
        shown=frozenset({"headline", "text", "page"}),
        of=metrics.concordance,
        widened_within=(0.0, 1.0),
    ),
    PatientMetric(
        "uno_c",
        "C-index (Uno)",
        "Uno's C",
        shown=frozenset({"text", "page"}),
        of=metrics.concordance_ipcw,
        widened_within=(0.0, 1.0),
    ),
    PatientMetric(
        "integrated_brier",
        "integrated Brier score",
        "IBS",
        lower_is_better=True,
        shown=frozenset({"headline", "text", "page"}),
        of=metrics.integrated_brier,
    ),
)
SURVIVAL_METRICS: dict[str, PatientMetric] = {metric.name: metric for metric in _ALL}
