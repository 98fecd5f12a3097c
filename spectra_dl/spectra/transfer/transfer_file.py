"""A transfer in one sealed .safetensors file: a closed description and the tensors of the map."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import ModelFileError
from spectra_dl.models.file import weights_sha256
from spectra_dl.models.header import Closed
from spectra_dl.spectra.preprocessing.recurring_places import Place
from spectra_dl.spectra.transfer.alignment import Aligned, Alignment
from spectra_dl.spectra.transfer.choice import Candidate
from spectra_dl.spectra.transfer.methods import Banded, LowRank, Method, Projection, SpectrumMap, Unchanged
from spectra_dl.storage.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer

_KIND = "spectra_dl_transfer"
_MOST_POINTS, _LARGEST = 65_536, 1e9
_SHAPES = {
    "none": {},
    "ds": {"into": "pr", "out": "rp"},
    "pds": {"weights": "pw"},
    "epo": {"directions": "pr"},
    "top": {"directions": "pr"},
}
Shift = Annotated[float, Field(ge=-100_000.0, le=100_000.0)]
InstrumentName = Annotated[str, Field(min_length=1, max_length=100)]


class MethodError(Closed):
    """What a method of some size left of the instruments' difference in samples that were left out, over the difference between samples."""

    method: Method
    half_window: int = Field(ge=0, le=1_000)
    components: int = Field(ge=0, le=1_000)
    aligned: bool
    error: float = Field(ge=0)
    standard_error: float = Field(ge=0)


class TransferDescription(Closed):
    """Everything but the tensors."""

    version: Literal[1] = 1
    method: Method
    half_window: int = Field(ge=0, le=1_000)
    components: int = Field(ge=0, le=1_000)
    aligned: bool
    samples: int = Field(ge=3, le=1_000_000)
    master: InstrumentName | None
    slave: InstrumentName | None
    calibrated: bool
    axis_calibration: Annotated[str, Field(max_length=300)] | None = None  # not in files of before
    errors: list[MethodError] = Field(max_length=100)
    places: list[tuple[Shift, Shift]] = Field(max_length=_MOST_POINTS)
    spectrum_hashes: list[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]] = Field(max_length=500_000)
    tensors_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _is_printable(self) -> Self:
        if not all(
            name is None or name.isprintable() for name in (self.master, self.slave, self.axis_calibration)
        ):
            raise ValueError("a name or the calibration has signs that can't be printed")
        return self


def save(transfer: "InstrumentTransfer", path: str | os.PathLike[str]) -> None:
    """Write a transfer, whole or not at all.

    Parameters
    ----------
    transfer
        What is written.
    path
        The file.
    """
    write_sealed(path, _KIND, _description(transfer).model_dump_json(), _tensors(transfer))


def load(path: str | os.PathLike[str]) -> "InstrumentTransfer":
    """Read a transfer that `save` wrote.

    Raises
    ------
    ModelFileError
        It can't be read, or is no transfer.
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    """
    from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer

    name = Path(path).name
    sealed = read_sealed(path, _KIND)
    try:
        described = TransferDescription.model_validate_json(sealed.text)
    except (ValidationError, RecursionError) as err:
        raise ModelFileError(
            f"{name}: its description is not valid; write it anew with 'spectra-dl transfer'"
        ) from err
    tensors = sealed.tensors
    if weights_sha256(tensors) != described.tensors_sha256 or not _fit(described, tensors):
        raise ModelFileError(
            f"{name}: its tensors are not those of its method; write it anew with 'spectra-dl transfer'"
        )
    wavenumber, displacement = tensors.pop("wavenumber"), tensors.pop("displacement", None)
    learned = _map_of(described.method, tensors)
    return InstrumentTransfer(
        Candidate(described.method, described.half_window, described.components, described.aligned),
        learned if displacement is None else Aligned(Alignment(wavenumber, displacement), learned),
        wavenumber,
        samples=described.samples,
        master=described.master,
        slave=described.slave,
        calibrated=described.calibrated,
        axis_calibration=described.axis_calibration,
        errors=tuple(described.errors),
        places=tuple(Place(low, high, 0) for low, high in described.places),
        spectrum_hashes=tuple(described.spectrum_hashes),
    )


def digest_of(transfer: "InstrumentTransfer") -> str:
    """Return sixteen hexadecimal digits over everything that a transfer's file holds."""
    # What files of before have not is left out where it says nothing, so that theirs is the digest that models trained with them state.
    unsaid = {"axis_calibration"} if transfer.axis_calibration is None else None
    return hashlib.sha256(_description(transfer).model_dump_json(exclude=unsaid).encode()).hexdigest()[:16]


def _description(transfer: "InstrumentTransfer") -> TransferDescription:
    candidate = transfer.candidate
    return TransferDescription(
        method=candidate.method,
        half_window=candidate.half_window,
        components=candidate.components,
        aligned=candidate.aligned,
        samples=transfer.samples,
        master=transfer.master,
        slave=transfer.slave,
        calibrated=transfer.calibrated,
        axis_calibration=transfer.axis_calibration,
        errors=list(transfer.errors),
        places=[(place.low, place.high) for place in transfer.places],
        spectrum_hashes=list(transfer.spectrum_hashes),
        tensors_sha256=weights_sha256(_tensors(transfer)),
    )


def _tensors(transfer: "InstrumentTransfer") -> dict[str, FloatArray]:
    return {"wavenumber": transfer.wavenumber, **transfer.learned.tensors()}


def _map_of(method: Method, tensors: dict[str, FloatArray]) -> SpectrumMap:
    if method == "ds":
        return LowRank(**tensors)
    if method == "pds":
        return Banded(**tensors)
    return Projection(**tensors) if method in ("epo", "top") else Unchanged()


def _fit(described: TransferDescription, tensors: dict[str, FloatArray]) -> bool:
    """Return whether the tensors are those of a method, on one axis, finite and of a size that computes."""
    shapes = {
        "wavenumber": "p",
        **_SHAPES[described.method],
        **({"displacement": "d"} if described.aligned else {}),
    }
    if tensors.keys() != shapes.keys() or any(each.dtype != np.float64 for each in tensors.values()):
        return False
    axis = tensors["wavenumber"]
    sizes = {"p": axis.size}
    for name, letters in shapes.items():
        shape = tensors[name].shape
        if len(shape) != len(letters) or any(
            sizes.setdefault(letter, size) != size for letter, size in zip(letters, shape, strict=True)
        ):
            return False
    window = 2 * described.half_window + 1
    if not 2 <= axis.size <= _MOST_POINTS or sizes.get("w", window) != window or sizes.get("d", 3) != 3:
        return False
    return all((np.abs(each) <= _LARGEST).all() for each in tensors.values()) and bool(
        (np.diff(axis) > 0).all()
    )
