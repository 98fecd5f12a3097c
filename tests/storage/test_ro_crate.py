"""A run folder as an RO-Crate: whole, the same each time, and read by the reference library."""

import json
import os
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rocrate.rocrate import ROCrate

from spectra_dl.errors import DataError
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.storage.provenance import provenance
from spectra_dl.storage.ro_crate import Publication, crate_text
from spectra_dl.storage.run_folder import CRATE_NAME, RunResult, write_result

PUBLICATION = Publication("https://spdx.org/licenses/CC0-1.0", "2026-12-31")
COMMAND = ["spectra-dl", "evaluate", "spectra", "my data/serum.csv", "--out", "run"]


class Result(RunResult):
    @property
    def report(self):
        return {"results": {}}

    def files(self, report):
        return {"folds.csv": "row,fold\n0,1\n"}


@pytest.fixture
def folder(tmp_path):
    table = tmp_path / "serum.csv"
    table.write_text("sample_id,400,401\na,1,2\n")
    write_result(tmp_path / "run", Result(), {**provenance([table], command=COMMAND), **Result().report})
    return tmp_path / "run"


def written(folder, publication=PUBLICATION):
    (folder / CRATE_NAME).write_text(crate_text(folder, publication))
    return ROCrate(folder)


def test_the_reference_library_reads_each_file_with_its_size_and_hash(folder):
    (folder / "maps").mkdir()
    (folder / "maps" / "ERBB2.png").write_bytes(b"\x89PNG")
    crate = written(folder)
    files = {entity.id: entity for entity in crate.data_entities}
    assert set(files) == {"report.json", "folds.csv", "maps/ERBB2.png"}
    for name, entity in files.items():
        assert entity["sha256"] == sha256_of(folder / name)
        assert int(entity["contentSize"]) == (folder / name).stat().st_size
    assert files["maps/ERBB2.png"]["encodingFormat"] == "image/png"


def test_it_says_what_was_run_on_which_input_by_which_version(folder):
    crate = written(folder)
    run = crate.get("#run")
    assert run["name"] == "spectra-dl evaluate spectra"
    assert "'my data/serum.csv'" in run["description"]
    assert {entity.id for entity in run["result"]} == {"report.json", "folds.csv"}
    versions = json.loads((folder / "report.json").read_text())["versions"]
    software = run["instrument"]
    assert software["softwareVersion"] == versions["spectra-dl"]
    needed = {entity["name"]: entity["softwareVersion"] for entity in software["softwareRequirements"]}
    assert needed == {name: number for name, number in versions.items() if name != "spectra-dl"}
    assert run["object"]["name"] == "serum.csv"
    assert run["object"]["sha256"] == sha256_of(folder.parent / "serum.csv")
    assert str(folder.parent) not in (folder / CRATE_NAME).read_text()


def test_what_a_run_cannot_know_is_taken_from_who_publishes_it(folder):
    ada = ("Ada Lovelace", "https://orcid.org/0000-0002-1825-0097")
    crate = written(
        folder,
        Publication(PUBLICATION.licence, "2026-12-31", "Serum", "A pilot.", (ada, ("B. Abbage", None))),
    )
    assert (crate.name, crate.description) == ("Serum", "A pilot.")
    assert crate.root_dataset["datePublished"] == "2026-12-31"
    assert crate.license.id == PUBLICATION.licence
    authors = crate.root_dataset["author"]
    assert [(entity["name"], entity.id) for entity in authors] == [ada, ("B. Abbage", "#author-2")]
    assert crate.get("#run")["agent"] == authors


def test_the_same_folder_gives_the_same_bytes(folder):
    first = crate_text(folder, PUBLICATION)
    (folder / CRATE_NAME).write_text(first)
    assert crate_text(folder, PUBLICATION) == first


def test_a_run_that_overwrites_the_folder_takes_the_description_away(folder):
    written(folder)
    write_result(folder, Result(), provenance([]))
    assert not (folder / CRATE_NAME).exists()


def test_a_folder_without_a_report_is_refused(tmp_path):
    with pytest.raises(DataError, match="name the folder that a command wrote with --out"):
        crate_text(tmp_path, PUBLICATION)


def test_a_link_is_refused(folder):
    (folder / "elsewhere.csv").symlink_to(folder.parent / "serum.csv")
    with pytest.raises(DataError, match="link to another place"):
        crate_text(folder, PUBLICATION)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def whole(content):
    """Whether it says what every report says."""
    if not isinstance(content, dict) or not isinstance(content.get("disclaimer"), str):
        return False
    command, versions, inputs = (content.get(name) for name in ("command", "versions", "inputs"))
    return (
        isinstance(command, list)
        and all(isinstance(word, str) for word in command)
        and isinstance(versions, dict)
        and all(isinstance(number, str) for number in versions.values())
        and inputs == []
    )


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("disclaimer", "command", "versions", "inputs"), JSON))
    | JSON
)
def test_a_report_that_lacks_something_ends_in_a_sentence(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("run")
    (folder / "report.json").write_text(json.dumps(content))
    refused = pytest.raises(DataError, match="don't stand in it")
    with nullcontext() if whole(content) else refused:
        json.loads(crate_text(folder, PUBLICATION))


@pytest.mark.parametrize("name", [b"new\nline.csv", b"\xff.csv"])
def test_a_name_that_cannot_be_printed_is_refused(folder, name):
    (folder / os.fsdecode(name)).write_bytes(b"")
    with pytest.raises(DataError, match="signs that can't be printed"):
        crate_text(folder, PUBLICATION)


def test_a_package_of_any_name_and_a_path_of_any_system_describe_themselves_alone(folder):
    report = json.loads((folder / "report.json").read_text())
    report["versions"]["run"] = "1"
    report["inputs"][0]["path"] = r"C:\Users\ann\serum.csv"
    (folder / "report.json").write_text(json.dumps(report))
    crate = written(folder)
    assert crate.get("#run")["instrument"].id == "#spectra-dl"
    assert crate.get("#software-run")["softwareVersion"] == "1"
    assert crate.get("#input-1")["name"] == "serum.csv"
