"""Members are trained and decide on rows of any kind: here a plain matrix, which is no spectrum and no image."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from spectra_dl.arrays import text_array
from spectra_dl.classification.assembly import TrainingProvenance, fit_decision, model_header
from spectra_dl.classification.ensemble import _groups, train_ensemble
from spectra_dl.classification.parts import WholeNetwork
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.models.header import InputPart, ModelHeader
from spectra_dl.models.members import network_output
from spectra_dl.training.grouped.network import NetworkGroup
from spectra_dl.training.member import Examples
from spectra_dl.training.settings import TrainingSettings

N, WIDTH = 60, 4


@dataclass(frozen=True)
class MatrixRecipe:
    """Rows of a matrix, centred on the mean of a member's own rows, into one linear layer."""

    training: TrainingSettings
    augment: None = None

    def prepare(self, rows):
        return rows.mean(axis=0)

    def inputs(self, prepared, rows):
        return (rows - prepared).astype(np.float32)

    def build(self, prepared, n_classes):
        return nn.Linear(len(prepared), n_classes)

    def parts(self, network, inputs, target, patient):
        return WholeNetwork(network)

    def together(self, rows):
        return 1


class LinearGroup(NetworkGroup):
    """Linear layers side by side."""

    def __init__(self, networks):
        super().__init__(networks, {"weight": "weight", "bias": "bias"})
        self.weight = self.room("weight")
        self.bias = nn.Parameter(self.room("bias").detach().flatten())
        self.gather()

    def forward(self, rows):
        bias = self.bias.view(self.members, -1)
        return torch.einsum("nmw,mcw->nmc", rows, self.weight) + bias


@dataclass(frozen=True)
class TogetherRecipe(MatrixRecipe):
    """As above, but that two members are trained as one network."""

    def together(self, rows):
        return 2

    def group(self, networks):
        return LinearGroup(networks)


@pytest.fixture(scope="module")
def data():
    """Thirty patients with two rows each; the classes differ in the first column."""
    target = np.repeat(np.arange(30) % 2, 2)
    rows = np.random.default_rng(0).normal(size=(N, WIDTH)) + 4.0 * target[:, None] * np.eye(WIDTH)[0]
    label = text_array(np.where(target == 1, "sick", "well"))
    patient = text_array(f"p{number // 2:02d}" for number in range(N))
    return TrainingData(rows, label, patient, (1 - target).astype(np.int64), 2)


@pytest.fixture(scope="module")
def recipe():
    return MatrixRecipe(TrainingSettings(epochs=30, learning_rate=0.05, device="cpu"))


@pytest.fixture(scope="module")
def ensemble(data, recipe):
    return train_ensemble(data, recipe, 3)


def test_every_row_is_predicted_by_a_member_that_never_saw_its_patient(data, ensemble):
    folds = patient_folds(data.patient, data.label, folds=3, repeats=1, seed=0)
    for network, prepared, fold in zip(ensemble.networks, ensemble.prepared, folds, strict=True):
        weight, bias = (tensor.detach().numpy() for tensor in (network.weight, network.bias))
        rows = (data.rows[fold.test] - prepared).astype(np.float32).astype(np.float64)
        np.testing.assert_allclose(
            ensemble.out_of_fold_logits[fold.test], rows @ weight.T + bias, rtol=1e-10, atol=1e-12
        )
    assert (ensemble.out_of_fold_logits.argmax(axis=1) == data.target).mean() > 0.9


def test_patients_are_left_out_of_two_members_of_ten(data, recipe):
    quick = replace(recipe, training=replace(recipe.training, epochs=1))
    ten = train_ensemble(data, quick, 10)
    folds = patient_folds(data.patient, data.label, folds=5, repeats=2, seed=0)
    said = np.zeros((N, 2))
    for network, prepared, fold in zip(ten.networks, ten.prepared, folds, strict=True):
        said[fold.test] += network_output(network, (data.rows[fold.test] - prepared).astype(np.float32)) / 2
    np.testing.assert_allclose(ten.out_of_fold_logits, said, rtol=1e-10, atol=1e-12)


def test_what_a_member_never_sees_does_not_change_it(data, recipe, ensemble):
    left_out = patient_folds(data.patient, data.label, folds=3, repeats=1, seed=0)[0].test
    rows = data.rows.copy()
    rows[left_out] *= -7.0
    again = train_ensemble(replace(data, rows=rows), recipe, 3)
    np.testing.assert_array_equal(again.prepared[0], ensemble.prepared[0])
    assert (again.networks[0].weight == ensemble.networks[0].weight).all()
    assert not np.array_equal(again.prepared[1], ensemble.prepared[1])


def test_the_description_is_whole_for_an_input_part_the_room_does_not_know(data, ensemble):
    inputs = data.rows.astype(np.float32)
    decision = fit_decision(
        data, ensemble.out_of_fold_logits, inputs, positive="sick", threshold_rule="youden", seed=0
    )
    tensors = decision.reference.tensors()
    provenance = TrainingProvenance("a matrix", notes=("a note",))
    header = model_header(decision, provenance, MatrixPart(), tensors, notes=("another",), seed=5)
    assert header.classification.patients == {"sick": 15, "well": 15}
    assert header.classification.positive_class == "sick"
    assert header.training.notes[:2] == ["a note", "another"]
    assert header.training.seed == 5
    figures = {score.name: score.value for score in header.scores}
    assert figures["balanced accuracy"] > 0.9
    assert ModelHeader[MatrixPart].model_validate_json(header.model_dump_json()) == header


def test_members_that_are_trained_together_are_what_they_are_alone(data, recipe, ensemble, tmp_path):
    together = train_ensemble(data, TogetherRecipe(recipe.training), 3, checkpoints=tmp_path)
    for network, alone in zip(together.networks, ensemble.networks, strict=True):
        torch.testing.assert_close(network.weight, alone.weight, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(together.out_of_fold_logits, ensemble.out_of_fold_logits, rtol=1e-3, atol=1e-3)
    assert {file.name for file in tmp_path.iterdir()} == {"member-0.safetensors", "member-1.safetensors"}
    again = train_ensemble(data, TogetherRecipe(recipe.training), 3, checkpoints=tmp_path, resume=True)
    np.testing.assert_array_equal(again.out_of_fold_logits, together.out_of_fold_logits)


@pytest.mark.parametrize(
    ("members", "together", "sizes"), [(10, 5, [5, 5]), (7, 5, [3, 4]), (5, 5, [5]), (2, 1, [1, 1])]
)
def test_groups_are_of_nearly_one_size_and_hold_every_member_once(members, together, sizes):
    groups = _groups(members, together)
    assert [len(group) for group in groups] == sizes
    assert [member for group in groups for member in group] == list(range(members))


class OwnBatches:
    """Rows that are no array to the training, which asks them for their batches."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def examples(self, targets):
        return Examples(self.rows, targets)


class OwnBatchesRecipe(MatrixRecipe):
    """As above, but that a member is given a source of rows."""

    def inputs(self, prepared, rows):
        return OwnBatches(super().inputs(prepared, rows))

    def parts(self, network, inputs, target, patient):
        return OfSource(network)


class OfSource(WholeNetwork):
    """A network that looks at the rows of a source."""

    def logits(self, inputs):
        return super().logits(inputs.rows)


def test_rows_that_make_their_own_batches_are_trained_on_like_an_array(data, recipe, ensemble):
    own = train_ensemble(data, OwnBatchesRecipe(recipe.training), 3)
    np.testing.assert_array_equal(own.out_of_fold_logits, ensemble.out_of_fold_logits)
    for network, alone in zip(own.networks, ensemble.networks, strict=True):
        assert (network.weight == alone.weight).all()


def test_the_reference_may_be_of_a_part_of_the_rows(data, ensemble):
    inputs, some = data.rows.astype(np.float32), np.arange(0, N, 3)
    common = {"positive": "sick", "threshold_rule": "youden", "seed": 0}
    whole, part = (
        fit_decision(data, ensemble.out_of_fold_logits, inputs[rows], inputs_of=data.patient[rows], **common)
        for rows in (np.arange(N), some)
    )
    plain = fit_decision(data, ensemble.out_of_fold_logits, inputs, **common)
    np.testing.assert_array_equal(whole.reference.mean, plain.reference.mean)
    np.testing.assert_allclose(part.reference.mean, inputs[some].mean(axis=0), rtol=1e-6)
    assert part.scores == plain.scores


class MatrixPart(InputPart):
    """A part without anything in it."""

    kind: str = "matrix"
    version: int = 1


class TwoParts:
    """A linear layer, and a second part that says its opposite."""

    names = ("layer", "opposite")

    def __init__(self, network):
        self.network = network

    def logits(self, inputs):
        says = network_output(self.network, inputs)
        return np.stack([says, -says])

    def combined(self, shares):
        with torch.no_grad():
            self.network.weight *= shares[0] - shares[1]
            self.network.bias *= shares[0] - shares[1]
        return self.network


class TwoPartRecipe(MatrixRecipe):
    """As above, but that a member has two parts."""

    def parts(self, network, inputs, target, patient):
        return TwoParts(network)


def test_parts_are_weighted_by_patients_that_members_never_saw(data, recipe, ensemble):
    two = train_ensemble(data, TwoPartRecipe(recipe.training), 3)
    layer, opposite = two.parts
    assert (layer.name, opposite.name) == ("layer", "opposite")
    np.testing.assert_array_equal(layer.logits, -opposite.logits)
    share = two.out_of_fold_logits / ensemble.out_of_fold_logits
    assert share.min() > 0
    np.testing.assert_allclose(share, share.min())
    for network, alone in zip(two.networks, ensemble.networks, strict=True):
        torch.testing.assert_close(network.weight, alone.weight * share.min())


def test_a_member_learns_for_as_many_steps_as_are_asked_for(data):
    few = TrainingSettings(epochs=1, learning_rate=0.05, device="cpu")
    many = train_ensemble(data, MatrixRecipe(replace(few, least_steps=30)), 3)
    by_passes = train_ensemble(data, MatrixRecipe(replace(few, passes=30)), 3)  # 40 rows are one step
    assert torch.equal(many.networks[0].weight, by_passes.networks[0].weight)
