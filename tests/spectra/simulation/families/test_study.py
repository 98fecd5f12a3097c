"""A family's studies repeat byte by byte, their fresh patients are new, and nothing but the signal knows the class."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.families.settings import SIGNALS, VARIANTS, FamilySettings
from spectra_dl.spectra.simulation.families.study import simulate_family

SMALL = FamilySettings(signal="heights", patients=8, spectra_per_patient=2, points=120)


def distance_from_half(positive, score):
    """How many standard errors under the null an AUC lies from .5."""
    n_positive, n_negative = positive.sum(), (~positive).sum()
    error = sqrt((len(positive) + 1) / (12 * n_positive * n_negative))
    return abs(roc_auc_score(positive, score) - 0.5) / error


def example(signal, **changes):
    """A small study of a signal."""
    return simulate_family(
        replace(SMALL, signal=signal, spectra_per_patient=10 if signal == "subset" else 2, **changes)
    )


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("signal", SIGNALS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(signal, variant):
    first, again = (example(signal, variant=variant, batches=2, spikes=True) for _ in range(2))
    assert first.train.intensity.tobytes() == again.train.intensity.tobytes()
    assert list(first.train.label) == list(again.train.label)
    assert first.fresh(4, 7).intensity.tobytes() == again.fresh(4, 7).intensity.tobytes()
    other = example(signal, variant=variant, batches=2, spikes=True, seed=1)
    assert not np.array_equal(first.train.intensity, other.train.intensity)


def test_fresh_patients_are_other_patients_of_the_same_world():
    study = example("heights", batches=3)
    one, two = study.fresh(9, 1), study.fresh(9, 2)
    for first, second in ((study.train, one), (one, two)):
        assert not set(first.patient) & set(second.patient)
        assert not set(map(bytes, first.intensity)) & set(map(bytes, second.intensity))
    assert not set(study.train.batch) & set(one.batch)
    np.testing.assert_array_equal(study.train.wavenumber, one.wavenumber)
    assert set(one.label) == set(study.train.label)


def test_fresh_batches_have_the_training_batches_size():
    study = simulate_family(replace(SMALL, patients=40, batches=4))
    assert len(set(study.fresh(100, 0).batch)) == 10
    assert len(set(simulate_family(SMALL).fresh(100, 0).batch)) == 1


def test_a_row_says_whose_it_is():
    table = example("ratio").train
    assert table.intensity.shape == (16, 120)
    for column in (table.patient, table.label, table.batch):
        assert all(len(set(two)) == 1 for two in column.reshape(8, 2))
    assert len(set(table.sample_id)) == 16
    assert "simulated" in table.notes[0]
    assert set(table.metadata["origin"]) == {"simulated"}


@pytest.mark.parametrize(("share", "patients", "positive"), [(0.5, 20, 10), (0.2, 40, 8), (0.01, 8, 1)])
def test_the_share_of_positive_patients_is_the_one_asked_for(share, patients, positive):
    study = simulate_family(replace(SMALL, patients=patients, positive_share=share))
    assert study.patients.positive.sum() == positive
    assert (study.train.label == "case").sum() == 2 * positive


@pytest.mark.parametrize("signal", SIGNALS)
def test_batches_and_brightness_know_nothing_of_the_class(signal):
    study = example(signal, batches=4)
    fresh = study.fresh_patients(2000, 3)
    positive = fresh.positive
    each = len(fresh.table) // 2000
    for score in (
        fresh.batches.gain[fresh.batches.of_patient],
        fresh.batches.shift[fresh.batches.of_patient],
        fresh.batches.shape[fresh.batches.of_patient, 0],
        fresh.batches.of_patient,
        fresh.table.intensity.mean(axis=1).reshape(2000, each).mean(axis=1),
    ):
        assert distance_from_half(positive, score) < 4


def test_one_batch_changes_nothing_and_several_do():
    alone, several = simulate_family(SMALL), simulate_family(replace(SMALL, batches=4))
    assert set(alone.patients.batches.shift) == {0.0}
    assert set(alone.patients.batches.gain) == {1.0}
    assert np.abs(several.patients.batches.shift).min() > 0


def test_spikes_fall_only_where_asked_for():
    many = replace(SMALL, patients=300)
    jumps = [
        np.abs(np.diff(simulate_family(replace(many, spikes=spikes)).train.intensity)).max()
        for spikes in (False, True)
    ]
    assert jumps[1] > 1.5 * jumps[0]


def test_the_variants_are_different_worlds():
    a, b = (example("heights", variant=variant) for variant in VARIANTS)
    assert not {group.name for group in a.world.groups} <= {group.name for group in b.world.groups}
    assert a.train.wavenumber[0] != b.train.wavenumber[0]
    assert a.world.lorentzian_share != b.world.lorentzian_share


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("signal", SIGNALS)
def test_seeds_draw_which_groups_carry_the_signal(signal, variant):
    carried = {example(signal, variant=variant, seed=seed).signal.groups for seed in range(6)}
    everybody = signal == "heights" and variant == "B"
    assert (len(carried) == 1) == everybody


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"signal": "colour"}, "signal is 'colour'; give one of heights, positions"),
        ({"variant": "C"}, "variant is 'C'; give one of A, B"),
        ({"patients": 3}, "patients is 3; give a whole number of at least 4"),
        ({"spectra_per_patient": 26}, "give a whole number from 1 to 25"),
        ({"batches": 9}, "batches is 9; give a whole number from 1 to 8"),
        ({"best_auc": 0.5}, "best_auc is 0.5; give a number above 0.5 and below 1"),
        ({"positive_share": 1}, "positive_share is 1; give a number above 0 and below 1"),
        ({"points": True}, "points is True"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_range(change, words):
    with pytest.raises(UsageError, match=words):
        replace(SMALL, **change)


@given(
    best_auc=st.one_of(st.floats(), st.text(max_size=3), st.none()),
    share=st.floats(allow_nan=True),
    patients=st.one_of(st.integers(-5, 50), st.floats()),
    batches=st.integers(-2, 60),
)
@settings(deadline=None)
def test_settings_are_either_in_range_or_refused(best_auc, share, patients, batches):
    asked = {"best_auc": best_auc, "positive_share": share, "patients": patients, "batches": batches}
    whole = isinstance(patients, int) and patients >= 4 and 1 <= batches <= patients
    if whole and isinstance(best_auc, float) and 0.5 < best_auc < 1 and 0 < share < 1:
        kept = replace(SMALL, **asked)
        assert {name: getattr(kept, name) for name in asked} == asked
        return
    with pytest.raises(UsageError) as refused:
        replace(SMALL, **asked)
    assert len(str(refused.value)) <= 500


@given(seed=st.integers(0, 10**6), fresh=st.integers(0, 10**6), signal=st.sampled_from(SIGNALS))
@settings(deadline=None, max_examples=15)
def test_every_study_has_finite_counts_of_both_classes(seed, fresh, signal):
    study = example(signal, seed=seed, batches=2)
    for table in (study.train, study.fresh(4, fresh)):
        assert np.isfinite(table.intensity).all()
        assert set(table.label) == {"case", "control"}
