"""What came of patients is one number, or one time and event, each; what can't be predicted is refused by name."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.stated import StatedBlock, StatedOutcome, StatedStudy

PEOPLE = [f"P{k:02}" for k in range(14)]
NUMBER, TIMES = StatedOutcome("kps"), StatedOutcome(time="months", event="died")


def joined(folder, outcome, first, second=None, **said):
    """Read two clinical blocks of which the first, and perhaps the second, says what came."""
    blocks = []
    for name, columns in (("first", first), ("second", second or {})):
        rows = [["patient", f"value_{name}", *columns]]
        rows += [
            [person, str(at), *(cells[at] for cells in columns.values())] for at, person in enumerate(PEOPLE)
        ]
        (folder / f"{name}.csv").write_text("\n".join(map(",".join, rows)) + "\n")
        blocks.append(StatedBlock(name, "clinical", folder / f"{name}.csv", outcome=outcome.kind))
    return read_cohort(StatedStudy(tuple(blocks), outcome=outcome, **said))


def numbers(**changed):
    cells = [str(10 * at) for at in range(14)]
    for at, cell in changed.items():
        cells[int(at[1:])] = cell
    return {"kps": cells}


def followed(time=None, event=None):
    times, events = [str(at + 1) for at in range(14)], ["1"] * 12 + ["0"] * 2
    for cells, change in ((times, time), (events, event)):
        for at, cell in (change or {}).items():
            cells[at] = cell
    return {"months": times, "died": events}


def test_a_number_is_no_feature_and_patients_without_one_are_left_out_by_name(tmp_path):
    cohort = joined(tmp_path, NUMBER, numbers(p3="", p5="NA"))
    assert cohort.came.value.tolist() == [10.0 * at for at in range(14) if at not in (3, 5)]
    assert cohort.patients == cohort.came.names
    assert [part.read.rows.names for part in cohort.blocks] == [("value_first",), ("value_second",)]
    assert "2 patients have no 'kps' and were left out: P03, P05" in cohort.notes
    assert cohort.label is None


def test_blocks_may_write_a_number_differently_but_not_say_another_one(tmp_path):
    same = joined(tmp_path, NUMBER, numbers(), {"kps": [f"{10 * at}.0" for at in range(14)]})
    assert same.came.value[1] == 10.0
    with pytest.raises(
        DataError, match=r"1 patients have more than one 'kps': P02 \(20.0 in first and 21.0 in second\)"
    ):
        joined(tmp_path, NUMBER, numbers(), numbers(p2="21"))


def test_times_and_events_come_from_whichever_block_has_them(tmp_path):
    said = followed()
    cohort = joined(tmp_path, TIMES, {"months": said["months"]}, {"died": said["died"]})
    assert cohort.came.time.tolist() == list(range(1, 15))
    assert int(cohort.came.event.sum()) == 12


@pytest.mark.parametrize(
    ("outcome", "first", "said"),
    [
        (NUMBER, {"kps": ["5"] * 14}, "'kps' has no more than two values"),
        (NUMBER, numbers(p4="much"), "'kps' holds 'much' in row 5"),
        (TIMES, followed(time={2: "-1"}), r"'months' is 0 or negative for 1 patient \(P02 -1\)"),
        (TIMES, followed(time={2: "0"}), r"'months' is 0 or negative for 1 patient \(P02 0\)"),
        (TIMES, followed(event={2: "dead"}), "'died' holds 'dead' in row 3"),
        (TIMES, followed(event={2: "2"}), "'died' holds '2' in row 3"),
        (TIMES, followed(event=dict.fromkeys(range(9), "0")), "3 of 14 patients have an event"),
    ],
)  # fmt: skip
def test_what_cannot_be_predicted_is_refused(tmp_path, outcome, first, said):
    with pytest.raises(DataError, match=said):
        joined(tmp_path, outcome, first)


def test_columns_that_no_block_has_and_columns_named_twice_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no block has a column 'died'"):
        joined(tmp_path, TIMES, {"months": followed()["months"]})
    with pytest.raises(UsageError, match="'kps' is named for two things"):
        joined(tmp_path, NUMBER, numbers(), label="kps")


def test_a_class_beside_a_number_is_no_feature(tmp_path):
    cohort = joined(tmp_path, NUMBER, {**numbers(), "diagnosis": ["a", "b"] * 7}, label="diagnosis")
    assert cohort.blocks[0].read.rows.names == ("value_first",)
    assert np.isfinite(cohort.came.value).all()
