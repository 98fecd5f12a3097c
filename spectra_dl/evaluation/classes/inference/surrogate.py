"""A linear model refitted hundreds of times on the same folds: with spectra that know nothing of the class, and with a known difference.

Each refit gives the classes and their folds to other patients' features, so that nothing but chance relates them. Sums of products of all patients are
shared by the folds, and many refits are solved at once.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.inference.within_folds import (
    Comparison,
    WithinFoldAuc,
    comparisons_of,
    within_fold_auc,
)

_PENALTY = 1.0  # per training patient, on standardised features: refits vary as much as those of other linear models or more
_CELLS = 2_000_000  # numbers of features held at once


@dataclass(frozen=True, eq=False)
class LinearSurrogate:
    """Ridge regression of classes on patients' features, on the folds of an evaluation.

    Attributes
    ----------
    features
        ``(m, k)`` a row per patient; finite.
    truth
        ``(m,)`` class numbers.
    fold
        ``(repeats, m)`` test fold of each patient.
    n_classes
        How many classes there are.
    positive
        Number of the positive class; None compares each class with the rest.
    block
        ``(m,)`` numbers: features change hands within a block only, such as a batch that is left out; None lets all change.
    cluster
        ``(m,)`` number of each patient's subject, where several are one subject's: features change hands between a subject's patients, and
        between subjects of as many; None: each is its own.
    """

    features: FloatArray
    truth: IndexArray
    fold: IndexArray
    n_classes: int
    positive: int | None
    block: IndexArray | None = None
    cluster: IndexArray | None = None

    def refits(self, count: int, generator: np.random.Generator, *, shift: float = 0.0) -> WithinFoldAuc:
        """Return the AUC within folds of so many refits, each with the features permuted over patients.

        Parameters
        ----------
        count
            How many.
        generator
            Of the permutations.
        shift
            How far apart the classes are put, as a multiple of the difference between their means; the features themselves have none.
        """
        patients, width = self._residual.shape
        step = max(1, _CELLS // (patients * max(1, width)))
        parts = [
            within_fold_auc(
                self.scores(min(step, count - start), generator, shift), self._comparisons, self.cluster
            )
            for start in range(0, count, step)
        ]
        return WithinFoldAuc(*(np.concatenate(values) for values in zip(*map(_fields, parts), strict=True)))

    @cached_property
    def _comparisons(self) -> list[Comparison]:
        return comparisons_of(self.fold, self.truth, self.n_classes, self.positive)

    @cached_property
    def _target(self) -> FloatArray:
        return np.eye(self.n_classes)[self.truth]

    @cached_property
    def _whole(self) -> FloatArray:
        """``(m, r)`` standardised features on their principal axes; a ridge regression does not notice the rotation."""
        centred = self.features - self.features.mean(axis=0)
        spread = centred.std(axis=0)
        held = np.divide(
            centred,
            spread,
            out=np.zeros_like(centred),
            where=spread > 1e-9 * np.abs(centred).max(initial=1e-300),
        )
        left, size, _ = np.linalg.svd(held, full_matrices=False)
        kept = size > 1e-9 * size.max(initial=1e-300)
        whole: FloatArray = left[:, kept] * size[kept]
        return whole

    @cached_property
    def _means(self) -> FloatArray:
        """``(c, r)`` class means."""
        counts = self._target.sum(axis=0)[:, None]
        return np.asarray(self._target.T @ self._whole / counts)

    @cached_property
    def _residual(self) -> FloatArray:
        """``(m, r)`` features less their class's mean, as wide as they would be had no mean been taken away."""
        patients = len(self.truth)
        freedom = max(1, patients - self.n_classes)
        return np.asarray((self._whole - self._means[self.truth]) * np.sqrt(patients / freedom))

    def scores(self, count: int, generator: np.random.Generator, shift: float) -> FloatArray:
        """Return ``(count, repeats, m, c)`` scores of held-out patients in so many refits.

        Parameters
        ----------
        count, generator, shift
            As in `refits`.
        """
        permuted = permuted_patients(self.block, self.cluster, len(self.truth), count, generator)
        features = (
            self._residual[permuted] + shift * self._means[self.truth] if shift else self._whole[permuted]
        )
        products, sums = np.matmul(features.transpose(0, 2, 1), features), features.sum(axis=1)
        aims = np.einsum("jma,mc->jac", features, self._target, optimize=True)
        scores = np.empty((count, *self.fold.shape, self.n_classes))
        for repeat, numbers in enumerate(self.fold):
            for number in range(int(numbers.max()) + 1):
                test = numbers == number
                slope = self._slope(features[:, test], test, products, sums, aims)
                scores[:, repeat, test] = np.matmul(features[:, test], slope)
        return scores

    def _slope(
        self, tested: FloatArray, test: IndexArray, products: FloatArray, sums: FloatArray, aims: FloatArray
    ) -> FloatArray:
        """Return ``(j, r, c)`` coefficients of the fold that leaves these patients out."""
        trained = np.count_nonzero(~test)
        total = sums - tested.sum(axis=1)
        spread = products - np.matmul(tested.transpose(0, 2, 1), tested)
        spread -= total[:, :, None] * total[:, None, :] / trained
        diagonal = np.arange(spread.shape[1])
        spread[:, diagonal, diagonal] += _PENALTY * trained
        aim = aims - np.einsum("jma,mc->jac", tested, self._target[test], optimize=True)
        aim -= total[:, :, None] * self._target[~test].mean(axis=0)
        return np.linalg.solve(spread, aim)


def permuted_patients(
    block: IndexArray | None,
    cluster: IndexArray | None,
    patients: int,
    count: int,
    generator: np.random.Generator,
) -> IndexArray:
    """Return ``(count, m)`` orders of the patients that keep to blocks and to subjects.

    Parameters
    ----------
    block
        As in `permuted_within`.
    cluster
        ``(m,)`` number of each patient's subject; None: each is its own. Subjects of as many patients change places as a whole, and the patients
        of each among themselves: what a subject's patients have in common stays together.
    patients
        How many there are, ``m``.
    count
        How many orders.
    generator
        Of the draws.
    """
    if cluster is None:
        return permuted_within(block, patients, count, generator)
    members = [np.flatnonzero(cluster == number) for number in np.unique(cluster)]
    strata: dict[tuple[int, int], list[IndexArray]] = {}
    for of_subject in members:
        where = 0 if block is None else int(block[of_subject[0]])
        strata.setdefault((where, len(of_subject)), []).append(of_subject)
    order = np.empty((count, patients), dtype=np.intp)
    for subjects in strata.values():
        places = np.stack(subjects)  # (s, k)
        for draw in order:
            draw[places] = generator.permuted(places[generator.permutation(len(places))], axis=1)
    return order


def permuted_within(
    block: IndexArray | None, patients: int, count: int, generator: np.random.Generator
) -> IndexArray:
    """Return ``(count, m)`` orders of the patients, each as likely as any other that keeps to the blocks.

    Parameters
    ----------
    block
        ``(m,)`` numbers: patients change places within a block only; None lets all change.
    patients
        How many there are, ``m``.
    count
        How many orders.
    generator
        Of the draws.
    """
    order = np.argsort(generator.random((count, patients)), axis=1)
    if block is None:
        return order
    # Patients in random order, sorted by block, against patients sorted by block: they change places inside it.
    by_block = np.argsort(block[order], axis=1, kind="stable")
    permuted = np.empty_like(order)
    permuted[:, np.argsort(block, kind="stable")] = np.take_along_axis(order, by_block, axis=1)
    return permuted


def _fields(auc: WithinFoldAuc) -> tuple[FloatArray, FloatArray, FloatArray]:
    return auc.value, auc.standard_error, auc.of_comparison
