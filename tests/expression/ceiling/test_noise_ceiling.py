"""The noise ceiling against simulated sections whose rates are known, and its shapes against scipy's negative binomial."""

import numpy as np
import pandas
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling
from spectra_dl.expression.ceiling.shapes import rate_shapes, relative_rates

GENES = 60


def simulated(mean, spots, *, kind="gamma", seed=0, library=None):
    """Return counts, library sizes and each gene's true ceiling: a known predictor's correlation, averaged over redrawn counts."""
    generator = np.random.default_rng(seed)
    spread = generator.uniform(0.1, 1.2, GENES)
    if kind == "gamma":
        relative = generator.gamma(1 / spread, spread, (spots, GENES))
    elif kind == "gradient":
        relative = 1 + np.minimum(np.sqrt(3 * spread), 0.95) * generator.uniform(-1, 1, (spots, 1))
    else:
        relative = np.where(generator.random((spots, 1)) < 0.3, 1 + 1.4 * spread, 1 - 0.6 * spread)
    if library is None:
        library = np.rint(1000 * np.exp(generator.normal(0, 0.5, spots)))
    share = relative * mean / library.mean()
    drawn = [generator.poisson(share * library[:, None]).astype(float) for _ in range(10)]
    measured = [np.log1p(1e4 * counts / library[:, None]) for counts in drawn]
    each = [stats.pearsonr(np.log1p(1e4 * share), values, axis=0).statistic for values in measured]
    return drawn[0], library, np.mean(each, axis=0)


@pytest.mark.parametrize("spots", [300, 2000])
@pytest.mark.parametrize("mean", [0.2, 1.0, 5.0, 20.0])
def test_mean_over_genes_is_within_two_hundredths_of_the_truth_for_negative_binomial_counts(mean, spots):
    counts, library, truth = simulated(mean, spots)
    estimate = noise_ceiling(counts, library)
    assert abs(estimate.ceiling.mean() - truth.mean()) < 0.02
    np.testing.assert_allclose(estimate.mean_count, counts.mean(axis=0))


@pytest.mark.parametrize("kind", ["regions", "gradient"])
@pytest.mark.parametrize("mean", [1.0, 5.0])
def test_rates_that_follow_the_tissue_are_judged_as_well(mean, kind):
    counts, library, truth = simulated(mean, 1000, kind=kind)
    assert abs(noise_ceiling(counts, library).ceiling.mean() - truth.mean()) < 0.02


@pytest.mark.parametrize(("mean", "error"), [(1.0, 0.08), (20.0, 0.04)])
def test_single_genes_are_close_to_their_truth_and_within_their_interval(mean, error):
    counts, library, truth = simulated(mean, 300)
    estimate = noise_ceiling(counts, library)
    assert np.sqrt(np.mean((estimate.ceiling - truth) ** 2)) < error
    assert np.mean((estimate.low <= truth) & (truth <= estimate.high)) > 0.8


def test_a_lower_level_gives_a_narrower_interval_around_the_same_ceiling():
    counts, library, _ = simulated(1.0, 300)
    wide, narrow = noise_ceiling(counts, library), noise_ceiling(counts, library, level=0.5)
    np.testing.assert_array_equal(wide.ceiling, narrow.ceiling)
    assert np.all(narrow.high - narrow.low < wide.high - wide.low)


def test_a_real_section_with_spots_of_next_to_no_counts_is_judged_as_well(shared_data):
    table = pandas.read_csv(shared_data / "st" / "her2st" / "counts" / "C2.tsv.gz", sep="\t", index_col=0)
    library = table.to_numpy(dtype=np.float64).sum(axis=1)
    library = library[library > 0]  # 1 to 36,330 counts
    counts, _, truth = simulated(5.0, len(library), library=library)
    assert abs(noise_ceiling(counts, library).ceiling.mean() - truth.mean()) < 0.03


def test_constant_rates_have_a_ceiling_near_zero_whose_interval_holds_zero():
    generator = np.random.default_rng(0)
    library = np.rint(1000 * np.exp(generator.normal(0, 0.5, 2000)))
    counts = generator.poisson(5 * library[:, None] / 1000, (2000, 100)).astype(float)
    estimate = noise_ceiling(counts, library)
    assert estimate.ceiling.mean() < 0.06
    assert np.mean(estimate.low == 0) > 0.95


def test_equal_counts_in_equal_libraries_have_a_ceiling_of_zero():
    estimate = noise_ceiling(np.full((50, 2), 3.0))
    np.testing.assert_array_equal(estimate.ceiling, [0.0, 0.0])
    np.testing.assert_array_equal(estimate.low, [0.0, 0.0])


def test_a_gene_without_counts_is_unknown_and_leaves_the_others_alone():
    counts, library, _ = simulated(1.0, 300)
    whole = noise_ceiling(counts, library)
    estimate = noise_ceiling(np.insert(counts, 7, 0.0, axis=1), library)
    assert np.isnan([estimate.ceiling[7], estimate.low[7], estimate.high[7]]).all()
    assert estimate.mean_count[7] == 0
    np.testing.assert_array_equal(np.delete(estimate.ceiling, 7), whole.ceiling)
    assert np.isnan(noise_ceiling(np.zeros((20, 3)), np.ones(20)).ceiling).all()


def test_sparse_counts_and_dense_ones_give_the_same():
    counts, library, _ = simulated(0.2, 300)
    np.testing.assert_array_equal(
        noise_ceiling(csr_matrix(counts), library).ceiling, noise_ceiling(counts, library).ceiling
    )


def test_the_library_is_the_sum_of_the_counts_where_none_is_given():
    counts, _, _ = simulated(1.0, 300)
    np.testing.assert_array_equal(
        noise_ceiling(counts).ceiling, noise_ceiling(counts, counts.sum(axis=1)).ceiling
    )


def test_the_order_of_spots_and_genes_does_not_matter():
    counts, library, _ = simulated(1.0, 300)
    spots, genes = np.random.default_rng(1).permutation(300), np.random.default_rng(2).permutation(GENES)
    estimate = noise_ceiling(counts[spots][:, genes], library[spots]).ceiling
    np.testing.assert_allclose(estimate, noise_ceiling(counts, library).ceiling[genes], atol=1e-9)


def test_a_gene_is_the_same_whatever_block_it_stands_in():
    counts, library, _ = simulated(1.0, 300)
    once, often = noise_ceiling(counts, library).ceiling, noise_ceiling(np.tile(counts, 6), library).ceiling
    np.testing.assert_allclose(often[-GENES:], often[:GENES], atol=1e-12)
    assert np.abs(often[:GENES] - once).max() < 0.05  # a larger section weighs its own prior more


@settings(max_examples=25, deadline=None)
@example(np.eye(16, 1, dtype=np.int64) * 153_823, 1)  # rounding once passed 1
@given(
    arrays(np.int64, st.tuples(st.integers(10, 25), st.integers(1, 4)), elements=st.integers(0, 3_000_000)),
    st.integers(1, 40_000),
)
def test_any_counts_give_ordered_numbers_between_zero_and_one(counts, deepest):
    library = np.linspace(1, deepest, len(counts))
    estimate = noise_ceiling(counts.astype(float), library)
    known = counts.sum(axis=0) > 0
    assert np.isfinite(estimate.ceiling[known]).all()
    assert np.isnan(estimate.ceiling[~known]).all()
    ends = np.stack([estimate.low, estimate.ceiling, estimate.high])[:, known]
    assert np.all((ends >= 0) & (ends <= 1))
    assert np.all(np.diff(ends, axis=0) >= 0)


@pytest.mark.parametrize(
    ("counts", "library", "words"),
    [
        (np.ones((9, 2)), None, "at least 10 spots"),
        (np.ones((20, 2)), np.ones(19), "at least 10 spots"),
        (np.zeros((20, 2)), None, "leave empty spots out"),
        (np.full((20, 2), 0.5), None, "no counts"),
        (np.full((20, 2), -1.0), None, "no counts"),
        (np.full((20, 2), np.nan), np.ones(20), "no counts"),
        (np.ones((20, 2)), np.full(20, np.inf), "library sizes"),
    ],
)
def test_what_cannot_have_a_ceiling_is_refused_in_a_sentence(counts, library, words):
    with pytest.raises(DataError, match=words) as refused:
        noise_ceiling(counts, library)
    assert len(str(refused.value)) <= 500


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_zero_to_one_is_refused(level):
    with pytest.raises(UsageError, match="between 0 and 1"):
        noise_ceiling(np.ones((20, 2)), level=level)


def test_shapes_are_distributions_of_mean_one_and_their_weights_sum_to_one():
    shapes, weight = rate_shapes()
    np.testing.assert_allclose(shapes.sum(axis=1), 1.0)
    np.testing.assert_allclose(shapes @ relative_rates(), 1.0, atol=2e-3)
    assert weight.sum() == pytest.approx(1.0)
    assert np.all(shapes >= 0)
    assert np.all(weight > 0)


@pytest.mark.parametrize("deviation", [0.58, 1.0])
def test_counts_of_a_gamma_shape_are_negative_binomial_as_scipy_has_it(deviation):
    shapes, grid = rate_shapes()[0], relative_rates()
    counts, size, mean = np.arange(30), 1 / deviation**2, 2.0
    mixed = shapes @ stats.poisson.pmf(counts, mean * grid[:, None])
    expected = stats.nbinom.pmf(counts, size, size / (size + mean))
    assert np.abs(mixed - expected).max(axis=1).min() < 1e-3
