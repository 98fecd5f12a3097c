"""What every reader checks of spots: their place on the image, on the array, and under tissue."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.source import refuse_same_place, spot_reasons
from spectra_dl.expression.section import OFF_TISSUE, ArrayPlaces, TissueSection, pitch_of
from spectra_dl.imaging.slide import open_tissue_image


@pytest.fixture
def section(h5ad: Callable[..., Path]) -> TissueSection:
    """A section of 12 spots."""
    return read_section(h5ad(), um_per_pixel=0.5)


def test_two_spots_at_one_place_are_refused_with_both_barcodes(section: TissueSection) -> None:
    place = section.position_um.copy()
    place[7] = place[2]
    with pytest.raises(DataError, match=r"1 of 12 spots lie where another one lies, 'spot2' and 'spot7'"):
        refuse_same_place(replace(section, position_um=place))


def test_two_spots_on_one_row_and_column_of_the_array_are_refused(section: TissueSection) -> None:
    row, column = np.arange(12) // 4, np.arange(12) % 4
    refuse_same_place(replace(section, array=ArrayPlaces(row=row, column=column)))
    with pytest.raises(DataError, match="the same row and column of the array"):
        refuse_same_place(replace(section, array=ArrayPlaces(row=row, column=np.where(row == 2, 0, column))))


def test_spots_that_lie_nearer_than_they_are_wide_are_refused(section: TissueSection) -> None:
    distance = pitch_of(section.position_um)
    refuse_same_place(
        replace(section, position_um=section.position_um * 100 / distance, spot_diameter_um=100.0)
    )
    lapped = replace(
        section, position_um=section.position_um * 20 / distance, spot_diameter_um=55.0, spot_pitch_um=None
    )
    with pytest.raises(DataError, match="spots lie 20 µm apart and are 55 µm wide: two sections in one file"):
        refuse_same_place(lapped)


def test_one_pair_of_spots_much_nearer_than_they_are_wide_is_refused_with_both_barcodes(
    section: TissueSection,
) -> None:
    place = section.position_um * 100 / pitch_of(section.position_um)
    place[7] = place[2] + 0.4
    with pytest.raises(DataError, match=r"spots 'spot2' and 'spot7' lie 0\.57 µm apart and are 55 µm wide"):
        refuse_same_place(replace(section, position_um=place, spot_diameter_um=55.0))


def test_spots_off_tissue_or_without_a_position_may_share_a_place(section: TissueSection) -> None:
    place, reason = section.position_um.copy(), section.reason.copy()
    place[7], reason[7] = place[2], OFF_TISSUE
    place[3:5] = np.nan
    refuse_same_place(replace(section, position_um=place, reason=reason))


def test_a_spot_off_tissue_says_so_whatever_else_is_wrong_with_it(
    tmp_path: Path, draw_image: Callable[[Path], Path]
) -> None:
    image = open_tissue_image(draw_image(tmp_path / "one.png"))
    place = np.array([[50.0, 50.0], [60.0, 50.0], [9e3, 50.0], [np.nan, 1.0], [70.0, 50.0]])
    counts = np.array([5.0, 0.0, 5.0, 5.0, 5.0])
    marks = np.array([True, False, False, False, True])
    assert list(spot_reasons(place, counts, image, "S", marks)) == ["", *[OFF_TISSUE] * 3, ""]


def test_an_image_on_which_many_spots_do_not_fall_is_refused_with_the_ratio(
    tmp_path: Path, draw_image: Callable[[Path], Path]
) -> None:
    image = open_tissue_image(draw_image(tmp_path / "one.png"))
    place = np.stack([np.linspace(10, 1600, 40), np.linspace(10, 1200, 40)], axis=1)
    with pytest.raises(
        DataError, match=r"10 of 40 spots fall .*reach to 1600, 1200.*--image-scale, here 0.25 at most"
    ):
        spot_reasons(place, np.ones(40), image, "S")
