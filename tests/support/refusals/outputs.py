"""Section F: where results go."""

from collections.abc import Callable
from pathlib import Path

from refusals.inputs import DEMO, write
from refusals.row import Command, Maker, Row

_NAME_ANOTHER = "Name another folder."


def into(prepare: Callable[[Path], str]) -> Maker:
    """The clean spectra, predicted into a folder that was prepared; the name of --out is returned."""

    def make(folder: Path) -> list[Command]:
        return [("predict", str(DEMO / "spectra.csv"), "--out", prepare(folder))]

    return make


def _link(folder: Path) -> str:
    (folder / "real").mkdir()
    (folder / "real" / "precious.txt").write_text("keep")
    (folder / "link").symlink_to("real")
    return "link"


def _full(folder: Path) -> str:
    (folder / "results").mkdir()
    (folder / "results" / "predictions.csv").write_text("keep")
    return "results"


ROWS = [
    Row("F", "--out is a link to another folder", "refuse", "Name the folder itself.", into(_link), "link"),
    Row("F", "a result's name is a link to a file of yours", "same", "Nothing.", says="The link is replaced; the file it points to stays as it is.",
        tests=("tests/storage/test_atomic.py::test_a_link_is_replaced_and_what_it_points_to_is_kept",)),
    Row("F", "--out already holds results", "refuse", "Choose a new folder, or add --overwrite.", into(_full), "--overwrite"),
    Row("F", "a folder without permission to write", "refuse", _NAME_ANOTHER, code=5, says="Refused before any file is read: it can't be written to.",
        tests=("tests/refusals/test_permissions.py::test_a_folder_that_can_not_be_written_to_is_refused_before_any_work",)),
    Row("F", "--out is a file", "refuse", _NAME_ANOTHER, into(lambda folder: write(folder, "results", "keep")), "file", code=2),
    Row("F", "--out lies in a folder that does not exist", "refuse", "Make it first.", into(lambda folder: "nowhere/results"), "does not exist", code=2),
    Row("F", "--out is the root of the file system", "refuse", _NAME_ANOTHER, into(lambda folder: "/"), "root", code=2),
]  # fmt: skip
