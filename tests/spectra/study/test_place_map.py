"""Places in µm stay beside the predictions, and a grid of them is drawn."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from example_text import labspec_file
from example_wdf import small_map
from spectra_dl.arrays import text_array
from spectra_dl.classification.predictions import RowPredictions
from spectra_dl.loading import load_model
from spectra_dl.spectra.readers import iter_spectra, read_spectra
from spectra_dl.spectra.study.place_map import PlaceMap, place_columns
from spectra_dl.spectra.study.predict import predict_study
from spectra_dl.spectra.table import SpectraTable
from spectra_dl_datasets.shipped import SHIPPED_MODEL

CLASSES = ("ill", "well")


def table_at(x, y, names=("x_um", "y_um")):
    n = len(x)
    return SpectraTable(
        intensity=np.ones((n, 5)),
        wavenumber=np.arange(5.0),
        sample_id=text_array([str(k) for k in range(n)]),
        metadata={
            name: text_array([str(v) for v in values]) for name, values in zip(names, (x, y), strict=True)
        },
    )


def predictions(n):
    share = np.linspace(0, 1, n)
    none = text_array([""] * n)
    return RowPredictions(
        none,
        None,
        none,
        none,
        CLASSES,
        np.zeros((n, 2)),
        np.column_stack([share, 1 - share]),
        np.zeros(n),
        np.zeros(n, dtype=bool),
    )


def drawn(x, y, blocks=1, names=("x_um", "y_um"), classes=CLASSES):
    places = PlaceMap(classes, "ill")
    for part in np.array_split(np.arange(len(x)), blocks):
        table = table_at(np.array(x)[part], np.array(y)[part], names)
        places.add(table, predictions(len(part)), ["ill"] * len(part))
    return places.svg()


GRID_X, GRID_Y = np.tile([0.0, 0.5, 1.0], 4), np.repeat([10.0, 12.0, 14.0, 16.0], 3)


@pytest.mark.parametrize("names", [("x_um", "y_um"), ("X", "Y")])
@pytest.mark.parametrize("blocks", [1, 5])
def test_a_grid_is_drawn_whatever_the_blocks(blocks, names):
    svg = drawn(GRID_X, GRID_Y, blocks, names)
    assert svg is not None
    ET.fromstring(svg)
    assert "p(ill)" in svg
    assert "script" not in svg


def test_a_grid_with_a_few_places_missing_is_drawn_and_the_same_each_time():
    assert drawn(GRID_X[:-2], GRID_Y[:-2]) == drawn(GRID_X[:-2], GRID_Y[:-2]) is not None


def test_names_of_classes_are_text_in_the_picture():
    svg = drawn(GRID_X, GRID_Y, classes=("ill", "<b>$x_1$</b>"))
    assert "&lt;b&gt;$x_1$&lt;/b&gt;" in svg


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0, 1, 2, 3], [0, 0, 0, 0]),
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 1, 0, 1, 0], [0, 0, 1, 1, 0]),
        ([0, 1, 0, ""], [0, 0, 1, 1]),
        ([0, 1, 0, "inf"], [0, 0, 1, 1]),
    ],
    ids=["a line", "scattered", "a place twice", "a place missing", "infinite"],
)
def test_what_is_no_grid_is_not_drawn(x, y):
    assert drawn(np.array(x, dtype=object), np.array(y, dtype=object)) is None


def test_the_maps_of_instruments_have_places(tmp_path):
    for name, content in (("map.wdf", small_map().data()), ("map.txt", labspec_file(2).encode("cp1252"))):
        (tmp_path / name).write_bytes(content)
        assert place_columns(read_spectra(tmp_path / name)) is not None


def test_columns_called_x_and_y_that_hold_no_numbers_are_no_places():
    assert place_columns(table_at(["a", "b"], ["c", "d"], ("X", "Y"))) is None
    assert place_columns(table_at(["", "1"], ["", "2"])) is not None


def with_places(repository, tmp_path, names=("x_um", "y_um")):
    text = (repository / "datasets" / "demo" / "spectra.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    first = next(k for k, name in enumerate(rows[0]) if name[0].isdigit())
    grid = [names, *((str(0.5 * (k % 6)), str(10 + 2 * (k // 6))) for k in range(len(rows) - 1))]
    path = tmp_path / "map.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [*row[:first], *place, *row[first:]] for row, place in zip(rows, grid, strict=True)
        )
    return path


def lines_of(folder):
    text = (folder / "predictions.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_places_stand_in_predictions_and_the_picture_beside_them(repository, tmp_path):
    path = with_places(repository, tmp_path)
    result = predict_study(load_model(SHIPPED_MODEL), iter_spectra(path, rows=7), tmp_path / "out")
    lines = lines_of(tmp_path / "out")
    assert [line["x_um"] for line in lines] == [str(0.5 * (k % 6)) for k in range(36)]
    assert [line["y_um"] for line in lines] == [str(10 + 2 * (k // 6)) for k in range(36)]
    assert set(result.files(result.report)) == {"map.svg", "report.html"}
    assert "p(bone metastasis)" in result.files(result.report)["map.svg"]


def test_a_table_without_places_has_neither_not_even_an_earlier_runs(repository, tmp_path):
    demo = repository / "datasets" / "demo" / "spectra.csv"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "map.svg").write_text("of an earlier run")
    result = predict_study(load_model(SHIPPED_MODEL), iter_spectra(demo), tmp_path / "out")
    assert "x_um" not in lines_of(tmp_path / "out")[0]
    assert not (tmp_path / "out" / "map.svg").exists()
    assert set(result.files(result.report)) == {"report.html"}
