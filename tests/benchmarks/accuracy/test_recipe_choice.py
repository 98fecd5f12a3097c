"""The comparison of recipes covers its design, resumes where it stopped, and prints every recipe's table."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from spectra_dl.spectra.simulation.families.settings import SIGNALS, VARIANTS
from spectra_dl.spectra.simulation.families.study import simulate_family

FOLDER = "benchmarks/accuracy/recipe_choice"


@pytest.fixture
def modules(repository, monkeypatch):
    """The benchmark's modules by name, imported as its command does and forgotten again."""
    monkeypatch.syspath_prepend(str(repository / FOLDER))
    names = [path.stem for path in (repository / FOLDER).glob("*.py")]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield __import__
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_design_has_at_most_forty_cells_with_several_sizes_of_each_signal(modules, variant):
    cells = modules("cells").design(variant)
    assert len(cells) <= 40
    settings = [cell.settings for cell in cells.values()]
    assert set(Counter(one.signal for one in settings)) == set(SIGNALS)
    for signal in SIGNALS:
        own = [one for one in settings if one.signal == signal]
        assert len({one.patients for one in own}) >= 4
        assert len({one.best_auc for one in own}) >= 2
        assert {one.batches > 1 for one in own} == {True, False}
    for values, name in (
        ({20, 40, 80, 160, 400}, "patients"),
        ({1, 3, 10, 25}, "spectra_per_patient"),
        ({0.7, 0.85, 0.95}, "best_auc"),
        ({0.2, 0.5}, "positive_share"),
    ):
        assert {getattr(one, name) for one in settings} == values


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_cell_allows_the_auc_it_is_named_for(modules, variant):
    for cell in modules("cells").design(variant).values():
        few = replace(cell.study(2), patients=4, batches=1, points=100)
        assert simulate_family(few).best_auc == pytest.approx(cell.settings.best_auc, abs=2e-4)


def test_figures_of_patients_agree_with_scikit_learn(modules):
    generator = np.random.default_rng(3)
    patient = np.repeat([f"P{number:02d}" for number in range(40)], 3)
    label = np.repeat(np.where(np.arange(40) % 3 == 0, "ill", "well"), 3)
    ill = generator.uniform(0.05, 0.95, 120)
    odds = modules("figures").patient_odds(np.stack([1 - ill, ill], axis=1), patient, label, ("well", "ill"))
    mean = np.log(ill / (1 - ill)).reshape(40, 3).mean(axis=1)
    assert odds.auc == pytest.approx(roc_auc_score(label[::3] == "ill", mean))
    assert odds.log_loss == pytest.approx(log_loss(label[::3] == "ill", 1 / (1 + np.exp(-mean))))


def test_the_error_of_a_difference_in_auc_is_that_of_repeated_draws(modules):
    generator = np.random.default_rng(4)
    positive = np.arange(400) < 200
    found = []
    for _ in range(400):
        latent = generator.standard_normal(400) + positive
        one, two = (latent + 0.7 * generator.standard_normal(400) for _ in range(2))
        value, error = modules("figures").auc_difference(positive, one, two)
        assert value == pytest.approx(roc_auc_score(positive, one) - roc_auc_score(positive, two))
        found.append((value, error))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)


def test_shuffling_keeps_a_patients_spectra_together(modules, tmp_path):
    cell = next(iter(modules("cells").design("A").values()))
    table = simulate_family(cell.study(0)).train
    again = modules("checks").shuffled(table, 0)
    assert all(len(set(rows)) == 1 for rows in again.label.reshape(20, 10))
    assert Counter(again.label) == Counter(table.label)
    assert list(again.label) != list(table.label)


def test_another_parameter_of_a_recipe_is_another_file(modules, tmp_path):
    recipes, store = modules("recipes"), modules("store")
    axis = np.linspace(400, 1800, 100)
    names = {
        store.result_file(tmp_path, "study", "compact", store.parameters(estimator)).name
        for estimator in (
            recipes.network("compact", axis, 0),
            recipes.network("compact", axis, 0),
            recipes.network("compact", axis, 1),
            recipes.network("compact", axis + 1, 0),
            recipes.network("compact", axis, 0).set_params(members=3),
        )
    }
    assert len(names) == 4


def run(repository, work, *more):
    """Run the command on one small cell."""
    command = [sys.executable, FOLDER, "--work", str(work), "--sets", "--studies", "1"]
    return subprocess.run(
        [*command, "--cells", "heights-n20", "--fresh", "40", "--recipes", "PLS-DA", "PCA-LDA", *more],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_second_run_takes_what_the_first_computed(repository, tmp_path):
    first = run(repository, tmp_path)
    assert "heights-n20-k10-auc0.95-p0.5-b1 0 PLS-DA: inner 0." in first
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    stored = json.loads(files[0].read_text("utf-8"))
    assert len(stored["log_odds"]) == len(stored["positive"]) == 40
    again = run(repository, tmp_path)
    tables = first[first.index("## Variant A") :]
    assert "### heights: patient AUC" in tables
    assert again.strip() == tables.strip()
    assert sorted(tmp_path.iterdir()) == files
