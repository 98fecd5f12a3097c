"""Made sections: their rates follow their images, half of their genes don't, and files hold them whole."""

import numpy as np
import pytest
from scipy import stats

from spectra_dl.errors import UsageError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.registration.spots_on_tissue import check_registration
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, draw_counts, simulate_tissue

SMALL = TissueSettings(patients=2, spots_per_side=10, genes=24, seed=5)


@pytest.fixture(scope="module")
def drawn():
    """Two sections of two patients."""
    return simulate_tissue(SMALL)


def test_the_same_seed_gives_the_same_study_and_another_seed_another(drawn):
    again, reseeded = simulate_tissue(SMALL), simulate_tissue(TissueSettings(2, 1, 10, 24, seed=6))
    for first, second in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(first.section.image.pixels, second.section.image.pixels)
        np.testing.assert_array_equal(first.rate, second.rate)
    assert drawn[0].section.image.sha256() != reseeded[0].section.image.sha256()


def test_more_patients_change_nothing_of_the_first(drawn):
    more = simulate_tissue(TissueSettings(patients=3, spots_per_side=10, genes=24, seed=5))
    np.testing.assert_array_equal(more[0].rate, drawn[0].rate)


def test_counts_are_poisson_around_the_rates(drawn):
    rate = drawn[0].rate
    counts = draw_counts(np.repeat(rate, 200, axis=0), 0.0, np.random.default_rng(0))
    score = (counts.mean(axis=0) - rate.mean(axis=0)) / np.sqrt(rate.mean(axis=0) / len(counts))
    assert stats.kstest(score, "norm").pvalue > 1e-3


def test_overdispersion_is_that_of_the_negative_binomial():
    counts = draw_counts(np.full((200_000, 1), 10.0), 0.2, np.random.default_rng(0))
    assert counts.mean() == pytest.approx(10.0, rel=0.01)
    assert counts.var() == pytest.approx(10 + 0.2 * 100, rel=0.03)


def test_darkness_of_the_image_tells_genes_of_the_first_half_and_none_of_the_others(drawn):
    simulated = drawn[0]
    centre = simulated.section.position_um / simulated.section.um_per_pixel
    tiles = simulated.section.image.cutter()(centre, 25.0, 25)
    seen = np.array([tile.reshape(-1, 3).mean(axis=0) for tile in tiles])
    design = np.column_stack([seen, np.ones(len(seen))])
    share = np.log(simulated.rate / simulated.rate.sum(axis=1, keepdims=True))
    # Against a gene that follows nothing, since shares add up to 1 and depend on each other.
    share -= share[:, -1:]
    fitted = design @ np.linalg.lstsq(design, share, rcond=None)[0]
    follow = [stats.pearsonr(fitted[:, at], share[:, at]).statistic for at in range(12)]
    assert np.median(follow) > 0.6
    np.testing.assert_allclose(share[:, 12:-1].std(axis=0), 0.0, atol=1e-9)


def test_spots_lie_on_the_tissue(drawn):
    for simulated in drawn:
        assert check_registration(simulated.section).share_on_tissue > 0.8


def test_files_give_the_section_back(drawn, tmp_path):
    section = drawn[0].section
    section_read = read_section(write_legacy_st(tmp_path, section))
    assert sorted(section_read.barcode) == sorted(section.barcode)
    order = [list(section_read.barcode).index(name) for name in section.barcode]
    np.testing.assert_array_equal(section_read.counts[order].toarray(), section.counts.toarray())
    np.testing.assert_allclose(section_read.position_um[order], section.position_um, rtol=1e-6)
    assert section_read.um_per_pixel == pytest.approx(4.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"patients": 0},
        {"spots_per_side": 3},
        {"genes": 2},
        {"um_per_pixel": 0.1},
        {"depth": 0.0},
        {"overdispersion": -1.0},
    ],
)
def test_an_impossible_study_is_refused(wrong):
    with pytest.raises(UsageError):
        TissueSettings(**wrong)
