"""One column, one row, nothing at all: arrays of any shape are read as promised or refused in a sentence, in every container."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.matlab import new, old
from formats.nexus import chada, hdf5, nexus
from spectra_dl.errors import SpectraDLError
from spectra_dl.spectra.readers import read_spectra

SIZES = st.sampled_from([0, 1, 2, 19, 20, 30])
SHAPES = st.one_of(
    st.tuples(SIZES), st.tuples(SIZES, SIZES), st.tuples(SIZES, SIZES, st.sampled_from([0, 1, 2]))
)
KINDS = {
    "version 5": lambda array, axis: old(X=array, shift=axis),
    "version 7.3": lambda array, axis: new(X=array, shift=axis),
    "alone": lambda array, axis: old(X=array),
    "NeXus": lambda array, axis: nexus(array, axes=("shift",), change=lambda file: _axis(file, axis)),
    "ramanchada2": lambda array, axis: chada(raw=array),
    "no group": lambda array, axis: hdf5(lambda file: file.__setitem__("X", array)),
}


def _axis(file, axis):
    del file["entry/data/shift"]
    file["entry/data/shift"] = axis
    file["entry/data/shift"].attrs["units"] = "1/cm"


def values(shape, kind):
    size = int(np.prod(shape))
    fill = {"rising": np.arange(size, dtype=float), "same": np.zeros(size), "missing": np.full(size, np.nan)}
    return fill[kind].reshape(shape)


@pytest.mark.parametrize("container", KINDS)
@given(shape=SHAPES, points=SIZES, kind=st.sampled_from(["rising", "same", "missing"]))
@settings(deadline=None, max_examples=60)
def test_arrays_of_any_shape_are_read_or_refused_in_a_sentence(container, shape, points, kind):
    content = KINDS[container](values(shape, kind), 400.0 + np.arange(points))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.dat"
        path.write_bytes(content)
        refused = ""
        try:
            table = read_spectra(path)
        except SpectraDLError as refusal:
            refused = str(refusal)
    assert len(refused) <= 500
    assert refused.isprintable()
    if not refused:
        assert table.intensity.shape == (len(table.sample_id), table.wavenumber.size)
        assert (np.diff(table.wavenumber) > 0).all()
