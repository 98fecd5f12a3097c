"""Patients' bulk profiles: their genes, chosen on training patients, and what counting noise leaves possible."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.panel.asked_genes import KnownGenes, asked_columns, known_genes

MILLION = 1e6
_SPLITS = 10  # of the counts into halves


@dataclass(frozen=True, eq=False)
class BulkProfiles:
    """A profile of each patient.

    Attributes
    ----------
    values
        ``(m, g)`` logarithms: log(1 + counts per ``per``) of counts, else as they were given.
    gene
        ``(g,)`` ids.
    symbol
        ``(g,)`` symbols, empty where not known; None where none is.
    counts, library
        ``(m, g)`` and ``(m,)``: counts, and their sum over all genes; None where values are no counts.
    per
        What counts are brought to: a million for bulk RNA-seq, and 10,000 for spots added up, as for spots: of a hundred times fewer counts a single one would
        be a large part of a logarithm per million.
    """

    values: FloatArray
    gene: TextArray
    symbol: TextArray | None = None
    counts: FloatArray | None = None
    library: FloatArray | None = None
    per: float = MILLION

    @classmethod
    def of_counts(
        cls,
        counts: FloatArray,
        library: FloatArray,
        gene: TextArray,
        symbol: TextArray | None = None,
        *,
        per: float = MILLION,
    ) -> "BulkProfiles":
        """Return log(1 + counts per ``per``) of counts.

        Parameters
        ----------
        counts
            ``(m, g)``.
        library
            ``(m,)`` over all genes, above 0.
        gene, symbol
            ``(g,)``.
        per
            What they are brought to.
        """
        return cls(log_scaled(counts, library, per), gene, symbol, counts, library, per)

    @property
    def known_genes(self) -> KnownGenes:
        """The ids and symbols by which genes can be asked for."""
        return known_genes(self.gene, self.symbol)


def log_scaled(counts: FloatArray, library: FloatArray, per: float = MILLION) -> FloatArray:
    """Return log(1 + counts per million, or per another number), ``(m, g)``.

    Parameters
    ----------
    counts
        ``(m, g)``.
    library
        ``(m,)`` counts over all genes, above 0.
    per
        What they are brought to.

    Examples
    --------
    >>> log_scaled(np.array([[0.0, 1.0]]), np.array([1e6])).round(3)
    array([[0.   , 0.693]])
    """
    scaled: FloatArray = np.log1p(counts * (per / library)[:, None])
    return scaled


def refuse_rule_of_spots(settings: PanelSettings) -> None:
    """Refuse a rule by which genes of spots are chosen, and none of patients.

    Raises
    ------
    UsageError
        It is one of scanpy's.
    """
    if settings.rule not in ("variance", "mean"):
        raise UsageError(
            f"--panel {settings.rule} is of spots; of patients genes are chosen by variance or mean"
        )


@dataclass(frozen=True, eq=False)
class BulkTargets:
    """Choose genes on training patients, as the evaluation's chooser of targets.

    Attributes
    ----------
    profiles
        Of all patients.
    settings
        How many genes, and by what; or which.
    seed
        Of the ceiling's splits.

    Raises
    ------
    UsageError
        Genes are to be chosen by a rule that is of spots.
    """

    profiles: BulkProfiles
    settings: PanelSettings
    seed: int = 0

    def __post_init__(self) -> None:
        refuse_rule_of_spots(self.settings)

    def fit(self, rows: IndexArray) -> "ChosenGenes":
        """Return the genes that vary most over these patients, or are highest; or those that were named.

        Raises
        ------
        DataError
            No gene varies over these patients.
        """
        values = self.profiles.values[rows]
        variance = values.var(axis=0)
        if self.settings.names:
            asked = asked_columns(self.profiles.known_genes, self.settings.names)
            if variance[asked].max(initial=0.0) <= 1e-12:
                raise DataError(
                    f"none of the genes named varies over the {len(rows)} patients that train, so there is nothing to predict; name others"
                )
            return ChosenGenes(self, asked)
        score = variance if self.settings.rule == "variance" else values.mean(axis=0)
        score = np.where(variance > 1e-12, score, -np.inf)
        best = np.argsort(-score, kind="stable")[: self.settings.size]
        columns = np.sort(best[np.isfinite(score[best])])
        if not columns.size:
            raise DataError(
                f"no gene varies over the {len(rows)} patients that train, so there is nothing to predict; bring profiles that differ"
            )
        return ChosenGenes(self, columns)


@dataclass(frozen=True, eq=False)
class ChosenGenes:
    """Genes, with measured values of any patients."""

    of: BulkTargets
    columns: IndexArray

    @property
    def names(self) -> list[str]:
        """The genes' ids."""
        return [str(name) for name in self.of.profiles.gene[self.columns]]

    def values(self, rows: IndexArray) -> FloatArray:
        """Return ``(k, t)`` logarithms."""
        return self.of.profiles.values[rows][:, self.columns]

    def ceiling(self, rows: IndexArray) -> FloatArray:
        """Return ``(t,)`` what counting noise leaves possible across these patients; NaN where values are no counts."""
        profiles = self.of.profiles
        if profiles.counts is None or profiles.library is None:
            return np.full(len(self.columns), np.nan)
        counts = profiles.counts[rows][:, self.columns]
        return counting_ceiling(counts, profiles.library[rows], profiles.per, seed=self.of.seed)


def counting_ceiling(
    counts: FloatArray, library: FloatArray, per: float = MILLION, *, seed: int = 0
) -> FloatArray:
    """Return ``(t,)`` the highest correlation across patients that counting noise leaves possible; NaN where no half of the counts varies.

    Each count is split into halves as by a coin for each molecule. The halves are two measurements of the same tissue, each half as deep; their
    correlation says by Spearman and Brown's formula what share of the variance across patients is no counting noise, whose square root is the ceiling.
    Halves of spots would not do: a model sees the tissue under all spots, and may predict how the halves differ.

    Parameters
    ----------
    counts
        ``(m, t)``; fractions are rounded.
    library
        ``(m,)`` counts over all genes.
    per
        What counts are brought to before the logarithm.
    seed
        Of the splits, of which the mean of ten is taken.

    References
    ----------
    Brown 1910, doi 10.1111/j.2044-8295.1910.tb00207.x; Spearman 1910, doi 10.1111/j.2044-8295.1910.tb00206.x.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(np.linspace(1, 1000, 40)[:, None])
    >>> bool(counting_ceiling(counts, np.full(40, 1e6))[0] > 0.98)
    True
    """
    whole, generator = np.rint(counts).astype(np.int64), np.random.default_rng((seed, 7))
    reliability = []
    for _ in range(_SPLITS):
        half = generator.binomial(whole, 0.5)
        first, second = (
            log_scaled(part.astype(np.float64), library / 2, per) for part in (half, whole - half)
        )
        correlation = pearson_per_column(first, second)
        reliability.append(2 * correlation / (1 + correlation.clip(min=-0.5)))
    ceiling: FloatArray = np.sqrt(np.mean(reliability, axis=0).clip(min=0.0))
    return ceiling
