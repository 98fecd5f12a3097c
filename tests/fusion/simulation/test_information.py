"""The best AUC that simulated blocks allow, against the likelihood ratio of patients who were drawn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import UsageError
from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings, simulate_fusion


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"correlation": 0.6},
        {"correlation": -0.5, "missing": 0.3},
        {"tissue_auc": 0.7, "missing": 0.4},
        {"tissue_auc": 0.7, "images": True, "spectra_auc": 0.5, "missing": 0.2},
    ],
)
def test_the_known_best_auc_is_that_of_the_likelihood_ratio(settings):
    study = simulate_fusion(
        FusionSimulationSettings(patients=6000, spectra_per_patient=1, n_wavenumbers=16, **settings)
    )
    truth = study.label == "bone metastasis"
    reached = roc_auc_score(truth, study.truth.log_likelihood_ratio)
    assert reached == pytest.approx(study.truth.best_auc_as_missing, abs=0.015)
    for name in study.settings.blocks[1:]:  # whoever would have none has clinical columns
        assert study.have[name].mean() == pytest.approx(1 - study.settings.missing, abs=0.05)


def test_each_block_alone_has_the_auc_that_was_asked_for_and_all_have_more():
    truth = simulate_fusion(
        FusionSimulationSettings(patients=10, spectra_auc=0.8, clinical_auc=0.7, tissue_auc=0.65, images=True)
    ).truth
    alone = {name: truth.best_auc[frozenset({name})] for name in ("spectra", "clinical", "tissue")}
    assert alone == pytest.approx({"spectra": 0.8, "clinical": 0.7, "tissue": 0.65}, abs=1e-6)
    assert truth.best_auc[frozenset(alone)] > max(
        auc for subset, auc in truth.best_auc.items() if len(subset) == 2
    )


def test_a_block_without_information_adds_nothing_to_what_can_be_reached():
    truth = simulate_fusion(FusionSimulationSettings(patients=10, spectra_auc=0.5, clinical_auc=0.75)).truth
    assert truth.best_auc[frozenset({"clinical", "spectra"})] == pytest.approx(0.75)


def test_a_linear_model_of_what_blocks_are_made_from_comes_near_the_best():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    study = simulate_fusion(FusionSimulationSettings(patients=3000, spectra_per_patient=1, n_wavenumbers=16))
    half = np.arange(3000) % 2 == 0
    model = LinearDiscriminantAnalysis().fit(study.latents[half, :-1], study.label[half])
    auc = roc_auc_score(
        study.label[~half] == "bone metastasis", -model.decision_function(study.latents[~half, :-1])
    )
    assert auc == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"spectra_auc": 0.4}, "AUC from 0.5"),
        ({"correlation": 0.5, "spectra_auc": 0.5}, "spectra that say something"),
        ({"missing": 1.0}, "from 0 to below 1"),
        ({"images": True}, "give tissue_auc"),
    ],
)
def test_settings_out_of_their_range_are_refused(settings, said):
    with pytest.raises(UsageError, match=said):
        FusionSimulationSettings(**settings)
