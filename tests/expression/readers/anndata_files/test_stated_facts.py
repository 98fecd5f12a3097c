"""What an AnnData file states of libraries, genes, arrays and scales is used, and what contradicts itself is refused."""

from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section

Write = Callable[..., Path]
STEP = 40.0  # pixels between neighbouring columns of Visium's array
SIDE = 8


def _visium() -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the array ``(n, 2)``, and x and y ``(n, 2)``, of 8 rows of 8 spots."""
    row, nth = np.divmod(np.arange(SIDE * SIDE), SIDE)
    column = 2 * nth + row % 2
    pixel = np.stack([STEP * (column + 1), STEP * np.sqrt(3) * (row + 1)], axis=1)
    return np.stack([row, column], axis=1), pixel


@pytest.fixture
def visium(tmp_path: Path) -> Write:
    """Write a section of Visium as scanpy would, with its small image inside."""

    def write(
        *,
        factors: dict[str, object] | None = None,
        small: tuple[int, int] = (190, 160),
        obs: dict[str, object] | None = None,
        var: dict[str, object] | None = None,
        names: list[str] | None = None,
        libraries: tuple[str, ...] = ("L1",),
        pixel: np.ndarray | None = None,
    ) -> Path:
        array, places = _visium()
        n, genes = len(places), names or ["A", "B", "C", "D"]
        counts = np.random.default_rng(0).poisson(3.0, (n, len(genes))).astype(np.float32)
        columns = {"array_row": array[:, 0], "array_col": array[:, 1], **(obs or {})}
        table = anndata.AnnData(
            csr_matrix(counts),
            obs=pd.DataFrame(columns, index=[f"spot{k}" for k in range(n)]),
            var=pd.DataFrame(var or {}, index=genes),
        )
        table.obsm["spatial"] = places if pixel is None else pixel
        image = np.full((small[1], small[0], 3), 200, dtype=np.uint8)
        scales = {"tissue_hires_scalef": 0.25, "spot_diameter_fullres": 52.0, **(factors or {})}
        stated = {"images": {"hires": image}, "scalefactors": scales}
        table.uns["spatial"] = dict.fromkeys(libraries, stated)
        table.write_h5ad(tmp_path / "one.h5ad")
        return tmp_path / "one.h5ad"

    return write


def test_a_pixel_is_measured_by_rows_and_columns_of_the_array(visium: Write) -> None:
    section = read_section(visium())
    assert section.full_um_per_pixel == pytest.approx(50 / STEP)
    assert section.um_per_pixel == pytest.approx(4 * 50 / STEP)
    assert (section.spot_pitch_um, section.spot_diameter_um, section.library_id) == (100.0, 55.0, "L1")
    assert np.allclose(section.full_pixel, _visium()[1])
    assert list(section.array.row[:2]) == [0, 0]


def test_a_given_size_of_a_pixel_that_the_array_contradicts_is_refused(visium: Write) -> None:
    with pytest.raises(DataError, match=r"5 µm per pixel given are 4 times the 1.25 from the array's pitch"):
        read_section(visium(), um_per_pixel=5.0)


def test_a_given_size_that_the_pitch_of_neighbours_contradicts_is_refused_without_an_array(
    visium: Write,
) -> None:
    path = visium(obs={"array_row": ["a"] * 64})
    section = read_section(path)
    assert section.full_um_per_pixel == pytest.approx(50 / STEP)
    assert any("are not whole numbers" in note for note in section.notes)
    with pytest.raises(DataError, match="Visium's pitch"):
        read_section(path, um_per_pixel=5.0)


def test_scale_factors_that_contradict_the_array_are_refused(visium: Write) -> None:
    with pytest.raises(DataError, match=r"1.25 µm per pixel from the array.*but 0.5 from microns_per_pixel"):
        read_section(visium(factors={"microns_per_pixel": 0.5}))


def test_positions_stretched_one_way_are_refused(visium: Write) -> None:
    with pytest.raises(
        DataError, match=r"columns of the array lie 40 pixels apart and rows 110.9, 2.77 times as far"
    ):
        read_section(visium(pixel=_visium()[1] * [1.0, 1.6], small=(190, 250)))


def test_a_square_lattice_is_not_taken_for_visium(visium: Write) -> None:
    row, column = np.divmod(np.arange(64), 8)
    square = np.stack([80.0 * (column + 1), 80.0 * (row + 1)], axis=1)
    path = visium(pixel=square, obs={"array_row": row, "array_col": column}, small=(190, 190))
    with pytest.raises(DataError, match="--mpp"):
        read_section(path)
    assert read_section(path, um_per_pixel=2.5).um_per_pixel == 10.0


def test_bins_of_visium_hd_are_measured_by_their_side(visium: Write) -> None:
    row, column = np.divmod(np.arange(64), 8)
    bins = np.stack([16.0 * (column + 1), 16.0 * (row + 1)], axis=1)
    factors = {"bin_size_um": 8.0, "microns_per_pixel": 0.5, "spot_diameter_fullres": 16.0}
    path = visium(pixel=bins, obs={"array_row": row, "array_col": column}, factors=factors)
    section = read_section(path)
    assert (section.full_um_per_pixel, section.spot_pitch_um) == (pytest.approx(0.5), 8.0)
    with pytest.raises(DataError, match="pitch of 8 µm"):
        read_section(path, um_per_pixel=2.0)


def test_a_scale_by_which_the_spots_fall_off_the_small_image_is_refused_with_the_ratio(visium: Write) -> None:
    with pytest.raises(DataError, match=r"of 64 spots fall on the image.*--image-scale, here 0.29 at most"):
        read_section(visium(factors={"tissue_hires_scalef": 1.0}))
    section = read_section(SectionSource(visium(factors={"tissue_hires_scalef": 1.0}), image_scale=0.25))
    assert section.usable.all()
    assert any(
        "image scale given, 0.25, is used and not the file's tissue_hires_scalef 1" in note
        for note in section.notes
    )


def test_a_small_image_without_its_scale_asks_for_it(visium: Write) -> None:
    path = visium(factors={"tissue_hires_scalef": np.nan})
    with pytest.raises(
        DataError, match=r"image hires \(190 x 160 pixels\) and not its scale factor; say --image-scale"
    ):
        read_section(path)


def test_a_scale_factor_that_is_text_is_read_as_the_number_it_is(visium: Write) -> None:
    assert read_section(visium(factors={"tissue_hires_scalef": "0.25"})).um_per_pixel == pytest.approx(5.0)
    with pytest.raises(DataError, match="tissue_hires_scalef is no number but 'large'"):
        read_section(visium(factors={"tissue_hires_scalef": "large"}))


def test_scales_of_two_small_images_must_agree(visium: Write) -> None:
    path = visium()
    table = anndata.read_h5ad(path)
    stated = table.uns["spatial"]["L1"]
    stated["images"]["lowres"] = stated["images"]["hires"][::2, ::2]
    stated["scalefactors"]["tissue_lowres_scalef"] = 0.125
    table.write_h5ad(path)
    assert read_section(path).um_per_pixel == pytest.approx(5.0)
    stated["scalefactors"]["tissue_lowres_scalef"] = 0.25
    table.write_h5ad(path)
    with pytest.raises(
        DataError, match=r"by tissue_hires_scalef .* 760 x 640 pixels, by tissue_lowres_scalef 380 x 320"
    ):
        read_section(path)


def test_an_image_file_is_compared_with_the_frame_that_the_file_states(visium: Write, tmp_path: Path) -> None:
    path = visium()
    Image.new("RGB", (190, 160), "pink").save(tmp_path / "hires.png")
    section = read_section(path, image=tmp_path / "hires.png")
    assert section.um_per_pixel == pytest.approx(5.0)
    assert any("has the size of the image hires" in note for note in section.notes)
    Image.new("RGB", (760, 640), "pink").save(tmp_path / "full.png")
    assert read_section(path, image=tmp_path / "full.png").um_per_pixel == pytest.approx(1.25)
    Image.new("RGB", (570, 480), "pink").save(tmp_path / "other.png")
    with pytest.raises(
        DataError, match=r"0.75 times the full-resolution image of 760 x 640.*--image-scale 0.75"
    ):
        read_section(path, image=tmp_path / "other.png")
    section = read_section(SectionSource(path, image=tmp_path / "other.png", image_scale=0.75))
    assert section.um_per_pixel == pytest.approx(1.25 / 0.75)


@pytest.mark.parametrize("size", [(760, 540), (760, 740), (960, 640), (640, 640)])
def test_an_image_file_of_another_shape_than_the_frame_is_refused(
    visium: Write, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = visium()
    Image.new("RGB", size, "pink").save(tmp_path / "other.png")
    with pytest.raises(DataError, match=r"times the width and .* of the full-resolution image of 760 x 640"):
        read_section(path, image=tmp_path / "other.png")
    with pytest.raises(DataError, match=r"image scale given, 0\.9, does not explain"):
        read_section(SectionSource(path, image=tmp_path / "other.png", image_scale=0.9))


def test_several_libraries_are_refused_with_the_lines_that_split_them(visium: Write) -> None:
    names = ["L1"] * 40 + ["L2"] * 24
    path = visium(obs={"library_id": names}, libraries=("L1", "L2"))
    with pytest.raises(
        DataError, match=r"names 2 sections: L1 \(40 spots\), L2 \(24 spots\).*write_h5ad"
    ) as refusal:
        read_section(path)
    assert len(str(refusal.value)) <= 500
    section = read_section(path, section="L2")
    assert (len(section), section.library_id, section.name) == (24, "L2", "L2")
    assert list(section.barcode) == [f"spot{k}" for k in range(40, 64)]
    assert section.counts.shape == (24, 4)


def test_several_libraries_without_a_column_are_refused(visium: Write) -> None:
    with pytest.raises(DataError, match=r"uns\['spatial'\] holds 2 sections, 'L1, L2', and no column of obs"):
        read_section(visium(libraries=("L1", "L2")))


@pytest.mark.parametrize("column", ["sample", "sample_id", "batch", "Sample Name", "orig.ident"])
def test_samples_that_overlap_in_one_file_are_refused(visium: Write, column: str) -> None:
    pixel = _visium()[1]
    second = np.arange(64) % 2 == 1
    path = visium(obs={column: np.where(second, "b", "a")}, pixel=pixel + 3.0 * second[:, None])
    with pytest.raises(DataError, match=r"names 2 sections: a \(32 spots\), b \(32 spots\)"):
        read_section(path)


def _two_sections() -> tuple[np.ndarray, np.ndarray]:
    """Positions ``(64, 2)`` of two sections of 32 spots, one 15 pixels beside the other, and which is the second."""
    row, column = np.divmod(np.arange(32), 4)
    one = np.stack([80.0 * (column + 1) + 40 * (row % 2), STEP * np.sqrt(3) * (row + 1)], axis=1)
    return np.concatenate([one, one + 15.0]), np.arange(64) >= 32


@pytest.mark.parametrize("gone", [np.nan, "nan", None])
def test_a_spot_without_a_name_does_not_hide_that_there_are_two_sections(visium: Write, gone: object) -> None:
    pixel, second = _two_sections()
    names = np.where(second, "b", "a").astype(object)
    names[3] = gone
    path = visium(obs={"sample": pd.Categorical(names)}, pixel=pixel)
    with pytest.raises(DataError, match=r"a \(31 spots\), b \(32 spots\), and 1 spots have no name"):
        read_section(path)


@pytest.mark.parametrize("column", ["donor", "condition", "ROI", "image_id", "GSM", "tissue_section"])
def test_other_labels_name_sections_where_their_spots_lie_among_each_other(
    visium: Write, column: str
) -> None:
    pixel, second = _two_sections()
    label = np.where(second, "b", "a")
    with pytest.raises(DataError, match=r"names 2 sections: a \(32 spots\), b \(32 spots\)"):
        read_section(visium(obs={column: label}, pixel=pixel))
    mixed = np.where(np.arange(64) % 3 == 1, "b", "a")
    assert len(read_section(visium(obs={column: mixed}))) == 64


def test_two_sections_without_any_label_are_refused_by_the_distance_of_their_spots(visium: Write) -> None:
    pixel, _ = _two_sections()
    path = visium(pixel=pixel, obs={"array_row": ["a"] * 64})
    with pytest.raises(
        DataError, match=r"spots lie .* µm apart and are .* µm wide: two sections in one file"
    ):
        read_section(path, um_per_pixel=1.25)


@pytest.mark.parametrize("libraries", [("S1",), ("S1", "S2"), ("1", "2"), ()])
def test_the_lines_that_split_a_file_run_as_they_are(
    visium: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libraries: tuple[str, ...]
) -> None:
    pixel, second = _two_sections()
    path = visium(obs={"sample": np.where(second, 2, 1)}, pixel=pixel, libraries=libraries)
    with pytest.raises(DataError, match="names 2 sections") as refusal:
        read_section(path)
    assert len(str(refusal.value)) <= 500
    lines = str(refusal.value).split("split the file: ")[1].split(" (uns")[0]
    monkeypatch.chdir(tmp_path)
    exec(lines, {"adata": anndata.read_h5ad(path)})  # noqa: S102  # the line under test
    parts = [anndata.read_h5ad(tmp_path / f"{name}.h5ad") for name in (1, 2)]
    assert [len(part) for part in parts] == [32, 32]
    assert [list(part.uns.get("spatial", ())) for part in parts] == (
        [["1"], ["2"]] if "1" in libraries else [[], []]
    )


@pytest.mark.parametrize("libraries", [("S1",), ("S1", "S2")])
def test_a_section_whose_library_has_another_name_says_which_there_are(
    visium: Write, libraries: tuple[str, ...]
) -> None:
    pixel, second = _two_sections()
    path = visium(obs={"sample": np.where(second, "B", "A")}, pixel=pixel, libraries=libraries)
    with pytest.raises(DataError, match=rf"has '{', '.join(libraries)}', and nothing of that name .* 'A'"):
        read_section(path, section="A")


def test_a_library_that_stands_in_uns_spatial_without_its_name_is_the_one(visium: Write) -> None:
    table = anndata.read_h5ad(path := visium(obs={"array_row": ["a"] * 64}))
    table.uns["spatial"] = table.uns["spatial"]["L1"]
    table.write_h5ad(path)
    section = read_section(path)
    assert section.um_per_pixel == pytest.approx(5.0)
    pixel, second = _two_sections()
    table.obs["sample"], table.obsm["spatial"] = np.where(second, "B", "A"), pixel
    table.write_h5ad(path)
    with pytest.raises(DataError, match="one image of section A is needed"):
        read_section(path, section="A")


def test_marks_of_tissue_under_another_name_are_used_and_a_kind_of_tissue_is_none(visium: Write) -> None:
    section = read_section(visium(obs={"tissue_mask": [False] + [True] * 63}))
    assert section.usable.sum() == 63
    assert any("1 of 64 spots are not under tissue by obs['tissue_mask']" in note for note in section.notes)
    assert read_section(visium(obs={"tissue": ["kidney"] * 64})).usable.all()


def test_parts_that_lie_apart_are_one_section_and_it_is_said(visium: Write) -> None:
    section = read_section(visium(obs={"sample": ["a"] * 32 + ["b"] * 32}))
    assert len(section) == 64
    assert any("sample names 2 parts that lie apart" in note for note in section.notes)


def test_a_column_that_names_every_spot_is_no_column_of_sections(visium: Write) -> None:
    assert len(read_section(visium(obs={"sample": [f"s{k}" for k in range(64)]}))) == 64


def test_two_spots_on_one_place_of_the_array_are_refused(visium: Write) -> None:
    array = _visium()[0]
    rows = np.where(np.arange(64) == 9, 0, array[:, 0])
    columns = np.where(np.arange(64) == 9, 0, array[:, 1])
    with pytest.raises(DataError, match=r"'spot0' and 'spot9' among them \(the same row and column"):
        read_section(visium(obs={"array_row": rows, "array_col": columns}))


@pytest.mark.parametrize(
    ("names", "var", "said"),
    [
        (
            ["A", "B", "C", "CD3"],
            {"feature_types": ["Gene Expression"] * 3 + ["Antibody Capture"]},
            "no genes by their feature_types",
        ),
        (["A", "B", "C", "D"], {"included": [True, True, True, False]}, "not included by the probe set"),
        (
            ["A", "B", "C", "D"],
            {"included": ["TRUE", "TRUE", "TRUE", "FALSE"]},
            "not included by the probe set",
        ),
        (["A", "B", "C", "DEPRECATED_D"], {}, "control or withdrawn probes"),
        (["A", "B", "C", "NegControlProbe_00042"], {}, "control or withdrawn probes"),
        (
            ["A", "B", "C", "D"],
            {"gene_ids": ["a", "b", "c", "DEPRECATED_ENSG00000000003"]},
            "control or withdrawn",
        ),
        (["A", "B", "C", "total_counts"], {}, "metadata of spots"),
    ],
)
def test_features_that_are_no_genes_are_left_out_with_their_number(
    visium: Write, names: list[str], var: dict[str, object], said: str
) -> None:
    section = read_section(visium(names=names, var=var))
    assert list(section.gene) == ["A", "B", "C"]
    assert section.counts.shape == (64, 3)
    assert any(note.startswith("one: 1 of 4") and said in note for note in section.notes)


def test_marks_of_tissue_that_contradict_each_other_are_refused(visium: Write) -> None:
    marks = {"in_tissue": [1] * 64, "under_tissue": [1] * 63 + [0]}
    with pytest.raises(DataError, match="in_tissue and under_tissue differ for 1 spots, row 64"):
        read_section(visium(obs=marks))


def test_positions_of_obs_that_differ_from_those_of_obsm_are_noted(visium: Write) -> None:
    pixel = _visium()[1]
    columns = {"pxl_col_in_fullres": pixel[:, 0] + 30, "pxl_row_in_fullres": pixel[:, 1]}
    section = read_section(visium(obs=columns))
    assert any("differ by up to 30 pixels; obsm is used" in note for note in section.notes)


def test_places_numbered_by_smaller_bins_are_not_taken_for_the_pitch(visium: Write) -> None:
    row, column = np.divmod(np.arange(64), 8)
    bins = np.stack([64.0 * (column + 1), 64.0 * (row + 1)], axis=1)
    factors = {"bin_size_um": 32.0, "microns_per_pixel": 0.5}
    path = visium(pixel=bins, obs={"array_row": 4 * row, "array_col": 4 * column}, factors=factors)
    assert read_section(path).full_um_per_pixel == 0.5


def test_a_filter_that_is_not_installed_is_named_and_not_called_damage(visium: Write) -> None:
    path = visium()
    with h5py.File(path, "r+") as file:
        del file["obsm/spatial"]
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((64, 2))
        created.set_filter(300, h5py.h5z.FLAG_OPTIONAL)  # of those kept for tests
        space = h5py.h5s.create_simple((64, 2))
        stored = h5py.h5d.create(file["obsm"].id, b"spatial", h5py.h5t.NATIVE_DOUBLE, space, created)
        stored.write_direct_chunk((0, 0), b"\0" * 1024)
    with pytest.raises(DataError, match=r"compressed with an HDF5 filter \(300\).*pip install hdf5plugin"):
        read_section(path)


def test_a_type_in_the_place_of_an_array_is_refused(visium: Write) -> None:
    path = visium()
    with h5py.File(path, "r+") as file:
        del file["obs/array_row"]
        file["obs/array_row"] = np.dtype("f8")
    with pytest.raises(DataError, match="'obs/array_row' is neither a group nor an array"):
        read_section(path)
