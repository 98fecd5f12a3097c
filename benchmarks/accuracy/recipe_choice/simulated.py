"""One simulated study under every recipe asked for."""

import time
from collections.abc import Iterator
from pathlib import Path

from cells import Cell
from figures import patient_odds
from fitting import SEED, Training, fitted_recipe, probability
from options import Options
from recipes import RECIPES
from store import Result, keep, parameters, result_file, stored

from spectra_dl.errors import SpectraDLError
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.spectra.simulation.families.spectra import axis
from spectra_dl.spectra.simulation.families.study import (
    NEGATIVE_LABEL,
    POSITIVE_LABEL,
    FamilyStudy,
    SimulatedPatients,
    simulate_family,
)
from spectra_dl.spectra.simulation.families.worlds import WORLDS

CLASSES = (NEGATIVE_LABEL, POSITIVE_LABEL)
_FRESH_SEED = 1


def files(cell: Cell, number: int, options: Options) -> dict[str, Path]:
    """Return where the result of each recipe stands."""
    settings = cell.study(number)
    wavenumber = axis(WORLDS[settings.variant], settings.points)
    return {
        name: result_file(
            options.work,
            f"{settings.variant} {cell.name} {number}",
            name,
            settings,
            options.inner,
            options.fresh,
            parameters(RECIPES[name](wavenumber, SEED)),
        )
        for name in options.recipes
    }


def score_study(cell: Cell, number: int, options: Options) -> Iterator[str]:
    """Score the recipes that have no result yet; yield a line for each."""
    missing = {name: path for name, path in files(cell, number, options).items() if not path.exists()}
    if not missing:
        return
    study = simulate_family(cell.study(number))
    fresh = study.fresh_patients(options.fresh, _FRESH_SEED) if options.fresh else None
    for name, path in missing.items():
        try:
            result = recipe_figures(name, study, fresh, options.inner)
        except SpectraDLError as err:
            result = {"refused": str(err)}
        keep(path, {**result, "best_auc": study.best_auc})
        yield f"{cell.name} {number} {name}: {summary(result)}"


def recipe_figures(name: str, study: FamilyStudy, fresh: SimulatedPatients | None, inner: str) -> Result:
    """Return a recipe's figures on a study."""
    train = study.train
    fitted = fitted_recipe(
        name, RECIPES[name](train.wavenumber, SEED), Training(train, train.patient, CLASSES, inner)
    )
    unseen = None
    if fitted.unseen is not None:
        unseen = patient_odds(fitted.unseen, train.patient, train.label, CLASSES)
    return {
        "inner_auc": unseen.auc if unseen else None,
        "inner_log_loss": unseen.log_loss if unseen else None,
        "fit_seconds": fitted.seconds[0],
        "unseen_seconds": fitted.seconds[1],
        **(fresh_figures(name, fitted.model, fresh) if fresh else {}),
    }


def fresh_figures(name: str, model: Estimator, fresh: SimulatedPatients) -> Result:
    """Return a fitted recipe's figures on patients of the same world."""
    start = time.process_time()
    table = fresh.table
    scored = patient_odds(probability(name, model, table, CLASSES), table.patient, table.label, CLASSES)
    return {
        "fresh_auc": scored.auc,
        "fresh_log_loss": scored.log_loss,
        "oracle_auc": auc(fresh.positive, fresh.latents.log_likelihood_ratio),
        "score_seconds": time.process_time() - start,
        "positive": scored.positive.astype(int).tolist(),
        "log_odds": scored.log_odds.round(5).tolist(),
    }


def summary(result: Result) -> str:
    """Return a line of progress."""
    if "refused" in result:
        return f"refused: {result['refused']}"
    inner, fresh = (
        "-" if result.get(figure) is None else f"{result[figure]:.3f}"
        for figure in ("inner_auc", "fresh_auc")
    )
    seconds = [f"{result.get(f'{part}_seconds', 0):.1f}" for part in ("fit", "unseen", "score")]
    return f"inner {inner}, fresh {fresh}, CPU s {' + '.join(seconds)}"


def results(cell: Cell, numbers: range, options: Options) -> dict[str, list[Result]]:
    """Return the finished results of a cell's studies by recipe; a recipe that lacks one is left out."""
    by_recipe = {name: [] for name in options.recipes}
    for number in numbers:
        for name, path in files(cell, number, options).items():
            found = stored(path)
            if found is not None and "refused" not in found:
                by_recipe[name].append(found)
    return {name: found for name, found in by_recipe.items() if len(found) == len(numbers)}
