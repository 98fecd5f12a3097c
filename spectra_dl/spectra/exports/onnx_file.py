"""The networks of a model of spectra as an ONNX graph, with what must be done before and after it as JSON."""

import io
import os
import warnings
from copy import deepcopy
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.models.header import RESEARCH_USE
from spectra_dl.storage.atomic import write_bytes, write_text
from spectra_dl.storage.text.json_text import json_text

if TYPE_CHECKING:
    import torch
    from torch import nn

    from spectra_dl.spectra.predictor import SpectraPredictor

_OPSET, _ROCKET = 17, "minirocket"


def export_onnx(predictor: "SpectraPredictor", path: str | os.PathLike[str]) -> None:
    """Write the networks as an ONNX graph to ``path``, and beside it ``path`` with ``.json``: cleaning, classes, temperature, limits.

    The graph takes cleaned spectra, ``(rows, points)`` float32, an input for each preprocessing of the JSON file in its order, and
    gives ``logits``, ``(rows, classes)``, the mean over the members. Probabilities are the softmax of logits over the temperature.

    Parameters
    ----------
    predictor
        A trained model; all its parts must be networks of torch.
    path
        Of the ONNX file.

    Raises
    ------
    UsageError
        The model has MiniRocket, which no graph holds, or one of the two paths is a folder.
    EnvironmentFault
        The package onnx is not installed, or the files can't be written.
    """
    part = predictor.header.input
    if _ROCKET in (part.network.name, *(model.name for model in part.beside)):
        raise UsageError(
            "MiniRocket is compiled code and no graph, so a model with it can't be written as ONNX; train another with --model compact, "
            "logistic or pls-da"
        )
    if find_spec("onnx") is None:
        raise EnvironmentFault("ONNX needs the package onnx; install it: pip install 'spectra-dl[onnx]'")
    beside = f"{os.fspath(path)}.json"
    if folder := next((name for name in (os.fspath(path), beside) if os.path.isdir(name)), None):
        raise UsageError(f"{folder} is a folder; give the name of a file")
    write_bytes(path, _graph(predictor))
    write_text(beside, json_text(description(predictor)))


def description(predictor: "SpectraPredictor") -> dict[str, object]:
    """Return what must be known to use the graph, as plain JSON values.

    Parameters
    ----------
    predictor
        The trained model.
    """
    part, classes = predictor.header.input, predictor.classification
    return {
        "disclaimer": RESEARCH_USE,
        "model_sha256": predictor.sha256,
        "inputs": {_input_name(number): steps for number, steps in enumerate(part.preprocessing)},
        "output": "logits",
        "classes": list(classes.classes),
        "positive_class": classes.positive_class,
        "temperature": classes.calibration.temperature,
        "decision_threshold": classes.decision_threshold,
        "coverage": classes.conformal.coverage,
        "limits": list(classes.conformal.limit),
        "axis": part.axis.model_dump(mode="json"),
        "not_in_the_graph": "cleaning, refusal of damaged spectra, comparison with the training spectra, abstention",
    }


def _input_name(number: int) -> str:
    return f"spectra_{number}"


def _graph(predictor: "SpectraPredictor") -> bytes:
    """Return the graph, without the places of this program's files that the exporter writes into it."""
    import onnx
    import torch

    part = predictor.header.input
    names = [_input_name(number) for number in range(len(part.preprocessing))]
    network = _mean_of(list(predictor.networks), part.preprocessing_of_member)
    examples = tuple(torch.zeros(2, part.network.n_wavenumbers) for _ in names)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own words on its successor and on tracing
        torch.onnx.export(
            network,
            examples,
            stream,  # type: ignore[arg-type]  # it takes streams
            dynamo=False,
            opset_version=_OPSET,
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "rows"} for name in (*names, "logits")},
        )
    model = onnx.load_model_from_string(stream.getvalue())
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    return cast("bytes", model.SerializeToString(deterministic=True))


def _mean_of(networks: "list[nn.Module]", preprocessing_of_member: list[int]) -> "nn.Module":
    """Return one network that takes the inputs of all and gives the mean of their logits, in float32."""
    import torch
    from torch import nn

    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.members = nn.ModuleList(networks)

        def forward(self, *spectra: "torch.Tensor") -> Any:
            logits = [
                member(spectra[used])
                for member, used in zip(self.members, preprocessing_of_member, strict=True)
            ]
            return torch.stack(logits).mean(dim=0)

    return deepcopy(Mean()).float().eval().cpu()
