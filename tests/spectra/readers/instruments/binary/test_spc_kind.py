"""What an SPC file states of its experiment and its intensities: another experiment is refused, a quantity alone is a note."""

import pytest

from example_spc import NEW_BIG_ENDIAN, OLD, MadeSpc, fractions
from spectra_dl.errors import DataError

ABSORBANCE, COUNTS, TRANSMITTANCE, FT_IR, RAMAN = 2, 4, 128, 4, 11
CUSTOM_LABELS = 0x20


def one(**changes) -> bytes:
    return fractions(1).but(**changes).data()


@pytest.mark.parametrize("version", [MadeSpc.version, NEW_BIG_ENDIAN, OLD])
@pytest.mark.parametrize("unit", [0, 1, 13])
def test_absorbance_alone_is_read_with_a_note(version, unit, read):
    table = read(one(version=version, unit=unit, quantity=ABSORBANCE))
    assert len(table) == 1
    assert any("calls its intensities absorbance" in note for note in table.notes)


@pytest.mark.parametrize("quantity", [0, COUNTS])
@pytest.mark.parametrize("experiment", [0, RAMAN])
def test_counts_of_a_raman_experiment_need_no_note(quantity, experiment, read):
    table = read(one(quantity=quantity, experiment=experiment))
    assert not any("calls" in note for note in table.notes)


@pytest.mark.parametrize(
    ("quantity", "name"), [(2, "absorbance"), (3, "Kubelka-Munk"), (10, r"log\(1/R\)"), (128, "transmittance"), (129, "reflectance")]
)  # fmt: skip
@pytest.mark.parametrize("unit", [0, 1])
def test_an_infrared_quantity_of_an_ft_ir_experiment_is_refused_naming_both(quantity, name, unit, read):
    with pytest.raises(DataError, match=f"FT-IR and its intensities {name}"):
        read(one(unit=unit, quantity=quantity, experiment=FT_IR))


@pytest.mark.parametrize("unit", [13, 1, 0])
def test_the_code_that_ft_raman_shares_with_ft_ir_is_a_note_where_nothing_is_infrared(unit, read):
    table = read(one(unit=unit, quantity=COUNTS, experiment=FT_IR))
    assert any("experiment FT-IR" in note for note in table.notes)


def test_a_stated_raman_shift_outranks_absorbance_and_the_shared_code_and_both_are_noted(read):
    table = read(one(unit=13, quantity=ABSORBANCE, experiment=FT_IR))
    (note,) = (note for note in table.notes if "FT-IR" in note)
    assert "absorbance" in note


@pytest.mark.parametrize(
    ("experiment", "name"),
    [(1, "gas chromatogram"), (3, "HPLC"), (5, "NIR"), (7, "UV-VIS"), (8, "X-ray"), (9, "mass"), (10, "NMR"), (12, "fluorescence")],
)  # fmt: skip
@pytest.mark.parametrize("unit", [0, 1, 13])
def test_another_experiment_is_refused_by_its_name_whatever_its_axis(experiment, name, unit, read):
    with pytest.raises(DataError, match=f"experiment {name}") as refusal:
        read(one(unit=unit, experiment=experiment))
    assert len(str(refusal.value)) <= 500


def test_an_unknown_code_of_the_experiment_is_a_note(read):
    assert any("code 77" in note for note in read(one(experiment=77)).notes)


def test_an_interferogram_is_refused(read):
    with pytest.raises(DataError, match="interferogram"):
        read(one(quantity=1))


def test_a_label_in_words_outranks_the_code_of_the_quantity(read):
    labels = b"Raman Shift (cm-1)\0Counts\0"
    table = read(one(flags=CUSTOM_LABELS, labels=labels, quantity=ABSORBANCE))
    assert not any("absorbance" in note for note in table.notes)
    table = read(
        one(flags=CUSTOM_LABELS, labels=labels.replace(b"Counts", b"Transmission [%]"), quantity=COUNTS)
    )
    assert any("transmittance" in note for note in table.notes)


@pytest.mark.parametrize(
    ("unit", "words"),
    [(2, "µm"), (14, "eV"), (11, "days"), (18, "degrees"), (23, "milliseconds"), (26, "GHz"), (29, "millimetres"), (255, "interferogram")],
)  # fmt: skip
def test_every_other_unit_of_the_axis_is_refused_by_its_name(unit, words, read):
    with pytest.raises(DataError, match=words):
        read(one(unit=unit))
