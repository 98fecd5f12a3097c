"""Section B: model files, settings and archives."""

import hashlib
import io
import json
import shutil
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from example_models import merged
from refusals.archives import ARCHIVES, torch_checkpoint
from refusals.inputs import DEMO, pickled, predict_file, write
from refusals.row import Command, Maker, Row
from spectra_dl.models.file import read_model_file, weights_sha256
from spectra_dl.storage.sealed import write_sealed
from spectra_dl_datasets.shipped import SHIPPED_MODEL

_FRESH = "Take a fresh copy of the model file from whoever gave it to you."
_RETRAIN = "Ask for a model file written by spectra-dl train; no other kind is loaded."


def as_model(content: bytes | Callable[[], bytes], name: str = "model.safetensors") -> Maker:
    """A file given to both commands that load a model."""

    def make(folder: Path) -> list[Command]:
        write(folder, name, content() if callable(content) else content)
        spectra = str(DEMO / "spectra.csv")
        return [("predict", spectra, "--model", name, "--out", "out"), ("model", "show", name)]

    return make


def everywhere(content: Callable[[], bytes], name: str, doors: int = 7) -> Maker:
    """A file given wherever a command takes one, or to the first of these commands."""

    def make(folder: Path) -> list[Command]:
        write(folder, name, content())
        spectra = str(DEMO / "spectra.csv")
        return [
            ("predict", spectra, "--model", name, "--out", "out"),
            ("predict", name, "--out", "out"),
            ("predict", spectra, "--samples", name, "--out", "out"),
            ("evaluate", "spectra", spectra, "--label", "label", "--folds-from", name, "--out", "out"),
            ("evaluate", "spectra", spectra, "--replay", name, "--out", "out"),
            ("train", "expression", name, "--out", "out"),
            ("ceiling", name, "--out", "out"),
        ][:doors]

    return make


def headed(header: object, body: bytes = b"", *, length: int | None = None) -> bytes:
    """The bytes of a safetensors file with this header, written down without any check."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def sealed_headed(header: dict[str, object], body: bytes) -> bytes:
    """The same with the digest that a true model file would have."""
    told = {"__metadata__": {"spectra_dl": "{}", "sha256": "0" * 64}, **header}
    digest = hashlib.sha256(headed(told, body)).hexdigest()
    return headed({**told, "__metadata__": {"spectra_dl": "{}", "sha256": digest}}, body)


def tensor(start: int, stop: int, shape: list[int]) -> dict[str, object]:
    """A tensor's entry in such a header."""
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, stop]}


def shipped_but(
    changes: Mapping[str, object] | None = None,
    tensors: Callable[[dict[str, np.ndarray]], None] | None = None,
) -> Maker:
    """The model that ships with the project with another description or other tensors, sealed as it should be."""

    def make(folder: Path) -> list[Command]:
        file = read_model_file(SHIPPED_MODEL)
        if tensors:
            tensors(file.tensors)
        digest = {"weights_sha256": weights_sha256(file.tensors)}
        description = merged(file.description, {**digest, **(changes or {})})
        write_sealed(folder / "model.safetensors", "spectra_dl", json.dumps(description), file.tensors)
        return [("predict", str(DEMO / "spectra.csv"), "--model", "model.safetensors", "--out", "out")]

    return make


def _coverage_of_before(folder: Path) -> list[Command]:
    before = Path(__file__).resolve().parents[2] / "models" / "data" / "format_1_spectra.safetensors"
    shutil.copy(before, folder / "model.safetensors")
    return [
        (
            "predict",
            str(DEMO / "spectra.csv"),
            "--model",
            "model.safetensors",
            "--coverage",
            "0.8",
            "--out",
            "out",
        )
    ]


def _network(**numbers: int) -> dict[str, object]:
    return {"input": {"network": numbers}}


def _saved(array: np.ndarray, *, zipped: bool) -> bytes:
    stream = io.BytesIO()
    if zipped:
        np.savez(stream, w=array)
    else:
        np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _sparse(folder: Path) -> list[Command]:
    write(folder, "model.safetensors", headed({"a": tensor(0, 3 << 40, [3 << 38])}))
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.truncate(8 + int.from_bytes(stream.read(8), "little") + (3 << 40))
    return [("model", "show", "model.safetensors")]


def _spoilt(arrays: dict[str, np.ndarray]) -> None:
    name = sorted(arrays)[-1]
    arrays[name] = np.full_like(arrays[name], np.nan)


def _without_one(arrays: dict[str, np.ndarray]) -> None:
    del arrays[sorted(arrays)[0]]


OBJECTS = np.array([{"a": 1}], dtype=object)
PICKLES = [
    Row("B", f"a pickle named {name}", "unsafe", _RETRAIN, as_model(pickled(), name), "pickle data")
    for name in ("model.pkl", "model.safetensors", "model.h5", "model.npz", "model.joblib")
] + [
    Row("B", "an old text pickle", "unsafe", _RETRAIN, as_model(pickled(0)), "pickle data"),
    Row("B", "a pickle named spectra.csv", "unsafe", "Export the spectra as CSV.", predict_file(pickled()), "never loaded"),
    Row("B", "a PyTorch checkpoint that runs code", "unsafe", _RETRAIN, everywhere(torch_checkpoint, "model.pt"), "pickle"),
    Row("B", "a NumPy array of objects (.npy)", "unsafe", _RETRAIN, as_model(_saved(OBJECTS, zipped=False), "model.npy")),
    Row("B", "a NumPy archive with an array of objects (.npz)", "unsafe", _RETRAIN, as_model(_saved(OBJECTS, zipped=True), "model.npz")),
]  # fmt: skip
STRUCTURE = [
    Row("B", "a header said to be 2^63 bytes long", "refuse", _FRESH, as_model(headed(b"{}", length=2**63)), "header claims"),
    Row("B", "a header said to be 100 MB long in a file of 10 bytes", "refuse", _FRESH, as_model(headed(b"{}", length=100_000_000)), "header claims"),
    Row("B", "two tensors in the same bytes", "refuse", _FRESH, as_model(sealed_headed({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)))),
    Row("B", "bytes that belong to no tensor", "refuse", _FRESH, as_model(sealed_headed({"a": tensor(0, 8, [2])}, bytes(64)))),
    Row("B", "a shape whose product overflows 64 bits", "refuse", _FRESH, as_model(sealed_headed({"a": tensor(0, 8, [2**40, 2**40])}, bytes(8)))),
    Row("B", "a header of 60 MB of empty lists", "refuse", _FRESH, as_model(lambda: headed(b'{"a":[' + b"[]," * 20_000_000 + b"[]]}")), "header claims", bounded=True),
    Row("B", "a file of 3 TB that is not stored", "refuse", _FRESH, _sparse, "at most 4 GiB", bounded=True),
    Row("B", "brackets nested 200,000 deep", "refuse", _FRESH, as_model(headed(b"[" * 200_000)), "not JSON"),
    Row("B", "weights that are not finite", "refuse", "Train the model again.", shipped_but(tensors=_spoilt), "non-finite weights"),
    Row("B", "a tensor that is missing", "refuse", _FRESH, shipped_but(tensors=_without_one), "missing"),
    Row("B", "a model file cut short", "refuse", _FRESH, as_model(lambda: SHIPPED_MODEL.read_bytes()[: int(0.31 * SHIPPED_MODEL.stat().st_size)])),
]  # fmt: skip
SETTINGS = [
    *(
        Row("B", f"a description with the key {key}", "refuse", _RETRAIN, shipped_but({key: "os.system"}), key)
        for key in ("_target_", "_instantiator", "class_path")
    ),
    Row("B", "five wrong settings at once", "refuse", _RETRAIN, shipped_but({
        "intended_use": 7, "classification": {"decision_threshold": -1.0, "calibration": {"temperature": "hot"}, "classes": ["one"]}, "extra": 1}), "extra"),
    Row("B", "a number beyond any float (1e999)", "refuse", _RETRAIN, shipped_but({"classification": {"decision_threshold": 1e999}})),
    Row("B", "a network of 10^9 channels", "refuse", _RETRAIN, shipped_but(_network(n_wavenumbers=10**9)), "n_wavenumbers"),
    Row("B", "a network of a billion parameters in a file of 300 kB", "refuse", _RETRAIN, shipped_but({
        "input": {"network": {"name": "deepcnn", "n_wavenumbers": 8000}}}), "missing", bounded=True),
    Row("B", "a network of 100 members where there are 5", "refuse", _RETRAIN, shipped_but(_network(members=100)), "each network must have"),
    Row("B", "a model of a newer format", "refuse", "Update spectra-dl, or take the model of your version.", shipped_but({"format_version": 3}), "format 3"),
    Row("B", "a coverage that a model file of before has no limits for", "refuse", "Leave --coverage out, or train the model again.", _coverage_of_before, "knows 0.9 alone", code=2),
    Row("B", "YAML with a python tag", "refuse", _RETRAIN, everywhere(lambda: b"!!python/object/apply:builtins.open ['ran', 'w']\n", "settings.yaml")),
]  # fmt: skip
ROWS = [
    *PICKLES,
    *STRUCTURE,
    *SETTINGS,
    *(
        Row("B", name, "unsafe", "Unpack it yourself where you trust it, and give the file inside.", everywhere(content, "archive", 2 if "2 GiB" in name else 7), bounded="2 GiB" in name)
        for name, content in ARCHIVES.items()
    ),
]  # fmt: skip
