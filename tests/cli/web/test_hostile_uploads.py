"""What is wrong with a file is said on the page, in the reader's words, and the server goes on."""

import gzip
import html
import io
import pickle
import re
import tarfile
import zipfile

import h5py
import pytest

from broken_tables import REFUSED
from example_tables import clean_table

pytestmark = pytest.mark.xdist_group("served")


class Payload:
    """Would write a file if it were ever loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def refusal(page):
    """The one sentence of the page that says why."""
    found = re.findall(r'role="alert"><h2>[^<]*</h2><p>(.*?)</p>', page, flags=re.DOTALL)
    assert len(found) == 1, found
    assert "Traceback" not in page
    return html.unescape(re.sub("<[^>]+>", "", found[0]))


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_table_is_refused_in_the_readers_words(served, name):
    broken, words = REFUSED[name]
    content = broken(clean_table())
    drop = served.read({"spectra.csv": content if isinstance(content, bytes) else content.encode()})
    sentence = refusal(served.get(drop))
    assert len(sentence) <= 500
    for word in words:
        assert word in sentence
    assert served.ask("POST", f"{drop}/runs", "kind=predict").status == 409
    served.ask("POST", f"{drop}/remove")


def external_link():
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        root["intensity"] = h5py.ExternalLink("/etc/passwd", "/")
    return file.getvalue()


def zipped(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * 50_000_000)
    return file.getvalue()


def tarred():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("spectra.csv")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return file.getvalue()


UNSAFE = {
    "pickle named .csv": lambda marker: pickle.dumps(Payload(marker)),
    "HDF5 with a link outside": lambda marker: external_link(),
    "archive with a path outside": lambda marker: zipped("../../spectra.csv"),
    "archive with a link": lambda marker: tarred(),
    "gzip of zeros": lambda marker: gzip.compress(bytes(200_000_000)),
    "noise": lambda marker: bytes(range(256)) * 400,
    "an HTML page": lambda marker: b"<!doctype html><script>alert(1)</script>",
    "nothing": lambda marker: b"",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_could_run_code_or_is_no_table_is_refused(served, tmp_path, name):
    marker = tmp_path / "marker"
    drop = served.read({"spectra.csv": UNSAFE[name](str(marker))})
    page = served.get(drop)
    assert refusal(page)
    assert not marker.exists()
    assert "root:" not in page
    assert "<script>alert" not in page
    served.ask("POST", f"{drop}/remove")


def test_a_sheet_that_points_outside_is_refused(served):
    axis = "\n".join(f"{400 + 2 * at}\t{at}" for at in range(200)).encode()
    sheet = b"file,patient\na.txt,a\n../../../../etc/passwd,b\n"
    page = served.get(served.read({"a.txt": axis, "sheet.csv": sheet}))
    assert refusal(page)
    assert "root:" not in page


def test_files_with_a_sheet_are_read_by_their_own_names(served):
    axis = "\n".join(f"{400 + 2 * at}\t{at % 7}" for at in range(200)).encode()
    sheet = b"file,patient,label\na.txt,p1,x\nb.txt,p2,y\n"
    page = served.get(served.read({"a.txt": axis, "b.txt": axis, "sheet.csv": sheet}))
    assert "2</span>spectra" in page
    assert "2</span>patients" in page
    assert '<option value="sheet.csv" selected>' in page


def test_a_column_that_is_not_there_is_refused_with_those_that_are(served, repository):
    demo = (repository / "datasets" / "demo" / "spectra.csv").read_bytes()
    drop = served.read({"spectra.csv": demo})
    served.run(drop, "predict", patient="nobody")
    page = served.get(drop)
    assert "nobody" in page
    assert "These files can’t be read" in page
    served.ask("POST", f"{drop}/read", "patient=patient_id")
    served.wait(drop)
    assert "12</span>patients" in served.get(drop)


def test_a_folder_for_each_patient_is_read(served):
    files = {}
    for patient in ("m1", "m2"):
        files[f"mice/{patient}/raman_shift.csv"] = "\n".join(str(400 + 2 * at) for at in range(200)).encode()
        files[f"mice/{patient}/spectra.csv"] = "\n".join(",".join(["1"] * 200) for _ in range(3)).encode()
    page = served.get(served.read(files))
    assert "6</span>spectra" in page
    assert "2</span>patients" in page
