"""Which tiles of a slide are taken: where they lie is known by construction."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.tissue.slides.cutting import (
    NOT_ASKED_FOR,
    OVERLAPPING,
    SlideCut,
    cut_slide,
    dark_and_pale_tissue,
)
from tissue.example_slides import (
    NECROTIC,
    UM,
    VIABLE,
    feature,
    image_scope_region,
    ring,
    write_geojson,
    write_image_scope,
    write_slide,
)

CUT = SlideCut(tile_um=32.0)  # 64 pixels


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    return write_slide(tmp_path_factory.mktemp("slides") / "slide.tif")


def cut(slide, how=CUT, annotation=None, mpp=float("nan")):
    return cut_slide(slide, how, mpp=mpp, annotation=annotation)


def inside(corner, box, side=64):
    """The share of each tile in a box."""
    low, high = np.array(box[:2]), np.array(box[2:])
    reach = np.minimum(corner + side, high) - np.maximum(corner, low)
    return np.clip(reach, 0, None).prod(axis=1) / side**2


def test_tiles_lie_on_tissue(slide):
    tiles = cut(slide)
    share = inside(tiles.corner, VIABLE) + inside(tiles.corner, NECROTIC)
    assert (tiles.side, tiles.um_per_pixel, tiles.label) == (64, UM, None)
    assert (share > 0.3).all()
    assert len(tiles) == pytest.approx((800 * 400 + 1000 * 400) / 64**2, rel=0.15)


def test_tiles_in_areas_have_their_class_and_at_least_the_share_that_is_asked_for(slide, tmp_path):
    path = write_geojson(
        tmp_path / "a.geojson", [feature("Viable", [ring(VIABLE)]), feature("Dead", [ring(NECROTIC)])]
    )
    for least in (0.3, 0.5, 1.0):
        tiles = cut(slide, SlideCut(32.0, least, {"Viable": "viable", "Dead": "necrotic"}), path)
        for name, box in (("viable", VIABLE), ("necrotic", NECROTIC)):
            assert (inside(tiles.corner[tiles.label == name], box) >= least - 0.04).all()
        corners = np.argwhere(np.ones((1024 // 64, 1536 // 64)))[:, ::-1] * 64
        expected = sum((inside(corners, box) >= least).sum() for box in (VIABLE, NECROTIC))
        assert len(tiles) == pytest.approx(
            expected, abs=12
        )  # points lie half a sixteenth of a tile off its edge


def test_a_name_that_is_not_asked_for_is_left_out(slide, tmp_path):
    path = write_geojson(
        tmp_path / "a.geojson", [feature("Viable", [ring(VIABLE)]), feature("Pen", [ring(NECROTIC)])]
    )
    tiles = cut(slide, SlideCut(32.0, 0.5, {"Viable": "v"}), path)
    assert set(tiles.label) == {"v"}
    assert tiles.counts[NOT_ASKED_FOR] == 1
    nothing = cut(slide, SlideCut(32.0, 0.5, {"Absent": "v"}), path)
    assert not len(nothing)
    assert "no annotation of a class that is asked for (there are: Viable, Pen)" in nothing.notes[0]


def test_a_name_that_is_asked_for_in_another_spelling_is_refused(slide, tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [feature("viable", [ring(VIABLE)])])
    with pytest.raises(DataError, match="are called 'viable', and --annotation asks for 'Viable'"):
        cut(slide, SlideCut(32.0, 0.5, {"Viable": "v"}), path)
    assert set(cut(slide, SlideCut(32.0, 0.5, {"Viable": "v", "viable": "v"}), path).label) == {"v"}


def test_tiles_under_two_classes_are_given_to_none_and_counted(slide, tmp_path):
    boxes = (0, 0, 640, 640), (320, 0, 960, 640)
    path = write_geojson(
        tmp_path / "a.geojson", [feature(name, [ring(box)]) for name, box in zip("ab", boxes, strict=True)]
    )
    tiles = cut(slide, annotation=path)
    assert tiles.counts[OVERLAPPING] == 50
    assert not (inside(tiles.corner, (320, 0, 640, 640)) > 0.5).any()
    assert len(tiles) == 100


def test_the_sheet_says_how_large_a_pixel_is_where_both_do(slide):
    tiles = cut(slide, mpp=1.0)
    assert (tiles.side, tiles.um_per_pixel) == (32, 1.0)
    assert "the sheet says 1 um per pixel, the slide 0.5; the sheet is followed" in tiles.notes[0]
    assert not cut(slide, mpp=0.51).notes


@pytest.mark.parametrize("tile_um", [2.0, 600.0])
def test_tiles_that_can_not_be_cut_are_refused(slide, tile_um):
    with pytest.raises(DataError, match="a slide can be cut: change --tile-um, or correct mpp"):
        cut(slide, SlideCut(tile_um))


def test_an_annotation_of_another_slide_is_refused(slide, tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [feature("a", [ring((0, 0, 9000, 9000))])])
    with pytest.raises(
        DataError, match="and the slide has 1536 x 1024 pixels; name the annotation of this slide"
    ):
        cut(slide, annotation=path)


def test_pale_tissue_is_tissue_beside_dark_one(slide):
    corner = cut(slide).corner
    for box in (VIABLE, NECROTIC):
        area = (box[2] - box[0]) * (box[3] - box[1]) / 64**2
        assert (inside(corner, box) > 0.5).sum() == pytest.approx(area, rel=0.2)


def test_dye_that_has_run_out_over_the_glass_is_no_tissue():
    pixels = np.random.default_rng(0).normal(240, 2, (300, 400, 3))
    pixels[100:200, 100:200] = (120, 70, 150)
    pixels[100:200, 210:300] = (240, 222, 232)
    pixels[210:280, 100:200] = (226, 165, 190)
    found = dark_and_pale_tissue(pixels.astype(np.uint8))
    assert not found[105:195, 215:295].any()
    assert found[225:265, 115:185].all()


def test_glass_alone_stays_glass():
    glass = np.random.default_rng(0).normal(240, 2, (300, 400, 3))
    glass[100:160, 100:200] = (140, 60, 150)
    found = dark_and_pale_tissue(glass.astype(np.uint8))
    assert found[110:150, 110:190].all()
    assert found.sum() < 1.4 * 60 * 100


def drawn(folder, move):
    areas = [
        feature(name, [[move(x, y) for x, y in ring(box)]])
        for name, box in (("Viable", VIABLE), ("Dead", NECROTIC))
    ]
    return write_geojson(folder / "a.geojson", areas)


def test_annotations_on_glass_are_noted(slide, tmp_path):
    assert not cut(slide, annotation=drawn(tmp_path, lambda x, y: (x, y))).notes
    beside = cut(slide, annotation=drawn(tmp_path, lambda x, y: (1200 + 300 * x / 1536, y)))
    assert any("annotated tiles lie on glass" in note for note in beside.notes)


@pytest.mark.parametrize("scale", [1 / 1536, UM / 1000, 1 / 50])
def test_annotations_in_another_unit_that_lie_in_the_corner_are_refused(slide, tmp_path, scale):
    with pytest.raises(DataError, match=r"all areas lie within .* another unit"):
        cut(slide, annotation=drawn(tmp_path, lambda x, y: (scale * x, scale * y)))


@pytest.mark.parametrize(
    ("stated", "right"),
    [(UM, True), ("0,5", True), (0, True), ("", True), (1.02 * UM, True), (UM / 2, False), (4 * UM, False)],
)
def test_the_size_of_pixels_that_an_annotation_was_drawn_on_is_the_slides(slide, tmp_path, stated, right):
    path = write_image_scope(tmp_path / "a.xml", [("Viable", image_scope_region(ring(VIABLE)[:4]))])
    path.write_text(path.read_text().replace(f'"{UM}"', f'"{stated}"'))
    if right:
        assert len(cut(slide, annotation=path))
    else:
        with pytest.raises(DataError, match=r"drawn on a slide of .* um per pixel, and this one has 0.5"):
            cut(slide, annotation=path)
