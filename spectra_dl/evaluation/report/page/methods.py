"""How the study was done, in sentences written from the report's settings, and the sources of its methods."""

from spectra_dl.evaluation.report.page.study import Model, Study
from spectra_dl.evaluation.report.page.verdict import counts
from spectra_dl.evaluation.report.page.wording import listed, number, printable, short_name
from spectra_dl.evaluation.report.shared_text import leaky_omission

_SOURCES = {
    "percentile": "Percentile bootstrap: Efron & Tibshirani 1993, An Introduction to the Bootstrap",
    "bca": "BCa bootstrap: Efron 1987, doi 10.1080/01621459.1987.10478410",
    "wilson": "Interval of a share: Wilson 1927, doi 10.1080/01621459.1927.10502953",
    "auc": "AUC and ROC curve: Hanley & McNeil 1982, doi 10.1148/radiology.143.1.7063747",
    "permutation": "Permutation p: Phipson & Smyth 2010, doi 10.2202/1544-6115.1585",
    "refit-corrected": "Variance of cross-validation beyond that of fixed scores: Nadeau & Bengio 2003, doi 10.1023/A:1024068626366; Bates, Hastie &"
    " Tibshirani 2024, doi 10.1080/01621459.2023.2197686",
    "leaky": "Splits that leak in Raman studies: Guo, Popp & Bocklitz 2021, Nature Protocols 16:5426",
    "calibration": "Calibration slope and intercept: Cox 1958, Biometrika 45:562; Van Calster et al. 2019,"
    " doi 10.1186/s12916-019-1466-7",
    "threshold": "Threshold: Youden 1950, doi 10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3; its mean over resamples:"
    " Efron 2014, doi 10.1080/01621459.2013.823775",
    "decision_curve": "Net benefit: Vickers & Elkin 2006, doi 10.1177/0272989X06295361",
    "conformal": "Prediction sets: Vovk 2012, arXiv 1209.2673; Angelopoulos & Bates 2023, arXiv 2107.07511",
    "overlays": "Grad-CAM: Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74",
    "saliency": "Integrated gradients: Sundararajan, Taly & Yan 2017, arXiv 1703.01365",
}


def methods(study: Study) -> list[str]:
    """Return paragraphs that could stand in a paper's methods section."""
    parts = [
        _design(study),
        " ".join(study.results.context.methods),
        _figures(study),
        _chance(study),
        _samples(study),
        _decisions(study),
    ]
    return [part for part in parts if part]


def sources(study: Study) -> list[str]:
    """Return where the methods that this report used are described."""
    models = list(study.results.models.values())
    used = {interval.method for model in models for interval in model.patient_level.values()}
    used |= {"auc", "permutation"}
    used |= {"leaky"} if any(model.leaky_estimate for model in models) else set()
    used |= {
        part for part in ("calibration", "threshold", "decision_curve", "conformal") if _any_has(models, part)
    }
    used -= set() if study.results.settings.threshold_rule == "youden" else {"threshold"}
    used |= {part for part in ("saliency", "overlays") if getattr(study.results, part)}
    cited = [text for name, text in _SOURCES.items() if name in used]
    return [*cited, *study.results.context.references]


def _design(study: Study) -> str:
    cohort, settings, rows = study.results.data, study.results.settings, study.results.context.words.rows
    by = settings.split_by or "patient"
    split = (
        f"Patients were split into {settings.folds} folds"
        if by == "patient"
        else f"Each fold leaves out all patients of one value of {short_name(by)}"
    )
    times = "once" if settings.repeats == 1 else f"{settings.repeats} times"
    names = listed([_named(name, model) for name, model in study.results.models.items()])
    return (
        f"{cohort.rows} {rows} of {cohort.people} ({counts(study)}) were read. {split}, {times}"
        f" (seed {settings.seed}); all {rows} of a patient stand on the same side of every split. Whatever is fitted"
        " (how rows are made ready, the model, when its training stops, its calibration) was fitted on the training patients of"
        f" the fold alone. Models on the same folds: {names}. A patient's probability is the geometric mean of"
        f" those of their {rows}, scaled to a sum of 1."
    )


def _named(name: str, model: Model) -> str:
    return f"{short_name(name, 40)} ({printable(model.words)})" if model.words else short_name(name, 40)


def _figures(study: Study) -> str:
    settings, cohort = study.results.settings, study.results.data
    auc = (
        f"AUC is the chance that a patient of class {short_name(cohort.positive_class)} gets a higher probability than a"
        f" patient of the other class. {cohort.positive_class_reason}"
        if cohort.positive_class
        else "AUC is the mean over classes, each against the others."
    )
    kind = "BCa" if settings.interval == "bca" else "percentile"
    shares = any(
        interval.method == "wilson"
        for model in study.results.models.values()
        for interval in model.patient_level.values()
    )
    wilson = " Intervals of shares of patients (sensitivity, specificity) are Wilson's." if shares else ""
    within = (
        " Only patients tested by the same fold's model are compared, pairs are averaged over folds. Its interval is Wilson's with the variance of"
        " refitted models, not of fixed scores."
        if any(model.chance for model in study.results.models.values())
        else ""
    )
    return (
        f"{auc}{within} {'Other intervals' if within else 'Intervals'} are {100 * settings.level:.0f} % {kind} intervals from {settings.resamples:,} resamples of patients,"
        f" never of {study.results.context.words.rows}.{wilson} Differences between models come from the same folds and the same resampled patients;"
        " a model is called better or worse only where the interval of the difference excludes 0. There is no correction"
        " for the number of models compared."
    )


def _chance(study: Study) -> str:
    words = study.results.context.words
    if not study.results.settings.leaky:
        return f"{_refits(study)} {leaky_omission(words.row)}"
    models = study.results.models
    leaky = any(model.leaky_estimate for model in models.values())
    small = [short_name(name, 40) for name, model in models.items() if model.leaky_of_smaller]
    fewer = f" ({listed(small)} with fewer members)" if small else ""
    return _refits(study) + (
        f" The leaky estimate comes from the same models{fewer} on a split by {words.row}, which lets one patient's {words.rows} into both"
        " training and test."
        if leaky
        else ""
    )


def _samples(study: Study) -> str:
    """Say what a patient is in this report where labels are of samples, and what pairs of them show."""
    cohort, paired = study.results.data, study.results.models[study.first].paired
    if cohort.subjects is None:
        return ""
    sentence = (
        f"Labels are of samples: {cohort.subjects_with_several_classes} of {cohort.subjects} people carry several classes, and a patient in this report is a"
        " person's samples of one class. Splits, resamples and permutations go by people."
    )
    if paired is None:
        return sentence
    share = paired.share
    return (
        f"{sentence} Of the {paired.subjects} people with both classes {short_name(study.first)} puts the {short_name(cohort.positive_class or '')} sample"
        f" above the other one in a share of {number(share.value)} ({number(share.low)} to {number(share.high)}; p = {number(paired.chance.p, 4)} by"
        " classes exchanged within people and a linear model refitted; equal scores count half)."
    )


def _refits(study: Study) -> str:
    """Say where the p-value comes from."""
    model = study.results.models[study.first]
    chance = model.chance
    if chance is None:
        return (
            f"For a p value the classes were assigned to the patients at random {study.results.settings.permutations or 0:,} times"
            f" ({short_name(study.first)}: p = {number(model.permutation_p, 4)})."
        )
    of = "a linear model" if chance.refitted == "linear model" else "the model itself"
    return (
        f"For a p value {of} was refitted {chance.refits:,} times on the same folds with the patients' rows exchanged at random"
        f" ({short_name(study.first)}: p = {number(chance.p, 4)}; chance reaches {number(chance.null_mean, 2)} with a standard deviation of"
        f" {number(chance.null_sd, 2)})."
    )


def _decisions(study: Study) -> str:
    models, settings = list(study.results.models.values()), study.results.settings
    sentences = []
    if _any_has(models, "threshold"):
        rule = settings.threshold_rule
        smoothed = "" if isinstance(rule, float) else ", the mean over resamples of these patients"
        kind = (
            f"the highest sensitivity at a specificity of at least {number(rule, 2)}"
            if isinstance(rule, float)
            else "the highest sum of sensitivity and specificity (Youden)"
        )
        sentences.append(
            f"Each fold's decision threshold is that of {kind} among its training patients, on inner folds{smoothed}."
        )
    if _any_has(models, "conformal"):
        sentences.append(
            "Prediction sets are split-conformal, class by class, learned from each fold's training patients; classes with too few of "
            "them take the limit of all classes together."
        )
    if any(fold.chosen for model in models for fold in model.per_fold or []):
        sentences.append(
            "Where a model was tuned, each fold chose among declared candidates on inner folds only."
        )
    return " ".join(sentences)


def _any_has(models: list[Model], part: str) -> bool:
    return any(getattr(model, part) is not None for model in models)
