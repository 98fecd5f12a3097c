"""Files that are not read, recognised by how they begin: what each is, and what to export instead.

The beginnings are those that the formats' descriptions and public readers give. Where a format has no known beginning, the ending
of the name says which program wrote a file that is no text.
"""

import re
import struct
from pathlib import PurePath

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.text.lines import unmarked_utf_16
from spectra_dl.storage.unsafe_contents import refuse_unsafe

CSV = "export the spectra as CSV"
R_WORKSPACES = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n")
FOREIGN_CONTENTS: tuple[tuple[bytes, str], ...] = (
    (b"Spectral Data File", "a Thermo OMNIC file (.spa, .spg), which is not read; save it in OMNIC as SPC, JCAMP-DX or CSV"),
    (b"Spectral Exte File", "a Thermo OMNIC series (.srs), which is not read; save its spectra in OMNIC as SPC, JCAMP-DX or CSV"),
    (b"PEPE", "a PerkinElmer file (.sp), which is not read; save it in Spectrum as ASCII (.asc), SPC or JCAMP-DX"),
    (b"WIT_PR", "a WITec project (.wip), which is not read; export the spectra as Table or MATLAB from WITec Project"),
    (b"WIT_DA", "WITec data (.wid), which is not read; export the spectra as Table or MATLAB from WITec Project"),
    (b"Andor Technology Multi-Channel File", "an Andor file (.sif), which is not read; export it in Solis as ASCII"),
    *((magic, "an R workspace (.RData), which can run code and is not read; write the table in R by write.csv") for magic in R_WORKSPACES),
    (b"X\n\x00\x00\x00", "an R object (.rds), which can run code and is not read; write the table in R by write.csv"),
    (b"B\n\x02\x00\x00", "an R object (.rds), which can run code and is not read; write the table in R by write.csv"),
    (b"B\n\x03\x00\x00", "an R object (.rds), which can run code and is not read; write the table in R by write.csv"),
    (b"ENVI\n", "the header of an ENVI image, which is not read; write the spectra of its pixels as CSV"),
    (b"ENVI\r\n", "the header of an ENVI image, which is not read; write the spectra of its pixels as CSV"),
    (
        b"\xd0\xcf\x11\xe0",
        "an OLE file: an old Excel file (.xls), one with a password, or a JASCO file (.jws); save it as .xlsx or CSV, from JASCO as text",
    ),
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file where a table is needed; {CSV}"),
    (b"MATLAB 5.0 MAT-file", f"a MATLAB file where a table is needed; {CSV}"),
    (b"MATLAB 7.3 MAT-file", f"a MATLAB file where a table is needed; {CSV}"),
    (b"\x93NUMPY", f"a NumPy array file; {CSV}"),
    (b"WDF1", "a Renishaw WDF file where a table is needed; export it as CSV"),
    (b"PAR1", f"a Parquet file; {CSV}"),
    (b"ARROW1", f"an Arrow or Feather file; {CSV}"),
    (b"TDSm", f"a LabVIEW file (.tdms); {CSV}"),
    (b"CPYUA ", "an Origin project; export the sheet as CSV"),
    (b"CPYA ", "an Origin project; export the sheet as CSV"),
    (b"CDF\x01", f"a NetCDF file; {CSV}"),
    (b"CDF\x02", f"a NetCDF file; {CSV}"),
    (b"SIMPLE  =", f"a FITS file; {CSV}"),
    (b"II*\x00", f"an image; {CSV}"),
    (b"MM\x00*", f"an image; {CSV}"),
    (b"SQLite format 3", f"an SQLite database; {CSV}"),
    (b"%PDF", f"a PDF; {CSV}"),
    (b"\x89PNG", f"an image; {CSV}"),
    (b"\xff\xd8\xff", f"an image; {CSV}"),
    (b"BZh", "compressed with bzip2; decompress it first"),
    (b"\xfd7zXZ", "compressed with xz; decompress it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; decompress it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"##TITLE", "a JCAMP-DX file where a table is needed; export it as CSV"),
    (b"<", f"a web page or XML; {CSV}"),
    (b"{", f"JSON; {CSV}"),
)  # fmt: skip
JSON_LIST = re.compile(rb"\[\s*[\[{\"\d\-\]]")
# The binary files of LabSpec and others have no beginning that is documented.
BINARY_ENDINGS = {
    **dict.fromkeys((".l6s", ".l6m", ".l6v", ".l5s", ".l5m", ".ngs", ".ngc"), "a LabSpec file; save it in LabSpec as text (.txt)"),
    ".spa": "a Thermo OMNIC file (.spa); save it in OMNIC as SPC, JCAMP-DX or CSV",
    ".sp": "a PerkinElmer file (.sp); save it in Spectrum as ASCII (.asc), SPC or JCAMP-DX",
    ".spe": "a Princeton Instruments file (.spe); export it in WinSpec or LightField as CSV",
    ".sif": "an Andor file (.sif); export it in Solis as ASCII",
    ".mat": "a MATLAB file of version 4 or older; save it with -v7 or -v7.3",
    ".jws": "a JASCO file (.jws); export it in Spectra Manager as text",
}  # fmt: skip
SPE_HEADER_BYTES, SPE_END, SPE_VERSION_AT, SPE_ID_AT = 4100, b"UU", 1992, 2996
SPE_ID = 0x01234567
ZIP = b"PK\x03\x04"
ENVI_MEMBER = re.compile(rb"PK\x03\x04.{26}[^\x00-\x1f]{0,200}?\.hdr", re.DOTALL | re.IGNORECASE)
TEXT_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x1b"))


def refuse_foreign(head: bytes, name: str, accept: bytes = b"") -> None:
    """Refuse a content that is no text table.

    Parameters
    ----------
    head
        The file's first bytes, decompressed; at most 256 KiB.
    name
        The file's name for messages.
    accept
        The beginning of a foreign content that the caller reads itself.

    Raises
    ------
    DataError
        Empty, or a known format that is not read here, with what to export.
    UnsafeError
        Pickle data, or an archive.
    """
    if not head:
        raise DataError(f"{name}: the file is empty; write it again")
    if head.startswith(ZIP) and b"data.pkl" not in head and ENVI_MEMBER.search(head):
        raise DataError(
            f"{name}: a zip archive of an ENVI image (.hdr), which is not read; write the spectra of its pixels as CSV"
        )
    refuse_unsafe(head, name, "give spectra as CSV")
    start = head[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if accept and start.startswith(accept):
        return
    for magic, what in FOREIGN_CONTENTS:
        if head.startswith(magic) or (len(magic) < 3 and start.startswith(magic)):
            raise DataError(f"{name}: looks like {what}")
    if JSON_LIST.match(start):
        raise DataError(f"{name}: looks like JSON; {CSV}")
    if _is_spe(head):
        raise DataError(f"{name}: looks like {BINARY_ENDINGS['.spe']}")
    ending = PurePath(name).suffix.lower()
    if ending in BINARY_ENDINGS and _is_binary(head):
        raise DataError(f"{name}: binary data, by its name {BINARY_ENDINGS[ending]}")


def _is_spe(head: bytes) -> bool:
    """Say whether the header is that of WinView, WinSpec or LightField."""
    if len(head) < SPE_HEADER_BYTES or not _is_binary(head[:SPE_HEADER_BYTES]):
        return False
    version = struct.unpack_from("<f", head, SPE_VERSION_AT)[0]
    marked = struct.unpack_from("<I", head, SPE_ID_AT)[0] == SPE_ID
    return version == 3.0 or (marked and head[SPE_HEADER_BYTES - 2 : SPE_HEADER_BYTES] == SPE_END)


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or unmarked_utf_16(head):
        return False
    return len(head) - len(head.translate(None, TEXT_CONTROLS)) > len(head) / 100
