"""A byte changed or the rest cut off, anywhere: the file is read or refused in a sentence, and nothing else happens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_instrument_files import jcamp, spc, wdf
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

SPECTRA = np.random.default_rng(0).integers(0, 30_000, (3, 50)).astype(float)
FILES = {
    "wdf": wdf(SPECTRA, places=[(3, np.arange(3.0))]),
    "spc": spc(SPECTRA),
    "jcamp": jcamp(["400A00A01A03VI0", "1100e", "1200a6@GA200TC3"]).encode(),
}


def read_or_refused(path):
    """Return the spectra, or the sentence they were refused with; any other error is one."""
    try:
        return read_spectra(path)
    except DataError as refusal:
        return str(refusal)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=150, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_any_damage_is_read_or_refused_and_nothing_else(tmp_path_factory, kind, where, value, cut):
    content = bytearray(FILES[kind])
    place = int(where * len(content))
    if cut:
        del content[place:]
    else:
        content[place] = value
    path = tmp_path_factory.mktemp(kind) / "file"
    path.write_bytes(content)
    found = read_or_refused(path)
    if isinstance(found, str):
        assert len(found) <= 500
    else:
        assert found.intensity.shape[1] == found.wavenumber.size
