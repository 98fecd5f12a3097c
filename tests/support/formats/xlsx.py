"""Excel workbooks written part by part, so that each can be wrong."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Cell = str | float | int | bool | None


def column_letters(number: int) -> str:
    """Return the letters of a column, from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_xml(rows: Sequence[Sequence[Cell]], first_row: int = 1, first_column: int = 1) -> str:
    """A sheet of these cells, text in line."""
    lines = [f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><sheetData>']
    for i, row in enumerate(rows, start=first_row):
        lines.append(f'<row r="{i}">')
        for k, cell in enumerate(row, start=first_column):
            at = f"{column_letters(k)}{i}"
            if isinstance(cell, bool):
                lines.append(f'<c r="{at}" t="b"><v>{int(cell)}</v></c>')
            elif isinstance(cell, str):
                lines.append(f'<c r="{at}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
            elif cell is not None:
                lines.append(f'<c r="{at}"><v>{cell!r}</v></c>')
        lines.append("</row>")
    return "".join([*lines, "</sheetData></worksheet>"])


def parts_of(sheets: Mapping[str, str], hidden: Sequence[str] = ()) -> dict[str, str]:
    """The parts of a workbook with these sheets."""
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{k}" r:id="rId{k}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for k, name in enumerate(sheets, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{k}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(sheets) + 1)
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        **{f"xl/worksheets/sheet{k}.xml": xml for k, xml in enumerate(sheets.values(), start=1)},
    }


def archive(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return stream.getvalue()


def workbook(**sheets: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook of sheets by their names."""
    return archive(parts_of({name: sheet_xml(rows) for name, rows in sheets.items()}))


def small_rows(spectra: int = 3, points: int = 30) -> list[list[Cell]]:
    """A table with one spectrum a row."""
    head: list[Cell] = ["sample_id", "patient_id", "label", *(400.5 + 2 * k for k in range(points))]
    rows: list[list[Cell]] = [
        [f"S{i}", i // 2 + 1, "ab"[i % 2], *(100 * i + k * k + 0.1 for k in range(points))]
        for i in range(spectra)
    ]
    return [head, *rows]
