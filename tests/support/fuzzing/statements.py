"""Readers of what spectra-dl states in files of its own: a calibration of the axis, a transfer, a locked protocol."""

import hashlib
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from fuzzing.contract import Target
from spectra_dl.evaluation.protocol.looks import lock
from spectra_dl.evaluation.protocol.protocol_file import read_protocol
from spectra_dl.evaluation.protocol.sealed_plan import SealedData, SealedPlan
from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer
from spectra_dl.spectra.transfer.learn import learn_transfer


@cache
def _calibration() -> bytes:
    """The correction of a simulated axis."""
    return (
        calibrate_axis(simulate_standard("polystyrene", Spectrometer())[0], "polystyrene").to_json().encode()
    )


def _read_calibration(data: bytes, folder: Path) -> None:
    (folder / "c.json").write_bytes(data)
    calibration = AxisCalibration.load(folder / "c.json")
    shift = np.array([0.0, 1_000.0, 4_000.0])
    assert np.isfinite(calibration.correction(shift)).all()
    assert (calibration.uncertainty(shift) >= 0).all()
    assert calibration.words().isprintable()


@cache
def _transfer() -> bytes:
    """The map of a few samples with a band each."""
    wavenumber = np.linspace(400.0, 480.0, 21)
    band = np.exp(-(((wavenumber - np.array([[[430.0], [436.0], [442.0], [448.0]]])) / 8) ** 2))
    slave, master = 100 * band + np.random.default_rng(0).random((2, 4, 21))
    names = ["1", "2", "3", "4"]
    learned = learn_transfer(
        SpectraTable(master, wavenumber, names), SpectraTable(slave, wavenumber, names), "pds"
    )
    with tempfile.TemporaryDirectory() as folder:
        learned.save(Path(folder) / "t.safetensors")
        return (Path(folder) / "t.safetensors").read_bytes()


def _read_transfer(data: bytes, folder: Path) -> None:
    (folder / "t.safetensors").write_bytes(data)
    assert InstrumentTransfer.load(folder / "t.safetensors").method == "pds"
    assert data == _transfer()  # a byte that differs is refused


@cache
def _protocol() -> bytes:
    """A protocol of two patients, locked and not yet opened."""
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"1", b"2"))
    plan = SealedPlan(
        hypothesis="AUC above .8",
        metric="auc",
        outcome_in_file=False,
        data=SealedData(rows=3, axis=one, order=two, groups=None, patients={"P1": one, "P2": two}),
        folds=None,
        options={"folds": 5},
        versions={"spectra-dl": "0"},
    )
    with tempfile.TemporaryDirectory() as folder:
        lock(Path(folder) / "p.json", plan)
        return (Path(folder) / "p.json").read_bytes()


def _read_protocol(data: bytes, folder: Path) -> None:
    (folder / "p.json").write_bytes(data)
    assert read_protocol(folder / "p.json").chain[0].event == "locked"
    assert data == _protocol()  # a byte that differs is refused


STATEMENTS = (
    Target("calibration", "models", lambda: [_calibration()], _read_calibration),
    Target("transfer", "models", lambda: [_transfer()], _read_transfer),
    Target("protocol", "models", lambda: [_protocol()], _read_protocol),
)
