"""Features of patches joined by place: TRIDENT's and CLAM's files, and those that can't be joined."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from PIL import Image

from example_sections import write_section
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.precomputed import precomputed_features

SIDE = 30
VALUES = np.random.default_rng(0).normal(size=(81, 5)).astype(np.float32)


@pytest.fixture
def section(tmp_path):
    """A section of 81 spots."""
    write_section(tmp_path, "S0", 0)
    return read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0))


def corners(section, side=SIDE):
    """Return the corner of a patch around each spot in full-resolution pixels."""
    return np.rint(section.full_pixel - side / 2).astype(int)


def write(path, coords, *, values=VALUES, **attributes):
    """Write a file as TRIDENT and CLAM do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        if values is not None:
            file["features"] = values
        if coords is not None:
            file["coords"] = coords
        for name, value in attributes.items():
            (file if coords is None else file["coords"]).attrs[name] = value
    return path


STATED = {
    "TRIDENT": {"patch_size_level0": SIDE, "patch_size": 15, "overlap": 0, "name": "S0"},
    "TRIDENT by magnification": {"patch_size": 15, "level0_magnification": 40, "target_magnification": 20},
    "CLAM": {"patch_size": 15, "patch_level": 1, "downsample": (2.0, 2.0), "save_path": "x"},
    "CLAM at level 0": {"patch_size": SIDE, "patch_level": 0},
}


@pytest.mark.parametrize("tool", STATED)
def test_rows_are_joined_to_the_spots_in_their_patches_whatever_their_order(section, tmp_path, tool):
    order = np.random.default_rng(1).permutation(81)
    path = write(tmp_path / "f.h5", corners(section)[order], values=VALUES[order], **STATED[tool])
    np.testing.assert_array_equal(precomputed_features(path, section).values, VALUES)


def test_places_are_in_pixels_of_the_full_image_where_the_section_has_a_smaller_one(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section), patch_size_level0=SIDE)
    smaller = replace(section, um_per_pixel=4.0, full_um_per_pixel=1.0)
    np.testing.assert_array_equal(precomputed_features(path, smaller).values, VALUES)


def test_a_slide_first_of_one_is_taken_off(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section), values=VALUES[None], patch_size_level0=SIDE)
    np.testing.assert_array_equal(precomputed_features(path, section).values, VALUES)


def test_a_spot_outside_every_patch_has_no_features(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section)[3:], values=VALUES[3:], patch_size_level0=SIDE)
    features = precomputed_features(path, section).values
    assert np.isnan(features[:3]).all()
    np.testing.assert_array_equal(features[3:], VALUES[3:])


def test_a_grid_of_patches_over_the_slide_gives_each_spot_the_patch_around_it(section, tmp_path):
    x, y = np.meshgrid(np.arange(0, section.image.width, 7), np.arange(0, section.image.height, 7))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    values = np.stack([grid[:, 0], grid[:, 1]], axis=1).astype(np.float32)
    path = write(tmp_path / "f.h5", grid, values=values, patch_size_level0=7)
    offset = section.full_pixel - precomputed_features(path, section).values
    assert ((offset >= 0) & (offset <= 7)).all()


def test_clam_keeps_the_patches_in_another_folder(section, tmp_path):
    write(tmp_path / "patches" / "S0.h5", corners(section), values=None, **STATED["CLAM"])
    write(tmp_path / "out" / "h5_files" / "S0.h5", corners(section))
    np.testing.assert_array_equal(precomputed_features(tmp_path / "out", section).values, VALUES)


def test_features_without_coords_take_those_of_the_file_of_patches(section, tmp_path):
    write(tmp_path / "patches" / "S0_patches.h5", corners(section), values=None, **STATED["TRIDENT"])
    write(tmp_path / "features_uni" / "S0.h5", None)
    np.testing.assert_array_equal(precomputed_features(tmp_path, section).values, VALUES)


def test_two_encoders_in_one_folder_are_refused_by_name(section, tmp_path):
    for encoder in ("uni", "conch"):
        write(tmp_path / f"features_{encoder}" / "S0.h5", corners(section), patch_size_level0=SIDE)
    with pytest.raises(DataError, match="features_conch, features_uni; name one"):
        precomputed_features(tmp_path, section)


UNJOINED = {
    "no coords": (lambda s: (None, {}), "neither barcode nor coords.*patch_size_level0"),
    "no side": (lambda s: (corners(s), {}), "without the side.*patch_size_level0"),
    "a side of which the level is not known": (lambda s: (corners(s), {"patch_size": SIDE}), "without the side"),
    "a level of which the scale is not known": (
        lambda s: (corners(s), {"patch_size": SIDE, "patch_level": 1}),
        "without the side",
    ),
    "another slide": (lambda s: (corners(s) + 100_000, {"patch_size_level0": SIDE}), "none of its patches holds"),
    "another frame": (
        lambda s: (corners(s), {"patch_size_level0": SIDE, "level0_width": 90_000, "level0_height": 80_000}),
        "of a slide of 90000 x 80000 pixels",
    ),
    "centres": (lambda s: (np.rint(s.full_pixel), {"patch_size_level0": SIDE}), "centres of patches, not corners"),
    "one place twice": (lambda s: (np.zeros((81, 2)), {"patch_size_level0": SIDE}), "two patches have one place"),
    "too few": (lambda s: (corners(s)[:80], {"patch_size_level0": SIDE}), "81 rows of features and 80 coords"),
    "three coordinates": (lambda s: (np.zeros((81, 3)), {"patch_size_level0": SIDE}), "x and y for each row"),
    "no numbers": (lambda s: (np.full((81, 2), np.nan), {"patch_size_level0": SIDE}), "not all numbers"),
    "a side of nothing": (lambda s: (corners(s), {"patch_size_level0": 0}), "without the side"),
}  # fmt: skip


@pytest.mark.parametrize("fault", UNJOINED)
def test_what_can_not_be_joined_is_refused_with_how_to(section, tmp_path, fault):
    coords, attributes = UNJOINED[fault][0](section)
    path = write(tmp_path / "f.h5", coords, **attributes)
    with pytest.raises(DataError, match=UNJOINED[fault][1]) as refusal:
        precomputed_features(path, section)
    assert str(refusal.value).startswith("f.h5")
    assert len(str(refusal.value)) <= 500


def test_swapped_coordinates_are_named(section, tmp_path):
    narrow = section.select(section.full_pixel[:, 0] > section.full_pixel[:, 1] + SIDE)
    coords = corners(narrow)[:, ::-1]
    path = write(tmp_path / "f.h5", coords, values=VALUES[: len(coords)], patch_size_level0=SIDE)
    with pytest.raises(DataError, match="x and y of coords swapped"):
        precomputed_features(path, narrow)


def test_coordinates_that_join_more_spots_when_swapped_are_refused_though_most_are_joined(section, tmp_path):
    some = section.select(section.full_pixel[:, 1] < 250)
    coords = corners(some)[:, ::-1]
    path = write(tmp_path / "f.h5", coords, values=VALUES[: len(coords)], patch_size_level0=SIDE)
    with pytest.raises(
        DataError, match=r"36 of 54 spots .*, 54 with x and y of coords swapped; write x first"
    ):
        precomputed_features(path, some)


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (0.25, "4 times smaller"),
        (0.5, "2 times smaller"),
        (2.0, "2 times larger"),
        (4.0, "4 times larger"),
    ],
)
@pytest.mark.parametrize("grid", [False, True])
def test_coordinates_of_another_level_are_refused_by_name(section, tmp_path, times, says, grid):
    coords = corners(section)
    if grid:
        coords = np.stack(np.meshgrid(np.arange(3, 400, 20), np.arange(3, 400, 20)), axis=-1).reshape(-1, 2)
    values = np.zeros((len(coords), 2), dtype=np.float32)
    path = write(tmp_path / "f.h5", coords * times, values=values, patch_size_level0=SIDE)
    with pytest.raises(DataError, match=f"81 with coords as of a level {says}; give level-0 coords"):
        precomputed_features(path, section)


def test_a_file_of_patches_that_leaves_out_half_of_the_spots_is_refused_with_numbers(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section)[41:], values=VALUES[41:], patch_size_level0=SIDE)
    with pytest.raises(DataError, match="41 of 81 spots of section S0 lie in no patch; cut patches around"):
        precomputed_features(path, section)


def test_patches_of_most_spots_are_joined_where_no_other_reading_joins_more(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section)[:50], values=VALUES[:50], patch_size_level0=SIDE)
    assert np.isfinite(precomputed_features(path, section).values[:, 0]).sum() == 50


def test_a_grid_over_a_whole_slide_with_x_and_y_swapped_is_known_by_the_slides_edges(tmp_path):
    write_section(tmp_path, "S0", 0)
    with Image.open(tmp_path / "S0.png") as image:
        wide = Image.new("RGB", (600, image.height), "white")
        wide.paste(image)
    wide.save(tmp_path / "S0.png")
    section = read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0))
    grid = np.stack(np.meshgrid(np.arange(0, 600, 30), np.arange(0, 400, 30)), axis=-1).reshape(-1, 2)
    values = np.zeros((len(grid), 2), dtype=np.float32)
    right = write(tmp_path / "right.h5", grid, values=values, patch_size_level0=SIDE)
    assert np.isfinite(precomputed_features(right, section).values).all()
    swapped = write(tmp_path / "swapped.h5", grid[:, ::-1], values=values, patch_size_level0=SIDE)
    with pytest.raises(
        DataError, match=r"patches start beyond the edge, none with x and y .* 600 x 400 pixels"
    ):
        precomputed_features(swapped, section)


def test_coordinates_and_side_of_a_smaller_level_are_named_together(section, tmp_path):
    path = write(tmp_path / "f.h5", corners(section, 20) / 4, patch_size_level0=5)
    with pytest.raises(DataError, match=r"81 with coords as of a level 4 times smaller"):
        precomputed_features(path, section)


def grid(section, start):
    """Return places of a grid over the whole slide whose first place is ``start``."""
    width, height = section.image.width, section.image.height
    return np.array([(x, y) for y in range(start, height, SIDE) for x in range(start, width, SIDE)])


def test_a_grid_of_corners_is_joined_and_one_of_centres_refused(section, tmp_path):
    corner, centre = grid(section, 0), grid(section, SIDE // 2)
    values = np.zeros((len(corner), 3), dtype=np.float32)
    write(tmp_path / "a.h5", corner, values=values, patch_size_level0=SIDE)
    assert np.isfinite(precomputed_features(tmp_path / "a.h5", section).values).all()
    write(tmp_path / "b.h5", centre, values=values[: len(centre)], patch_size_level0=SIDE)
    with pytest.raises(DataError, match=r"half a patch of 30 off a grid .* give the upper left corners"):
        precomputed_features(tmp_path / "b.h5", section)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        (
            {
                "patch_size_level0": SIDE,
                "patch_size": 15,
                "level0_magnification": 40,
                "target_magnification": 10,
            },
            "30 pixels of level 0 wide by patch_size_level0, but 60 by patch_size and magnifications",
        ),
        ({"patch_size_level0": (SIDE, 15)}, "not square"),
    ],
)
def test_attributes_that_contradict_each_other_are_refused(section, tmp_path, attributes, says):
    path = write(tmp_path / "f.h5", corners(section), **attributes)
    with pytest.raises(DataError, match=says):
        precomputed_features(path, section)


@pytest.mark.parametrize(
    "change",
    [
        lambda places: places,
        lambda places: places[:, ::-1],
        lambda places: 2000 - places * 0.25,
        lambda places: places @ np.array([[0.6, 0.8], [-0.8, 0.6]]),
    ],
)
def test_coords_beside_barcodes_may_be_of_any_frame(section, tmp_path, change):
    path = write(tmp_path / "f.h5", change(corners(section)), patch_size_level0=SIDE)
    with h5py.File(path, "r+") as file:
        file["barcodes"] = [str(name) for name in section.barcode]
    np.testing.assert_array_equal(precomputed_features(path, section).values, VALUES)


def test_coords_of_other_rows_than_the_barcodes_are_refused(section, tmp_path):
    path = write(tmp_path / "f.h5", np.random.default_rng(0).permutation(corners(section)))
    with h5py.File(path, "r+") as file:
        file["barcodes"] = [str(name) for name in section.barcode]
    with pytest.raises(DataError, match=r"coords explain \d+ % of where the spots of its barcodes lie"):
        precomputed_features(path, section)


@pytest.mark.parametrize("name", ["S0.pt", "pt_files/S0.pt", "S0.npy", "S0.csv"])
def test_features_of_another_kind_are_named_with_the_way_in(section, tmp_path, name):
    path = tmp_path / "features" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\3\4" + bytes(100))
    given = tmp_path / "features" if "/" in name else path
    with pytest.raises(DataError, match=r"(features of torch|numpy|as text).*name CLAM's folder h5_files"):
        precomputed_features(given, section)


def test_the_job_folder_of_trident_is_looked_into(section, tmp_path):
    write(tmp_path / "20x_256px" / "features_uni" / "S0.h5", corners(section), patch_size_level0=SIDE)
    np.testing.assert_array_equal(precomputed_features(tmp_path, section).values, VALUES)
