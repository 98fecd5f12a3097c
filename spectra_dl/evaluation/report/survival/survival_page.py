"""The page of a report of the time to an event: concordance, curves by risk, calibration."""

import math
from typing import TYPE_CHECKING

from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.outcomes.survival.metric_table import SURVIVAL_METRICS
from spectra_dl.evaluation.report.figures import Curve, reliability_figure, svg_text
from spectra_dl.evaluation.report.page.environment import Scale, ends
from spectra_dl.evaluation.report.page.outcomes_page import page_of_patients
from spectra_dl.evaluation.report.page.wording import listed, short_name
from spectra_dl.evaluation.report.survival.survival_figures import FollowedGroup, risk_groups_figure
from spectra_dl.evaluation.report.survival.survival_study import StepCurve, SurvivalStudy
from spectra_dl.evaluation.report.survival.survival_verdict import survival_verdict

if TYPE_CHECKING:
    from markupsafe import Markup

_SOURCES = (
    "C-index: Harrell, Califf, Pryor, Lee & Rosati 1982, doi 10.1001/jama.1982.03320430047030; Uno, Cai, Pencina, D'Agostino & Wei 2011, doi 10.1002/sim.4154",
    "Integrated Brier score: Graf, Schmoor, Sauerbrei & Schumacher 1999, Statistics in Medicine 18:2529",
    "Kaplan & Meier 1958, doi 10.1080/01621459.1958.10501452; log-rank: Peto & Peto 1972, doi 10.2307/2344317",
    "Curves by cross-validated risk: Simon, Subramanian, Li & Menezes 2011, doi 10.1093/bib/bbr001",
    "Cox regression: Cox 1972, doi 10.1111/j.2517-6161.1972.tb00899.x; ridge: Verweij & van Houwelingen 1994, doi 10.1002/sim.4780132307",
    "Percentile bootstrap: Efron & Tibshirani 1993, An Introduction to the Bootstrap",
)


def survival_page(study: SurvivalStudy) -> str:
    """Return the page of a report that was read."""
    return page_of_patients(
        "survival.html",
        study,
        methods=methods(study),
        sources=_SOURCES,
        metrics=[metric for metric in shown_in("page", SURVIVAL_METRICS) if metric.name != "c_index"],
        titles={name: metric.title for name, metric in SURVIVAL_METRICS.items()},
        verdict=survival_verdict(study),
        scale=_scale(study),
        by_risk_figure=_by_risk(study),
        calibration_figure=_calibration(study),
    )


def methods(study: SurvivalStudy) -> list[str]:
    """Return paragraphs that could stand in a paper's methods section."""
    results = study.results
    paragraphs = [_design(study), " ".join(results.context.methods), _figures(study)]
    return [paragraph for paragraph in paragraphs if paragraph]


def _design(study: SurvivalStudy) -> str:
    data, settings, rows = study.results.data, study.results.settings, study.results.context.words.rows
    times = "once" if settings.repeats == 1 else f"{settings.repeats} times"
    names = listed([short_name(name, 40) for name in study.results.models])
    return (
        f"{data.rows} {rows} of {data.patients} patients were read, with the time ({short_name(data.time)}) after which {short_name(data.event)} came or a patient was"
        f" last seen without it. {data.events} patients had the event. Patients were split into {settings.folds} folds, {times} (seed {settings.seed}), alike in events"
        f" and times; all {rows} of a patient stand on the same side of every split. Whatever is fitted (how rows are made ready, the model, what it chooses) was"
        f" fitted on the training patients of the fold alone. Models on the same folds: {names}. A patient's risk, and the logarithm of the cumulative hazard, is the"
        f" mean over the patient's {rows}."
    )


def _figures(study: SurvivalStudy) -> str:
    data, settings = study.results.data, study.results.settings
    chance = study.results.models[study.first].chance
    return (
        "The C-index is Harrell's, of pairs of patients whom one fold's model predicted, since risks of different models have no common scale; equal risks count half."
        f" Uno's C weights each pair by the inverse squared probability of still being observed, and the Brier score each patient by its inverse, both up to {data.reach:.4g},"
        " the last event that a tenth of the patients were still observed for; who is observed was estimated on all patients. Intervals are"
        f" {100 * settings.level:.0f} % percentile intervals from {settings.resamples:,} resamples of patients; those of both C-indices and of differences are widened by"
        f" as much as refits vary more than fixed predictions. For p a linear model was refitted {chance.refits:,} times on the same folds with the patients' rows"
        " exchanged at random; p of the log-rank statistic is its rank among those of the same refits, since the folds share patients and a table's p would be too small."
        f" Calibration compares, in thirds of the patients by predicted probability, the mean with the Kaplan-Meier share of events by {data.horizon:.4g}. There is no"
        " correction for the number of models compared."
    )


def _scale(study: SurvivalStudy) -> Scale:
    bounds = ends(model.c_index for model in study.results.models.values())
    return Scale(min([0.4, *(math.floor(10 * end) / 10 for end in bounds)]), 1.0, 0.5)


def _by_risk(study: SurvivalStudy) -> "Markup | None":
    """Draw the first model's groups; None where there is one only."""
    from markupsafe import Markup

    data, by_risk = study.results.data, study.results.models[study.first].by_risk
    if by_risk.lower_curve is None or by_risk.higher_curve is None:
        return None
    higher = set(by_risk.higher)
    observed: dict[bool, list[float]] = {True: [], False: []}
    for name, (time, _) in data.followed.items():
        observed[name in higher].append(time)
    groups = [
        _group("lower risk", by_risk.lower_curve, observed[False]),
        _group("higher risk", by_risk.higher_curve, observed[True]),
    ]
    figure = risk_groups_figure(groups, time=short_name(data.time, 40), longest=data.longest)
    # Matplotlib has escaped the text in it.
    return Markup(
        svg_text(figure, "by-risk", title=f"Kaplan-Meier curves by risk, {short_name(study.first)}")
    )


def _group(name: str, curve: StepCurve, observed: list[float]) -> FollowedGroup:
    def from_start(values: "list[float] | list[float | None]") -> list[float]:
        return [1.0, *(math.nan if value is None else value for value in values)]

    return FollowedGroup(
        name,
        [0.0, *curve.time],
        from_start(curve.survival),
        from_start(curve.low),
        from_start(curve.high),
        observed,
    )


def _calibration(study: SurvivalStudy) -> "Markup":
    from markupsafe import Markup

    thirds, name = study.results.models[study.first].calibration, short_name(study.first)
    low, high = (
        [math.nan if end is None else end for end in which]
        for which in ([third.low for third in thirds], [third.high for third in thirds])
    )
    curve = Curve(
        name, [third.predicted for third in thirds], [third.observed for third in thirds], low, high
    )
    return Markup(
        svg_text(reliability_figure([curve]), "calibration", title=f"Predicted and observed, {name}")
    )
