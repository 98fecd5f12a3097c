"""Maps of genes: how they look and what their files are called."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from spectra_dl.errors import UsageError
from spectra_dl.expression.output import maps
from spectra_dl.expression.output.maps import plot_expression_map, write_maps
from tissue.predictions import example_genes, example_prediction, example_section


def without_counts():
    return replace(example_section(), counts=None, gene=None, symbol=None)


@pytest.mark.parametrize(("section", "panels"), [(example_section, 3), (without_counts, 2)])
def test_a_map_is_as_many_images_wide_as_there_is_to_see(section, panels, tmp_path):
    assert write_maps(tmp_path, example_prediction(section()), [0]) == ["map_GENE1.png"]
    with Image.open(tmp_path / "map_GENE1.png") as drawn:
        assert drawn.width == pytest.approx(panels * drawn.height, rel=0.02)


def test_predicted_and_measured_share_one_scale_over_the_tissue_beside_a_scale_bar(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(maps, "write_figure", lambda path, figure: figures.append(figure))
    prediction = example_prediction()
    write_maps(tmp_path, prediction, [0])
    (figure,) = figures
    assert isinstance(figure, Figure)
    tissue, predicted, measured, bar = figure.axes
    spots = [axes.collections[0] for axes in (predicted, measured)]
    assert spots[0].get_clim() == spots[1].get_clim() == bar.get_ylim()
    assert all(len(axes.images) == 1 for axes in (tissue, predicted, measured))
    # Refused spots are left out where nothing is known of them, and drawn where they were counted.
    assert len(spots[0].get_array()) == len(prediction.section) - 2
    assert len(spots[1].get_array()) == len(prediction.section) - 1
    (line,) = tissue.lines
    length = float(tissue.texts[0].get_text().removesuffix(" µm"))
    drawn = np.ptp(line.get_xdata())
    width = prediction.section.image.width * prediction.section.um_per_pixel
    assert length / width == pytest.approx(drawn / tissue.images[0].get_array().shape[1], rel=0.01)


def test_a_gene_that_this_section_did_not_count_has_no_measured_image(tmp_path):
    write_maps(tmp_path, example_prediction(), [1])
    with Image.open(tmp_path / "map_HLA_A.png") as drawn:
        assert drawn.width == pytest.approx(2 * drawn.height, rel=0.02)


def test_genes_whose_names_look_alike_in_a_file_name_have_a_map_each(tmp_path):
    genes = example_genes(("HLA/A", "hla:A", "\u57fa" * 500))
    names = write_maps(tmp_path, example_prediction(genes=genes), [0, 1, 2])
    assert names == ["map_HLA_A.png", "map_hla_A_2.png", f"map_{'_' * 80}.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_gene_that_is_the_same_everywhere_is_drawn(tmp_path):
    prediction = example_prediction()
    flat = replace(prediction, values=np.where(np.isfinite(prediction.values), 2.0, np.nan))
    assert write_maps(tmp_path, flat, [1]) == ["map_HLA_A.png"]


def test_a_name_in_dollars_is_no_formula(tmp_path):
    genes = example_genes(("$\\frac{$", "B", "C"))
    assert len(write_maps(tmp_path, example_prediction(genes=genes), [0])) == 1


def test_a_map_of_any_numbers_is_drawn_over_the_tissue():
    section = example_section()
    values = np.arange(float(len(section)))
    values[3] = np.nan
    axes = Figure().subplots()
    assert plot_expression_map(section, values, title="$G$", limits=(0.0, 5.0), axes=axes) is axes
    (spots,) = axes.collections
    assert spots.get_clim() == (0.0, 5.0)
    assert len(spots.get_array()) == len(section) - 2  # one has no value, one no place
    assert axes.texts[0].get_text().endswith(" µm")
    assert axes.get_title() == "$G$"


def test_one_number_a_spot_is_asked_for():
    with pytest.raises(UsageError, match=r"values of shape \(2,\) for \d+ spots; give one number a spot"):
        plot_expression_map(example_section(), np.zeros(2))
