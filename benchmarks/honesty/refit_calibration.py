"""How often is noise called better than chance, and how often does the interval of the AUC hold the truth?

Run: ``python benchmarks/honesty/refit_calibration.py RESULTS.jsonl [--sets 500] [--part 1/2] [--cells 40:100:1 ...]``, then with ``--table``.

A set has n patients, half of them of either class, and so many features, independent and normal; a logistic regression is fitted in each of five
folds. On noise the classes differ in nothing. With a signal they differ in five features by as much as makes the mean AUC of the folds' models on
patients nobody has seen .75; normal patients have it in closed form, no sample of them is needed. Each finished set is a line of the file and a
rerun takes up where the last one ended; two processes with ``--part 1/2`` and ``--part 2/2`` share the work, with a file each.

The table says, by cell: on noise, "better than chance", "worse", p below .05; with a signal, how often the interval holds the truth, how often
"better" is said, and how often it would be if the limit came from the noise sets of the same cell. For comparison stand the bootstrap's interval and
the p-value of permuted classes with fixed scores, both of folds pooled.
"""

import argparse
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

from spectra_dl.evaluation.classes.comparison import permutation_null, permutation_p
from spectra_dl.evaluation.classes.inference.chance import auc_and_chance, patient_features, refit_null
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import read_patients

CELLS = [(n, k, repeats) for n in (24, 40, 100) for k in (5, 100) for repeats in (1, 5)]
DIFFERENT, WANTED = 5, 0.75
RESAMPLES = 500

Model = tuple[np.ndarray, float]


def fitted(features: np.ndarray, truth: np.ndarray, difference: np.ndarray) -> Model:
    """Return a logistic regression's slope, and its AUC on patients nobody has seen."""
    scale = features.std(axis=0)
    slope = LogisticRegression(C=1.0, max_iter=300).fit(features / scale, truth).coef_[0] / scale
    return slope, float(ndtr(slope @ difference / (np.sqrt(2.0) * np.linalg.norm(slope))))


def drawn(n: int, k: int, shift: float, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, classes and the difference of the class means."""
    difference = np.where(np.arange(k) < DIFFERENT, shift, 0.0)
    truth = np.arange(n) % 2
    features = np.random.default_rng(seed).normal(size=(n, k)) + truth[:, None] * difference
    return features, truth, difference


def folds_of(truth: np.ndarray, repeats: int, seed: int) -> tuple[list[str], list[str], list[Fold]]:
    """Return patients, labels and folds."""
    patient, label = [f"p{number:03d}" for number in range(len(truth))], [str(code) for code in truth]
    return patient, label, patient_folds(patient, label, repeats=repeats, seed=seed)


def shift_of(n: int, k: int) -> float:
    """Return the difference at which models of four fifths of the patients have a mean AUC of .75."""
    low, high = 0.0, 3.0
    for _ in range(14):
        middle = (low + high) / 2
        aucs = []
        for number in range(100):
            features, truth, difference = drawn(n, k, middle, (1, n, k, number))
            train = np.arange(n) % 10 < 8
            aucs.append(fitted(features[train], truth[train], difference)[1])
        low, high = (middle, high) if np.mean(aucs) < WANTED else (low, middle)
    return middle


def one_set(n: int, k: int, repeats: int, shift: float, number: int) -> dict[str, float]:
    """Evaluate one set as the harness does."""
    features, truth, difference = drawn(n, k, shift, (2, n, k, repeats, number))
    patient, label, folds = folds_of(truth, repeats, number)
    pooled, true = np.empty((repeats, n, 2)), []
    for fold in folds:
        slope, auc = fitted(features[fold.train], truth[fold.train], difference)
        pooled[fold.repeat, fold.test, 1] = features[fold.test] @ slope
        true.append(auc)
    pooled[:, :, 0] = -pooled[:, :, 1]
    patients = read_patients(patient, label)
    tested_by = np.empty((repeats, n), dtype=np.intp)
    for fold in folds:
        tested_by[fold.repeat, fold.test] = fold.number
    surrogate = LinearSurrogate(patient_features(features, patients), truth, tested_by, 2, 1)
    null = refit_null(surrogate, 499, number)
    comparisons = comparisons_of(surrogate.fold, truth, 2, 1)
    interval, chance = auc_and_chance(pooled, comparisons, null, truth)
    scores = Scores(truth, 1 / (1 + np.exp(-pooled)), np.arange(n), 1)
    fixed = patient_intervals(scores, draw_patients(n, resamples=RESAMPLES, seed=0))["auc"]
    permuted = [
        permutation_null(each, np.arange(n), truth, permutations=RESAMPLES, seed=0)
        for each in scores.probability
    ]
    return {
        "auc": interval.value,
        "low": interval.low,
        "high": interval.high,
        "p": chance.p,
        "better": float(chance.verdict == "better"),
        "worse": float(chance.verdict == "worse"),
        "truth": float(np.mean(true)),
        "fixed_low": fixed.low,
        "fixed_high": fixed.high,
        "fixed_p": permutation_p(fixed.value, np.mean(permuted, axis=0)),
    }


def finished(path: Path) -> Iterator[dict[str, float]]:
    """Read the lines of finished sets; a line that was cut off is left out."""
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.endswith("}"):
            yield json.loads(line)


def study(path: Path, sets: int, part: tuple[int, int], cells: list[tuple[int, int, int]]) -> None:
    """Evaluate every set that has no line yet."""
    done = {(one["n"], one["k"], one["repeats"], one["signal"], one["set"]) for one in finished(path)}
    for n, k, repeats in cells:
        shift = shift_of(n, k)
        for signal in (0, 1):
            for number in range(part[0] - 1, sets, part[1]):
                if (n, k, repeats, signal, number) in done:
                    continue
                found = one_set(n, k, repeats, shift * signal, number)
                line = {"n": n, "k": k, "repeats": repeats, "signal": signal, "set": number, **found}
                with path.open("a") as stream:
                    stream.write(json.dumps(line) + "\n")


def table(paths: list[Path]) -> None:
    """Print what the finished sets come to."""
    by_cell = defaultdict(list)
    for path in paths:
        for one in finished(path):
            by_cell[one["n"], one["k"], one["repeats"], one["signal"]].append(one)
    print("noise:  n   features repeats sets | better  worse  p<.05 | fixed scores: better p<.05 holds .5")
    everything: dict[str, list[float]] = defaultdict(list)
    for (n, k, repeats, signal), sets in sorted(by_cell.items()):
        if signal:
            continue
        column = {name: np.array([one[name] for one in sets]) for name in sets[0]}
        shares = {
            "better": column["better"],
            "worse": column["worse"],
            "below": column["p"] < 0.05,
            "fixed better": column["fixed_low"] > 0.5,
            "fixed below": column["fixed_p"] < 0.05,
            "fixed holds": (column["fixed_low"] <= 0.5) & (column["fixed_high"] >= 0.5),
        }
        for name, values in shares.items():
            everything[name] += [*values]
        line = [float(np.mean(values)) for values in shares.values()]
        bands = [binom.interval(0.999, len(sets), nominal) for nominal in (0.025, 0.025, 0.05)]
        inside = all(
            low <= share * len(sets) <= high for share, (low, high) in zip(line, bands, strict=False)
        )
        print(row(n, k, repeats, len(sets), line) + ("" if inside else "  OUTSIDE its 99.9 % band"))
    print(
        row(
            "all",
            "",
            "",
            len(everything["better"]),
            [float(np.mean(values)) for values in everything.values()],
        )
    )
    print(
        "signal: n   features repeats sets | truth  mean AUC holds  better  with fresh noise  share | fixed scores hold"
    )
    for (n, k, repeats, signal), sets in sorted(by_cell.items()):
        if not signal:
            continue
        column = {name: np.array([one[name] for one in sets]) for name in sets[0]}
        limit = np.quantile([one["auc"] for one in by_cell[n, k, repeats, 0]], 0.975)
        fresh, better = float((column["auc"] > limit).mean()), float(column["better"].mean())
        holds, fixed = (
            float(((column[low] <= column["truth"]) & (column["truth"] <= column[high])).mean())
            for low, high in (("low", "high"), ("fixed_low", "fixed_high"))
        )
        figures = [column["truth"].mean(), column["auc"].mean(), holds, better, fresh, better / fresh, fixed]
        print(row(n, k, repeats, len(sets), [float(value) for value in figures]))


def row(n: object, k: object, repeats: object, sets: int, figures: list[float]) -> str:
    """Return a line of the table."""
    return f"{n!s:>10} {k!s:>8} {repeats!s:>7} {sets:>5} | " + "  ".join(f"{value:6.3f}" for value in figures)


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--cells", nargs="*", help="as n:features:repeats")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.table:
        return table(asked.results)
    first, last = asked.part.split("/")
    cells = [tuple(map(int, cell.split(":"))) for cell in asked.cells] if asked.cells else CELLS
    return study(asked.results[0], asked.sets, (int(first), int(last)), cells)


if __name__ == "__main__":
    main()
