"""A plan as sentences and tables, for terminal and page alike."""

import math
from collections.abc import Sequence

from spectra_dl.evaluation.wording import short_figure, short_interval
from spectra_dl.planning.forecast import StudyPlan

Table = tuple[Sequence[str], list[list[str]]]


def forecast_table(plan: StudyPlan) -> Table:
    """Return header and rows: what so many patients will show."""
    names = list(plan.forecasts[0].power)
    header = [
        "patients",
        "positive",
        "AUC [95 %]",
        "width",
        "sensitivity [95 %]",
        "width",
        *(f"power {name}" for name in names),
    ]
    rows = [
        [
            str(each.patients),
            str(each.positives),
            short_interval(each.auc),
            short_figure(each.auc.high - each.auc.low),
            short_interval(each.sensitivity),
            short_figure(each.sensitivity.high - each.sensitivity.low),
            *(f"{each.power[name]:.0%}" for name in names),
        ]
        for each in plan.forecasts
    ]
    return header, rows


def sentences(plan: StudyPlan) -> list[str]:
    """Return what else there is to say, a sentence each."""
    said = []
    widths = [
        f"{count} for one of {short_figure(float(width))}"
        for width, count in plan.sensitivity_patients.items()
    ]
    said.append(
        f"Patients of the positive class for a 95 % interval of the sensitivity (Beleites et al. 2013): {', '.join(widths)} in width."
    )
    size = plan.development
    if size is not None:
        said.append(
            f"To train a model of {size.parameters} parameters (Riley et al. 2020): {size.patients} patients; {size.shrinkage} for a shrinkage of at most a tenth, {size.optimism} for "
            f"an optimism of R² of at most .05, {size.overall_risk} for the prevalence within .05."
        )
    else:
        said.append(
            "Criteria for the training of a model (Riley et al. 2020) need an AUC above .5 and below 1."
        )
    for each in plan.pilot.paired:
        needed = each.patients_needed()
        found = (
            f"{needed} patients find it with a power of 80 %" if needed else "no number of patients finds it"
        )
        said.append(
            f"{each.model} against {each.reference}: a difference in AUC of {each.difference:+.3f}; {found}."
        )
    said += _about_replicates(plan) + _about_training(plan)
    return said


def _about_replicates(plan: StudyPlan) -> list[str]:
    found = plan.pilot.components
    if found is None:
        return []
    more = math.ceil(found.spectra) + 1
    return [
        f"Two spectra of a patient are alike to {short_figure(found.correlation)} (intraclass correlation). With {more} spectra per patient in place of {found.spectra:.3g} the AUC would be "
        f"higher by {found.auc_at(more) - found.auc_at(found.spectra):.3f}, with ever so many by {found.auc_at(math.inf) - found.auc_at(found.spectra):.3f}; further patients make the interval narrower, "
        "further spectra of the same ones do not."
    ]


def _about_training(plan: StudyPlan) -> list[str]:
    pilot = plan.pilot
    if pilot.curve is None:
        return []
    twice, error = pilot.curve.gain(2.0, pilot.auc)
    sizes = dict.fromkeys(f"{size:.0f}" for size in pilot.curve.sizes)
    return [
        f"Learning curve over {', '.join(sizes)} training patients: twice as many add {twice:+.3f} ± {error:.3f} to the AUC."
    ]
