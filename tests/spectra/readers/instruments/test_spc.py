"""SPC files: whole and floating numbers, one and several spectra, even and written axes; none can claim more than it holds."""

import numpy as np
import pytest

from made_instrument_files import spc
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.instruments.spc import read_spc

POINTS = 60
SPECTRA = np.random.default_rng(0).integers(-30_000, 30_000, (3, POINTS)).astype(float)


@pytest.fixture
def written(tmp_path):
    """Write a file and return its path."""

    def write(content):
        path = tmp_path / "serum.spc"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(("kind", "exponent"), [("i4", 20), ("f4", 0), ("i2", 16)])
@pytest.mark.parametrize("count", [1, 3])
def test_values_come_back_in_each_way_of_writing_them(written, kind, exponent, count):
    found = read_spectra(written(spc(SPECTRA[:count], kind=kind, exponent=exponent)))
    np.testing.assert_allclose(found.intensity, SPECTRA[:count, ::-1], atol=0.01)
    np.testing.assert_allclose(found.wavenumber, np.linspace(400, 1800, POINTS))
    assert set(found.metadata["title"]) == {"title"}


def test_a_written_axis_is_taken_as_it_is(written):
    axis = np.linspace(500, 1700, POINTS) ** 1.01
    found = read_spectra(written(spc(SPECTRA, axis=axis)))
    np.testing.assert_allclose(found.wavenumber, axis, rtol=1e-6)


LIES = {
    "2e9 points of 2e9 spectra": (
        spc(SPECTRA, points=2 * 10**9, count=2 * 10**9),
        "2000000000 points x 2000000000 spectra",
    ),
    "a million spectra": (spc(SPECTRA, count=10**6), "claims 60 points x 1000000 spectra"),
    "the older layout": (spc(SPECTRA, version=0x4D), "before 1996"),
    "big-endian": (spc(SPECTRA, version=0x4C), "big-endian"),
    "axes of their own": (spc(SPECTRA, flags=0x40), "axes of their own"),
    "minutes": (spc(SPECTRA, unit=5), "in minutes"),
    "absolute wavenumbers": (spc(SPECTRA, unit=1), "absolute cm-1"),
    "cut in its header": (spc(SPECTRA)[:300], "truncated SPC"),
    "cut in a spectrum": (spc(SPECTRA)[:-10], "claims 60 points x 3 spectra"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused_by_name(written, lie):
    content, said = LIES[lie]
    with pytest.raises(DataError, match=said) as refusal:
        read_spectra(written(content))
    assert str(refusal.value).startswith("serum.spc")


@pytest.mark.parametrize("name", ["RAMAN.SPC", "s_xy.spc"])
def test_real_files_are_what_their_source_expects(shared_data, name):
    path = shared_data / "raman/instruments/galactic_spc" / name
    found, expected = read_spc(path), np.loadtxt(f"{path}.txt")
    np.testing.assert_allclose(found.axis, expected[:, 0], atol=1e-8)
    np.testing.assert_allclose(found.intensity(0, 1)[0], expected[:, 1], rtol=1e-9, atol=1e-9)


def test_a_chromatogram_is_no_raman_spectrum(shared_data):
    with pytest.raises(DataError, match="in minutes"):
        read_spectra(shared_data / "raman/instruments/galactic_spc/s_xy.spc")
