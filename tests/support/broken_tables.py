"""Tables of spectra broken in many ways: harmless spellings, and doubts that must be refused."""

import gzip
from dataclasses import replace

import numpy as np


def comma(text):
    return text.replace(".", ",")


def european_thousands(text):
    return f"{float(text):,.4f}".replace(",", "_").replace(".", ",").replace("_", ".")


def shuffled(clean):
    axis = 3 + np.random.default_rng(0).permutation(701)
    return clean.reordered([0, 1, 2, *axis])


def transposed(clean, *, header=False):
    columns = [clean.header, *clean.rows]
    lines = [",".join(column[k] for column in columns) for k in range(len(clean.header))]
    return "\n".join([*([",".join(["", *map(str, range(36))])] if header else []), *lines, ""])


def quoted_ids(clean):
    return replace(clean, rows=[[f'"{row[0]}"', *row[1:]] for row in clean.rows])


def without_last_names(clean):
    return (
        ",".join(clean.header[1:])
        + "\n"
        + "\n".join(f'"{row[0]}",' + ",".join(row[1:]) for row in clean.rows)
    )


# name: (content from the clean table, words of the note)
SAME = {
    "as it is": (lambda c: c.text(), "column sample_id was taken"),
    "semicolons and decimal comma": (lambda c: c.names(comma).cells(comma).text(";"), "decimal comma"),
    "points in the axis, decimal comma below": (lambda c: c.cells(comma).text(";"), "decimal comma"),
    "thousands dot": (lambda c: c.cells(european_thousands).text(";"), "thousands mark '.'"),
    "thousands comma in quotes": (lambda c: c.cells(lambda v: f'"{float(v):,.4f}"').text(), "thousands mark ','"),
    "thousands apostrophe": (lambda c: c.cells(lambda v: f"{float(v):,.4f}".replace(",", "'")).text(), "thousands mark"),
    "byte order mark": (lambda c: b"\xef\xbb\xbf" + c.text().encode(), "byte order mark"),
    "UTF-16": (lambda c: c.text().encode("utf-16"), "UTF-16-LE"),
    "CRLF": (lambda c: c.text(end="\r\n"), ""),
    "CR": (lambda c: c.text(end="\r"), ""),
    "tabs": (lambda c: c.text("\t"), "tabs"),
    "white space": (lambda c: c.text("   "), "spaces"),
    "bars": (lambda c: c.text("|"), "bars"),
    "sep= line": (lambda c: "sep=;\n" + c.text(";"), "semicolons"),
    "separator at every end": (lambda c: c.text(end=",\n"), ""),
    "separator at the end of rows only": (lambda c: c.text(end=",\n").replace(",\n", "\n", 1), ""),
    "blank lines at the end": (lambda c: c.text() + "\n\n", ""),
    "separator lines at the end": (lambda c: c.text() + "," * 703 + "\n,,,\n", "lines of separators"),
    "blank line in the middle": (lambda c: c.text().replace("\nS05_0", "\n\nS05_0"), "blank lines were skipped"),
    "no last newline": (lambda c: c.text().rstrip("\n"), ""),
    "spaces around": (lambda c: c.text(" , "), ""),
    "comment lines": (lambda c: "# Gerät: µRaman\n# Wellenlänge 785 nm\n" + c.text(), "comment lines up to line 2"),
    "a comment with a quote": (lambda c: '# 5" tube\n# "x\n' + c.text(), "comment lines"),
    "commented header": (lambda c: "# " + c.text(), "last comment line"),
    "units in the header": (lambda c: c.names(lambda n: f"{n} cm-1").text(), "unit"),
    "units in brackets": (lambda c: c.names(lambda n: f"{n} [cm⁻¹]").text(), "unit"),
    "R prefix": (lambda c: c.names(lambda n: f"X{n}").text(), "'X'"),
    "R row names": (lambda c: " ".join(c.header) + "\n" + "".join(f'"{k}" ' + " ".join(r) + "\n" for k, r in enumerate(c.rows, 1)), "row names"),
    "descending axis": (lambda c: c.reordered([0, 1, 2, *range(703, 2, -1)]).text(), "turned round"),
    "random axis": (lambda c: shuffled(c).text(), "sorted"),
    "metadata behind": (lambda c: c.reordered([*range(3, 704), 0, 1, 2]).text(), ""),
    "metadata on both sides": (lambda c: c.reordered([0, *range(3, 704), 1, 2]).text(), ""),
    "transposed": (transposed, "transposed"),
    "transposed under a counted header": (lambda c: transposed(c, header=True), "transposed"),
    "unnamed index": (lambda c: c.with_column("", [str(k) for k in range(36)], at=0).text(), ""),
    "scientific": (lambda c: c.cells(lambda v: f"{float(v):.7E}").text(), ""),
    "true minus and plus": (lambda c: c.names(lambda n: "+" + n).text(), ""),
    "gzip": (lambda c: gzip.compress(c.text().encode()), "gzip"),
    "age and PSA": (lambda c: c.with_column("PSA", ["4.1"] * 36).with_column("age", ["63"] * 36).text(), ""),
    "quoted everywhere": (lambda c: "".join(",".join(f'"{f}"' for f in r) + "\n" for r in [c.header, *c.rows]), ""),
}  # fmt: skip


def with_cell(clean, row, column, text):
    rows = [list(r) for r in clean.rows]
    rows[row][column] = text
    return replace(clean, rows=rows)


def with_lines(clean, change):
    lines = clean.text().split("\n")
    change(lines)
    return "\n".join(lines)


def cut(lines):
    lines[5] = lines[5].rsplit(",", 50)[0]


def lengthened(lines):
    lines[9] += ",1,2,3"


def tabbed(lines):
    lines[6] = lines[6].replace(",", "\t")


def repeated(lines):
    lines.insert(10, lines[0])


def nm(shift):
    return f"{1e7 / (1e7 / 785 - float(shift)):.4f}"


# name: (content, words that name place and remedy)
REFUSED = {
    "short line": (lambda c: with_lines(c, cut), ["line 6", "654", "704"]),
    "long line": (lambda c: with_lines(c, lengthened), ["line 10", "707"]),
    "truncated": (lambda c: c.text()[:-900], ["line 37"]),
    "tabs in one line": (lambda c: with_lines(c, tabbed), ["line 7", "tabs"]),
    "header again": (lambda c: with_lines(c, repeated), ["line 11", "second header"]),
    "header with units again": (lambda c: with_lines(c.names(lambda n: n + " cm-1"), repeated), ["line 11", "second header"]),
    "a word": (lambda c: with_cell(c, 4, 10, "abc").text(), ["line 6", "column 11", "'414.0'", "'abc'", "empty"]),
    "an underscore": (lambda c: with_cell(c, 4, 10, "4_000").text(), ["line 6", "'4_000'"]),
    "other digits": (lambda c: with_cell(c, 4, 10, "٤").text(), ["line 6", "column 11"]),
    "hexadecimal": (lambda c: with_cell(c, 4, 10, "0x1F").text(), ["line 6", "'0x1F'"]),
    "decimal comma in one cell": (lambda c: with_cell(c, 30, 10, '"4000,5"').text(), ["line 32", "'4000,5'"]),
    "both decimal marks": (lambda c: with_cell(c, 1, 10, "4000,5").text(";"), ["different senses"]),
    "terminal escapes": (lambda c: with_cell(c, 4, 10, "\x1b[2J").text(), ["\\x1b[2J"]),
    "columns 2023 and 785": (
        lambda c: c.with_column("785", ["1"] * 36).with_column("2023", ["2"] * 36).text(), ["2023", "785", "not part"]),
    "column 785 behind": (lambda c: c.with_column("785", ["1"] * 36, at=704).text(), ["785", "column 705"]),
    "column 2023 behind": (lambda c: c.with_column("2023", ["1"] * 36, at=704).text(), ["2023"]),
    "a broken wavenumber": (lambda c: c.names(lambda n: n.replace("500.0", "5OO.0")).text(), ["'5OO.0'", "between"]),
    "a broken first wavenumber": (lambda c: c.names(lambda n: "4#00.0" if n == "400.0" else n).text(), ["'4#00.0'", "misspelt"]),
    "a broken last wavenumber": (lambda c: c.names(lambda n: n.replace("1800.0", "e1800.0")).text(), ["'e1800.0'", "misspelt"]),
    "the same id twice": (lambda c: with_cell(c, 1, 0, "S00_0").text(), ["'S00_0'", "line 2", "line 3"]),
    "an empty id": (lambda c: with_cell(c, 1, 0, "").text(), ["line 3", "empty"]),
    "a doubled wavenumber": (lambda c: c.with_column("1002.0", ["1"] * 36, at=305).text(), ["duplicate wavenumber 1002.0", "column 306"]),
    "a doubled wavenumber by pandas": (lambda c: c.with_column("1002.0.1", ["1"] * 36, at=305).text(), ["1002.0.1"]),
    "negative wavenumbers by R": (lambda c: c.names(lambda n: "X" + n).with_column("X.20", ["1"] * 36).text(), ["X.20", "check.names"]),
    "nm": (lambda c: c.names(nm).text(), ["nm", "laser"]),
    "nm by its unit": (lambda c: c.names(lambda n: nm(n) + " nm").text(), ["nm", "laser"]),
    "absolute": (lambda c: c.names(lambda n: str(1e7 / 785 - float(n))).text(), ["-200..4500", "absolute"]),
    "pixels": (lambda c: c.names(lambda n: str(int((float(n) - 400) / 2))).text(), ["pixel"]),
    "two points": (lambda c: c.reordered([0, 1, 2, 3, 4]).text(), ["2 points"]),
    "one point": (lambda c: c.reordered([0, 1, 2, 3]).text(), ["1 point "]),
    "metadata only": (lambda c: c.reordered([0, 1, 2]).text(), ["no wavenumber axis"]),
    "no header": (lambda c: "\n".join(",".join(row[3:]) for row in c.rows), ["no wavenumber axis"]),
    "header only": (lambda c: ",".join(c.header) + "\n", ["no spectra"]),
    "an absurd wavenumber": (lambda c: c.names(lambda n: "1e308" if n == "500.0" else n).text(), ["column 54", "large"]),
    "white space only": (lambda c: " \n\t\n  \n", ["no spectra"]),
    "comments only": (lambda c: "# a\n# b\n", ["no spectra"]),
    "empty": (lambda c: "", ["empty"]),
    "two columns of one name": (lambda c: c.with_column("age", ["1"] * 36).with_column("age", ["1"] * 36).text(), ["'age'"]),
    "two names for the patient": (lambda c: c.with_column("patient", ["1"] * 36).text(), ["patient_id and patient"]),
    "an open quote": (lambda c: with_cell(c, 1, 0, '"S00').text(), ["line 3", "quote"]),
    "thousands or decimals": (
        lambda c: c.cells(lambda v: "956" if v[-1] in "13" else f"{v[0]},{v[1:4]}").text(";"), ["thousands or decimals"]),
    "300,000 points": (lambda c: ",".join(f"{400 + k / 250:.3f}" for k in range(300_000)) + "\n" + ",".join("1" * 300_000), ["300000", "65536"]),
}  # fmt: skip
