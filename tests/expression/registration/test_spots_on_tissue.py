"""Spots that don't lie on tissue are noticed, and those that do are left alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.registration.spots_on_tissue import check_registration, registered
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image_file import open_image
from spectra_dl.imaging.tissue_mask import tissue_mask

Move = Callable[[FloatArray], FloatArray]


@pytest.fixture
def section(tmp_path: Path) -> TissueSection:
    """An image of 400 x 300 µm with an L of tissue, and a spot on every place of a grid that lies on it."""
    pixels = np.full((300, 400, 3), 240, dtype=np.uint8)
    pixels[30:260, 40:110] = (180, 100, 160)
    pixels[200:260, 40:260] = (180, 100, 160)
    Image.fromarray(pixels).save(tmp_path / "l.png")
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(50.0, 400, 10), np.arange(40.0, 300, 10)))
    on = pixels[y.astype(int), x.astype(int), 1] < 200
    place = np.stack([x[on], y[on]], axis=1)
    names = text_array([f"s{k}" for k in range(len(place))])
    return TissueSection(
        name="l", patient="p", image=open_image(tmp_path / "l.png"), um_per_pixel=1.0, um_per_pixel_source="as given",
        barcode=names, position_um=place, reason=text_array([""] * len(place)), spot_diameter_um=5.0, spot_pitch_um=10.0,
    )  # fmt: skip


def test_spots_on_tissue_pass(section: TissueSection) -> None:
    registration = check_registration(section)
    assert registration.share_on_tissue == 1.0
    assert registration.best_scale == 1.0
    assert registration.swapped_share < 0.8
    assert "100% of" in registration.sentence


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda at: at[:, ::-1], "x and y swapped"),
        (lambda at: np.stack([400 - at[:, 0], at[:, 1]], axis=1), "mirrored left to right"),
        (lambda at: np.stack([at[:, 0], 300 - at[:, 1]], axis=1), "mirrored top to bottom"),
        (lambda at: np.stack([400 - at[:, 0], 300 - at[:, 1]], axis=1), "180 degrees"),
        (lambda at: at * 0.15, "times"),
        (lambda at: at * 1.5, "times 0.63|times 0.71"),
        (lambda at: at * 9.0, "times"),
    ],
)
def test_coordinates_meant_another_way_are_refused_with_the_way(
    section: TissueSection, tmp_path: Path, move: Move, said: str
) -> None:
    wrong = replace(section, position_um=move(section.position_um))
    with pytest.raises(DataError, match=said) as refusal:
        check_registration(wrong, overlay=tmp_path / "overlay.png")
    assert "overlay.png" in str(refusal.value)
    assert (tmp_path / "overlay.png").is_file()


# What was done to the image whose pixels the coordinates were counted in, and what undoes it.
AS_IMAGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "with x and y swapped": np.transpose,
    "mirrored left to right": np.fliplr,
    "mirrored top to bottom": np.flipud,
    "turned by 180 degrees": lambda image: np.rot90(image, 2),
    "turned clockwise by 90 degrees": lambda image: np.rot90(image, 1),  # numpy turns anticlockwise
    "turned anticlockwise by 90 degrees": lambda image: np.rot90(image, -1),
}


@pytest.mark.parametrize("name", AS_IMAGES)
def test_an_arrangement_is_named_by_what_undoes_it(section: TissueSection, name: str) -> None:
    number = np.zeros((300, 400), dtype=np.intp)
    x, y = section.position_um.astype(int).T
    number[y, x] = np.arange(1, len(section) + 1)
    other = AS_IMAGES[name](number)
    row, column = np.nonzero(other)
    moved = np.empty_like(section.position_um)
    moved[other[row, column] - 1] = np.stack([column, row], axis=1)
    with pytest.raises(DataError, match=rf" would {name};"):
        check_registration(replace(section, position_um=moved))


def test_spots_beside_the_tissue_are_refused(section: TissueSection) -> None:
    generator = np.random.default_rng(0)
    moved = np.stack(
        [generator.uniform(280, 400, len(section)), generator.uniform(0, 190, len(section))], axis=1
    )
    with pytest.raises(DataError, match="lie on tissue"):
        check_registration(replace(section, position_um=moved))


def test_an_image_full_of_tissue_passes(section: TissueSection, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.normal([190, 110, 170], 15, (300, 400, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "full.png")
    registration = check_registration(replace(section, image=open_image(tmp_path / "full.png")))
    assert registration.share_on_tissue == 1.0


def test_circles_are_drawn_to_scale_and_spots_without_place_left_out(
    section: TissueSection, tmp_path: Path
) -> None:
    place = section.position_um.copy()
    place[0] = np.nan
    lone = replace(section, position_um=place, spot_diameter_um=20.0)
    registration = check_registration(lone, overlay=tmp_path / "o.png")
    assert registration.share_on_tissue == 1.0
    with Image.open(tmp_path / "o.png") as drawn:
        pixels = np.asarray(drawn.convert("RGB"))
    x, y = place[-1].astype(int)
    assert pixels[y, x + 10].tolist() == [255, 225, 0]  # the circle's edge, 10 µm from the centre


def test_tiles_cut_before_have_nothing_to_check(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("file,x,y\na.png,4,4\n")
    registration = check_registration(read_section(tmp_path, um_per_pixel=1.0))
    assert np.isnan(registration.share_on_tissue)
    assert "nothing to check" in registration.sentence


@pytest.mark.parametrize(
    ("colour", "share"), [((235, 235, 235), 0.25), ((150, 150, 150), 0.25), ((245, 225, 240), 0.25)]
)
def test_tissue_is_told_from_glass_of_any_light(colour: tuple[int, int, int], share: float) -> None:
    pixels = np.full((200, 200, 3), colour, dtype=np.float64)
    pixels[:100, :100] *= (0.75, 0.45, 0.7)
    noisy = np.random.default_rng(0).normal(pixels, 3).clip(0, 255).astype(np.uint8)
    assert tissue_mask(noisy).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("name", ["B4", "C2"])
def test_real_sections_pass_and_their_swapped_spots_don_t(shared_data: Path, name: str) -> None:
    section = read_section(shared_data / "st" / "her2st" / "counts" / f"{name}.tsv.gz")
    assert check_registration(section).share_on_tissue > 0.7
    with pytest.raises(DataError, match="x and y swapped"):
        check_registration(replace(section, position_um=section.position_um[:, ::-1]))


def test_a_real_file_with_x_and_y_swapped_is_found_out(shared_data: Path) -> None:
    section = read_section(shared_data / "st" / "formats" / "hest_style" / "NCBI858.h5ad", um_per_pixel=0.2)
    with pytest.raises(DataError, match="x and y swapped"):
        check_registration(section)


def test_a_real_crop_inside_tissue_passes(shared_data: Path) -> None:
    folder = shared_data / "st" / "formats" / "visium_h5ad_crop"
    section = read_section(folder / "test_data.h5ad", image=folder / "test_img.jpg")
    assert check_registration(section).share_on_tissue == 1.0


def test_an_image_that_is_all_black_is_refused_by_name(section: TissueSection, tmp_path: Path) -> None:
    Image.new("RGB", (400, 300)).save(tmp_path / "placeholder.png")
    with pytest.raises(DataError, match=r"black image under the spot in placeholder\.png"):
        registered(replace(section, image=open_image(tmp_path / "placeholder.png")), None)
    assert registered(section, None).notes


def test_a_real_folder_with_a_black_placeholder_for_its_image_is_refused(shared_data: Path) -> None:
    section = read_section(shared_data / "st" / "formats" / "visium_spaceranger1")
    with pytest.raises(DataError, match="--image"):
        registered(section, None)


def with_tissue(section: TissueSection, folder: Path, tissue: np.ndarray, place: FloatArray) -> TissueSection:
    """Return a section with tissue where ``tissue`` (300, 400) is True and spots at ``place`` (n, 2)."""
    pixels = np.where(tissue[..., None], np.array([180, 100, 160]), 240).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "other.png")
    names = text_array([f"s{k}" for k in range(len(place))])
    reason = text_array([""] * len(place))
    return replace(
        section, image=open_image(folder / "other.png"), barcode=names, position_um=place, reason=reason
    )


def test_spots_that_no_arrangement_brings_onto_tissue_are_refused(
    section: TissueSection, tmp_path: Path
) -> None:
    row, column = np.mgrid[:300, :400] // 20
    islands = (row % 2 == 1) & (column % 2 == 1)  # a quarter of the image, wherever the spots are
    place = np.random.default_rng(0).uniform((0, 0), (400, 300), size=(400, 2))
    with pytest.raises(DataError, match=r"only .* of the spots lie on tissue"):
        check_registration(with_tissue(section, tmp_path, islands, place))


def test_spots_shrunk_into_a_corner_of_the_tissue_are_no_better(
    section: TissueSection, tmp_path: Path
) -> None:
    tissue = np.zeros((300, 400), dtype=bool)
    tissue[:200, :260] = True
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(5.0, 280, 10), np.arange(5.0, 210, 10)))
    registration = check_registration(with_tissue(section, tmp_path, tissue, np.stack([x, y], axis=1)))
    assert 0.85 < registration.share_on_tissue < 0.9  # all of them would be on it at a third of the size
