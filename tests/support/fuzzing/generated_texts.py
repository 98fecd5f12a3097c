"""Text files of spectra as programs and people write them, drawn at random, with the truth about each."""

import random
from dataclasses import dataclass, field

import numpy as np

CM = [
    "Raman shift (cm-1)",
    "Raman Shift [cm^-1]",
    "Raman shift / cm⁻¹",
    "wavenumber (1/cm)",
    "Wavenumber",
    "Raman.shift..cm.1.",
    "rel. 1/cm",
    "Raman shift",
    "Ramanverschiebung (cm-1)",
    "Wellenzahl [cm⁻¹]",
    "Nombre d'onde (cm-1)",
    "拉曼位移 (cm-1)",
    "波数",
    "raman_shift_cm-1",
    "Raman Shift (cm–1)",
    "Número de onda (cm-1)",
    "cm-1",
    "Rel. Wavenumber [cm^{-1}]",
]
OTHER = {
    "nm": "Wavelength (nm)|Wavelength [nm]|nm|λ/nm|Wellenlänge [nm]|Longueur d'onde (nm)|波长 (nm)|wavelength_nm|Wavelength..nm.|Nanometers",
    "eV": "Energy (eV)|E [eV]|Photon energy / eV|Energie (eV)|Energy shift (meV)",
    "THz": "Frequency (THz)|THz|Frequenz [THz]",
    "pixel": "Pixel|pixel number|px|Channel|像素",
    "m/z": "m/z|mass|Masse (Da)",
    "time": "Time (s)|Zeit [s]|t (s)|时间",
    "absolute": "Absolute wavenumber (cm-1)|abs. wavenumber [1/cm]",
}
ASIDE = [
    "Dark",
    "Reference",
    "Background",
    "Baseline",
    "std",
    "SD",
    "error",
    "Dark counts",
    "Standardabweichung",
    "reference spectrum",
]
ABOVE = (
    ("# measured by hand", "# laser 785 nm, 10 s"),
    ("% laser 785", "% 10 s"),
    (
        "Data from swab_1.txt Node",
        "",
        "Date: Tue Jan 02",
        "User: lab",
        "Number of Pixels: {n}",
        ">>>>>Begin Spectral Data<<<<<",
    ),
    ("//Exported ASCII-File", "[Header]", "FileName = swab.wip", "SizeX = 1", "[Data]"),
    ("TITLE{s}swab", "ORIGIN{s}JASCO", "NPOINTS{s}{n}", "XYDATA"),
    ("ENLIGHTEN Version,3.2", "Laser Wavelength,785.0", "Integration Time,400", ""),
    ("; laser 785", "; 10 s"),
    ("PE IR       SPECTRUM    ASCII", "  -1", "swab.sp", "#GR", "#DATA"),
)
UNIT_ABOVE = ("XUNITS{s}{u}", "XAxisUnit = {u}", "XAxis mode: {u}", "##XUNITS={u}")
BELOW = (
    ("", "Temperature (C): -60", "Exposure Time (secs): 10"),
    (">>>>>End Spectral Data<<<<<",),
    ("", "Operator, lab"),
)


@dataclass
class Generated:
    """A file and what is right.

    Attributes
    ----------
    text
        Of the file.
    axis
        ``(p,)`` ascending, cm⁻¹, as printed.
    spectra
        ``(n, p)`` as printed.
    refused_for
        What a refusal must name; "" where the file must be read.
    note
        A word of the note that must be there; "" for none. The values may then be fewer than printed.
    verdict
        A word of what the quality control must say of every spectrum; "" for nothing.
    what
        How it was drawn, for the message of a failing test.
    """

    text: str = ""
    axis: np.ndarray = field(default_factory=lambda: np.zeros(0))
    spectra: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    refused_for: str = ""
    what: str = ""
    note: str = ""
    verdict: str = ""


class _Writer:
    """One file, drawn step by step."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.separator = self.draw.choice("\t;, ")
        self.decimal = self.draw.choice(".,") if self.separator in "\t;" else "."
        self.decimals = self.draw.randint(1, 4)
        points = self.draw.randint(60, 260)
        step = self.draw.uniform(2.2, 5)
        self.axis = np.round(self.draw.uniform(80, 500) + step * np.arange(points), self.decimals)
        self.falls = self.draw.random() < 0.3

    def spectra(self, count: int) -> np.ndarray:
        at = np.linspace(0, 1, self.axis.size)
        level = self.draw.choice([1.0, 300.0, 20_000.0])
        rows = [
            level
            * (
                1
                + np.exp(-at * self.draw.uniform(0, 2))
                + sum(np.exp(-(((at - self.draw.random()) / 0.02) ** 2)) for _ in range(4))
                + self.noise.normal(0, 0.01, at.size)
            )
            for _ in range(count)
        ]
        return np.round(np.array(rows), 4)

    def number(self, value: float, decimals: int) -> str:
        return f"{value:.{decimals}f}".replace(".", self.decimal)

    def unit(self) -> tuple[str, str]:
        """Return a header for the axis and what a refusal must name, "" for Raman shift."""
        if self.draw.random() < 0.7:
            return self.draw.choice(CM), ""
        kind = self.draw.choice(list(OTHER))
        return self.draw.choice(OTHER[kind].split("|")), kind

    def lines(self, header: list[str] | None, columns: list[list[str]]) -> list[str]:
        join = self.separator.join
        rows = [join(cells) for cells in zip(*columns, strict=True)]
        if header is None:
            return rows
        names = [name.replace(self.separator, "_") for name in header]
        twice = self.separator == "\t" and self.draw.random() < 0.2
        return [("\t\t" if twice else self.separator).join(names), *rows]

    def around(self, lines: list[str], unit: str) -> tuple[list[str], str]:
        """Return the lines with text above and below, and what the text says of the axis."""
        above: list[str] = []
        named = ""
        if self.draw.random() < 0.5:
            above = [
                line.format(s=self.separator if self.separator != " " else "\t", n=self.axis.size)
                for line in self.draw.choice(ABOVE)
            ]
            if unit and self.draw.random() < 0.7:
                entry = self.draw.choice(UNIT_ABOVE).format(s="\t", u=unit)
                above.insert(1, entry)
                named = unit
        below = list(self.draw.choice(BELOW)) if self.draw.random() < 0.25 else []
        return [*above, *lines, *below], named

    def axis_cells(self, order: np.ndarray) -> list[str]:
        return [self.number(value, self.decimals) for value in self.axis[order]]

    def order(self) -> np.ndarray:
        points = np.arange(self.axis.size)
        return points[::-1] if self.falls else points


def generated(seed: int) -> Generated:
    """Return the file of a seed.

    Parameters
    ----------
    seed
        Any whole number.
    """
    writer = _Writer(seed)
    kind = writer.draw.choice((_two_columns, _two_columns, _columns, _rows, _pairs, _long, _windows, _padded))
    file = kind(writer)
    file.what = f"seed {seed}, {kind.__name__.strip('_')}, separator {writer.separator!r}, decimal {writer.decimal!r}: {file.what}"
    return file


def _values(writer: _Writer, spectrum: np.ndarray, order: np.ndarray) -> list[str]:
    return [writer.number(value, 4) for value in spectrum[order]]


def _two_columns(writer: _Writer) -> Generated:
    order, spectra = writer.order(), writer.spectra(1)
    name, refused = writer.unit()
    header = [name, writer.draw.choice(["Intensity", "Counts", "Intensity (a.u.)", "swab 3", "CCD cts"])]
    columns = [writer.axis_cells(order), _values(writer, spectra[0], order)]
    if writer.separator == " ":
        header = [cell.replace(" ", "_") for cell in header]
    bare = writer.draw.random() < 0.3
    if not bare:
        _extra(writer, header, columns)
    lines, named = writer.around(writer.lines(None if bare else header, columns), name if bare else "")
    refused = refused if not bare or named else ""
    return Generated("\n".join(lines) + "\n", writer.axis, spectra, refused, f"{header}, bare {bare}")


def _extra(writer: _Writer, header: list[str], columns: list[list[str]]) -> None:
    """Put a column beside the spectrum that is no sample."""
    points = len(columns[0])
    extra = writer.draw.choice(["", "aside", "index", "pixel", "name", "axis", "ramp"])
    if extra == "aside":
        header.append(writer.draw.choice(ASIDE).replace(" ", "_" if writer.separator == " " else " "))
        columns.append([writer.number(value, 2) for value in writer.noise.normal(300, 1, points)])
    elif extra in ("index", "pixel"):
        first = writer.draw.choice([0, 1])
        header.insert(0, "Pixel" if extra == "pixel" else writer.draw.choice(["", "index"]) or "no")
        columns.insert(0, [str(first + k) for k in range(points)])
    elif extra == "name":
        header.insert(1, "name")
        columns.insert(1, ["swab3"] * points)
    elif extra == "axis":
        header.append("axis again")
        columns.append(list(columns[0]))
    elif extra == "ramp":
        header.append("t")
        columns.append([writer.number(0.5 * k, 1) for k in range(points)])


def _columns(writer: _Writer) -> Generated:
    order, spectra = writer.order(), writer.spectra(writer.draw.randint(2, 5))
    name, refused = writer.unit()
    header = [
        name.replace(" ", "_") if writer.separator == " " else name,
        *(f"S{k}" for k in range(len(spectra))),
    ]
    columns = [writer.axis_cells(order), *(_values(writer, row, order) for row in spectra)]
    if writer.draw.random() < 0.4:
        header.append(writer.draw.choice(ASIDE).replace(" ", "_"))
        columns.append([writer.number(value, 2) for value in writer.noise.normal(300, 1, order.size)])
    lines, _ = writer.around(writer.lines(header, columns), "")
    return Generated("\n".join(lines) + "\n", writer.axis, spectra, refused, str(header))


def _rows(writer: _Writer) -> Generated:
    order, spectra = writer.order(), writer.spectra(writer.draw.randint(2, 6))
    unit = writer.draw.choice(["", "", " cm-1", " nm"]) if writer.separator != " " else ""
    prefix = writer.draw.choice(["", "X"]) if not unit else ""
    cells = writer.axis_cells(order)
    header = ["sample_id", "patient_id", *(f"{prefix}{cell}{unit}" for cell in cells)]
    rows = [[f"S{k}", f"P{k}", *_values(writer, row, order)] for k, row in enumerate(spectra)]
    lines = [writer.separator.join(line) for line in (header, *rows)]
    lines, _ = writer.around(lines, "")
    return Generated(
        "\n".join(lines) + "\n", writer.axis, spectra, "nm" if unit == " nm" else "", f"unit {unit!r}"
    )


def _pairs(writer: _Writer) -> Generated:
    order, spectra = writer.order(), writer.spectra(writer.draw.randint(2, 4))
    name = writer.draw.choice(CM).replace(" ", "_") if writer.separator == " " else writer.draw.choice(CM)
    header, columns = [], []
    for k, row in enumerate(spectra):
        header += [name if writer.draw.random() < 0.5 else f"x_{k}", f"A{k}"]
        columns += [writer.axis_cells(order), _values(writer, row, order)]
    bare = writer.draw.random() < 0.4
    lines, _ = writer.around(writer.lines(None if bare else header, columns), "")
    return Generated("\n".join(lines) + "\n", writer.axis, spectra, "", f"{header}, bare {bare}")


def _long(writer: _Writer) -> Generated:
    order, spectra = writer.order(), writer.spectra(writer.draw.randint(2, 4))
    name, refused = writer.unit()
    if name in ("mass", "Channel") or refused == "time":
        name, refused = "Wavenumber", ""
    place = writer.draw.choice(["sample", "#X", "time", "depth"])
    words = place == "sample"
    cells: list[list[str]] = [[], [], []]
    for k, row in enumerate(spectra):
        cells[0] += [f"swab{k}" if words else writer.number(1.5 * k, 1)] * order.size
        cells[1] += writer.axis_cells(order)
        cells[2] += _values(writer, row, order)
    header = [place, name.replace(" ", "_") if writer.separator == " " else name, "Intensity"]
    bare = writer.draw.random() < 0.2
    if bare:
        refused = ""
    lines, _ = writer.around(writer.lines(None if bare else header, cells), "")
    return Generated("\n".join(lines) + "\n", writer.axis, spectra, refused, f"{header}, bare {bare}")


def _windows(writer: _Writer) -> Generated:
    """Two windows, the second half a step off and at another level, written one after the other."""
    spectrum = writer.spectra(1)[0]
    shared = writer.draw.randint(6, 20)
    cut = writer.axis.size // 2
    step = float(np.median(np.diff(writer.axis)))
    second = np.round(writer.axis[cut - shared :] + step / 2, writer.decimals)
    level = np.round(spectrum[cut - shared :] + 0.4 * np.abs(spectrum).max(), 4)
    columns = [
        [writer.number(value, writer.decimals) for value in [*writer.axis[:cut], *second]],
        [writer.number(value, 4) for value in [*spectrum[:cut], *level]],
    ]
    lines, _ = writer.around(writer.lines(None, columns), "")
    return Generated(
        "\n".join(lines) + "\n",
        writer.axis,
        spectrum[None],
        note="window",
        what=f"{shared} shared",
    )


def _padded(writer: _Writer) -> Generated:
    """Spectra of which the first or last points, or some inside, were not measured."""
    spectra = writer.spectra(writer.draw.randint(2, 4))
    mark = writer.draw.choice([0.0, -9999.0])
    points = writer.axis.size
    width = writer.draw.randint(8, points // 4)
    first = writer.draw.choice([0, points - width, points // 2 - width // 2])
    spectra[:, first : first + width] = mark
    order = writer.order()
    header = ["sample_id", *writer.axis_cells(order)]
    rows = [[f"S{k}", *_values(writer, row, order)] for k, row in enumerate(spectra)]
    lines = [writer.separator.join(line) for line in (header, *rows)]
    return Generated(
        "\n".join(lines) + "\n", writer.axis, spectra, verdict="padding", what=f"{width} of {mark} at {first}"
    )
