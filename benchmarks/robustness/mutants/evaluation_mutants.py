"""Mistakes in how models are evaluated: folds, intervals, AUC within folds, refits, decisions."""

from mutant import Mutant

_SPLITS = ("evaluation/folds/test_splits.py",)
_INTERVALS = ("evaluation/test_intervals.py",)
_WITHIN = ("evaluation/classes/inference/test_within_folds.py",)
_CHANCE = ("evaluation/classes/inference/test_chance.py",)
_SURROGATE = ("evaluation/classes/inference/test_surrogate.py",)
_REFITS = ("evaluation/classes/inference/test_own_refits.py",)
_CONFORMAL = ("evaluation/classes/test_conformal.py",)
_WRITTEN = ("classification/test_decision_as_written.py",)
_DECIDED = ("evaluation/classes/test_decisions.py",)
_THRESHOLD = ("evaluation/classes/test_threshold.py",)
_METRICS = ("evaluation/classes/test_metrics.py",)

MUTANTS = (
    # folds
    Mutant(
        "test rows are trained on",
        "evaluation/folds/splits.py",
        "np.flatnonzero(fold_of_row != number)",
        "np.arange(len(fold_of_row))",
        _SPLITS,
    ),
    Mutant(
        "every repeat is the first",
        "evaluation/folds/splits.py",
        "_divide(people, folds, (seed, repeat))",
        "_divide(people, folds, (seed, 0))",
        _SPLITS,
    ),
    Mutant(
        "folds are not stratified",
        "evaluation/folds/splits.py",
        "np.arange(class_of_unit.size) % folds",
        "np.arange(class_of_unit.size) * folds // class_of_unit.size",
        _SPLITS,
    ),
    Mutant(
        "as many patients as folds are too few",
        "evaluation/folds/splits.py",
        "min(counts.values()) < folds",
        "min(counts.values()) <= folds",
        _SPLITS,
    ),
    Mutant(
        "two patients of a class give no inner folds",
        "evaluation/folds/splits.py",
        "if folds < 2:\n        return []\n    try:",
        "if folds <= 2:\n        return []\n    try:",
        _SPLITS,
    ),
    Mutant(
        "a patient may stand in two batches",
        "evaluation/folds/group_splits.py",
        "np.bincount(pairs[0]) > 1",
        "np.bincount(pairs[0]) > 2",
        ("evaluation/folds/test_group_splits.py",),
    ),
    Mutant(
        "a class that stands in one batch only is accepted",
        "evaluation/folds/group_splits.py",
        "left = counts.sum(axis=0) - counts",
        "left = counts.sum(axis=0)",
        ("evaluation/folds/test_group_splits.py",),
    ),
    Mutant(
        "sections are left out where patients are asked for",
        "evaluation/folds/leave_out_splits.py",
        'owners.values() if group == "patient" else owners)',
        'owners.values() if group == "section" else owners)',
        ("evaluation/folds/test_leave_out_splits.py",),
    ),
    # intervals
    Mutant(
        "a percentile interval of 90 % for 95 %",
        "evaluation/intervals.py",
        'tail = (1.0 - level) / 2.0\n    return _quantiles(value, resampled, (tail, 1.0 - tail), "percentile")',
        'tail = 1.0 - level\n    return _quantiles(value, resampled, (tail, 1.0 - tail), "percentile")',
        _INTERVALS,
    ),
    Mutant(
        "resamples equal to the figure count in full",
        "evaluation/intervals.py",
        "0.5 * np.count_nonzero(defined == value)",
        "np.count_nonzero(defined == value)",
        _INTERVALS,
    ),
    Mutant(
        "twice the acceleration", "evaluation/intervals.py", "(6.0 * spread)", "(3.0 * spread)", _INTERVALS
    ),
    Mutant(
        "Wilson's centre is moved twice as far",
        "evaluation/intervals.py",
        "z**2 / (2 * trials)",
        "z**2 / trials",
        _INTERVALS,
    ),
    Mutant(
        "a resample lacks a patient",
        "evaluation/intervals.py",
        "generator.multinomial(n_patients, ",
        "generator.multinomial(n_patients - 1, ",
        _INTERVALS,
    ),
    Mutant(
        "ties are lost in resamples",
        "evaluation/classes/resampling.py",
        "beaten[below] + beaten[not_above]",
        "beaten[below] + beaten[below]",
        _INTERVALS,
    ),
    Mutant(
        "confusion counts of resamples have classes swapped",
        "evaluation/classes/resampling.py",
        "self.truth * n_classes + self.probability.argmax(axis=1)",
        "self.probability.argmax(axis=1) * n_classes + self.truth",
        _INTERVALS,
    ),
    # AUC within folds
    Mutant(
        "positives are compared with negatives of all folds",
        "evaluation/classes/inference/within_folds.py",
        "np.flatnonzero((numbers == number) & (truth != code))",
        "np.flatnonzero(truth != code)",
        _WITHIN,
    ),
    Mutant(
        "a fold weighs by its positives alone",
        "evaluation/classes/inference/within_folds.py",
        "repeat, number, code, one, other, len(one) * len(other) / total",
        "repeat, number, code, one, other, len(one) / total",
        _WITHIN,
    ),
    Mutant(
        "ties count as wins",
        "evaluation/classes/inference/within_folds.py",
        "rankdata(np.concatenate([above, below], axis=1), axis=1)",
        'rankdata(np.concatenate([above, below], axis=1), axis=1, method="max")',
        _WITHIN,
    ),
    Mutant(
        "positives' placements are divided by the negatives' number",
        "evaluation/classes/inference/within_folds.py",
        "(beaten - value[:, None]) / beaten.shape[1]",
        "(beaten - value[:, None]) / beating.shape[1]",
        _WITHIN,
    ),
    Mutant(
        "folds count alike, whatever their pairs",
        "evaluation/classes/metrics.py",
        "wins = [count * auc(*one) for",
        "wins = [sum(pairs) / len(pairs) * auc(*one) for",
        _WITHIN,
    ),
    # refits
    Mutant(
        "p leaves the figure itself out",
        "evaluation/classes/inference/chance.py",
        "(1 + equal) / 2",
        "equal / 2",
        _CHANCE,
    ),
    Mutant(
        "a tail of 5 %", "evaluation/classes/inference/chance.py", "_TAIL = 0.025", "_TAIL = 0.05", _CHANCE
    ),
    Mutant(
        "below chance there is no inflation",
        "evaluation/classes/inference/chance.py",
        "np.interp(max(auc, 1.0 - auc), ",
        "np.interp(auc, ",
        _CHANCE,
    ),
    Mutant(
        "the interval is not inflated",
        "evaluation/classes/inference/chance.py",
        "error = inflation * float(auc.standard_error[0])",
        "error = float(auc.standard_error[0])",
        _CHANCE,
    ),
    Mutant(
        "an interval better than chance loses its lower half",
        "evaluation/classes/inference/chance.py",
        "low = max(low, min(0.5, interval.value))",
        "low = max(low, interval.value)",
        _CHANCE,
    ),
    Mutant(
        "refits keep their patients' folds",
        "evaluation/classes/inference/own_refits.py",
        "enumerate(task.fold_of_patient[:, order])",
        "enumerate(task.fold_of_patient)",
        _REFITS,
    ),
    Mutant(
        "refits keep their patients' classes",
        "evaluation/classes/inference/own_refits.py",
        "class_of_patient=task.patients.class_of_patient[order]",
        "class_of_patient=task.patients.class_of_patient",
        _REFITS,
    ),
    Mutant(
        "features change hands between batches",
        "evaluation/classes/inference/surrogate.py",
        "    if block is None:\n        return order",
        "    if block is not None:\n        return order",
        _SURROGATE,
    ),
    Mutant(
        "the refits' penalty doesn't grow with patients",
        "evaluation/classes/inference/surrogate.py",
        "+= _PENALTY * trained",
        "+= _PENALTY",
        _SURROGATE,
    ),
    Mutant(
        "refits know the class shares of test patients",
        "evaluation/classes/inference/surrogate.py",
        "self._target[~test].mean(axis=0)",
        "self._target.mean(axis=0)",
        _SURROGATE,
    ),
    # conformal sets, temperature, threshold
    Mutant(
        "the conformal rank leaves the new patient out",
        "evaluation/classes/conformal.py",
        "(score.size + 1) * coverage",
        "score.size * coverage",
        _CONFORMAL,
    ),
    Mutant(
        "one conformal quantile for all classes",
        "evaluation/classes/conformal.py",
        "max(together, _limit(own, coverage)) for own in by_class",
        "max(together, _limit(score, coverage)) for own in by_class",
        _CONFORMAL,
    ),
    Mutant(
        "a class of few patients has their highest score alone",
        "evaluation/classes/conformal.py",
        "together = -math.inf if not pooled else",
        "together = -math.inf if pooled else",
        _CONFORMAL,
    ),
    Mutant(
        "too few patients of all classes are certain",
        "evaluation/classes/conformal.py",
        "if score.size >= needed else math.inf",
        "if score.size >= needed else 0.0",
        _CONFORMAL,
    ),
    Mutant(
        "only a pooled class takes the limit of all together",
        "evaluation/classes/conformal.py",
        "tuple(max(together, _limit(own, coverage)) for own in by_class)",
        "tuple(max(together if own.size < needed else 0.0, _limit(own, coverage)) for own in by_class)",
        _CONFORMAL,
    ),
    Mutant(
        "the patient at the quantile is not in the set",
        "evaluation/classes/conformal.py",
        "1.0 - probability <= np.array",
        "1.0 - probability < np.array",
        _CONFORMAL,
    ),
    Mutant(
        "conformal limits of probabilities before the temperature",
        "classification/assembly.py",
        "limit=_limits(probability, truth, COVERAGE)",
        "limit=_limits(softmax(mean), truth, COVERAGE)",
        _WRITTEN,
    ),
    Mutant(
        "the temperature is fitted on rows",
        "classification/assembly.py",
        "fit_temperature(mean, patients.class_of_patient)",
        "fit_temperature(logits, data.target)",
        _WRITTEN,
    ),
    Mutant(
        "the inverse temperature",
        "evaluation/classes/calibration.py",
        "float(1.0 / best.x)",
        "float(best.x)",
        ("evaluation/classes/test_calibration.py",),
    ),
    Mutant(
        "a specificity is rounded",
        "evaluation/classes/threshold.py",
        "math.ceil(rule * n_negative - 1e-9)",
        "round(rule * n_negative)",
        _THRESHOLD,
    ),
    Mutant(
        "of equal thresholds the one nearest 0",
        "evaluation/classes/threshold.py",
        "np.abs(at - 0.5)",
        "np.abs(at)",
        _THRESHOLD,
    ),
    Mutant(
        "patients are resampled without regard to their class",
        "evaluation/classes/threshold.py",
        "generator.integers(places.size, size=places.size)",
        "generator.integers(places.size, size=generator.poisson(places.size))",
        _THRESHOLD,
    ),
    Mutant(
        "a specificity that is asked for is smoothed too",
        "evaluation/classes/threshold.py",
        'float(np.mean(resampled)) if rule == "youden" else chosen',
        "float(np.mean(resampled))",
        _THRESHOLD,
    ),
    Mutant(
        "the highest specificity at a specificity",
        "evaluation/classes/threshold.py",
        "hits * (n_negative + 1) + rejected",
        "rejected * (n_negative + 1) + hits",
        _THRESHOLD,
    ),
    Mutant(
        "Youden's index weighs classes by their patients",
        "evaluation/classes/threshold.py",
        "hits * n_negative + rejected * n_positive",
        "hits + rejected",
        _THRESHOLD,
    ),
    Mutant(
        "thresholds of other folds",
        "evaluation/classes/decisions.py",
        "zip(task.folds, thresholds, strict=True)",
        "zip(task.folds, thresholds[::-1], strict=True)",
        _DECIDED,
    ),
    Mutant(
        "every repeat is decided by the first one's probabilities",
        "evaluation/classes/decisions.py",
        "pooled[fold.repeat, tested, task.positive] >=",
        "pooled[0, tested, task.positive] >=",
        _DECIDED,
    ),
    Mutant(
        "probabilities on an edge belong to the bin above",
        "evaluation/classes/metrics.py",
        "np.ceil(probability * CALIBRATION_BINS).astype(np.intp) - 1",
        "np.floor(probability * CALIBRATION_BINS).astype(np.intp)",
        _METRICS,
    ),
    Mutant(
        "sensitivity and precision swapped",
        "evaluation/classes/metrics.py",
        "true, called = table.sum(axis=-1), table.sum(axis=-2)",
        "true, called = table.sum(axis=-2), table.sum(axis=-1)",
        _METRICS,
    ),
)
