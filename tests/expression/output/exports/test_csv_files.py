"""Predictions as a table of spots, and as Loupe Browser imports them."""

import csv

import numpy as np
import pytest

from spectra_dl.expression.output.exports.csv_files import write_csv, write_loupe
from tissue.predictions import FULL, GENES, example_genes, example_prediction


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_each_spot_has_a_line_with_its_place_status_and_genes(tmp_path):
    prediction = example_prediction()
    section = prediction.section
    assert write_csv(tmp_path, prediction) == ["predictions.csv"]
    header, *lines = rows_of(tmp_path / "predictions.csv")
    assert header == ["barcode", "x", "y", "in_tissue", "status", "reason", *GENES]
    assert [line[0] for line in lines] == list(section.barcode)
    place = np.array([line[1:3] for line in lines[:-2]], dtype=float)
    np.testing.assert_allclose(place, section.position_um[:-2] / section.um_per_pixel * FULL, atol=0.01)
    values = np.array([line[6:] for line in lines[:-2]], dtype=float)
    np.testing.assert_allclose(values, prediction.values[:-2], atol=1e-5)
    assert lines[-2][1:] == ["", "", "1", "refused", "no position", "", "", ""]
    assert lines[-1][3:] == ["0", "refused", "not under tissue", "", "", ""]


def test_genes_called_like_a_column_or_a_formula_are_told_apart(tmp_path):
    write_csv(tmp_path, example_prediction(genes=example_genes(("x", "status", "=A1"))))
    header = rows_of(tmp_path / "predictions.csv")[0]
    assert header[6:] == ["gene_x", "gene_status", "'=A1"]
    assert len(set(header)) == len(header)


def test_loupe_gets_the_spots_under_tissue_and_categories_it_can_import(tmp_path):
    prediction = example_prediction()
    assert write_loupe(tmp_path, prediction) == ["loupe_categories.csv", "loupe_values.csv"]
    values, categories = (rows_of(tmp_path / f"loupe_{name}.csv") for name in ("values", "categories"))
    assert values[0] == ["Barcode", *GENES]
    assert categories[0] == ["Barcode", "prediction status", *(f"{gene} predicted" for gene in GENES)]
    kept = list(prediction.section.barcode[:-2])
    assert [line[0] for line in values[1:]] == [line[0] for line in categories[1:]] == kept
    level = np.array([line[2][0] for line in categories[1:]], dtype=int)
    order = np.argsort(prediction.values[:-2, 0])
    assert (np.diff(level[order]) >= 0).all()
    assert np.bincount(level)[1:] == pytest.approx([len(kept) / 5] * 5, abs=1)


def test_a_gene_that_is_the_same_everywhere_is_one_category(tmp_path):
    prediction = example_prediction()
    prediction.values[:, 0] = 2.0
    write_loupe(tmp_path, prediction)
    assert {line[2] for line in rows_of(tmp_path / "loupe_categories.csv")[1:]} == {"3"}
