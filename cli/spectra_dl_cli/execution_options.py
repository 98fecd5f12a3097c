"""Where a command's work is done: in this process, in several, or on a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl.training.distributed.launch import read_launch
from spectra_dl_cli.earlier_run import recorded_options
from spectra_dl_cli.log import quiet_option
from spectra_dl_cli.options import bundled, together

if TYPE_CHECKING:
    from spectra_dl.execution.executor import Executor

execution_options = together(
    click.option(
        "--jobs",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        metavar="N",
        help="Processes that work at the same time, 0: one for each processor; changes no result.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="N",
        help="Threads in each of them; last digits may depend on it.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a Dask cluster: its scheduler's address or file; changes no result.",
    ),
    quiet_option,
)


class DeviceName(click.ParamType):  # type: ignore[type-arg]
    """What torch computes on."""

    name = "device"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name.

        Parameters
        ----------
        value
            What was typed.
        param, ctx
            Of the message, where there is no such device anywhere.
        """
        from spectra_dl.execution.facts import checked_device

        try:
            return checked_device(str(value))
        except UsageError as err:
            self.fail(str(err), param, ctx)


device_options = together(
    click.option(
        "--device",
        type=DeviceName(),
        default="auto",
        show_default=True,
        metavar="auto|cpu|cuda[:N]",
        help="What networks compute on; auto takes a GPU where there is one, and what is named must be there.",
    ),
    click.option(
        "--fast",
        is_flag=True,
        help="On a GPU allow fewer digits (TF32, bfloat16) and other last digits each time; the report says so. Changes nothing on a CPU.",
    ),
)
resume_option = click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")


@dataclass(frozen=True)
class ExecutionOptions:
    """What `execution_options` say.

    Attributes
    ----------
    jobs
        Processes on this machine; 0 takes one for each processor.
    threads
        Of torch and BLAS in each.
    scheduler
        Address or file of a Dask scheduler; None works on this machine.
    device, fast
        What torch computes on, and whether a GPU may use fewer digits.
    """

    jobs: int = 1
    threads: int = 1
    scheduler: str | None = None
    device: str = "auto"
    fast: bool = False

    def executor(self, *modules: str) -> "Executor":
        """Return what runs the command's jobs, and limit the threads of the rest of the command likewise.

        Parameters
        ----------
        modules
            What the jobs need, which other processes begin to load at once.

        Raises
        ------
        UsageError
            Both are named, either under torchrun, or Dask is missing; a GPU is named that is not there.
        """
        from spectra_dl.execution.facts import chosen_device
        from spectra_dl.execution.threads import limited_threads

        elsewhere = self.jobs != 1 or self.scheduler is not None
        if self.scheduler is not None and find_spec("distributed") is None:
            raise UsageError("--scheduler needs Dask; install it with pip install 'spectra-dl[distributed]'")
        if self.scheduler is not None and self.jobs != 1:
            raise UsageError("--jobs works on this machine and --scheduler on a cluster; give one of them")
        if elsewhere and read_launch().world_size > 1:
            raise UsageError("torchrun has started the processes already; leave --jobs and --scheduler out")
        click.get_current_context().with_resource(limited_threads(self.threads))
        click.get_current_context().with_resource(chosen_device(self.device, fast=self.fast))
        if self.scheduler is not None:
            from spectra_dl.execution.cluster import ClusterExecutor

            return ClusterExecutor(self.scheduler, self.threads)
        if self.jobs != 1:
            from spectra_dl.execution.processes import ProcessExecutor, load_ahead

            load_ahead(modules)
            return ProcessExecutor(self.jobs, self.threads)
        from spectra_dl.execution.executor import SerialExecutor

        return SerialExecutor(self.threads)


bundled_execution = bundled("execution", ExecutionOptions)


def run_identity(
    context: click.Context, origin: Mapping[str, object], *, study: str = "", files: Sequence[Path] = ()
) -> dict[str, str]:
    """Return by name what must be the same for an interrupted run to go on: command, options, versions, device and the input's content.

    Parameters
    ----------
    context
        Of the command.
    origin
        From `spectra_dl_cli.output.origin_of`.
    study
        The name of a dataset, which may have no files.
    files
        What is read besides the origin's inputs.

    Raises
    ------
    DataError
        A file is missing.
    """
    from spectra_dl.execution.facts import device_kind, process_facts
    from spectra_dl.plugins import named_plugins
    from spectra_dl.storage.hashing import sha256_of

    inputs, options = origin["inputs"], recorded_options(context)
    assert isinstance(inputs, list)
    named = [path for name in context.params.get("encoders") or () if (path := _features_path(name))]
    digests = [*(str(each["sha256"]) for each in inputs), *(sha256_of(path) for path in (*named, *files))]
    trains = "device" in options or "model" in options
    return {
        "command": context.command_path,
        "study": study,
        **process_facts(),
        **named_plugins(options.values()),
        **({"device": device_kind()} if trains else {}),
        **{f"--{name.replace('_', '-')}": str(value) for name, value in options.items()},
        **{f"input {number}": digest for number, digest in enumerate(digests, start=1)},
    }


def _features_path(encoder: str) -> Path | None:
    from spectra_dl.imaging.features.precomputed import PRECOMPUTED_PREFIX

    return Path(encoder.removeprefix(PRECOMPUTED_PREFIX)) if encoder.startswith(PRECOMPUTED_PREFIX) else None
