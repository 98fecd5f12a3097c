"""A table of bulk expression, patients in rows and genes in columns, or the other way round: read, and its scale recognised."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.person_ids import spelling_key, spelling_note
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.genes import gene_key
from spectra_dl.expression.mangled_genes import mangled_note
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.slides.profiles import BulkProfiles

BulkScale = Literal["counts", "linear", "log"]
BULK_SCALES: tuple[BulkScale, ...] = get_args(BulkScale)
_SHOWN = {"counts": "counts", "linear": "TPM, FPKM or the like", "log": "logarithms"}
_HIGHEST_LOG = 30.0  # of two to this power there is no count
_MOST_NUMBERS = 200_000_000
_HIGHEST_COUNT = 1e12  # molecules of a gene; no sequencer counts so many
_MILLION, _NEAR_MILLION = 1e6, 0.01
_FEW_PATIENTS, _FEW_GENES = 5, 20  # of fewer nothing is usual
_OTHER_UNIT = 20.0  # times another patient's sum, as between TPM and TPM per thousand
_OTHER_SPREAD = 2.0  # times another patient's, as between logarithms to the bases 2 and 10
_THOUSANDS, _SOME = 1000.0, 0.05
# What counters of reads write among the genes: HTSeq with two underscores in front, STAR these.
_NO_GENES = ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
# What describes patients, samples or genes; none is a symbol of a gene.
_DESCRIBES = re.compile(
    r"age|sex|gender|stage|grade|batch|site|cohort|label|group|class|diagnosis|sample(?:[ _.]?id)?|id|index|time|event|status|survival|psa|bmi|"
    r"(?:os|pfs|dfs|rfs)(?:[ _.](?:time|event|status|days|months))?|total|sum|mean|library[ _.]?size|(?:gene[ _.]?)?length|start|end|strand|chr|"
    r"(?:n|total|sum)[ _.]?(?:counts?|features?|umis?|genes)(?:[ _.]rna)?",
    re.IGNORECASE,
)
_GCT = re.compile(r"#1\.[23]")
_RENAMED = re.compile(r"(.+)\.[1-9]")  # by pandas and R, of a name that stands twice


@dataclass(frozen=True, eq=False)
class BulkTable:
    """A table as it stands in its file, patients in rows.

    Attributes
    ----------
    name
        Of the file.
    patient
        ``(m,)`` text, each once.
    gene
        ``(g,)`` text, each once.
    values
        ``(m, g)`` float64, all of them finite.
    notes
        A sentence for every assumption.
    """

    name: str
    patient: TextArray
    gene: TextArray
    values: FloatArray
    notes: tuple[str, ...] = ()

    def profiles_of(
        self, patients: Sequence[str], scale: BulkScale | None = None
    ) -> tuple[BulkProfiles, list[str]]:
        """Return the profiles of patients in this order, and notes on what was assumed.

        Parameters
        ----------
        patients
            Each once.
        scale
            What the values are; None recognises it by whole numbers and by how high they are.

        Raises
        ------
        DataError
            A patient is not in the table, values are negative where they can't be, or patients are on different scales.
        """
        row = {spelling_key(str(name)): at for at, name in enumerate(self.patient)}
        if missing := [name for name in patients if spelling_key(name) not in row]:
            raise DataError(
                f"{self.name}: {len(missing)} of {len(patients)} patients with slides are not in it: {first_few(missing)}; add their rows, or leave "
                "their slides out"
            )
        rows = [row[spelling_key(name)] for name in patients]
        values, notes = self.values[rows], list(self.notes)
        both = zip(patients, map(str, self.patient[rows]), strict=True)
        if other := [(name, in_table) for name, in_table in both if name != in_table]:
            notes.append(f"{self.name}: {spelling_note(other)}")
        if len(patients) < len(row):
            notes.append(
                f"{self.name}: {len(row) - len(patients)} of {len(row)} patients have no slide, and are left out"
            )
        if scale is None:
            scale = _recognised(self.name, patients, values)
            notes.append(
                f"{self.name}: values taken for {_SHOWN[scale]}; say --bulk-scale if they are something else"
            )
            _refuse_whole_tpm(self.name, values, scale)
            _refuse_thousands(self.name, values)
        else:
            _refuse_unlike(self.name, patients, values, scale)
        _refuse_other_units(self.name, patients, values, scale)
        _refuse_negative(self.name, patients, self.gene, values, scale)
        if scale == "log":
            return BulkProfiles(values, self.gene), notes
        if scale == "linear":
            return BulkProfiles(np.log1p(values), self.gene), notes
        library = values.sum(axis=1)
        if empty := [name for name, total in zip(patients, library, strict=True) if not total > 0]:
            raise DataError(f"{self.name}: patients without a count: {first_few(empty)}; leave them out")
        if values.max() > _HIGHEST_COUNT:
            raise DataError(
                f"{self.name}: {values.max():.3g} is too high for a count; bring counts as they were before, or say --bulk-scale linear"
            )
        return BulkProfiles.of_counts(values, library, self.gene), notes


def read_bulk_table(path: Path, patients: Collection[str]) -> BulkTable:
    """Read a table with tabs, commas or semicolons, its header the genes and its first column the patients, or turned.

    Parameters
    ----------
    path
        The file, plain or gzip.
    patients
        Those with slides, by whom rows are told from columns.

    Raises
    ------
    DataError
        It is damaged, a patient or gene stands twice, a cell holds no number, or none of the patients is in it.
    """
    if path.is_dir():
        raise DataError(
            f"{path}: a folder; name the file in it that is a table of patients in rows and genes in columns"
        )
    if not path.is_file():
        raise DataError(f"{path}: no such file; name a table of patients in rows and genes in columns")
    lines = _without_comments(path)
    _, first = next(lines, (1, ""))
    separator = max("\t,;", key=first.count)
    if first and separator not in first:
        raise DataError(
            f"{path.name}: its first line has no tabs, commas or semicolons; export a table whose header names the genes or the patients"
        )
    ending = separator if first.endswith(separator) else ""
    first = first.removesuffix(ending)
    header, names = cells_of(first, separator), list[str]()
    rows = list[FloatArray]()
    for number, line in lines:
        name, _, rest = line.removesuffix(ending).partition(separator)
        names.append(cells_of(name, separator)[0])
        width = len(header) - 1 if rows or rest.count(separator) + 2 == len(header) else len(header)
        rows.append(_numbers(rest, separator, f"{path.name} line {number}", len(rows[0]) if rows else width))
        if len(rows) * len(rows[0]) > _MOST_NUMBERS:
            raise DataError(f"{path.name}: more than {_MOST_NUMBERS:,} numbers; bring fewer genes")
    if not rows:
        raise DataError(f"{path.name}: no rows of numbers in it; export the table again")
    columns = header[len(header) - len(rows[0]) :]
    return _oriented(path.name, names, columns, np.array(rows), set(patients))


def _without_comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield numbered lines without comments, such as featureCounts writes above its table."""
    for number, line in text_lines(path):
        if _GCT.fullmatch(line.strip()):
            raise DataError(
                f"{path.name}: a GCT file; delete its first two lines and its column Description, and bring the rest as a table"
            )
        if not line.startswith("#"):
            yield number, line


def _numbers(text: str, separator: str, place: str, count: int) -> FloatArray:
    cells = text.split(separator)
    try:
        if len(cells) != count or "_" in text or not text.isascii():
            raise ValueError("to be looked at cell by cell")
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array(numbers_of(text, separator, place, count))
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DataError(f"{place}: its value {at + 1} is missing; leave the gene or the patient out")
    return values


def _oriented(
    name: str, rows: list[str], columns: list[str], values: FloatArray, patients: set[str]
) -> BulkTable:
    notes, wanted = list[str](), set(map(spelling_key, patients))
    in_rows, in_columns = (len(wanted.intersection(map(spelling_key, each))) for each in (rows, columns))
    if in_columns > in_rows:
        rows, columns, values = columns, rows, values.T
        notes.append(f"{name}: genes stand in rows and patients in columns; turned")
    elif not in_rows:
        raise DataError(
            f"{name}: none of the {len(patients)} patients with slides is in its first column ({first_few(rows[:3])}; in the sheet {first_few(sorted(patients)[:3])}); "
            "write ids alike, as the sheet does"
        )
    genes = [gene_key(gene) for gene in columns]
    notes += _renamed_notes(name, rows)
    if others := [gene for gene in genes if _is_no_gene(gene)]:
        notes.append(f"{name}: {first_few(others)} are no genes by their names: left out")
        kept = [at for at, gene in enumerate(genes) if gene not in others]
        genes, values = [genes[at] for at in kept], values[:, kept]
    if not genes:
        raise DataError(f"{name}: no gene in it; export the table again")
    for what, each, remedy in (
        ("patient", rows, "keep one row of each"),
        ("gene", genes, "add their counts up, or keep one"),
    ):
        key = spelling_key if what == "patient" else str
        count = Counter(map(key, each))
        if twice := list(dict.fromkeys(label for label in each if count[key(label)] > 1)):
            raise DataError(f"{name}: {what}s stand twice: {first_few(twice)}; {remedy}")
    if "" in genes or "" in rows:
        raise DataError(f"{name}: a gene or a patient has no name; fill it in")
    if mangled := mangled_note(genes, name):
        notes.append(mangled)
    return BulkTable(name, text_array(rows), text_array(genes), values, tuple(notes))


def _is_no_gene(name: str) -> bool:
    return name.startswith("__") or name in _NO_GENES or _DESCRIBES.fullmatch(name) is not None


def _renamed_notes(name: str, patients: Sequence[str]) -> list[str]:
    """Return a note on patients who may stand twice, the second time under the name that a program gave the column."""
    known = set(patients)
    again = [each for each in patients if (found := _RENAMED.fullmatch(each)) and found[1] in known]
    if not again:
        return []
    return [
        f"{name}: is {first_few(again)} a second profile of the patient without the number behind, renamed by pandas or R? the first one is used: "
        "keep the right one, or bring their mean"
    ]


def _recognised(name: str, patients: Sequence[str], values: FloatArray) -> BulkScale:
    """Return what all patients' values are by their looks."""
    of_patient = _looks(values)
    if len(kinds := sorted(set(of_patient))) > 1:
        listed = " and ".join(f"{_SHOWN[kind]} ({patients[of_patient.index(kind)]})" for kind in kinds)
        raise DataError(
            f"{name}: mixed scales: it seems to hold {listed}; bring all patients to one, or say --bulk-scale if they are on one"
        )
    return of_patient[0]


def _looks(values: FloatArray) -> list[BulkScale]:
    """Return what each patient's values are by their looks."""
    whole = (values == np.rint(values)).all(axis=1)
    high = values.max(axis=1) > _HIGHEST_LOG
    return [
        "counts" if is_whole else "linear" if is_high else "log"
        for is_whole, is_high in zip(whole.tolist(), high.tolist(), strict=True)
    ]


def _refuse_unlike(name: str, patients: Sequence[str], values: FloatArray, scale: BulkScale) -> None:
    """Refuse values that can't be what is stated."""
    if scale == "log" and values.max() > _HIGHEST_LOG:
        row = int(values.max(axis=1).argmax())
        raise DataError(
            f"{name}: {patients[row]}: {values[row].max():g} is too high for a logarithm; say --bulk-scale counts or linear, or bring all patients as logarithms"
        )
    looks = _looks(values)
    if scale == "counts" and "log" in looks:
        raise DataError(
            f"{name}: {patients[looks.index('log')]}: fractions of which none is above {_HIGHEST_LOG:g} seem to be logarithms, not counts; "
            "say --bulk-scale log, or bring counts of all patients"
        )
    if scale == "counts" and "linear" in looks and _sums_to_million(values):
        raise DataError(
            f"{name}: each patient's values add up to a million, as TPM do and counts don't; say --bulk-scale linear"
        )


def _refuse_thousands(name: str, values: FloatArray) -> None:
    """Refuse numbers such as 1.234 beside whole ones, where a point may part thousands: no expression has but three decimals, or none."""
    whole = values == np.rint(values)
    parted = values[~whole]
    if (
        not parted.size
        or values.max() >= _THOUSANDS
        or parted.min() < 1
        or np.mean(whole & (values > 0)) < _SOME
    ):
        return
    if np.allclose(parted * _THOUSANDS, np.rint(parted * _THOUSANDS), rtol=0, atol=1e-6):
        raise DataError(
            f"{name}: whole numbers beside {parted[0]:.3f} and the like, all below 1000: does a point part thousands? write numbers without, or say "
            "--bulk-scale linear"
        )


def _refuse_other_units(name: str, patients: Sequence[str], values: FloatArray, scale: BulkScale) -> None:
    """Refuse a patient whose values are like those of no other by a factor that only another unit or base has."""
    if scale == "counts" or len(patients) < _FEW_PATIENTS or values.shape[1] < _FEW_GENES:
        return
    size = values.std(axis=1) if scale == "log" else values.sum(axis=1)
    usual, most = float(np.median(size)), _OTHER_SPREAD if scale == "log" else _OTHER_UNIT
    off = [
        at for at, each in enumerate(size.tolist()) if usual > 0 and not usual / most <= each <= usual * most
    ]
    if off and len(off) < len(patients) / 2:
        what = "spread by" if scale == "log" else "add up to"
        raise DataError(
            f"{name}: mixed units: the values of {first_few(patients[at] for at in off)} {what} {size[off[0]]:.3g}, those of others {usual:.3g}; bring "
            "all patients to one unit, or leave these out"
        )


def _refuse_whole_tpm(name: str, values: FloatArray, scale: BulkScale) -> None:
    if scale == "counts" and _sums_to_million(values):
        raise DataError(
            f"{name}: whole numbers, of which each patient's add up to a million: rounded TPM or counts? say --bulk-scale linear or counts"
        )


def _sums_to_million(values: FloatArray) -> bool:
    return bool((np.abs(values.sum(axis=1) / _MILLION - 1) < _NEAR_MILLION).all())


def _refuse_negative(
    name: str, patients: Sequence[str], gene: TextArray, values: FloatArray, scale: BulkScale
) -> None:
    if scale == "log" or values.min() >= 0:
        return
    row, column = np.unravel_index(int(values.argmin()), values.shape)
    raise DataError(
        f"{name}: {patients[int(row)]}, {gene[column]}: {values[row, column]:g} is negative, and {_SHOWN[scale]} can't be; were values centred or "
        "scaled? bring them as they were before, or say --bulk-scale log if they are logarithms"
    )
