"""What may be read as times and events of patients, and what is refused."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.survival.values import read_survival

PATIENTS = [f"p{number:02d}" for number in range(12)]
TIMES = [f"{number}.5" for number in range(12)]
EVENTS = ["1"] * 11 + ["0"]


def read(*, patient=PATIENTS, time=TIMES, event=EVENTS):
    return read_survival(patient, time, event, columns=("months", "relapse"))


def changed(cells, at, value):
    return [*cells[:at], value, *cells[at + 1 :]]


def test_rows_of_a_patient_share_time_and_event():
    followed = read(patient=[*PATIENTS, "p11"], time=[*TIMES, "11.50"], event=[*EVENTS, "0.0"])
    assert followed.time.tolist() == [number + 0.5 for number in range(12)]
    assert followed.event.tolist() == [True] * 11 + [False]
    np.testing.assert_array_equal(followed.target[-2:], [[11.5, 0.0]] * 2)


def test_halves_are_those_whose_event_came_sooner_and_the_others():
    followed = read(event=["1"] * 6 + ["0"] * 2 + ["1"] * 4)
    assert followed.halves.classes == ("later", "sooner")
    assert followed.halves.class_of_patient.tolist() == [1] * 6 + [0] * 6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"time": changed(TIMES, 2, "-3")}, r"'months' is 0 or negative for 1 patient \(p02 -3\)"),
        ({"time": changed(TIMES, 4, "0.0")}, r"'months' is 0 or negative for 1 patient \(p04 0\)"),
        ({"time": changed(TIMES, 2, "")}, r"1 of 12 rows have no 'months' \(row 3\)"),
        ({"time": changed(TIMES, 2, "2 years")}, "'months' holds '2 years' in row 3"),
        ({"event": changed(EVENTS, 0, "dead")}, r"'relapse' holds 'dead' in row 1 \(1 such rows\); write 1"),
        ({"event": changed(EVENTS, 0, "2")}, "'relapse' holds '2' in row 1"),
        ({"event": changed(EVENTS, 0, "NA")}, r"have no 'relapse' \(row 1\)"),
        ({"event": ["0"] * 12}, "'relapse' is 0 for all 12 patients"),
        ({"event": ["1"] * 9 + ["0"] * 3}, "9 of 12 patients have an event, and at least 10 are needed"),
        (
            {"patient": changed(PATIENTS, 1, "p00")},
            r"patients with more than one 'months': p00 \(0.5 and 1.5\)",
        ),
        ({"time": ["7"] * 12}, "'months': no event comes before another patient's time"),
        (
            {"time": [str(44_000 + at) for at in range(12)]},
            "'months' runs from 44000 to 44011, as dates do in a spreadsheet",
        ),
        (
            {"time": [str(2010 + at) for at in range(12)]},
            "'months' runs from 2010 to 2021, as calendar years do; give the time",
        ),
        (
            {"time": [f"2021{1 + at:02}15" for at in range(12)]},
            r"'months' runs from 20210115 to 20211215, as dates do that are written as one number",
        ),
        ({"time": changed(TIMES, 2, "9999")}, "'months' is 9999 in 1 row"),
        ({"patient": PATIENTS[1:]}, "11 patient ids for 12 numbers"),
    ],
)
def test_what_can_not_be_a_time_or_an_event_is_refused_in_a_sentence(given, said):
    with pytest.raises(DataError, match=said) as refusal:
        read(**given)
    assert len(str(refusal.value)) <= 500


@pytest.mark.parametrize("first", [1900, 2050, 19_999_900, 60_000])
def test_times_that_only_some_of_them_could_be_dates_are_times(first):
    times = [str(first + 40 * at) for at in range(12)]
    assert read(time=times).time.min() == first


def test_patients_must_be_named():
    with pytest.raises(UsageError, match="--patient"):
        read(patient=None)
