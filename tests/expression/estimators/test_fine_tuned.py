"""The encoder fine-tuned end to end: from its known weights, the same each time, back from its file."""

import numpy as np
import pytest
import torch

from spectra_dl.errors import UsageError
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.fine_tuned import FineTunedExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.encoders.efficientnet_weights import pretrained
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork
from spectra_dl.training.settings import TrainingSettings

SHORT = TrainingSettings(epochs=1, batch_size=16, learning_rate=1e-3)


@pytest.fixture(scope="module")
def study():
    """Spots of two simulated sections with their tiles, and the measured values of ten genes."""
    sections = [simulated.section for simulated in simulate_tissue(TissueSettings(2, 1, 6, 20, seed=1))]
    cohort = expression_cohort(sections, FeatureRecipe(("tile-pixels",), (112.0,)))
    chosen = PanelTargets(cohort, PanelSettings(10)).fit(np.arange(len(cohort.spots)))
    return cohort.spots, chosen.values(np.arange(len(cohort.spots)))


def test_pixels_come_as_they_are_and_cannot_change():
    encoder = build_encoder("tile-pixels")
    tile = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    np.testing.assert_array_equal(encoder.encode([tile])[0].reshape(128, 128, 3), tile)
    assert encoder.width == 3 * 128 * 128
    assert encoder.reference_features == ()


def test_an_untrained_network_gives_the_encoders_features_to_its_output_layer():
    network = FineTunedExpression().prepared(TileNetwork(1, 3 * 64 * 64, 2, 0)).eval()
    tiles = torch.randint(0, 256, (2, 64, 64, 3)).float()
    with torch.inference_mode():
        network.out.weight.fill_(1.0)
        outputs = network(tiles.reshape(2, 1, -1))[:, 0] - network.out.bias[0]
        expected = pretrained()((tiles.permute(0, 3, 1, 2) - 127) / 128).sum(dim=1)
    torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-3)


def test_all_layers_learn_and_the_normalisation_keeps_its_statistics(study):
    spots, measured = study
    fitted = FineTunedExpression(training=SHORT).fit(spots, measured, spots.section)
    assert len(fitted.networks_) == 1
    before, after = pretrained().state_dict(), fitted.networks_[0].float().encoder.state_dict()
    assert not torch.equal(before["stem.weight"], after["stem.weight"])
    assert torch.equal(before["stem_norm.running_mean"], after["stem_norm.running_mean"])
    assert fitted.predict(spots).shape == measured.shape


def test_the_same_seed_gives_the_same_bytes(study):
    spots, measured = study
    rows = np.arange(0, len(spots), 2)
    first, second = (
        FineTunedExpression(training=SHORT).fit(spots[rows], measured[rows], spots.section[rows]).networks_[0]
        for _ in range(2)
    )
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_features_that_are_no_tile_are_refused():
    with pytest.raises(UsageError, match="one square tile"):
        TileNetwork(1, 100, 3, 0)
