"""A sealed file gives back what was put in, or refuses."""

import hashlib
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import EnvironmentFault, ModelFileError, UnsafeError
from spectra_dl.storage.sealed import read_sealed, write_sealed

TENSORS = {
    "b.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "a.count": np.array([7], dtype=np.int64),
}
TEXT = '{"name": "µ", "numbers": [1, 2.5]}'


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "test", TEXT, TENSORS)
    return path


def test_text_and_tensors_come_back_bit_for_bit(sealed):
    sealed_file = read_sealed(sealed, "test")
    assert sealed_file.text == TEXT
    assert sorted(sealed_file.tensors) == sorted(TENSORS)
    for name, array in TENSORS.items():
        assert sealed_file.tensors[name].dtype == array.dtype
        assert sealed_file.tensors[name].shape == array.shape
        np.testing.assert_array_equal(sealed_file.tensors[name], array)


def test_the_same_content_gives_the_same_bytes(sealed, tmp_path):
    again = tmp_path / "again.safetensors"
    write_sealed(again, "test", TEXT, dict(reversed(TENSORS.items())))
    assert again.read_bytes() == sealed.read_bytes()


def test_a_header_whose_length_begins_like_a_pickle_is_still_read(tmp_path):
    path = tmp_path / "model.safetensors"
    first_bytes = set()
    for padding in range(0, 256, 8):
        write_sealed(path, "test", " " * padding, TENSORS)
        first_bytes.add(path.read_bytes()[0])
        assert read_sealed(path, "test").text == " " * padding
    assert 0x80 in first_bytes


def test_the_official_library_reads_the_file(sealed):
    from safetensors import safe_open

    with safe_open(sealed, framework="numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("b.weight"), TENSORS["b.weight"])
        assert file.metadata()["test"] == TEXT


def test_every_single_bit_flip_is_refused(sealed):
    content = sealed.read_bytes()
    for bit in range(8 * len(content)):
        altered = bytearray(content)
        altered[bit // 8] ^= 1 << (bit % 8)
        sealed.write_bytes(bytes(altered))
        with pytest.raises((ModelFileError, UnsafeError)):
            read_sealed(sealed, "test")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_else_happens(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("random") / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises((ModelFileError, UnsafeError)):
        read_sealed(path, "test")


@pytest.mark.parametrize("share", [0.0, 0.05, 0.31, 0.9, 0.999])
def test_a_truncated_file_is_refused(sealed, share):
    content = sealed.read_bytes()
    sealed.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelFileError):
        read_sealed(sealed, "test")


def test_a_file_of_another_kind_is_refused(sealed):
    with pytest.raises(ModelFileError, match="another"):
        read_sealed(sealed, "another")


class _Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (open, (str(self.marker), "w"))


def test_a_pickle_is_refused_as_unsafe_and_not_executed(tmp_path):
    marker = tmp_path / "marker"
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(_Payload(marker)))
    with pytest.raises(UnsafeError, match="pickle data is never loaded"):
        read_sealed(path, "test")
    assert not marker.exists()


def test_a_zip_checkpoint_is_refused_as_unsafe(tmp_path):
    path = tmp_path / "model.safetensors"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"x")
    with pytest.raises(UnsafeError, match="zip"):
        read_sealed(path, "test")


@pytest.mark.parametrize("length", [2**63, 100_000_000, 64])
def test_a_header_longer_than_the_file_is_refused(tmp_path, length):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    with pytest.raises(ModelFileError, match="header claims"):
        read_sealed(path, "test")


def test_deeply_nested_json_is_refused_without_a_crash(tmp_path):
    path = tmp_path / "model.safetensors"
    text = b"[" * 200_000
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(ModelFileError):
        read_sealed(path, "test")


@pytest.mark.parametrize("name", ["missing.safetensors", "."])
def test_what_is_not_a_regular_file_is_refused(tmp_path, name):
    with pytest.raises(ModelFileError, match="not a regular file"):
        read_sealed(tmp_path / name, "test")


def with_header(path: Path, header: object) -> None:
    """Replace a file's header, with its length and its digest right again."""
    content = path.read_bytes()
    text = json.dumps(header).encode()
    draft = len(text).to_bytes(8, "little") + text + content[8 + int.from_bytes(content[:8], "little") :]
    if isinstance(header, dict):
        digest = header["__metadata__"]["sha256"].encode()
        blank = draft.replace(digest, b"0" * 64, 1)
        draft = blank.replace(b"0" * 64, hashlib.sha256(blank).hexdigest().encode(), 1)
    path.write_bytes(draft)


def header_of(path: Path) -> dict[str, dict[str, object]]:
    content = path.read_bytes()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


def test_a_header_sealed_again_as_it_was_is_read(sealed):
    with_header(sealed, header_of(sealed))
    assert read_sealed(sealed, "test").text == TEXT


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "F" + "9" * 5_000},
        {"shape": [2**40, 2**40]},
        {"shape": [-1]},
        {"data_offsets": [0, 10**9]},
        {"data_offsets": [8, 0]},
        {"data_offsets": [0, 48]},
    ],
)
def test_tensors_that_can_not_be_are_refused_though_the_seal_is_right(sealed, change):
    header = header_of(sealed)
    header["b.weight"] |= change
    with_header(sealed, header)
    with pytest.raises(ModelFileError, match=r"its (tensors can't be read|header speaks of)") as refusal:
        read_sealed(sealed, "test")
    assert len(str(refusal.value)) <= 500


@pytest.mark.parametrize("header", [[1, 2, 3, 4], "some text", 12345678])
def test_a_header_that_is_no_object_is_refused(sealed, header):
    with_header(sealed, header)
    with pytest.raises(ModelFileError, match="its header is not a JSON object"):
        read_sealed(sealed, "test")


@pytest.mark.parametrize(
    ("error", "refusal", "words"),
    [
        (PermissionError(13, "Permission denied"), ModelFileError, "no permission to read it"),
        (OSError(5, "Input/output error"), EnvironmentFault, "can't be opened"),
    ],
)
def test_a_file_that_can_not_be_opened_is_refused_with_the_reason(sealed, monkeypatch, error, refusal, words):
    def deny(*_: object) -> None:
        raise error

    monkeypatch.setattr("builtins.open", deny)
    with pytest.raises(refusal, match=words):
        read_sealed(sealed, "test")


@pytest.mark.parametrize("added", [-1, 1, 4096])
def test_a_file_of_another_size_than_its_header_says_is_refused_before_its_tensors_are_read(sealed, added):
    content = sealed.read_bytes()
    sealed.write_bytes(content[:added] if added < 0 else content + b"\0" * added)
    declared = len(content) - 8 - int.from_bytes(content[:8], "little")
    said = f"its header speaks of {declared:,} bytes of tensors and the file has {declared + added:,}"
    with pytest.raises(ModelFileError, match=said):
        read_sealed(sealed, "test")
