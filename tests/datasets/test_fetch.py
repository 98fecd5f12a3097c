"""Files are brought whole and verified, or not at all."""

import hashlib
import http.server
import threading
from functools import partial

import pytest

from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl_datasets import dataset_card, load
from spectra_dl_datasets.card import DataFile
from spectra_dl_datasets.checking import card_lines, recognise
from spectra_dl_datasets.fetch import fetch
from spectra_dl_datasets.files import check_files, data_home, dataset_folder, verified_folder

CONTENT = {"a.csv": b"400,402\n1,2\n", "deep/b.csv": b"400,402\n3,4\n"}


def card_of(content, address=None):
    """A card with these files, downloaded from ``address`` if one is given."""
    files = tuple(
        DataFile(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data)).model_copy(
            update={"address": address and f"{address}/{path}"}
        )
        for path, data in content.items()
    )
    return dataset_card("covid_serum").model_copy(update={"files": files})


def write(folder, content):
    """Write files with their folders."""
    for path, data in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def names(folder):
    """Return every file below a folder, hidden ones too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder in place of the user's."""
    monkeypatch.setenv("SPECTRA_DL_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def served(tmp_path):
    """A folder that a web server shows, and its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_local_copy_is_verified_and_taken(home, tmp_path):
    folder, brought = fetch(card_of(CONTENT), source=write(tmp_path / "copy", CONTENT))
    assert (folder, brought) == (home / "covid_serum", 2)
    assert names(folder) == sorted(CONTENT)
    assert (folder / "deep/b.csv").read_bytes() == CONTENT["deep/b.csv"]


@pytest.mark.parametrize(
    "spoilt", [b"400,402\n9,2\n", b"longer than it was", b""], ids=["other", "longer", "empty"]
)
def test_a_local_copy_that_differs_is_refused_and_not_kept(home, tmp_path, spoilt):
    copy = write(tmp_path / "copy", {**CONTENT, "a.csv": spoilt})
    with pytest.raises(DataError, match="its size or SHA-256 differs"):
        fetch(card_of(CONTENT), source=copy)
    assert not home.exists()


def test_a_local_copy_without_a_file_is_refused(home, tmp_path):
    with pytest.raises(DataError, match="missing"):
        fetch(card_of(CONTENT), source=write(tmp_path / "copy", {"deep/b.csv": CONTENT["deep/b.csv"]}))
    with pytest.raises(DataError, match="no such folder"):
        fetch(card_of(CONTENT), source=tmp_path / "nowhere")


def test_what_is_downloaded_is_verified_and_kept(home, served):
    folder, address = served
    write(folder, CONTENT)
    target, brought = fetch(card_of(CONTENT, address))
    assert brought == 2
    assert names(target) == sorted(CONTENT)
    assert {checked.state for checked in check_files(card_of(CONTENT), target)} == {"ok"}


def test_a_download_goes_on_where_it_stopped(home, served):
    folder, address = served
    write(folder, {"deep/b.csv": CONTENT["deep/b.csv"]})
    write(home / "covid_serum", {"a.csv": CONTENT["a.csv"]})
    assert fetch(card_of(CONTENT, address))[1] == 1


def test_a_changed_file_is_brought_anew(home, served):
    folder, address = served
    write(folder, CONTENT)
    write(home / "covid_serum", {**CONTENT, "a.csv": b"changed"})
    assert fetch(card_of(CONTENT, address)) == (home / "covid_serum", 1)
    assert (home / "covid_serum" / "a.csv").read_bytes() == CONTENT["a.csv"]


def test_a_download_with_another_checksum_is_refused_and_not_kept(home, served):
    folder, address = served
    write(folder, {**CONTENT, "a.csv": b"400,402\n9,2\n"})
    with pytest.raises(DataError, match="another SHA-256"):
        fetch(card_of(CONTENT, address))
    assert not home.exists()


def test_without_a_network_the_address_and_the_place_are_named(home, served):
    _, address = served
    gone = address.rsplit(":", 1)[0] + ":1"
    with pytest.raises(EnvironmentFault) as refused:
        fetch(card_of(CONTENT, gone))
    assert f"{gone}/a.csv" in str(refused.value)
    assert str(home / "covid_serum" / "a.csv") in str(refused.value)
    assert len(str(refused.value)) < 500
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("fish_oil", "--from DIR"), ("rruff", "by hand"), ("simulated_bone_metastasis", "generated")],
)
def test_what_has_no_pinned_download_says_what_to_do(home, name, reason):
    with pytest.raises(UsageError, match=reason) as refused:
        fetch(dataset_card(name))
    assert len(str(refused.value)) < 500
    assert not home.exists()


def test_files_that_are_not_what_they_were_are_not_loaded(home):
    with pytest.raises(DataError, match="spectra-dl data fetch covid_serum"):
        load("covid_serum")
    write(home / "covid_serum", {"original_covid_and_healthy_spectra.csv": b"changed"})
    with pytest.raises(DataError, match="is not what it was"):
        load("covid_serum")


def test_a_set_that_was_never_seen_says_where_to_put_it(home):
    with pytest.raises(DataError, match=str(home / "stroke_urine")):
        verified_folder(dataset_card("stroke_urine"))


def test_the_folder_of_data_is_the_variables_or_the_users_cache(home, monkeypatch):
    assert dataset_folder(dataset_card("covid_serum")) == home / "covid_serum"
    monkeypatch.delenv("SPECTRA_DL_DATA")
    assert data_home().name == "spectra-dl"


def test_a_folder_is_recognised_by_its_files(shared_data, tmp_path):
    card, checked = recognise(shared_data / "raman" / "fish_oil")
    assert card.id == "fish_oil"
    assert [file.state for file in checked] == ["ok"]
    assert recognise(write(tmp_path, CONTENT)) == (None, ())


def test_the_lines_for_a_new_card_are_those_of_its_files(tmp_path):
    import tomllib

    lines = tomllib.loads(card_lines(write(tmp_path, CONTENT)))["files"]
    assert [DataFile(**line) for line in lines] == list(card_of(CONTENT).files)
