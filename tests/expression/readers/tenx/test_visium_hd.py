"""Bins of Visium HD are joined into larger ones without losing a count."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.tenx import Layout, hd_bins, larger_bins, visium, write_run
from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section, read_sections
from spectra_dl.expression.readers.count_matrix import checked_counts
from spectra_dl.expression.readers.tenx.bins import joined_bins


@pytest.fixture
def run(tmp_path):
    """A run with bins of 8 µm alone."""
    write_run(tmp_path / "run/outs/binned_outputs/square_008um", hd_bins())
    return tmp_path / "run"


def by_name(section):
    """Counts and places by barcode."""
    order = np.argsort(section.barcode.astype(str))
    return (
        list(section.barcode[order]),
        section.counts.toarray()[order],
        section.position_um[order],
        section.array.row[order],
        section.array.column[order],
    )


def test_16_um_joined_from_8_are_those_that_space_ranger_writes(run, tmp_path):
    write_run(tmp_path / "square_016um", larger_bins(hd_bins(), 2))
    joined = read_section(SectionSource(run, bin_um=16))
    native = read_section(tmp_path / "square_016um")
    for mine, theirs in zip(by_name(joined), by_name(native), strict=True):
        assert np.array_equal(mine, theirs) or mine == pytest.approx(theirs)
    assert (joined.spot_pitch_um, joined.spot_diameter_um, native.spot_pitch_um) == (16.0, 16.0, 16.0)


def test_the_sum_of_counts_is_kept(run):
    plain = read_section(run)
    for bin_um in (8, 16, 24, 32, 55):
        joined = read_section(SectionSource(run, bin_um=bin_um))
        assert joined.counts.sum() == plain.counts.sum()
        assert list(joined.gene) == list(plain.gene)


def test_blocks_at_the_edge_of_the_tissue_are_kept_and_noted(run):
    section = read_section(SectionSource(run, bin_um=32))
    (note,) = (note for note in section.notes if "joined into" in note)
    bins, blocks, partial = (
        int(re.search(form, note)[1]) for form in (r": (\d+) bins", r"into (\d+) of", r"(\d+) of them")
    )
    assert bins == hd_bins().in_tissue.sum()
    assert blocks == len(section) == 16
    assert 0 < partial < 16


def test_a_place_is_the_centre_of_the_whole_block(run):
    section = read_section(SectionSource(run, bin_um=32))
    expected = 40 + (np.stack([section.array.column, section.array.row], axis=1) + 0.5) * 32
    assert section.position_um == pytest.approx(expected)


def test_55_um_are_seven_bins_of_8_and_noted(run):
    section = read_section(SectionSource(run, bin_um=55))
    assert section.spot_pitch_um == 56.0
    assert section.barcode[0] == "s_056um_00000_00000-1"
    assert any(
        "bins of 56 µm, the multiple of 8 µm nearest to the 55 asked for" in note for note in section.notes
    )


def test_the_largest_bins_that_fit_are_joined(tmp_path):
    for size, times in ((2, 1), (8, 4)):
        array = larger_bins(hd_bins(64, 2.0), times) if times > 1 else hd_bins(64, 2.0)
        write_run(tmp_path / f"square_{size:03d}um", array)
    coarse, fine, native = (read_section(SectionSource(tmp_path, bin_um=um)) for um in (16, 6, 2))
    assert any("bins of 8 µm in square_008um are read" in note for note in coarse.notes)
    assert any("bins of 2 µm in square_002um are read" in note for note in fine.notes)
    assert coarse.counts.sum() == fine.counts.sum() == native.counts.sum()


@pytest.mark.parametrize("bin_um", [4.0, 12.0, 20.0])
def test_a_size_that_no_blocks_have_is_refused_with_what_can_be_had(run, bin_um):
    with pytest.raises(DataError, match="can't be joined from those of 8 µm"):
        read_section(SectionSource(run, bin_um=bin_um))
    with pytest.raises(DataError, match=r"ask for 8|ask for 16 or 24 µm"):
        read_section(SectionSource(run / "outs/binned_outputs/square_008um", bin_um=bin_um))


def test_spots_of_visium_and_other_formats_have_no_bins(tmp_path, draw_image):
    write_run(tmp_path / "run", visium())
    with pytest.raises(DataError, match="spots of Visium can't be joined into bins of 16 µm"):
        read_section(SectionSource(tmp_path / "run", bin_um=16))
    draw_image(tmp_path / "image.png")
    with pytest.raises(DataError, match="bin_um are for Visium HD"):
        read_section(SectionSource(tmp_path / "image.png", um_per_pixel=1, bin_um=16))
    with pytest.raises(UsageError, match="µm of a bin"):
        SectionSource(tmp_path, bin_um=-1)


def test_a_sheet_states_the_size_of_bins(run):
    sheet = run / "sheet.csv"
    sheet.write_text("path,patient,section,bin_um\nouts,P,A,16\nouts,P,B,\n")
    joined, plain = read_sections(sheet)
    assert (joined.spot_pitch_um, plain.spot_pitch_um) == (16.0, 8.0)
    sheet.write_text("path,patient,section,bin_um\nouts,P,A,wide\n")
    with pytest.raises(DataError, match="bin_um 'wide' is no number"):
        read_sections(sheet)


def test_pixels_that_are_given_are_held_against_the_bins(run):
    with pytest.raises(DataError, match=r"4 times the 0\.5 from the array's pitch of bins of 8 µm"):
        read_section(run, um_per_pixel=2.0)


def test_bins_that_are_no_square_array_leave_the_pixel_size_to_the_file(tmp_path):
    array = visium()
    factors = {**array.factors, "bin_size_um": 8.0, "microns_per_pixel": 0.5}
    array.factors.update(factors)
    write_run(tmp_path, array)
    section = read_section(tmp_path)
    assert section.full_um_per_pixel == 0.5
    assert any("could not be checked by the array" in note for note in section.notes)


@settings(max_examples=30, deadline=None)
@given(side=st.integers(1, 9), rows=st.integers(1, 12), columns=st.integers(1, 12), seed=st.integers(0, 99))
def test_joining_keeps_each_gene_s_sum(side, rows, columns, seed):
    from scipy.sparse import csr_matrix

    place = np.array([(row, column) for row in range(rows) for column in range(columns)])
    values = np.random.default_rng(seed).poisson(1.0, (len(place), 4)).astype(float)
    names = text_array(range(len(place)))
    counts = checked_counts(csr_matrix(values), names, text_array("abcd"), None, "made")
    binned = joined_bins(counts, place, side, side * 8.0)
    assert np.array_equal(binned.counts.matrix.sum(axis=0), values.sum(axis=0)[None])
    assert binned.members.sum() == len(place)
    assert len(set(binned.counts.barcode)) == len(binned.array)


def test_raw_bins_off_the_tissue_are_left_out_with_a_note(tmp_path):
    write_run(tmp_path, hd_bins(), Layout(raw=True))
    section = read_section(tmp_path)
    assert len(section) == hd_bins().in_tissue.sum()
    assert any("of 256 counted barcodes" in note for note in section.notes)
