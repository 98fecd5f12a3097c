"""A network run by ONNX Runtime, which is faster on a CPU, where the extra ``onnx`` is installed."""

import io
import logging
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.imaging.features.block import Features

if TYPE_CHECKING:
    import torch
    from torch import nn

_LOG = logging.getLogger("spectra_dl.encoders")
_TOLERANCE = 1e-4


def onnx_runner(network: "nn.Module", example: "torch.Tensor") -> Callable[[Features], Features] | None:
    """Return what computes a network's output for one tile at a time; None where torch is to do it.

    That is where ONNX Runtime is not installed, can't take the network, or gives other numbers for the example.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU.
    example
        ``(1, 3, h, w)``, a standardised tile.
    """
    # torch's exporter needs the one, what it writes the other.
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        return None
    import torch

    with torch.inference_mode():
        expected = network(example).numpy()
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(
            _exported(network, example), _options(), providers=["CPUExecutionProvider"]
        )
        name = session.get_inputs()[0].name
        found = session.run(None, {name: example.contiguous().numpy()})[0]
    except Exception as err:
        # The exporter and the runtime raise errors of many kinds; torch computes the same.
        _LOG.debug("ONNX Runtime can't take the network (%s); torch runs it", str(err)[:200])
        return None
    if not np.allclose(found, expected, rtol=_TOLERANCE, atol=_TOLERANCE * float(np.abs(expected).max())):
        _LOG.warning("ONNX Runtime gives other features than torch on this machine; torch runs the encoder")
        return None

    def run(tiles: Features) -> Features:
        # One at a time stays in the processor's cache.
        rows = [session.run(None, {name: tiles[at : at + 1]})[0] for at in range(len(tiles))]
        return np.concatenate(rows)

    return run


def _exported(network: "nn.Module", example: "torch.Tensor") -> bytes:
    import torch

    content = io.BytesIO()
    with warnings.catch_warnings():
        # torch prefers its newer exporter, which takes ten times as long and needs another package.
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (example,), content, dynamo=False)  # type: ignore[arg-type]  # it takes streams
    return content.getvalue()


def _options() -> object:
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
