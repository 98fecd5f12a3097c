"""Whatever small text stands in a file, it is read or refused in a sentence; nothing else ever happens."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectra_dl.errors import SpectraDLError
from spectra_dl.spectra.readers import read_spectra

WORDS = (
    "400 402 404.5 1e3 -1 0 0.5 1,5 1.234,5 12,345.6 nan inf -9999 1e308 999999999999 Wavelength nm cm-1 (nm) Raman_shift Pixel X x #X "
    "#Wave #Intensity Dark std mean S1 P1 label patient sample_id µm eV : = ; 380.00 382.00 384.00"
)
SENTENCES = (
    "",
    " ",
    "Raman shift (cm-1)",
    "swab 3",
    "Laser: 785 nm",
    "[Data]",
    "##XUNITS=nm",
    '"',
    '"a"',
    "%",
)
CELLS = st.sampled_from((*WORDS.split(), *SENTENCES))
SEPARATORS = st.sampled_from(["\t", ",", ";", " ", "|", "\t\t", ", ", ""])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw one column, one row, or some ragged rows, perhaps with a block of numbers among them."""
    separator = draw(SEPARATORS)
    columns = draw(st.sampled_from([1, 1, 2, 3, 4, 7]))
    rows = draw(st.lists(st.lists(CELLS, min_size=0, max_size=columns), min_size=0, max_size=6))
    lines = [separator.join(row) for row in rows]
    points = draw(st.sampled_from([0, 1, 2, 5, 30]))
    decimal = draw(st.sampled_from([".", ","]))
    block = [
        separator.join(f"{(400 + 2 * k) * (j + 1) + k % 3:.2f}".replace(".", decimal) for j in range(columns))
        for k in range(points)
    ]
    at = draw(st.integers(0, len(lines)))
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines[:at], *block, *lines[at:]])


@given(texts())
@settings(
    max_examples=1000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_small_text_is_read_or_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "input.txt"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        table = read_spectra(path)
    except SpectraDLError as refusal:
        sentence = str(refusal)
    else:
        assert np.all(np.diff(table.wavenumber) > 0)
        return
    assert "input" in sentence
    assert len(sentence) <= 500
    assert sentence.isprintable()
