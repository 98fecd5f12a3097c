"""Tables of bulk expression: turned, recognised, and refused with what is wrong."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.slides.bulk_table import read_bulk_table

PATIENTS = ["P1", "P2", "P3"]
COUNTS = [[10, 0, 90], [20, 30, 50], [5, 5, 40]]


def written(tmp_path, values, patients=PATIENTS, genes=("A", "B", "C"), separator=","):
    lines = [separator.join(["patient", *genes])]
    lines += [separator.join([name, *map(str, row)]) for name, row in zip(patients, values, strict=True)]
    path = tmp_path / "bulk.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def profiles(path, patients=PATIENTS, scale=None):
    return read_bulk_table(path, set(patients)).profiles_of(patients, scale)


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_counts_become_logarithms_per_million_in_the_order_of_the_patients(tmp_path, separator):
    found, notes = profiles(written(tmp_path, COUNTS, separator=separator), ["P3", "P1"])
    expected = np.log1p(1e6 * np.array([[5, 5, 40], [10, 0, 90]]) / np.array([[50], [100]]))
    np.testing.assert_allclose(found.values, expected)
    np.testing.assert_array_equal(found.library, [50, 100])
    assert any("1 of 3 patients have no slide" in note for note in notes)
    assert any("taken for counts" in note for note in notes)


def test_genes_in_rows_are_turned(tmp_path):
    path = written(tmp_path, np.array(COUNTS).T, patients=["A", "B", "C"], genes=PATIENTS)
    found, notes = profiles(path)
    straight, _ = profiles(written(tmp_path, COUNTS))
    np.testing.assert_array_equal(found.values, straight.values)
    assert any("turned" in note for note in notes)


def test_a_header_may_leave_out_the_first_name(tmp_path):
    path = tmp_path / "bulk.tsv"
    path.write_text("A\tB\nP1\t40\t2\nP2\t3\t40\n")
    found, _ = profiles(path, ["P1", "P2"])
    assert list(found.gene) == ["A", "B"]


def test_logarithms_stay_and_tpm_are_transformed(tmp_path):
    logs = np.log2(np.array(COUNTS) + 0.3)
    found, notes = profiles(written(tmp_path, logs))
    np.testing.assert_allclose(found.values, logs)
    assert found.counts is None
    assert any("taken for logarithms" in note for note in notes)
    tpm = np.array(COUNTS) + 0.25
    found, notes = profiles(written(tmp_path, tpm))
    np.testing.assert_allclose(found.values, np.log1p(tpm))
    assert any("TPM" in note for note in notes)


def test_what_is_stated_is_believed(tmp_path):
    whole = np.array(COUNTS) // 10
    found, notes = profiles(written(tmp_path, whole), scale="log")
    np.testing.assert_array_equal(found.values, whole)
    assert not any("taken for" in note for note in notes)


def test_patients_spelt_otherwise_are_found_with_a_note(tmp_path):
    found, notes = profiles(written(tmp_path, COUNTS, patients=["p1", "P02", "P3"]))
    np.testing.assert_array_equal(found.counts, COUNTS)
    assert any("spelling only were taken for 2 persons: 'P1' = 'p1', 'P2' = 'P02'" in note for note in notes)


def test_what_counters_write_of_reads_without_a_gene_is_no_gene(tmp_path):
    genes = ("A", "__no_feature", "N_unmapped")
    found, notes = profiles(written(tmp_path, COUNTS, genes=genes))
    assert list(found.gene) == ["A"]
    np.testing.assert_array_equal(found.library, [10, 20, 5])
    assert any("__no_feature, N_unmapped are no genes by their names" in note for note in notes)
    with pytest.raises(DataError, match="no gene in it"):
        profiles(written(tmp_path, COUNTS, genes=("__a", "__b", "__c")))


def test_versions_of_ensembl_ids_are_left_away(tmp_path):
    genes = ("ENSG00000141510.17", "ENSG00000012048.1", "C")
    found, _ = profiles(written(tmp_path, COUNTS, genes=genes))
    assert found.gene[0] == "ENSG00000141510"


@pytest.mark.parametrize(
    ("values", "more", "scale", "message"),
    [
        (COUNTS, {"genes": ("A", "B", "A")}, None, "genes stand twice: A; add their counts up"),
        (COUNTS, {"patients": ["P1", "P1", "P2"]}, None, "patients stand twice: P1"),
        (COUNTS, {"patients": ["P1", "p 01", "P2"]}, None, "patients stand twice: P1, p 01"),
        (COUNTS, {"patients": ["P1", "P2", "X"]}, None, "1 of 3 patients with slides are not in it: P3"),
        (
            COUNTS,
            {"patients": ["X", "Y", "Z"]},
            None,
            "none of the 3 patients with slides is in its first column",
        ),
        ([[10, -3, 90], *COUNTS[1:]], {}, None, "P1, B: -3 is negative, and counts can't be"),
        ([[10.5, -3, 90], *COUNTS[1:]], {}, "linear", "P1, B: -3 is negative, and TPM, FPKM or the like"),
        ([[1.5, 2.5, 3.5], *COUNTS[1:]], {}, None, "mixed scales.*counts .P2. and logarithms .P1."),
        ([[1.5, 2.5, 300.5], [1.5, 2.5, 3.5], [0.5, 1, 2]], {}, None, "mixed scales.*TPM"),
        ([["", 2, 3], *COUNTS[1:]], {}, None, "line 2: its value 1 is missing"),
        ([["x", 2, 3], *COUNTS[1:]], {}, None, "line 2: 'x' is no number"),
        (COUNTS, {}, "log", "P1: 90 is too high for a logarithm"),
        ([[1.5, 2.5, 3.5], *COUNTS[1:]], {}, "counts", "P1: fractions .* seem to be logarithms, not counts"),
        ([[0.5, 9e5, 99_999.5]] * 3, {}, "counts", "add up to a million, as TPM do"),
        ([[1, 9e5, 99_999]] * 3, {}, None, "rounded TPM or counts"),
        ([[1e19, 1, 1]] * 3, {}, None, r"1e\+19 is too high for a count"),
        ([[0, 0, 0], *COUNTS[1:]], {}, "counts", "patients without a count: P1"),
        (COUNTS, {"genes": ("A", "", "C")}, None, "a gene or a patient has no name"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, values, more, scale, message):
    with pytest.raises(DataError, match=message):
        profiles(written(tmp_path, values, **more), scale=scale)


def test_no_file_and_no_rows_are_refused(tmp_path):
    with pytest.raises(DataError, match="a folder; name the file"):
        read_bulk_table(tmp_path, {"p"})
    with pytest.raises(DataError, match="no such file"):
        read_bulk_table(tmp_path / "nothing.csv", {"P1"})
    (tmp_path / "empty.csv").write_text("patient,A\n")
    with pytest.raises(DataError, match="no rows of numbers"):
        read_bulk_table(tmp_path / "empty.csv", {"P1"})


def many(scale):
    generator = np.random.default_rng(0)
    counts = generator.poisson(generator.gamma(0.5, 400, 40), (8, 40))
    tpm = np.round(1e6 * counts / counts.sum(axis=1, keepdims=True), 3)
    return {"counts": counts, "linear": tpm, "log": np.round(np.log2(tpm + 1), 4)}[scale]


def of_many(tmp_path, values, **more):
    patients = [f"P{number}" for number in range(8)]
    path = written(tmp_path, values, patients, [f"G{number}" for number in range(40)], **more)
    return profiles(path, patients)


@pytest.mark.parametrize("scale", ["counts", "linear", "log"])
def test_patients_of_one_unit_are_read(tmp_path, scale):
    found, notes = of_many(tmp_path, many(scale))
    assert found.values.shape == (8, 40)
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("scale", "change"), [("linear", 1000.0), ("linear", 1e-3), ("log", np.log10(2)), ("log", 0.2)]
)
def test_one_patient_in_another_unit_or_to_another_base_is_refused(tmp_path, scale, change):
    values = many(scale).astype(float)
    values[3] = np.round(values[3] * change, 6) + 1e-4
    with pytest.raises(DataError, match=r"mixed (units|scales).*P3"):
        of_many(tmp_path, values)


def test_points_that_part_thousands_are_refused(tmp_path):
    text = [[f"{value:,}".replace(",", ".") for value in row] for row in (4 * many("counts")).tolist()]
    with pytest.raises(DataError, match="does a point part thousands"):
        of_many(tmp_path, text, separator=";")


@pytest.mark.parametrize(
    "name", ["age", "Sex", "OS_time", "total", "gene_length", "nCount_RNA", "library size"]
)
def test_columns_that_describe_patients_are_no_genes(tmp_path, name):
    found, notes = profiles(written(tmp_path, COUNTS, genes=("A", name, "C")))
    assert list(found.gene) == ["A", "C"]
    np.testing.assert_array_equal(found.library, [100, 70, 45])
    assert any(f"{name} are no genes by their names" in note for note in notes)


def test_a_patient_renamed_because_it_stood_twice_is_noted(tmp_path):
    _, notes = profiles(written(tmp_path, [*COUNTS, COUNTS[0]], patients=[*PATIENTS, "P1.1"]))
    assert any("is P1.1 a second profile" in note for note in notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace(",", "|"), "no tabs, commas or semicolons"),
        (lambda text: "#1.2\n3\t3\n" + text, "a GCT file; delete its first two lines"),
    ],
)
def test_files_of_other_kinds_are_refused_by_what_they_are(tmp_path, change, words):
    path = written(tmp_path, COUNTS)
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=words):
        profiles(path)


@pytest.mark.parametrize(
    "change", [lambda text: "# Program:featureCounts\n" + text, lambda text: text.replace("\n", ",\n")]
)
def test_comments_above_and_separators_at_the_end_are_left_out(tmp_path, change):
    path = written(tmp_path, COUNTS)
    path.write_text(change(path.read_text()))
    np.testing.assert_array_equal(profiles(path)[0].counts, COUNTS)
