"""A run is read the same however archives name it, or refused with what lies there."""

import gzip
import io
import shutil

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from formats.tenx import UM_PER_PIXEL, Layout, hd_bins, tissue_image, visium, write_matrix, write_run
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.tenx import parquet_table

POSITIONS = [
    "tissue_positions.csv",
    "tissue_positions_list.csv",
    "tissue_positions.csv.gz",
    "tissue_positions_list.csv.gz",
    "tissue_positions.parquet",
]
GEO = "GSM0000001_A1_"


def check(section, array):
    """Check spots, counts, places and pixel size against what was written."""
    under = np.flatnonzero(array.in_tissue)
    assert list(section.barcode) == [array.barcode[at] for at in under]
    assert np.array_equal(section.counts.toarray(), array.counts[under])
    assert section.full_um_per_pixel == pytest.approx(UM_PER_PIXEL)
    assert section.um_per_pixel == pytest.approx(UM_PER_PIXEL / array.factors["tissue_hires_scalef"])
    assert section.full_pixel == pytest.approx(array.pixel[under])
    assert list(section.array.row) == list(array.place[under, 0])
    assert list(section.array.column) == list(array.place[under, 1])
    assert section.array.in_tissue.all()
    assert not set(section.reason) - {"", "no counts"}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hd=st.booleans(),
    layout=st.builds(
        Layout,
        counts=st.sampled_from(["h5", "folder", "gz"]),
        raw=st.booleans(),
        prefix=st.sampled_from(["", GEO, "Human.Breast-"]),
        flat=st.booleans(),
        positions=st.sampled_from(POSITIONS),
        header=st.booleans(),
        packed=st.booleans(),
        level=st.sampled_from(["", "outs"]),
    ),
    by_file=st.booleans(),
)
def test_every_naming_of_a_run_is_read_alike(tmp_path, hd, layout, by_file):
    array, folder = (hd_bins() if hd else visium()), tmp_path / "run"
    outs = write_run(folder, array, layout)
    matrix = next(iter(outs.glob("*.h5")), None)
    try:
        section = read_section(matrix if by_file and matrix else folder)
        check(section, array)
        assert layout.raw == any("the raw counts" in note for note in section.notes)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("level", ["binned_outputs", "outs/binned_outputs", ""])
def test_bins_are_found_one_and_two_levels_down(tmp_path, level):
    for bin_um in (2, 8, 16):
        write_run(tmp_path / "run" / level / f"square_{bin_um:03d}um", hd_bins(bin_um=bin_um))
    section = read_section(tmp_path / "run")
    check(section, hd_bins())
    assert any("bins of 8 µm" in note and "square_002um, square_016um" in note for note in section.notes)
    assert (section.spot_pitch_um, section.spot_diameter_um) == (8.0, 8.0)


def test_samples_in_one_folder_are_refused_by_their_names_and_each_is_read_by_its_file(tmp_path):
    for sample in ("GSM1_A_", "GSM2_B_"):
        write_run(tmp_path, visium(), Layout(prefix=sample, flat=True))
    with pytest.raises(DataError, match=r"counts of 2 samples .*'GSM1_A_', 'GSM2_B_'.*name the \.h5"):
        read_section(tmp_path)
    check(read_section(tmp_path / "GSM2_B_filtered_feature_bc_matrix.h5"), visium())


def test_positions_of_another_sample_are_not_taken(tmp_path):
    write_run(tmp_path, visium(), Layout(prefix="GSM1_A_", flat=True))
    (tmp_path / "GSM1_A_tissue_positions.csv").rename(tmp_path / "GSM2_B_tissue_positions.csv")
    with pytest.raises(DataError, match=r"GSM2_B_tissue_positions\.csv lie beside it, and none carries"):
        read_section(tmp_path)


def test_files_of_one_accession_belong_together(tmp_path):
    write_run(tmp_path, visium(), Layout(prefix="GSM1_A_", flat=True))
    (tmp_path / "GSM1_A_tissue_positions.csv").rename(tmp_path / "GSM1_tissue_positions.csv")
    section = read_section(tmp_path)
    check(section, visium())
    assert any("GSM1_tissue_positions.csv is taken" in note for note in section.notes)


@pytest.mark.parametrize("lost", ["tissue_positions.csv", "scalefactors_json.json", "tissue_hires_image.png"])
@pytest.mark.parametrize(
    ("own", "other"), [("GSM1_A_", "GSM1_B_"), ("A", "A1"), ("P1_", "P1_r_"), ("P1_r_", "P1_")]
)
def test_a_file_of_another_sample_in_the_folder_is_never_taken(tmp_path, own, other, lost):
    for sample in (own, other):
        write_run(tmp_path, visium(), Layout(prefix=sample, flat=True))
    (tmp_path / f"{own}{lost}").unlink()
    with pytest.raises(DataError):
        read_section(tmp_path / f"{own}filtered_feature_bc_matrix.h5")
    check(read_section(tmp_path / f"{other}filtered_feature_bc_matrix.h5"), visium())


def test_a_folder_spatial_that_could_be_any_sample_s_is_refused(tmp_path):
    for sample in ("GSM1_A_", "GSM2_B_"):
        write_run(tmp_path, visium(), Layout(prefix=sample))
    with pytest.raises(DataError, match="the folder spatial beside it names no sample"):
        read_section(tmp_path / "GSM2_B_filtered_feature_bc_matrix.h5")


def test_joined_runs_of_several_sections_are_refused(tmp_path):
    array = visium()
    outs = write_run(tmp_path, array)
    names = [name.replace("-1", "-2") if k % 2 else name for k, name in enumerate(array.barcode)]
    write_matrix(outs / "filtered_feature_bc_matrix.h5", array.counts, names)
    with pytest.raises(DataError, match=r"counts of 2 sections \(barcodes end in -1, -2\)"):
        read_section(tmp_path)


@pytest.mark.parametrize("raw", [False, True])
def test_the_folder_of_three_files_is_read_when_named_itself(tmp_path, raw):
    outs = write_run(tmp_path, visium(), Layout(counts="gz", raw=raw))
    name = f"{'raw' if raw else 'filtered'}_feature_bc_matrix"
    section = read_section(outs / name)
    check(section, visium())
    assert raw == any("the raw counts" in note for note in section.notes)


@pytest.mark.parametrize("flat", [False, True])
def test_three_files_with_a_sample_in_front_are_read(tmp_path, flat):
    outs = write_run(tmp_path, visium(), Layout(counts="gz"))
    inner = outs / "filtered_feature_bc_matrix"
    for path in list(inner.iterdir()):
        path.rename((outs if flat else inner) / f"GSM1_{path.name}")
    if flat:
        inner.rmdir()
    check(read_section(tmp_path), visium())


def test_the_folder_spatial_named_itself_is_refused_with_the_one_above(tmp_path):
    write_run(tmp_path / "run7", visium())
    with pytest.raises(DataError, match="the counts lie in the folder above, name run7"):
        read_section(tmp_path / "run7" / "spatial")


def test_filtered_counts_go_before_raw_ones_unless_those_are_named(tmp_path):
    write_run(tmp_path, visium(), Layout(raw=True))
    write_run(tmp_path, visium())
    assert not any("raw" in note for note in read_section(tmp_path).notes)
    section = read_section(tmp_path / "raw_feature_bc_matrix.h5")
    check(section, visium())
    assert any("raw counts raw_feature_bc_matrix.h5 are read" in note for note in section.notes)


def test_off_tissue_spots_of_filtered_counts_keep_their_row(tmp_path):
    array = visium()
    outs = write_run(tmp_path, array)
    write_matrix(outs / "filtered_feature_bc_matrix.h5", array.counts, array.barcode)
    section = read_section(tmp_path)
    assert np.array_equal(section.reason == "not under tissue", ~array.in_tissue)
    assert np.array_equal(section.array.in_tissue, array.in_tissue)
    assert not section.usable[~array.in_tissue].any()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["spatial/a.txt"], r"without counts that can be read; in it spatial"),
        (["spatial/a.txt", "filtered_feature_bc_matrix.h5.gz"], "with gunzip first"),
        (["GSM1_filtered_feature_bc_matrix.h5.gz"], "with gunzip first"),
        (["outs/spatial.tar.gz"], "unpack the archives"),
        (["binned_outputs/square_008um/spatial/a.txt"], "square_008um without filtered_feature_bc_matrix"),
        (["experiment.xenium"], "experiment.xenium without cell_feature_matrix.h5"),
    ],
)
def test_a_folder_without_counts_is_refused_with_what_lies_there(tmp_path, made, said):
    for name in made:
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).touch()
    with pytest.raises(DataError, match=said):
        read_section(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "said"),
    [("molecule_info.h5", "every molecule"), ("raw_probe_bc_matrix.h5", "probes, not of genes")],
)
def test_files_that_are_no_matrix_of_genes_are_refused_by_name(tmp_path, name, said):
    with h5py.File(tmp_path / name, "w") as file:
        file["count"] = np.ones(3)
    with pytest.raises(DataError, match=said):
        read_section(tmp_path / name)


def test_counts_named_alone_without_positions_are_refused(tmp_path):
    write_matrix(tmp_path / "filtered_feature_bc_matrix.h5", np.ones((3, 5), dtype=int), ["a", "b", "c"])
    with pytest.raises(DataError, match=r"without positions; put tissue_positions\.csv"):
        read_section(tmp_path / "filtered_feature_bc_matrix.h5")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    write_run(tmp_path, hd_bins(), Layout(positions="tissue_positions.parquet"))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'spectra-dl\[spatial\]'"):
        read_section(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="array_row"), "no column array_row"),
        (lambda table: table.assign(array_row="a"), "array_row holds .* and no numbers"),
        (lambda table: table.assign(barcode="a"), "stands twice"),
        (lambda table: table.assign(in_tissue=2), "in_tissue of 'ACGT0000-1' is 2"),
        (lambda table: table.assign(array_col=0.5), "whole numbers are needed"),
        (lambda table: table.iloc[:0], "no positions in it"),
    ],
)
def test_parquet_of_something_else_is_refused(tmp_path, change, said):
    import pandas as pd

    write_run(tmp_path, visium(), Layout(positions="tissue_positions.parquet"))
    path = tmp_path / "spatial" / "tissue_positions.parquet"
    change(pd.read_parquet(path)).to_parquet(path)
    with pytest.raises(DataError, match=said):
        read_section(tmp_path)


def test_damaged_parquet_and_packed_images_are_refused(tmp_path, monkeypatch):
    write_run(tmp_path, visium(), Layout(positions="tissue_positions.parquet", packed=True))
    path = tmp_path / "spatial" / "tissue_positions.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="can't be read as Parquet"):
        read_section(tmp_path)
    path.write_bytes(whole)
    monkeypatch.setattr(parquet_table, "_MOST_ROWS", 10)
    with pytest.raises(DataError, match="more than any section has"):
        read_section(tmp_path)
    monkeypatch.undo()
    image = tmp_path / "spatial" / "tissue_hires_image.png.gz"
    image.write_bytes(image.read_bytes()[:-40])
    with pytest.raises(DataError, match="no image can be read from this gzip file"):
        read_section(tmp_path)


def test_a_packed_image_is_the_image(tmp_path):
    write_run(tmp_path / "a", visium(), Layout(packed=True))
    write_run(tmp_path / "b", visium())
    packed, plain = (read_section(tmp_path / name).image for name in "ab")
    assert np.array_equal(packed.thumbnail(100)[0], plain.thumbnail(100)[0])
    centre = np.array([[60.0, 60.0]])
    assert np.array_equal(next(packed.cutter()(centre, 20.0, 20)), next(plain.cutter()(centre, 20.0, 20)))


def test_what_is_transparent_in_a_packed_image_is_white(tmp_path):
    write_run(tmp_path, visium(), Layout(packed=True))
    path = tmp_path / "spatial" / "tissue_hires_image.png.gz"
    with Image.open(io.BytesIO(gzip.decompress(path.read_bytes()))) as image:
        clear = image.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 10, 10))
    stream = io.BytesIO()
    clear.save(stream, "PNG")
    path.write_bytes(gzip.compress(stream.getvalue()))
    assert (read_section(tmp_path).image.decoded()[:10, :10] == 255).all()


def test_two_spots_at_one_place_are_refused(tmp_path):
    array = visium()
    array.pixel[1] = array.pixel[0]
    write_run(tmp_path, array)
    with pytest.raises(DataError, match="where another one lies"):
        read_section(tmp_path)


def test_a_scale_of_another_image_is_refused(tmp_path):
    write_run(tmp_path, visium())
    with pytest.raises(
        DataError, match=r"an image scale of 0\.5 was given, but tissue_hires_scalef says 0\.1"
    ):
        read_section(SectionSource(tmp_path, image_scale=0.5))
    assert read_section(SectionSource(tmp_path, image_scale=0.1)).um_per_pixel == pytest.approx(5.0)


def test_probes_that_are_excluded_are_no_genes(tmp_path):
    outs = write_run(tmp_path, visium())
    probes = "#probe_set_file_format=3.0\ngene_id,probe_seq,probe_id,included,region\n"
    probes += "ENSG00000000001,ACGT,p1,FALSE,spliced\nENSG00000000002,ACGT,p2,FALSE,spliced\nENSG00000000002,ACGT,p3,TRUE,spliced\n"
    (outs / "probe_set.csv").write_text(probes)
    section = read_section(tmp_path)
    assert list(section.symbol) == ["SYM0", "SYM2", "SYM3", "SYM4"]
    assert any("1 genes whose probes" in note for note in section.notes)


def test_a_full_image_is_known_by_its_size_among_the_small_ones(tmp_path):
    outs = write_run(tmp_path, visium(), Layout(flat=True, prefix=GEO))
    (outs / f"{GEO}tissue_lowres_image.png").write_bytes(tissue_image(visium().size, 0.03))
    (outs / "scan.png").write_bytes(tissue_image(visium().size, 1.0))
    section = read_section(tmp_path)
    assert section.image.path.name == "scan.png"
    assert section.um_per_pixel == pytest.approx(UM_PER_PIXEL)


def _moved(folder, name):
    """Write a run whose three files lie in a folder of this name."""
    write_run(folder, visium(), Layout(counts="folder"))
    (folder / "filtered_feature_bc_matrix").rename(folder / "moved")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "moved").rename(folder / name)
    return folder


@pytest.mark.parametrize("below", ["", "filtered_gene_bc_matrices", "filtered_gene_bc_matrices/GRCh38"])
def test_counts_of_one_genome_are_read_by_every_folder_that_holds_them(tmp_path, below):
    check(read_section(_moved(tmp_path / "run", "filtered_gene_bc_matrices/GRCh38") / below), visium())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mtx", "rename mtx to filtered_feature_bc_matrix, or to raw_feature_bc_matrix"),
        ("GRCh38", "rename GRCh38 to filtered_feature_bc_matrix"),
    ],
)
def test_three_files_in_a_folder_of_another_name_are_refused_with_what_to_rename(tmp_path, name, said):
    with pytest.raises(DataError, match=said):
        read_section(_moved(tmp_path / "run", name))


def test_counts_of_two_genomes_are_refused_by_name(tmp_path):
    folder = _moved(tmp_path / "run", "filtered_gene_bc_matrices/GRCh38") / "filtered_gene_bc_matrices"
    shutil.copytree(folder / "GRCh38", folder / "mm10")
    with pytest.raises(DataError, match=r"filtered_gene_bc_matrices holds 2 genomes, GRCh38, mm10; keep"):
        read_section(tmp_path / "run")


def test_a_matrix_of_another_name_is_refused_with_its_name(tmp_path):
    write_run(tmp_path, visium())
    (tmp_path / "filtered_feature_bc_matrix.h5").rename(tmp_path / "counts.h5")
    with pytest.raises(DataError, match=r"name counts\.h5 itself, or rename it to filtered_feature"):
        read_section(tmp_path)
    check(read_section(tmp_path / "counts.h5"), visium())


def test_a_matrix_of_cell_ranger_2_in_a_run_is_called_that(tmp_path):
    path = write_run(tmp_path, visium()) / "filtered_feature_bc_matrix.h5"
    with h5py.File(path, "r+") as file:
        file.move("matrix", "GRCh38")
        for name, old in (("id", "genes"), ("name", "gene_names")):
            file["GRCh38"].move(f"features/{name}", old)
    with pytest.raises(DataError, match="a matrix of Cell Ranger 2, which is not read"):
        read_section(tmp_path)
