"""Which of a run's features are genes, and which of its values are counts."""

import h5py
import numpy as np
import pytest

from formats.tenx import GENES, Layout, hd_bins, visium, write_run
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.section import no_counts

MATRIX = "filtered_feature_bc_matrix"


def rewritten(folder, name, change):
    """Change a text file of the counts."""
    path = folder / MATRIX / name
    path.write_text(change(path.read_text()))


def fractions(outs):
    """Halve every count of an HDF5 matrix."""
    with h5py.File(outs / f"{MATRIX}.h5", "r+") as file:
        values = file["matrix/data"][()] / 2
        del file["matrix/data"]
        file["matrix/data"] = values


def test_values_with_fractions_are_no_counts_in_an_hdf5_matrix(tmp_path):
    fractions(write_run(tmp_path, visium()))
    section = read_section(tmp_path)
    assert section.counts is None
    assert section.usable.sum() == 56
    assert "is no whole number, as after log-normalising; its values are not taken as counts" in no_counts(
        section
    )


def test_values_with_fractions_are_no_counts_in_text_files(tmp_path):
    outs = write_run(tmp_path, visium(), Layout(counts="folder"))
    rewritten(outs, "matrix.mtx", lambda text: text.replace("integer", "real").replace(" 4\n", " 1.609\n"))
    section = read_section(tmp_path)
    assert section.counts is None
    assert "not taken as counts" in no_counts(section)


def test_joined_bins_of_fractions_are_no_counts_even_where_the_sums_are_whole(tmp_path):
    bins = tmp_path / "binned_outputs/square_008um"
    array = hd_bins()
    array.counts[:] = 1
    fractions(write_run(bins, array))
    section = read_section(SectionSource(tmp_path, bin_um=16))
    assert section.counts is None
    assert "not taken as counts" in no_counts(section)


@pytest.mark.parametrize("ids", ["NegControlProbe_00042", "BLANK_0001", "negcontrolprobe_7", "NegPrb3"])
def test_control_probes_that_are_called_gene_expression_are_left_out(tmp_path, ids):
    outs = write_run(tmp_path, visium(), Layout(counts="folder"))
    rewritten(outs, "features.tsv", lambda text: text.replace("ENSG00000000002\tSYM2", f"{ids}\t{ids}"))
    section = read_section(tmp_path)
    assert list(section.symbol) == ["SYM0", "SYM1", "SYM3", "SYM4"]
    np.testing.assert_array_equal(section.counts.toarray(), np.delete(visium().counts[:56], 2, axis=1))
    assert any("no genes are left out: 1 control probes" in note for note in section.notes)


def test_a_probe_withdrawn_by_its_name_alone_is_left_out(tmp_path):
    outs = write_run(tmp_path, visium(), Layout(counts="folder"))
    rewritten(outs, "features.tsv", lambda text: text.replace("SYM2", "DEPRECATED_SYM2"))
    assert any("1 withdrawn (DEPRECATED_)" in note for note in read_section(tmp_path).notes)


def test_a_type_in_other_letters_is_the_same_type(tmp_path):
    outs = write_run(tmp_path, visium(), Layout(counts="folder"))
    rewritten(outs, "features.tsv", lambda text: text.replace("Gene Expression", "Gene expression"))
    assert len(read_section(tmp_path).gene) == GENES


@pytest.mark.parametrize("kind", ["filtered", "raw"])
@pytest.mark.parametrize("genome", ["GRCh38", "mm10", ""])
def test_counts_of_version_2_are_read_from_the_folder_of_their_genome(tmp_path, kind, genome):
    outs = write_run(tmp_path / "run", visium(), Layout(counts="folder"))
    folder = outs / f"{kind}_gene_bc_matrices" / genome
    folder.parent.mkdir(parents=True, exist_ok=True)
    (outs / MATRIX).rename(folder)
    features = (folder / "features.tsv").read_text().replace("\tGene Expression", "")
    (folder / "features.tsv").unlink()
    (folder / "genes.tsv").write_text(features)
    section = read_section(tmp_path / "run")
    np.testing.assert_array_equal(section.counts.toarray(), visium().counts[:56])
