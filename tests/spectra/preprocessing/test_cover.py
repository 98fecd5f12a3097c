"""Spectra on an axis that a model can't use are refused with what is missing and what to do."""

import re

import numpy as np
import pytest

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.preprocessing.cover import AxisNeeds, require_cover

MODEL = np.linspace(400, 1800, 701)
WINDOWS = np.r_[np.linspace(400, 1800, 701), np.linspace(2800, 3100, 151)]


def between(low: float, high: float, step: float = 2.0) -> FloatArray:
    """Return an even axis with both ends."""
    return np.arange(low, high + step / 2, step)


def said(spectra: FloatArray, model: FloatArray = MODEL) -> str:
    """Return why the spectra are refused."""
    with pytest.raises(DataError) as caught:
        require_cover(np.asarray(spectra), model)
    words = str(caught.value)
    assert "…" not in words  # all of it is shown
    return words


def in_nm(shift: FloatArray, laser: float) -> FloatArray:
    """Return the wavelengths of Raman shifts."""
    return 1e7 / (1e7 / laser - shift)


@pytest.mark.parametrize(
    "spectra",
    [
        MODEL,
        between(200, 3200),
        between(400, 1800, 4.0),
        between(401, 1799),
        np.r_[between(380, 1000, 1.0), between(1003, 1900)],
    ],
    ids=["the same", "wider", "twice as coarse", "half a step short", "a gap of two steps"],
)
def test_an_axis_that_covers_the_models_passes(spectra: FloatArray) -> None:
    require_cover(spectra, MODEL)


def test_missing_ends_are_named_with_what_is_common_and_the_command_that_trains_on_it() -> None:
    assert said(between(600.5, 1700.5)) == (
        "the spectra cover 600.5 to 1700.5 cm⁻¹; the model needs 400 to 1800 cm⁻¹. In common are 600.5 to 1700.5 cm⁻¹, 78 % of the "
        "model's range; missing are 400 to 600.5 (low end) and 1700.5 to 1800 (high end). Measure the whole range (spectra-dl model show "
        "MODEL states it beforehand), or train a model on the common range: spectra-dl train spectra ... --crop 601 1700"
    )


@pytest.mark.parametrize(
    ("spectra", "words"),
    [
        (between(402, 1900), "In common are 402 to 1800 cm⁻¹, 99 % of the model's range; missing are 400 to 402 (low end). "),
        (between(300, 1300), "missing are 1300 to 1800 (high end). "),
        (between(300, 1300), "--crop 400 1300"),
        (
            np.r_[between(300, 900), between(1000, 1900)],
            "cover 300 to 1900 cm⁻¹ with a gap; the model needs 400 to 1800 cm⁻¹. In common are 400 to 900 and 1000 to 1800 cm⁻¹, 92 % of "
            "the model's range; missing are 900 to 1000 (a gap). ",
        ),
        (np.r_[between(300, 900), between(1000, 1900)], "on the longest common range: spectra-dl train spectra ... --crop 1000 1800"),
        (
            np.r_[between(500, 900), between(1000, 1300), between(1320, 1340), between(1400, 1700)],
            "missing are 400 to 500 (low end), 900 to 1000 (a gap), 1300 to 1320 (a gap) and 2 more. ",
        ),
        (np.r_[between(400, 1000, 1.0), between(1010, 1200, 10.0), between(1201, 1800, 1.0)], "missing are 1000 to 1200 (a gap)."),
    ],
)  # fmt: skip
def test_each_end_and_gap_is_named(spectra: FloatArray, words: str) -> None:
    assert words in said(spectra)


def test_the_range_to_train_on_is_served_by_the_spectra_that_were_refused() -> None:
    spectra = np.r_[between(403.3, 897.1, 1.9), between(1003.7, 1791.2, 1.9)]
    low, high = map(float, re.findall(r"--crop (\d+) (\d+)", said(spectra))[0])
    require_cover(spectra, MODEL[np.searchsorted(MODEL, low) : np.searchsorted(MODEL, high, side="right")])


def test_a_coarse_axis_is_named_so_and_not_as_a_hundred_gaps() -> None:
    alternating = 400 + np.cumsum(np.tile([4.0, 5.0], 200))
    assert said(alternating) == (
        "the spectra cover 404 to 2200 cm⁻¹ with points up to 5 cm⁻¹ apart; the model needs 400 to 1800 cm⁻¹ with points at most 4 apart. "
        "Measure on a finer axis (spectra-dl model show MODEL states it beforehand), or train a model on spectra as coarse as these"
    )
    assert "points up to 700 cm⁻¹ apart" in said(np.array([400.0, 1100.0, 1800.0]))


def test_no_overlap_is_a_sentence_of_its_own() -> None:
    words = said(between(2000, 3200))
    assert "They have nothing in common. Measure the whole range" in words
    assert words.endswith("and check that the axis is Raman shift in cm⁻¹")
    assert "--crop" not in words


def test_too_little_in_common_is_no_range_to_train_on() -> None:
    words = said(between(1770, 3200))
    assert "2 % of the model's range" in words
    assert words.endswith("what is in common is too short to train a model on")


@pytest.mark.parametrize("laser", [532.0, 785.0, 1064.0])
def test_wavelengths_are_guessed_with_the_laser_that_fits(laser: float) -> None:
    words = said(in_nm(between(400, 1800), laser))
    assert (
        f"If the spectra's axis is in nm, it is 400 to 1800 cm⁻¹ with a laser of {laser:g} nm: give --laser NM"
        in words
    )
    assert "--crop" not in words


def test_absolute_wavenumbers_are_no_raman_shifts() -> None:
    assert said(between(11_000, 12_400)).endswith(
        "They have nothing in common. Raman shifts end at 4500 cm⁻¹: are these absolute wavenumbers? Give shifts from the laser line"
    )


@pytest.mark.parametrize(("points", "words"), [([], "no point"), ([1000.0], "1 point")])
def test_less_than_two_points_are_no_axis(points: list[float], words: str) -> None:
    assert f"have {words}; the model needs 400 to 1800 cm⁻¹ at 701 points" in said(np.array(points))


def test_a_model_with_two_windows_needs_both_and_nothing_between() -> None:
    assert AxisNeeds.of(WINDOWS).ranges == ((400, 1800), (2800, 3100))
    require_cover(between(300, 3200), WINDOWS)
    require_cover(np.r_[between(399.5, 1801.5), between(2799.5, 3101.5)], WINDOWS)
    words = said(between(300, 2000), WINDOWS)
    assert "the model needs 400 to 1800 and 2800 to 3100 cm⁻¹" in words
    assert "missing are 2800 to 3100 (all of it)" in words
    assert "missing are 400 to 900 (low end)" in said(between(900, 3200), WINDOWS)


def test_what_to_measure_is_said_in_whole_numbers_that_suffice() -> None:
    axis = np.linspace(401.3, 1599.5, 500)
    assert AxisNeeds.of(axis).sentence == (
        "Measure at least 401 to 1600 cm-1, with neighbouring points at most 4.8 cm-1 apart."
    )
    require_cover(between(401, 1601, 4.8), axis)
    assert "at most 2.7 cm-1" in AxisNeeds.of(np.arange(400, 1800, 1.399)).sentence
    assert "at most 0.6 cm-1" in AxisNeeds.of(np.arange(400, 1800, 0.3)).sentence
    assert "at most 24 cm-1" in AxisNeeds.of(np.arange(400.0, 1800, 12)).sentence
    assert "Measure at least 400 to 1800 and 2800 to 3100 cm-1" in AxisNeeds.of(WINDOWS).sentence
