"""The page of a report of one profile per patient: how well profiles of whole slides are predicted, beside their ceiling and controls."""

import shlex

from spectra_dl.evaluation.report.across.across_study import AcrossStudy
from spectra_dl.evaluation.report.page.environment import LISTED_AT_MOST, RESEARCH_USE, environment
from spectra_dl.evaluation.report.page.profiles import figures
from spectra_dl.evaluation.report.page.profiles.figures import against_ceiling
from spectra_dl.evaluation.report.page.profiles.page import difference_scale, score_scale
from spectra_dl.evaluation.report.page.wording import listed, short_name

_TARGETS_SHOWN = 20
_SOURCES = (
    "Expression from whole slides: Schmauch et al. 2020, doi 10.1038/s41467-020-17678-4",
    "Jackknife intervals: Efron & Tibshirani 1993, An Introduction to the Bootstrap",
    "Noise ceiling as the square root of reliability: Spearman 1904, doi 10.2307/1412159",
)


def across_page(study: AcrossStudy) -> str:
    """Return the page of a report that was read."""
    results = study.results
    drawn = [result.pearson for result in (*results.models.values(), *results.controls.values())]
    return (
        environment()
        .get_template("across.html")
        .render(
            study=study,
            results=results,
            words=results.context.words,
            findings=[],
            verdict=results.verdict,
            research_use=RESEARCH_USE,
            score_scale=score_scale(drawn, results.ceiling),
            difference_scale=difference_scale(results.differences),
            against_ceiling=against_ceiling(results.drawn),
            plot=figures,
            best=results.best_first[:_TARGETS_SHOWN],
            methods=[_design(study), " ".join(results.context.methods), _figures(study)],
            sources=[*_SOURCES, *results.context.references],
            command=shlex.join(study.command),
            listed_at_most=LISTED_AT_MOST,
            refused_rows="",
        )
    )


def _design(study: AcrossStudy) -> str:
    results, settings = study.results, study.results.settings
    words = results.context.words
    counts = listed([f"{number:,} {name}" for name, number in results.data.items()])
    split = (
        f"Each {words.row} was left out once"
        if settings.folds is None
        else f"The {words.rows} were split into {settings.folds} folds{f', {settings.repeats} times' if settings.repeats > 1 else ''}"
    )
    names = listed([short_name(name, 40) for name in results.models])
    return (
        f"{counts} were read. {split} (seed {settings.seed}). Whatever is fitted, the choice of {words.target}s included, was fitted on the training {words.rows} of the "
        f"fold alone. Models on the same folds: {names}."
    )


def _figures(study: AcrossStudy) -> str:
    settings, words = study.results.settings, study.results.context.words
    return (
        f"r is, for each {words.target}, the Pearson correlation across the left-out {words.rows} of what was predicted and what was measured, both less the mean of the fold's training "
        f"{words.rows}; it is averaged over {words.target}s. The ceiling is the correlation that counting noise leaves possible. R² is 1 - squared error / that of the training mean. "
        f"{100 * settings.level:.0f} % intervals are over {words.rows} by the jackknife, of the models as they are. The first model was trained on profiles in another order "
        f"{settings.shuffles} times as a control; controls see no tissue. There is no correction for the number of models compared."
    )
