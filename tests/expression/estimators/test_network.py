"""Networks of expression: repeatable, started at the training mean, trained by every loss, a section left out by each member."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.losses import COUNT_LOSSES, LOSSES
from spectra_dl.expression.estimators.network import NetworkExpression, as_expression
from spectra_dl.expression.genes import log_normalise
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.training.settings import TrainingSettings

BRIEF = TrainingSettings(epochs=1, batch_size=16, learning_rate=1e-2)
# Steps so small that float32 weights stay as they were.
STANDING = TrainingSettings(epochs=1, batch_size=16, learning_rate=1e-30)
LEARNING = TrainingSettings(epochs=30, batch_size=16, learning_rate=4e-2, patience=30)
HEADS = ("linear", "mlp", "context")


def study(sections="abc", side=6, seed=0):
    """Return spots on square grids, one section each, and their counts of six genes of which three follow the features."""
    generator = np.random.default_rng(seed)
    n = side * side
    section = np.repeat(list(sections), n).astype(object)
    features = generator.normal(size=(len(section), 4)).astype(np.float32)
    rate = np.exp(3 + 0.8 * features[:, [0, 1, 2, 0, 1, 2]] * [1, -1, 1, 0, 0, 0])
    counts = generator.poisson(rate).astype(float)
    table = SpotTable(
        features=features,
        blocks=(FeatureBlock("made", 100.0, 4),),
        position_um=np.tile(
            np.stack(np.mgrid[:side, :side], axis=-1).reshape(-1, 2) * 100.0, (len(sections), 1)
        ),
        pitch_um=np.full(len(section), 100.0),
        section=section,
        patient=section,
        # Other genes were counted as well.
        library=counts.sum(axis=1) + generator.poisson(500, len(section)),
    )
    return table, counts


def values_of(table, counts):
    """Return the counts as models take them."""
    return log_normalise(counts, table.library)


def weights(network):
    """Return a network's weights as bytes."""
    return b"".join(each.numpy().tobytes() for each in network.state_dict().values())


@pytest.mark.parametrize("head", HEADS)
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(head):
    table, counts = study("ab")
    values = values_of(table, counts)
    one, again, other = (
        NetworkExpression(head, training=BRIEF, seed=seed).fit(table, values) for seed in (1, 1, 2)
    )
    assert [weights(each) for each in one.networks_] == [weights(each) for each in again.networks_]
    assert weights(one.networks_[0]) != weights(other.networks_[0])
    assert weights(one.networks_[0]) != weights(one.networks_[1])


def test_training_leaves_the_callers_randomness_alone():
    table, counts = study("ab")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    NetworkExpression(training=BRIEF).fit(table, values_of(table, counts))
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", ["mse", "pearson"])
def test_before_training_each_member_tells_the_mean_of_its_training_sections(head, loss):
    table, counts = study()
    values = values_of(table, counts)
    model = NetworkExpression(head, loss, training=STANDING).fit(table, values)
    for network, left_out in zip(model.networks_, "abc", strict=True):
        expected = values[table.section != left_out].mean(axis=0)
        np.testing.assert_allclose(network.out.bias.detach(), expected, rtol=1e-5)
    expected = np.mean([values[table.section != name].mean(axis=0) for name in "abc"], axis=0)
    np.testing.assert_allclose(model.predict(table), np.tile(expected, (len(table), 1)), rtol=1e-5)


@pytest.mark.parametrize("loss", sorted(COUNT_LOSSES))
def test_before_training_a_network_of_counts_tells_the_share_of_all_that_was_counted(loss):
    table, counts = study("a")
    model = NetworkExpression("linear", loss, training=STANDING).fit(table, values_of(table, counts))
    expected = np.log1p(1e4 * counts.sum(axis=0) / table.library.sum())
    np.testing.assert_allclose(model.predict(table), np.tile(expected, (len(table), 1)), rtol=1e-5)


@pytest.mark.parametrize("loss", sorted(COUNT_LOSSES))
def test_a_gene_that_was_never_counted_in_training_starts_at_next_to_nothing(loss):
    table, counts = study("a")
    counts[:, 5] = 0
    model = NetworkExpression("linear", loss, training=STANDING).fit(table, values_of(table, counts))
    assert 0 <= model.predict(table)[:, 5].max() < 0.01


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_teaches_every_head_what_the_features_tell(loss, head):
    (train, counts), (test, unseen) = study("ab"), study("c", seed=1)
    told = NetworkExpression(head, loss, training=LEARNING).fit(train, values_of(train, counts)).predict(test)
    wanted = values_of(test, unseen)
    assert told.shape == wanted.shape
    assert all(np.corrcoef(told[:, at], wanted[:, at])[0, 1] > 0.6 for at in range(3))


@pytest.mark.parametrize("loss", ["mse", "poisson"])
def test_a_member_learns_nothing_from_the_section_it_leaves_out(loss):
    table, counts = study()
    changed = counts.copy()
    changed[table.section == "b"] = changed[table.section == "b"][::-1] * 3
    one, other = (
        NetworkExpression("linear", loss, training=BRIEF).fit(table, values_of(table, each)).networks_
        for each in (counts, changed)
    )
    same = [weights(first) == weights(second) for first, second in zip(one, other, strict=True)]
    assert same == [False, True, False]


def test_the_section_that_is_left_out_stops_the_training():
    table, counts = study("ab")
    values = values_of(table, counts)
    # What is learnt in a is wrong in b, so every step away from the mean makes b worse.
    values[table.section == "b"] = values[table.section == "a"].mean(axis=0)
    values[table.section == "b", :3] -= 2 * table.features[table.section == "b", :3] * [1, -1, 1]
    settings = TrainingSettings(epochs=30, batch_size=16, learning_rate=1e-2, patience=1)
    stopped = NetworkExpression("linear", training=settings).fit(table, values).networks_[1]
    alone = NetworkExpression("linear", training=settings).fit(
        table[table.section == "a"], values[table.section == "a"]
    )
    assert stopped.out.weight.abs().max() < 0.2 * alone.networks_[0].out.weight.abs().max()


def test_no_more_than_five_sections_are_left_out_in_turn():
    table, counts = study("abcdefg", side=3)
    model = NetworkExpression("linear", training=STANDING).fit(table, values_of(table, counts))
    assert len(model.networks_) == 5


def test_one_section_trains_one_network_on_all_of_it():
    table, counts = study("a")
    values = values_of(table, counts)
    model = NetworkExpression("linear", training=STANDING).fit(table, values)
    assert len(model.networks_) == 1
    np.testing.assert_allclose(model.networks_[0].out.bias.detach(), values.mean(axis=0), rtol=1e-5)


def test_the_ensemble_tells_the_mean_of_its_members():
    table, counts = study()
    model = NetworkExpression("linear", "poisson", training=BRIEF).fit(table, values_of(table, counts))
    members, parts = model.networks_, []
    for network in members:
        model.networks_ = (network,)
        parts.append(model.predict(table))
    model.networks_ = members
    np.testing.assert_allclose(model.predict(table), np.mean(parts, axis=0), rtol=1e-12)


def test_sections_may_be_named_apart_from_the_table():
    table, counts = study("ab")
    groups = np.where(np.arange(len(table)) % 2, "x", "y").astype(object)
    model = NetworkExpression("linear", training=STANDING).fit(table, values_of(table, counts), groups)
    expected = values_of(table, counts)[groups != "x"].mean(axis=0)
    np.testing.assert_allclose(model.networks_[0].out.bias.detach(), expected, rtol=1e-5)


def test_logarithms_of_rates_become_log_counts_per_10_000():
    rate = np.log(np.array([[1.0, 50.0, 10_000.0]]))
    np.testing.assert_allclose(as_expression(rate, "poisson"), np.log1p([[1, 50, 10_000]]))
    with_theta = np.concatenate([rate, [[9.0, 9.0, 9.0]]], axis=1)
    np.testing.assert_allclose(as_expression(with_theta, "negative-binomial"), np.log1p([[1, 50, 10_000]]))
    np.testing.assert_array_equal(as_expression(rate, "mse"), rate)


def test_a_rate_beyond_all_counts_stays_finite():
    np.testing.assert_allclose(as_expression(np.array([[5000.0]]), "poisson"), np.log1p(10_000))


@pytest.mark.parametrize(
    ("head", "loss", "told"), [("linear", "mae", "loss 'mae'"), ("deep", "mse", "head 'deep'")]
)
def test_an_unknown_name_is_refused_with_those_that_are_known(head, loss, told):
    table, counts = study("ab")
    with pytest.raises(UsageError, match=rf"{told}.*choose (mse|linear)"):
        NetworkExpression(head, loss).fit(table, values_of(table, counts))


def test_a_clone_keeps_the_settings_and_nothing_fitted():
    table, counts = study("ab")
    model = NetworkExpression("linear", "poisson", surroundings=False, training=BRIEF, seed=4)
    copied = clone(model.fit(table, values_of(table, counts)))
    assert copied.get_params() == model.get_params()
    assert not hasattr(copied, "networks_")
