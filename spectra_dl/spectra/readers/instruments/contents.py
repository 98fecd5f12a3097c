"""Whose file it is, by its first bytes, so that no reader is imported but the one that is needed."""

import re

MATLAB_5, MATLAB_7_3 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
HDF5 = b"\x89HDF\r\n\x1a\n"
WDF = b"WDF1"
OPUS = b"\n\n\xfe\xfe"
# New, new and big-endian, old.
SPC = (0x4B, 0x4C, 0x4D)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
ORAS_SPECTRA = "RawSpectra"
BLANK = b"\xef\xbb\xbf \t\r\n"
_LARGEST_HEADER = 1 << 16  # bytes
# The table, not the program's name: BWSpec, BWRam and BWTek's other programs write the same one.
_BWSPEC_TABLE = rb"(?im)^pixel[;,\t][^\r\n]{0,600}raman shift[;,\t][^\r\n]{0,600}dark subtracted"
_BWSPEC_START = rb"(?i)(?:\xef\xbb\xbf)?File Version\s*[;,\t]\s*BW"
_LABSPEC_START = rb"(?:\xef\xbb\xbf)?#[^=\t\r\n]{1,80}=\t"
_LABSPEC_KNOWN = rb"(?m)^#(?:Acq\. time|Accumulations|Laser|Grating|Spectro|Instrument)[^=\r\n]*=\t"
_JCAMP = rb"(?i)(?:\xef\xbb\xbf)?\s*(?:\$\$[^\n]*\n\s*)*##\s*TITLE\s*="


def is_matlab(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is a MATLAB file of version 5 or 7.3."""
    return head.startswith((MATLAB_5, MATLAB_7_3))


def is_other_hdf5(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is HDF5."""
    return head.startswith(HDF5)


def is_wdf(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is a WDF file."""
    return head.startswith(WDF)


def is_spc(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is an SPC file: its second byte, and the zeros of its header."""
    known = len(head) > 1 and head[1] in SPC and head[:256].count(0) >= 8
    return known and not head.startswith(ZIP)


def is_opus(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is an OPUS file."""
    return head.startswith(OPUS)


def is_oras(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is an ORAS file."""
    return head.lstrip(BLANK)[:1] in (b"{", b"[") and f'"{ORAS_SPECTRA}"'.encode() in head


def is_bwspec(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is BWSpec text."""
    return bool(re.match(_BWSPEC_START, head) or re.search(_BWSPEC_TABLE, head[:_LARGEST_HEADER]))


def is_labspec(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is LabSpec text."""
    return bool(re.match(_LABSPEC_START, head) and re.search(_LABSPEC_KNOWN, head[:8192]))


def is_jcamp(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is JCAMP-DX."""
    return re.match(_JCAMP, head) is not None
