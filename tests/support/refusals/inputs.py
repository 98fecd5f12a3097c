"""Files that the rows of the table write to the folder their commands run in."""

import pickle
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from example_tables import TextTable, table_of_file
from refusals.row import Command, Maker

DEMO = Path(__file__).resolve().parents[3] / "datasets" / "demo"
TISSUE_MODEL = "tissue.safetensors"


@cache
def demo_table() -> TextTable:
    """The 36 spectra of 12 simulated patients that come with the project."""
    return table_of_file(DEMO / "spectra.csv")


def write(folder: Path, name: str, content: str | bytes) -> str:
    """Write a file and return its name."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def predict_file(
    content: str | bytes | Callable[[TextTable], str | bytes], name: str = "spectra.csv", *more: str
) -> Maker:
    """A file of spectra, or of the clean ones after a change, given to predict."""

    def make(folder: Path) -> list[Command]:
        given = content(demo_table()) if callable(content) else content
        return [("predict", write(folder, name, given), "--out", "out", *more)]

    return make


def section_command(folder: Path, name: str, *more: str) -> Command:
    """The command that predicts a section's expression, with its model written to the folder."""
    shutil.copy(DEMO / "tissue" / "model.safetensors", folder / TISSUE_MODEL)
    return ("predict", name, "--model", TISSUE_MODEL, "--mpp", "0.5", "--out", "out", *more)


class Payload:
    """An object whose pickle makes a file called ``ran`` when it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return open, ("ran", "w")


def pickled(protocol: int = 4) -> bytes:
    """Data that run code when they are unpickled."""
    return pickle.dumps(Payload(), protocol=protocol)
