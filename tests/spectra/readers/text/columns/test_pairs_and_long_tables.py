"""Columns in pairs are read each on its axis; long tables by their places."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra

AXIS = np.arange(380.0, 1822.0, 2.0)
DRAW = np.random.default_rng(4)


def band(axis, at):
    """Return a band of 300 counts at a wavenumber, with noise."""
    return np.round(500 + 300 * np.exp(-(((axis - at) / 8) ** 2)) + DRAW.normal(0, 1, axis.size), 3)


def written(tmp_path, header, columns, separator="\t"):
    """Write a table with these columns and return its path."""
    path = tmp_path / "swabs.txt"
    lines = [separator.join(header)] if header else []
    lines += [separator.join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


HEADERS = [
    ["x_A", "A", "x_B", "B"],
    ["Raman shift", "A", "Raman shift", "B"],
    ["Raman shift (cm-1)", "A", "wavenumber", "B"],
    None,
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("shift", [0.0, 0.6, -3.0])
def test_each_spectrum_stands_on_the_axis_before_it(tmp_path, header, shift):
    axes = (AXIS, AXIS + shift)
    first, second = (band(axis, 1004) for axis in axes)
    table = read_spectra(written(tmp_path, header, [axes[0], first, axes[1], second]))
    assert table.intensity.shape[0] == 2
    for row, axis, values in zip(table.intensity, axes, (first, second), strict=True):
        np.testing.assert_allclose(row, np.interp(table.wavenumber, axis, values), rtol=1e-12)


def test_axes_of_unequal_length_are_read_to_their_ends(tmp_path):
    first, second = band(AXIS, 1004), band(AXIS[:600], 1200)
    blank = ["" for _ in range(AXIS.size - 600)]
    columns = [AXIS, first, [*AXIS[:600], *blank], [*second, *blank]]
    table = read_spectra(written(tmp_path, HEADERS[0], columns))
    assert table.wavenumber[-1] == AXIS[599]
    np.testing.assert_array_equal(table.intensity, [first[:600], second])


def test_an_axis_behind_its_spectrum_is_refused(tmp_path):
    columns = [band(AXIS, 900), AXIS, band(AXIS, 1000), AXIS + 0.6]
    with pytest.raises(DataError, match=r"column 4 .* another axis behind its spectrum"):
        read_spectra(written(tmp_path, ["A", "x_A", "B", "x_B"], columns))


def test_axes_that_share_too_little_are_refused_with_the_file(tmp_path):
    columns = [AXIS, band(AXIS, 900), AXIS + 1400, band(AXIS + 1400, 2000)]
    with pytest.raises(DataError, match=r"swabs\.txt: the files share only"):
        read_spectra(written(tmp_path, ["Raman shift", "A", "Raman shift", "B"], columns))


def long_table(names, places, header, *, axis=AXIS, order=(0, 1, 2)):
    """Return the header and columns of a long table, a spectrum per place."""
    spectra = [band(axis, 800 + 50 * k) for k in range(len(places))]
    columns = [
        np.repeat(places, axis.size).tolist(),
        np.tile(axis, len(places)).tolist(),
        np.concatenate(spectra).tolist(),
    ]
    named = [*names]
    return ([named[k] for k in order] if header else None), [columns[k] for k in order], spectra


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)])
@pytest.mark.parametrize("places", [["swab_1", "swab_2", "swab_3"], ["0.5", "1.5", "2.5"]])
def test_a_long_table_is_read_by_its_places(tmp_path, header, order, places):
    names, columns, spectra = long_table(
        ["place", "Raman shift (cm-1)", "Intensity"], places, header, order=order
    )
    table = read_spectra(written(tmp_path, names, columns))
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, spectra)
    said = [
        " ".join([name, *(column[k] for column in table.metadata.values())])
        for k, name in enumerate(table.sample_id)
    ]
    assert all(place in text for place, text in zip(places, said, strict=True))


def test_a_long_table_names_patients_and_labels(tmp_path):
    names, columns, spectra = long_table(
        ["sample_id", "Wavenumber", "Counts"], ["S1", "S2", "S3"], header=True
    )
    patients = np.repeat(["P1", "P1", "P2"], AXIS.size).tolist()
    table = read_spectra(written(tmp_path, [*names, "patient"], [*columns, patients]))
    assert list(table.sample_id) == ["S1", "S2", "S3"]
    assert list(table.patient) == ["P1", "P1", "P2"]
    np.testing.assert_array_equal(table.intensity, spectra)


def test_an_axis_below_itself_is_several_spectra(tmp_path):
    spectra = [band(AXIS, at) for at in (700, 900, 1100)]
    for header in (["Raman shift", "Intensity"], None):
        table = read_spectra(written(tmp_path, header, [np.tile(AXIS, 3), np.concatenate(spectra)]))
        np.testing.assert_array_equal(table.intensity, spectra)
        assert any("3 times below itself" in note for note in table.notes)


@pytest.mark.parametrize("unit", ["Wavelength (nm)", "Energy (eV)", "Pixel"])
def test_a_long_table_states_its_unit_too(tmp_path, unit):
    names, columns, _ = long_table(["sample", unit, "Intensity"], ["a", "b"], header=True)
    with pytest.raises(DataError, match="not Raman shift"):
        read_spectra(written(tmp_path, names, columns))


def test_a_map_in_two_tabs_is_read_in_blocks_with_its_places(tmp_path):
    axis = AXIS[::-1]
    lines = ["#X\t\t#Y\t\t#Wave\t\t#Intensity"]
    spectra = []
    for x in (0.0, 1.5):
        for y in (0.0, -2.0):
            spectra.append(band(axis, 1004))
            lines += [f"{x:.6f}\t{y:.6f}\t{w:.6f}\t{v:.6f}" for w, v in zip(axis, spectra[-1], strict=True)]
    path = tmp_path / "map.txt"
    path.write_text("\n".join(lines) + "\n")
    table = read_spectra(path, ReadOptions(sample_id=None))
    np.testing.assert_allclose(table.intensity, [row[::-1] for row in spectra])
    assert list(table.metadata["X"]) == ["0.000000", "0.000000", "1.500000", "1.500000"]
