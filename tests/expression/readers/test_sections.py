"""Sections are read as they are, and what can't be right is refused in a sentence."""

import csv
import json

import h5py
import numpy as np
import pytest

from example_sections import write_section, write_study
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.readers import SectionSource, read_section, read_sections
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts


def test_legacy_sections_are_joined_and_measured_by_their_pitch(tmp_path):
    sections = read_sections(write_study(tmp_path, "ab"))
    assert [section.patient for section in sections] == ["a", "b"]
    assert sections[0].um_per_pixel == pytest.approx(5.0)
    assert sections[0].position_um[1].tolist() == pytest.approx([400.0, 200.0])
    assert sections[0].usable.all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,patient\nS0.tsv,a\n", "path, patient and section"),
        ("path,patient,section\nS0.tsv,,S0\n", "line 2: no patient"),
        ("path,patient,section,mpp\nS0.tsv,a,S0,wide\n", "mpp 'wide'"),
        ("path,patient,section\nS0.tsv,a,S0\nS0.tsv,b,S0\n", "stands twice"),
        ("path,patient,section\nnone.tsv,a,S0\n", "no such file"),
    ],
)
def test_a_sheet_that_is_wrong_is_refused_with_its_place(tmp_path, text, message):
    write_section(tmp_path, "S0", 0)
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_sections(tmp_path / "s.csv")


@pytest.mark.parametrize("value", ["-1", "0.5", "nan", "many"])
def test_values_that_are_no_counts_are_refused_with_their_line_where_counts_are_needed(tmp_path, value):
    write_section(tmp_path, "S0", 0)
    lines = (tmp_path / "S0.tsv").read_text().splitlines()
    cells = lines[3].split("\t")
    lines[3] = "\t".join([cells[0], value, *cells[2:]])
    (tmp_path / "S0.tsv").write_text("\n".join(lines))
    if value == "nan":
        section = read_section(SectionSource(tmp_path / "S0.tsv"))
        assert list(np.flatnonzero(section.reason == "counts missing")) == [2]
        return
    with pytest.raises(DataError, match="line 4, gene 1"):
        shared_genes([read_section(SectionSource(tmp_path / "S0.tsv"))])


def test_files_may_be_named_in_text(tmp_path):
    write_section(tmp_path, "S0", 0)
    beside = {}
    for word in ("image", "spots"):
        (file,) = tmp_path.glob("S0_selection.tsv" if word == "spots" else "S0.[jp][pn]g")
        beside[word] = file.rename(tmp_path / f"other_{file.name}")
    named = read_section(
        str(tmp_path / "S0.tsv"), um_per_pixel=5.0, **{word: str(file) for word, file in beside.items()}
    )
    assert named.usable.all()
    assert named.image.width > 1


def test_spots_off_the_image_are_refused_and_all_of_them_refuse_the_section(tmp_path):
    write_section(tmp_path, "S0", 0)
    path = tmp_path / "S0_selection.tsv"
    lines = path.read_text().splitlines()
    cells = lines[1].split("\t")
    path.write_text("\n".join([lines[0], "\t".join([*cells[:2], "-50", "40", "1"]), *lines[2:]]))
    section = read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=5.0))
    assert section.reason[0] == "off the image"
    assert section.usable.sum() == 80
    far = [lines[0], *("\t".join([*line.split("\t")[:2], "9000", "9000", "1"]) for line in lines[1:])]
    path.write_text("\n".join(far))
    with pytest.raises(DataError, match="0 of 81 spots fall on the image"):
        read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=5.0))


def test_space_ranger_equals_scanpy_in_counts_names_and_places(shared_data):
    import warnings

    import scanpy

    folder = shared_data / "st" / "formats" / "visium_spaceranger1"
    section = read_section(SectionSource(folder, patient="a"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = scanpy.read_10x_h5(folder / "filtered_feature_bc_matrix.h5")
    known = known[list(section.barcode)]
    assert (section.counts != known.X).nnz == 0
    assert list(section.symbol) == list(known.var_names)
    assert list(section.gene) == list(known.var["gene_ids"])
    with open(folder / "spatial" / "tissue_positions_list.csv", newline="") as stream:
        place = {cells[0]: (float(cells[5]), float(cells[4])) for cells in csv.reader(stream)}
    scale = json.loads((folder / "spatial" / "scalefactors_json.json").read_text())["tissue_hires_scalef"]
    expected = np.array([place[barcode] for barcode in section.barcode]) * scale * section.um_per_pixel
    np.testing.assert_allclose(section.position_um, expected)


def test_real_sections_have_the_pitch_and_depth_that_are_known_of_them(shared_data):
    section = read_section(SectionSource(shared_data / "st" / "her2st" / "counts" / "B4.tsv.gz", patient="B"))
    assert 0.68 < section.um_per_pixel < 0.70
    assert len(section) == 283
    assert np.median(np.asarray(section.counts.sum(axis=1))) == pytest.approx(650, rel=0.05)


def write_h5ad(path, values=None, **changed):
    """Write a small h5ad with a sparse X by hand."""
    data = np.ones(3, dtype=np.float32) if values is None else np.asarray(values, dtype=np.float32)
    parts = {"indices": np.array([0, 1, 1]), "indptr": np.array([0, 1, 2, 3])} | changed
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [3, 2]})
        group["data"] = data
        for name, part in parts.items():
            group[name] = part
        for which, ids in (("obs", ["a", "b", "c"]), ("var", ["g", "h"])):
            table = file.create_group(which)
            table.attrs["_index"] = "_index"
            table["_index"] = ids


def test_an_h5ad_is_read_as_it_was_written(tmp_path):
    write_h5ad(tmp_path / "x.h5ad", [1, 2, 3])
    counts, barcode, gene = read_h5ad_counts(tmp_path / "x.h5ad")
    assert counts.toarray().tolist() == [[1, 0], [0, 2], [0, 3]]
    assert (list(barcode), list(gene)) == (["a", "b", "c"], ["g", "h"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"indices": np.array([0, 1, 2_000_000_000])}, "points outside itself"),
        ({"indptr": np.array([0, 1, 2, 9])}, "points outside itself"),
        ({"indptr": np.array([0, 2, 1, 3])}, "points outside itself"),
        ({"values": [1, -1, 2]}, "below 0"),
        ({"values": [1, 0.5, 2]}, "no whole numbers"),
        ({"values": [1, np.nan, 2]}, "not finite"),
    ],
)
def test_a_matrix_that_lies_is_refused_before_it_is_used(tmp_path, changed, message):
    write_h5ad(tmp_path / "x.h5ad", **changed)
    with pytest.raises(DataError, match=message):
        read_h5ad_counts(tmp_path / "x.h5ad")


def test_links_to_other_files_are_not_followed(tmp_path):
    write_h5ad(tmp_path / "x.h5ad")
    with h5py.File(tmp_path / "x.h5ad", "a") as file:
        file["obs/secret"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(UnsafeError, match="secret"):
        read_h5ad_counts(tmp_path / "x.h5ad")


def test_half_an_h5ad_is_refused(tmp_path):
    write_h5ad(tmp_path / "x.h5ad")
    content = (tmp_path / "x.h5ad").read_bytes()
    (tmp_path / "x.h5ad").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="truncated or damaged"):
        read_h5ad_counts(tmp_path / "x.h5ad")
