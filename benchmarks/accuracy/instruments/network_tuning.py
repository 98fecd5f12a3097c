"""What tuning a trained network on ten samples of a new instrument brings back, beside transferring the spectra.

python benchmarks/accuracy/instruments/network_tuning.py [studies] [network]    (6 and compact if not given)

Each study has 300 patients on three spectrometers, as in transfer.py. One at a time is left out; the network is trained on the patients of the others and tested on its
patients, but for five of each class, which are the labelled samples of some methods. "alike" is the same study measured by three perfect spectrometers, "before" with spectra
as they are, "transfer" with all brought to the first training instrument by what learn_transfer chooses. Tuned are, by the one training loop with small steps, the last layers
or all of them, towards the classes of the ten patients, or without classes towards what the network itself says of ten further samples on the first training instrument.
"""

import copy
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import nn
from transfer import AsItIs, Bring, Transfers, of, settings_of, share, usable

from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.predictor import SpectraPredictor, transformed_by_each
from spectra_dl.spectra.simulation.instruments import Instrument, InstrumentStudy, simulate_instruments
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.batches import TensorBatches
from spectra_dl.training.loop import fit
from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.settings import TrainingSettings

FIRST_SEED, MEMBERS, OF_EACH_CLASS = 2_000, 3, 5
SMALL_STEPS = TrainingSettings(epochs=30, batch_size=20, learning_rate=3e-4, weight_decay=0.0)
LAST_STEPS = TrainingSettings(epochs=30, batch_size=20, learning_rate=1e-3, weight_decay=0.0)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Cleaned spectra of each member, ``(n, q)`` float32, and the targets ``(n, c)``."""

    of_member: list[NDArray[np.float32]]
    targets: NDArray[np.float32]


def patients_of_classes(table: SpectraTable) -> tuple[SpectraTable, SpectraTable]:
    """Return the spectra of the first five patients of each class, and those of the others."""
    chosen: list[str] = []
    for label in sorted(set(table.label)):
        chosen += list(dict.fromkeys(table.patient[table.label == label]))[:OF_EACH_CLASS]
    rows = np.isin(table.patient, chosen)
    return table.select(rows), table.select(~rows)


def auc_of(logits: NDArray[np.float64], classes: list[str], table: SpectraTable) -> float:
    """Return the AUC over patients of mean logits ``(n, c)``."""
    score = logits[:, classes.index(POSITIVE_LABEL)] - logits.mean(axis=1)
    people = list(dict.fromkeys(table.patient))
    truth = [table.label[table.patient == one][0] == POSITIVE_LABEL for one in people]
    return float(roc_auc_score(truth, [score[table.patient == one].mean() for one in people]))


def cleaned(model: SpectraPredictor, table: SpectraTable) -> list[NDArray[np.float32]]:
    """Return what each member takes of spectra."""
    each = transformed_by_each(model.preprocessing, table)
    return [
        np.ascontiguousarray(each[used].matrix, dtype=np.float32)
        for used in model.header.input.preprocessing_of_member
    ]


def output(network: nn.Module, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return logits ``(n, c)``."""
    with torch.no_grad():
        return network.eval()(torch.from_numpy(inputs)).numpy().astype(np.float64)


def tuned(
    network: nn.Module, inputs: NDArray[np.float32], targets: NDArray[np.float32], *, whole: bool
) -> nn.Module:
    """Return a copy of a network whose last or all layers were tuned; statistics of normalisation stay."""
    own = copy.deepcopy(network)
    last = {id(p) for part in last_layers(own) for p in part.parameters()}
    for parameter in own.parameters():
        parameter.requires_grad_(whole or id(parameter) in last)
    for layer in own.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.forward = lambda x, layer=layer: nn.functional.batch_norm(  # type: ignore[method-assign]
                x, layer.running_mean, layer.running_var, layer.weight, layer.bias, False, 0.0, layer.eps
            )
    rows = torch.from_numpy(inputs), torch.from_numpy(targets)
    settings = SMALL_STEPS if whole else LAST_STEPS
    batches = TensorBatches(*rows, batch_size=settings.batch_size, seed=0, passes=1)
    fit(own, cross_entropy(), batches, None, settings, progress=False)
    return own


def last_layers(network: nn.Module) -> list[nn.Module]:
    """Return the layers that give logits."""
    dense = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    n_classes = dense[-1].out_features
    return [layer for layer in dense if layer.out_features == n_classes]


def classes_of(labels: NDArray[np.str_], classes: list[str]) -> NDArray[np.float32]:
    """Return class shares ``(n, c)``."""
    return np.asarray([[float(label == name) for name in classes] for label in labels], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A study with one instrument left out, and what is done to spectra."""

    study: InstrumentStudy
    name: str
    bring: dict[str, Bring]
    network: str

    @property
    def _master(self) -> str:
        return next(each.name for each in self.study.instruments if each.name != self.name)

    def scores(self, prefix: str) -> dict[str, float]:
        """Return the AUC of the network as it was trained, and as it was tuned, by title."""
        tables = {name: usable(own(of(self.study, name))) for name, own in self.bring.items()}
        few, test = patients_of_classes(tables.pop(self.name))
        joined = [*tables.values()]
        axis = joined[0].wavenumber
        rows = np.vstack([each.intensity for each in joined])
        label, patient = (
            np.concatenate([getattr(each, what) for each in joined]) for what in ("label", "patient")
        )
        fitted = SpectraClassifier(axis, network=self.network, members=MEMBERS).fit(
            rows, label, groups=patient
        )
        model = fitted.predictor_
        classes = list(model.header.classification.classes)
        tests = cleaned(model, test)
        networks = [copy.deepcopy(each).float() for each in model.networks]
        title = prefix or "before"
        found = {title: auc_of(_mean(networks, tests), classes, test)}
        if title == "alike":
            return found
        for name, inputs in self._targets(model, networks, classes, few).items():
            for whole in (False, True):
                own = [
                    tuned(
                        net, x, inputs.targets if inputs.targets.ndim == 2 else inputs.targets[k], whole=whole
                    )
                    for k, (net, x) in enumerate(zip(networks, inputs.of_member, strict=True))
                ]
                layers = "all layers" if whole else "last layers"
                found[f"{prefix}, then {layers}, {name}" if prefix else f"{layers}, {name}"] = auc_of(
                    _mean(own, tests), classes, test
                )
        return found

    def _targets(
        self, model: SpectraPredictor, networks: list[nn.Module], classes: list[str], few: SpectraTable
    ) -> dict[str, Inputs]:
        here = usable(self.bring[self.name](self.study.transfer_of(self.name)))
        there = usable(self.bring[self._master](self.study.transfer_of(self._master)))
        answers = []
        for net, x in zip(networks, cleaned(model, there), strict=True):
            logits = output(net, x)
            mean = {who: logits[there.patient == who].mean(axis=0) for who in dict.fromkeys(there.patient)}
            each = np.array([mean[who] for who in here.patient])
            answers.append(np.asarray(torch.softmax(torch.from_numpy(each), dim=1).numpy(), dtype=np.float32))
        return {
            "classes": Inputs(cleaned(model, few), classes_of(few.label, classes)),
            "own answers": Inputs(cleaned(model, here), np.stack(answers)),
        }


def _mean(networks: list[nn.Module], inputs: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    return np.mean([output(net, x) for net, x in zip(networks, inputs, strict=True)], axis=0)


def measure(studies: int, network: str) -> dict[str, list[float]]:
    """Return the AUC of every study under every treatment."""
    auc: dict[str, list[float]] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + studies):
        settings = settings_of(seed)
        study = simulate_instruments(settings)
        alike = simulate_instruments(settings, tuple(Instrument(each.name) for each in study.instruments))
        as_it_is, moved = AsItIs(study), Transfers(study, None, Counter())
        found: dict[str, list[float]] = {}
        for each in study.instruments:
            runs: list[tuple[str, InstrumentStudy, Callable[[str], dict[str, Bring]]]] = [
                ("alike", alike, AsItIs(alike)),
                ("", study, as_it_is),
                ("transfer", study, moved),
            ]
            for prefix, which, bring in runs:
                for title, value in (
                    LeftOut(which, each.name, bring(each.name), network).scores(prefix).items()
                ):
                    found.setdefault(title, []).append(value)
        for title, values in found.items():
            auc.setdefault(title, []).append(float(np.mean(values)))
        sys.stderr.write(
            f"{seed - FIRST_SEED + 1} of {studies}: "
            + ", ".join(f"{t} {np.mean(v):.3f}" for t, v in found.items())
            + "\n"
        )
    return auc


def main() -> None:
    """Print the losses and what was recovered, for each method."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    network = sys.argv[2] if len(sys.argv) > 2 else "compact"
    auc = {title: np.array(values) for title, values in measure(studies, network).items()}
    alike, before = auc["alike"], auc["before"]
    print(
        f"{network}, {studies} studies, seeds from {FIRST_SEED}: alike {alike.mean():.3f}, before {before.mean():.3f}"
    )
    print(f"{'method':<45}{'AUC':>7}{'recovered':>11}{'95 %':>18}{'worse than before':>20}")
    for title in auc:
        if title in ("alike", "before"):
            continue
        middle, low, high = share(alike, before, auc[title])
        worse = int((auc[title] < before).sum())
        print(
            f"{title:<45}{auc[title].mean():>7.3f}{middle:>11.0%}{f'{low:.0%} to {high:.0%}':>18}{f'{worse} of {studies}':>20}"
        )


if __name__ == "__main__":
    main()
