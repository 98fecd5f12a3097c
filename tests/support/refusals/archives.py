"""Archives that reach outside, swell or run code: nothing in the program unpacks one."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from refusals.inputs import pickled

_OUTSIDE = ("../outside.txt", "/tmp/outside-of-spectra-dl.txt", "..\\outside.txt", "inside.csv")


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def zip_that_reaches_outside() -> bytes:
    """Names with ``..``, an absolute one, a backslash, and a link that is written through."""
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    return zip_of(*((name, b"x") for name in _OUTSIDE), (link, b"/tmp"), ("link/outside.txt", b"x"))


def tar_that_reaches_outside() -> bytes:
    """Names with ``..`` and absolute ones, links of both kinds, and a device."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in _OUTSIDE:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
        for name, kind, target in (
            ("soft", tarfile.SYMTYPE, "/etc"),
            ("hard", tarfile.LNKTYPE, "/etc/passwd"),
            ("device", tarfile.CHRTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    return stream.getvalue()


def zip_bomb() -> bytes:
    """Two MB that are 2 GiB once they are unpacked; the digest that nobody computes is left out."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = squeeze.compress(bytes(1 << 24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    content, name = part * 128 + b"\x03\x00", b"spectra.csv"
    about = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(content), 1 << 31, len(name), 0)
    member = b"PK\x03\x04" + about + name + content
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(member), 0)
    return member + entry + end


def torch_checkpoint() -> bytes:
    """What torch.save writes, with code for its loader to run."""
    return zip_of(("archive/data.pkl", pickled(2)), ("archive/version", b"3\n"))


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a zip archive whose names lead outside, with a link to write through": zip_that_reaches_outside,
    "a tar archive with outside names, links and a device": tar_that_reaches_outside,
    "a zip archive of 2 MB that unpacks to 2 GiB": zip_bomb,
}
