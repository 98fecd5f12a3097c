"""STUDY.toml: a closed schema, and paths that stay in its folder."""

import os

import pytest

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.fusion.clinical import StatedColumn
from spectra_dl.fusion.readers.study_file import read_study_file, study_of_options

WHOLE = """
label = "diagnosis"
positive = "sick"
patients = 40

[blocks.serum]
kind = "spectra"
path = "data/serum.csv"
model = "pls-da"

[blocks.clinical]
path = "clinical.csv"
patient = "case"
columns.psa = { kind = "numeric", unit = "ng/mL", known_before = true }
columns.gleason = { kind = "ordinal", levels = ["3+3", "3+4"] }
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study" / "data").mkdir(parents=True)
    for name in ("clinical.csv", "data/serum.csv"):
        (tmp_path / "study" / name).write_text("a,b\n")

    def write(text=WHOLE):
        path = tmp_path / "study" / "STUDY.toml"
        path.write_text(text)
        return path

    return write


def test_everything_that_can_be_said_is_read(study):
    said = read_study_file(study())
    serum, clinical = said.blocks
    assert (said.label, said.positive, said.patients) == ("diagnosis", "sick", 40)
    assert (serum.name, serum.kind, serum.model, serum.path.name) == (
        "serum",
        "spectra",
        "pls-da",
        "serum.csv",
    )
    assert clinical.patient == "case"
    assert clinical.columns["psa"] == StatedColumn("numeric", (), "ng/mL", True)
    assert clinical.columns["gleason"].levels == ("3+3", "3+4")
    assert [path.name for path in said.files] == ["STUDY.toml", "serum.csv", "clinical.csv"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (("patients = 40", "patients = 0"), DataError, "patients: Input should be greater"),
        (("patients = 40", 'patients = "40"'), DataError, "patients: Input should be a valid integer"),
        (("patients = 40", "patiens = 40"), DataError, "patiens: Extra inputs are not permitted"),
        (('kind = "spectra"', 'kind = "sound"'), DataError, "kind: Input should be 'spectra'"),
        (('kind = "spectra"', ""), DataError, 'block \'serum\' has no kind; say kind = "spectra" or "tissue"'),
        (('model = "pls-da"', 'model = "oracle"'), UsageError, "no model of spectra is called 'oracle'"),
        (('model = "pls-da"', 'columns.psa = {}'), DataError, "columns is said of clinical alone"),
        (('levels = ["3+3", "3+4"]', 'levels = ["3+3", "3+3"]'), DataError, "has a level twice"),
        (('kind = "numeric", ', 'kind = "numeric", levels = ["1"], '), DataError, "is numeric and has levels"),
        (("data/serum.csv", "data/gone.csv"), DataError, "there is no file or folder 'data/gone.csv'"),
        (("data/serum.csv", "../study/clinical.csv"), UnsafeError, "leads out of the study's folder"),
        (("data/serum.csv", "/etc/passwd"), UnsafeError, "leads out"),
        (("data/serum.csv", "C:\\\\serum.csv"), UnsafeError, "leads out"),
        (("label =", "label"), DataError, "no TOML"),
        (("[blocks.serum]", "[blocks.serum]\npath = 'x'"), DataError, "no TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_name(study, change, error, message):
    with pytest.raises(error, match=message.replace("(", r"\(")):
        read_study_file(study(WHOLE.replace(*change)))


def test_a_link_out_of_the_folder_is_refused(study, tmp_path):
    (tmp_path / "secret.csv").write_text("a,b\n")
    os.symlink(tmp_path / "secret.csv", tmp_path / "study" / "link.csv")
    with pytest.raises(UnsafeError, match="leads out"):
        read_study_file(study(WHOLE.replace("data/serum.csv", "link.csv")))


@pytest.mark.parametrize(
    "content", [b"\x80\x04\x95", b"a = " + b"[" * 100_000, b"\xff\xfe", b"x = 1\n" * 200_000]
)
def test_hostile_content_is_a_sentence(study, content):
    path = study()
    path.write_bytes(content)
    with pytest.raises((DataError, UnsafeError)):
        read_study_file(path)


def test_too_many_blocks_are_refused(study):
    more = "".join(f'[blocks.b{k}]\nkind = "clinical"\npath = "clinical.csv"\n' for k in range(5))
    with pytest.raises(UsageError, match="give 1 to 4"):
        read_study_file(study(f'label = "x"\n{more}'))


def test_options_say_the_simple_case(tmp_path):
    said = study_of_options(
        spectra=tmp_path / "s.csv", tissue=None, clinical=tmp_path / "c.csv", patient="id", label="y", positive=None
    )  # fmt: skip
    assert [(block.name, block.kind) for block in said.blocks] == [
        ("clinical", "clinical"),
        ("spectra", "spectra"),
    ]
    with pytest.raises(UsageError, match="name a study file, or blocks"):
        study_of_options(spectra=None, tissue=None, clinical=None, patient=None, label=None, positive=None)


def test_a_byte_order_mark_is_no_part_of_the_file(study):
    path = study()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_study_file(path).label == "diagnosis"


def test_a_block_with_control_characters_in_its_name_is_refused(study):
    with pytest.raises(DataError, match="control characters"):
        read_study_file(study('[blocks."a\\u001b[2J"]\nkind = "clinical"\npath = "clinical.csv"\n'))
