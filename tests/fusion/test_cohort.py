"""Blocks are joined by patient and by nothing else; what contradicts itself is refused with the patients' names."""

from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.stated import StatedBlock, StatedStudy
from spectra_dl.spectra.simulation.serum_study import StudySettings as SerumSettings
from spectra_dl.spectra.simulation.serum_study import simulate_study
from spectra_dl.spectra.table_files import write_table

PEOPLE = [f"P{k:02}" for k in range(12)]


def block(folder: Path, name: str, rows: list[str]) -> StatedBlock:
    """Write a clinical block and return what is said of it."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join(rows) + "\n")
    return StatedBlock(name, "clinical", path)


def lines(people, value, *, label=None):
    """Return a table of a number, and of a class if one is given, for each of some people."""
    head = f"patient,{value}" + (",label" if label else "")
    return [
        head,
        *(f"{name},{row}" + (f",{label(name)}" if label else "") for row, name in enumerate(people)),
    ]


def by_number(name):
    return "sick" if int(name[1:]) % 2 else "well"


def joined(tmp_path, first, second, **said):
    blocks = (block(tmp_path, "first", first), block(tmp_path, "second", second))
    return read_cohort(StatedStudy(blocks, **said))


def test_patients_are_joined_by_their_ids_however_they_are_spelled(tmp_path):
    second = [name.lower() for name in PEOPLE[2:]]
    cohort = joined(tmp_path, lines(PEOPLE[:10], "a", label=by_number), lines(second, "b"))
    assert cohort.patients == tuple(PEOPLE[:10])
    assert list(cohort.label) == [by_number(name) for name in PEOPLE[:10]]
    assert cohort.blocks[1].owner.tolist() == list(range(2, 10))
    assert any("2 patients have no class and were left out: p10, p11" in note for note in cohort.notes)
    assert any("2 of 10 patients lack second" in note for note in cohort.notes)


def test_the_order_of_rows_and_files_changes_nothing(tmp_path):
    first, second = lines(PEOPLE, "a", label=by_number), lines(PEOPLE[3:], "b")
    shuffled = [second[0], *np.random.default_rng(0).permutation(second[1:])]
    one = joined(tmp_path, first, second)
    other = joined(tmp_path, [first[0], *reversed(first[1:])], shuffled)
    assert one.patients == other.patients
    assert list(one.label) == list(other.label)
    for mine, theirs in zip(one.blocks, other.blocks, strict=True):
        value = dict(zip(mine.owner, mine.read.rows.columns[0].values, strict=True))
        assert value == dict(zip(theirs.owner, theirs.read.rows.columns[0].values, strict=True))


@pytest.mark.parametrize(
    ("first", "second", "said", "message"),
    [
        (lines(PEOPLE, "a", label=by_number), lines([f"Q{k}" for k in range(12)], "b"), {}, "first has 12 patients and second 12, and none of them are the same"),
        (lines(PEOPLE, "a", label=by_number), lines([*PEOPLE[:2], *(f"Q{k}" for k in range(10))], "b"), {}, "and 2 of them are the same"),
        (lines(PEOPLE, "a", label=by_number), lines(PEOPLE[:9], "b"), {"patients": 10}, r"9 patients have all blocks \(first 12, second 9\), and the study says 10"),
        (lines(PEOPLE, "a", label=by_number), lines(PEOPLE, "b", label=lambda name: "sick" if name == "P04" else by_number(name)), {}, r"1 patients have more than one class: P04 \(well in first and sick in second\)"),
        (lines(PEOPLE, "a", label=lambda name: "well"), lines(PEOPLE, "b"), {}, "class"),
    ],
)  # fmt: skip
def test_what_can_not_be_joined_is_refused(tmp_path, first, second, said, message):
    with pytest.raises(DataError, match=message):
        joined(tmp_path, first, second, **said)


def test_classes_that_no_file_has_are_asked_for(tmp_path):
    with pytest.raises(UsageError, match="no block has a column 'diagnosis'"):
        joined(tmp_path, lines(PEOPLE, "a"), lines(PEOPLE, "b"), label="diagnosis")


def test_patients_to_be_predicted_need_one_block(tmp_path):
    blocks = (
        block(tmp_path, "first", lines(PEOPLE[:5], "a")),
        block(tmp_path, "second", lines(PEOPLE[5:], "b")),
    )
    cohort = read_cohort(StatedStudy(blocks), labelled=False)
    assert len(cohort.patients) == 12
    assert cohort.label is None


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    table = simulate_study(SerumSettings(patients=12, spectra_per_patient=1, n_wavenumbers=64)).table
    write_table(folder / "spectra.csv", table)
    rows = [f"{name},{row},{'sick' if row % 2 else 'well'}" for row, name in enumerate(table.patient)]
    (folder / "clinical.csv").write_text("\n".join(["patient,age,diagnosis", *rows]) + "\n")
    return folder, table


def of_both(folder, label):
    blocks = (
        StatedBlock("clinical", "clinical", folder / "clinical.csv"),
        StatedBlock("spectra", "spectra", folder / "spectra.csv"),
    )
    return read_cohort(StatedStudy(blocks, label=label))


@pytest.mark.parametrize("label", ["Diagnosis", "diagnosis ", "outcome"])
def test_a_column_that_is_named_and_nowhere_is_not_replaced_by_the_usual_one(drawn, label):
    with pytest.raises(UsageError, match="no block has a column"):
        of_both(drawn[0], label)


def test_the_usual_column_says_nothing_where_another_is_named(drawn):
    folder, table = drawn
    assert set(of_both(folder, "diagnosis").label) == {"sick", "well"}
    assert set(of_both(folder, None).label) == set(of_both(folder, "label").label) == set(table.label)
