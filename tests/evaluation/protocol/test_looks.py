"""A protocol is sealed once, opened once, and every look at the test set stands in its chain."""

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.evaluation.protocol.looks import (
    close_look,
    lock,
    open_look,
    option_differences,
    replay_look,
    unlock,
)
from spectra_dl.evaluation.protocol.protocol_file import read_protocol
from spectra_dl.evaluation.protocol.sealed_plan import SealedData, SealedPlan


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


DATA = SealedData(
    rows=3, axis=sha("axis"), order=sha("order"), groups=None, patients={"P1": sha("1"), "P2": sha("2")}
)
PLAN = SealedPlan(
    hypothesis="AUC above .8",
    metric="auc",
    outcome_in_file=False,
    data=DATA,
    folds=None,
    options={"folds": 5, "crop": [500.0, 1500.0], "label": "ö"},
    versions={"spectra-dl": "0"},
)
OUTCOME = sha("labels")


@pytest.fixture
def path(tmp_path):
    lock(tmp_path / "p.json", PLAN)
    return tmp_path / "p.json"


def events(path):
    return [entry.event for entry in read_protocol(path).chain]


def other_data(**changed):
    return SealedData.model_validate({**DATA.model_dump(), **changed})


def test_the_seal_is_the_sha_256_of_canonical_json_that_anybody_can_compute(tmp_path):
    seal = lock(tmp_path / "p.json", PLAN)
    content = json.loads((tmp_path / "p.json").read_text())

    def digest(part):
        return hashlib.sha256(json.dumps(part, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    entry = content["chain"][0]
    assert entry["previous"] == digest(content["plan"])
    assert seal == entry["digest"] == digest({key: entry[key] for key in entry if key != "digest"})


def test_the_test_set_opens_once(path):
    look = open_look(path, DATA, None, OUTCOME)
    close_look(look, report=sha("report"))
    assert (look.number, look.reason, events(path)) == (1, None, ["locked", "opened", "reported"])
    with pytest.raises(DataError, match="opens once"):
        open_look(path, DATA, None, OUTCOME)


def test_unlocking_records_one_more_look_with_its_reason(path):
    close_look(open_look(path, DATA, None, OUTCOME))
    unlock(path, "one label was corrected")
    look = open_look(path, DATA, None, sha("other labels"))
    assert (look.number, look.reason) == (2, "one label was corrected")
    close_look(look)
    with pytest.raises(DataError, match="opens once"):
        open_look(path, DATA, None, OUTCOME)


def test_a_look_is_not_recorded_ahead_of_the_one_before(path):
    with pytest.raises(DataError, match="not opened yet"):
        unlock(path, "just in case")
    close_look(open_look(path, DATA, None, OUTCOME))
    unlock(path, "first")
    with pytest.raises(DataError, match="nobody took"):
        unlock(path, "second")


def test_an_interrupted_look_goes_on_as_the_same_look_and_with_no_other_outcome(path):
    first = open_look(path, DATA, None, OUTCOME)
    assert open_look(path, DATA, None, OUTCOME) == first
    assert events(path) == ["locked", "opened"]
    with pytest.raises(DataError, match="opens once"):
        open_look(path, DATA, None, sha("other labels"))


def test_a_look_that_was_refused_showed_nothing_and_does_not_count(path):
    close_look(open_look(path, DATA, None, OUTCOME), refused="3 rows have no label")
    look = open_look(path, DATA, None, sha("all labels"))
    assert look.number == 1
    assert read_protocol(path).chain[2].reason == "3 rows have no label"


def test_a_replay_is_written_into_the_chain_and_says_the_same(path):
    look = open_look(path, DATA, None, OUTCOME)
    close_look(look)
    assert replay_look(path, DATA, None, look.entry).state() == look.state()
    assert events(path)[-1] == "replayed"
    with pytest.raises(DataError, match="holds no look"):
        replay_look(path, DATA, None, sha("invented"))


@pytest.mark.parametrize(
    ("data", "folds", "named"),
    [
        (other_data(patients={"P1": sha("1"), "P2": sha("x")}), None, "other spectra of P2"),
        (other_data(patients={"P1": sha("1")}), None, "missing patients P2"),
        (other_data(patients={**DATA.patients, "P3": sha("3")}), None, "additional patients P3"),
        (other_data(axis=sha("x")), None, "another wavenumber axis"),
        (other_data(order=sha("x")), None, "the order of the spectra"),
        (other_data(groups=sha("x")), None, "the column of --split-by"),
        (DATA, sha("folds"), "the folds of --folds-from"),
    ],
)
def test_what_differs_is_refused_by_name_and_is_no_look(path, data, folds, named):
    with pytest.raises(DataError, match=named):
        open_look(path, data, folds, OUTCOME)
    assert events(path) == ["locked"]


def test_options_that_differ_are_named_with_both_values():
    assert option_differences({"folds": 5, "seed": 0}, {"folds": 4, "seed": 0}) == [
        "--folds: 5 sealed, 4 now"
    ]
    assert option_differences({}, {"no_leaky": True}) == ["--no-leaky: None sealed, True now"]


def test_a_protocol_is_never_replaced(path):
    before = path.read_bytes()
    with pytest.raises(DataError, match="never replaced"):
        lock(path, PLAN)
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """A protocol with a look."""
    path = tmp_path_factory.mktemp("looked_at") / "p.json"
    lock(path, PLAN)
    close_look(open_look(path, DATA, None, OUTCOME))
    return path.read_bytes()


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_byte_of_the_file_changes_it_is_refused(tmp_path_factory, looked_at, data):
    folder, content = tmp_path_factory.mktemp("altered"), bytearray(looked_at)
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    (folder / "p.json").write_bytes(content)
    with pytest.raises((DataError, UnsafeError), match=r"^p\.json"):
        read_protocol(folder / "p.json")


def test_an_entry_that_is_taken_away_exchanged_or_rewritten_is_refused(path):
    close_look(open_look(path, DATA, None, OUTCOME))
    unlock(path, "again")
    clean = json.loads(path.read_text())
    for change in (
        lambda chain: chain.pop(1),
        lambda chain: chain.insert(1, chain[1]),
        lambda chain: chain.reverse(),
        lambda chain: chain[2].update(event="refused"),
        lambda chain: chain[3].update(reason="another"),
    ):
        content = json.loads(json.dumps(clean))
        change(content["chain"])
        path.write_text(json.dumps(content, indent=1) + "\n")
        with pytest.raises(DataError, match=r"chain"):
            read_protocol(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"{}", "plan"),
        (b'{"plan": NaN}', "no JSON"),
        (b'{"plan": 1e999}', "no JSON"),
        (b"\xff\xfe\x00", "not text"),
        (b"\x80\x04\x95pickle", "never"),
        (b"PK\x03\x04" + b"x" * 60, "archive"),
    ],
)
def test_what_is_no_protocol_is_refused_in_a_sentence(tmp_path, content, says):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises((DataError, UnsafeError), match=says) as refused:
        read_protocol(tmp_path / "p.json")
    assert len(str(refused.value)) <= 500


def test_a_protocol_that_could_not_be_read_again_is_not_written(tmp_path):
    many = {f"P{number:06d}": sha("x") for number in range(250_000)}
    with pytest.raises(DataError, match="250000 patients"):
        lock(tmp_path / "p.json", PLAN.model_copy(update={"data": other_data(patients=many)}))
    assert list(tmp_path.iterdir()) == []
