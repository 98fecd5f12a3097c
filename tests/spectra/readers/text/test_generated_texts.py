"""Text files drawn at random are read as what they are, or refused by the unit that they state."""

import numpy as np
import pytest

from fuzzing.generated_texts import Generated, generated
from spectra_dl.errors import DataError
from spectra_dl.spectra.quality import inspect
from spectra_dl.spectra.readers import read_spectra

FILES, BATCH = 500, 50
# What a refusal must name of the unit that a file states.
NAMED = {
    "eV": "eV",
    "THz": "THz",
    "nm": "nm",
    "pixel": "pixel",
    "m/z": "m/z",
    "time": "time",
    "absolute": "absolute",
}


def fault(file: Generated, path) -> str:
    """Return what is wrong with the reading of a file, "" for nothing."""
    path.write_text(file.text, encoding="utf-8")
    try:
        table = read_spectra(path)
    except DataError as refusal:
        text = str(refusal)
        if not file.refused_for:
            return f"refused: {text}"
        short = len(text) <= 500 and path.name in text
        return (
            "" if short and NAMED[file.refused_for].lower() in text.lower() else f"refused otherwise: {text}"
        )
    if file.refused_for:
        return f"read, though its axis is {file.refused_for}"
    said = " ".join(reason for verdict in inspect(table)[1] for reason in verdict.reasons)
    if file.verdict and (file.verdict not in said or any(each.status == "ok" for each in inspect(table)[1])):
        return f"no word of {file.verdict} in the verdict: {said}"
    if file.note:
        return "" if any(file.note in note for note in table.notes) else f"no note of {file.note}"
    if table.intensity.shape != file.spectra.shape:
        return f"{table.intensity.shape} instead of {file.spectra.shape}"
    if not np.allclose(table.wavenumber, file.axis, rtol=1e-12):
        return f"axis {table.wavenumber[:3]}... instead of {file.axis[:3]}..."
    return "" if np.array_equal(table.intensity, file.spectra) else "other values"


@pytest.mark.parametrize("first", range(0, FILES, BATCH))
def test_no_file_is_read_with_a_wrong_axis_number_of_spectra_or_value(first, tmp_path):
    files = [generated(seed) for seed in range(first, first + BATCH)]
    faults = [f"{file.what}: {why}" for file in files if (why := fault(file, tmp_path / "input.csv"))]
    assert faults == []


def test_the_generator_draws_good_files_and_files_of_every_other_unit():
    drawn = [generated(seed).refused_for for seed in range(500)]
    assert 300 < drawn.count("") < 480
    assert set(drawn) == {"", *NAMED}
