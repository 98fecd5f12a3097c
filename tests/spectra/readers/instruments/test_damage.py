"""No damage to an instrument's file gives anything but the same values, a refusal, or a note of what is missing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_opus import small_spectrum
from example_spc import OLD, fractions
from example_text import bwspec_file, labspec_file, oras_file
from example_wdf import small_map
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.table import SpectraTable

EXAMPLES_EACH = 60
EXAMPLES = settings(
    max_examples=EXAMPLES_EACH,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
WDF = small_map().data()
# The bytes that say where values stand, how many, and in which unit; all others are values and texts themselves.
SPC, OLD_SPC = fractions().data(), fractions().but(version=OLD).data()
BINARY = {
    "WDF": (WDF, [*range(20), *range(60, 80), *range(88, 96), *range(512, 516), *range(520, 528)]),
    "SPC": (SPC, [*range(4, 8), *range(24, 28)]),
    "old SPC": (OLD_SPC, [*range(4, 8)]),
}
JCAMP = b"""##TITLE=a powder
##JCAMP-DX=4.24
##DATA TYPE=RAMAN SPECTRUM
##XUNITS=1/CM
##FIRSTX=400
##LASTX=490
##XFACTOR=1
##YFACTOR=1
##NPOINTS=10
##XYDATA=(X++(Y..Y))
400AJJ%j
440Bjjjj
480bj
##END=
"""
# What counts its points in the file; text without a count can't show that its last lines are gone.
COUNTED = {
    **{name: data for name, (data, _) in BINARY.items()},
    "OPUS": small_spectrum().data(),
    "ORAS": oras_file(),
    "JCAMP": JCAMP,
    "BWSpec": bwspec_file().encode(),
}
WHOLE_FILES = {
    **COUNTED,
    "LabSpec": labspec_file(0).encode("cp1252"),
    "LabSpec map": labspec_file(2).encode("cp1252"),
}


def outcome(path: Path, content: bytes) -> SpectraTable | None:
    """Return the table, or None after a refusal that is short, printable and names the file."""
    path.write_bytes(content)
    try:
        return read_spectra(path)
    except DataError as refusal:
        text = str(refusal)
    assert len(text) <= 500
    assert text.isprintable()
    assert path.name in text
    return None


def check_same(table: SpectraTable, content: bytes, path: Path) -> None:
    whole = outcome(path, content)
    assert whole is not None
    uncounted = any("does not say how many" in note for note in table.notes)
    expected = whole.intensity[: len(table)] if uncounted else whole.intensity
    np.testing.assert_array_equal(table.intensity, expected)
    np.testing.assert_array_equal(table.wavenumber, whole.wavenumber)


@pytest.mark.parametrize("name", WHOLE_FILES)
@given(share=st.floats(0, 1, exclude_max=True))
@EXAMPLES
def test_a_file_cut_off_is_read_or_refused_and_in_full_where_it_counts_its_points(name, share, tmp_path):
    data = WHOLE_FILES[name]
    table = outcome(tmp_path / "measured.dat", data[: int(share * len(data))])
    if table is not None and name in COUNTED:
        check_same(table, data, tmp_path / "measured.dat")


@pytest.mark.parametrize("name", WHOLE_FILES)
@given(position=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@EXAMPLES
def test_a_byte_changed_anywhere_gives_a_table_or_a_refusal(name, position, mask, tmp_path):
    data = bytearray(WHOLE_FILES[name])
    data[int(position * len(data))] ^= mask
    table = outcome(tmp_path / "measured.dat", bytes(data))
    if table is not None:
        assert table.intensity.shape == (len(table.sample_id), table.wavenumber.size)


@pytest.mark.parametrize("name", BINARY)
@given(choice=st.integers(0, 10_000), mask=st.integers(1, 255))
@EXAMPLES
def test_a_changed_byte_of_the_structure_gives_the_same_values_a_refusal_or_a_note(
    name, choice, mask, tmp_path
):
    data, structure = BINARY[name]
    changed = bytearray(data)
    changed[structure[choice % len(structure)]] ^= mask
    table = outcome(tmp_path / "measured.dat", bytes(changed))
    if table is not None and not any("broken off" in note for note in table.notes):
        check_same(table, data, tmp_path / "measured.dat")
