"""The command group, and how every failure becomes a sentence and an exit code."""

import contextlib
import gc
import os
import signal
import sys
from types import FrameType

import click

from spectra_dl import __version__
from spectra_dl.errors import SpectraDLError, UsageError
from spectra_dl.execution.available_memory import refuse_too_little_memory
from spectra_dl.training.distributed.launch import read_launch
from spectra_dl_cli.log import logged_to_stderr
from spectra_dl_cli.output import say, say_error, something_was_kept
from spectra_dl_cli.printing.help import FIRST_STEPS, LazyGroup
from spectra_dl_cli.printing.sources import COMMANDS, EVALUATE, TRAIN

_RESUME_HINT = "; the same command with --resume goes on from there"
_STOPPED = "stopped; nothing unfinished was given its final name"
_NO_MEMORY = "not enough memory for this input; split it into smaller files"
# torch and the loader of libraries have no class for it, only these words.
_MEMORY_WORDS = ("can't allocate memory", "annot allocate memory", "failed to map segment")
_INTERRUPTED, _TERMINATED, _ENVIRONMENT, _BUG = 130, 143, 5, 1


@click.group(
    cls=LazyGroup,
    sources=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="spectra-dl")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def cli(debug: bool) -> None:
    """Raman spectra of biofluids, and gene expression from tissue images: train, evaluate by patient, predict.

    Research use only, not for diagnosis.
    """
    if click.get_current_context().invoked_subcommand is None:
        say(FIRST_STEPS)


@cli.group(cls=LazyGroup, sources=TRAIN)
def train() -> None:
    """Train a model."""


@cli.group(cls=LazyGroup, sources=EVALUATE)
def evaluate() -> None:
    """Evaluate models by patient."""


def main(arguments: list[str] | None = None, command: click.Command = cli) -> None:
    """Run the command line and leave with its exit code.

    Parameters
    ----------
    arguments
        Its words; None takes those of the process.
    command
        What they are words of.
    """
    # Imports make 300,000 objects that stay: looking through them every 700 is a tenth of a short command's time.
    gc.set_threshold(50_000, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, _terminate)
    words = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(words, command))


def _run(words: list[str], command: click.Command = cli) -> int:
    try:
        _refuse_several_processes(words)
        if words and not {"-h", "--help", "--version"} & set(words):
            refuse_too_little_memory()
        with logged_to_stderr():
            code = command.main(words, prog_name="spectra-dl", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except BrokenPipeError:
        _drop_output()
        return 0
    except click.ClickException as err:
        err.show()
        return err.exit_code
    except click.exceptions.Exit as err:
        return err.exit_code
    except (KeyboardInterrupt, click.Abort, _Terminated) as err:
        return _stopped(terminated=isinstance(err, _Terminated), hint=something_was_kept())
    except Exception as err:
        if "--debug" in words and not isinstance(err, MemoryError):
            raise
        return _failed(err)


def _stopped(*, terminated: bool, hint: bool) -> int:
    """Say that a signal ended the command, and return the exit code."""
    _leave_in_peace()
    say_error(("asked to end: " if terminated else "") + _STOPPED + (_RESUME_HINT if hint else ""))
    return _TERMINATED if terminated else _INTERRUPTED


def _failed(err: Exception) -> int:
    """Say in a sentence why the command failed, and return the exit code."""
    if isinstance(err, SpectraDLError):
        say_error(str(err))
        return err.exit_code
    if isinstance(err, MemoryError) or any(words in str(err) for words in _MEMORY_WORDS):
        say_error(_NO_MEMORY)
        return _ENVIRONMENT
    if isinstance(err, OSError) and err.strerror:
        if not err.filename:
            _drop_output()
        say_error(
            f"{err.filename or 'the output'}: {err.strerror}; free space, or see to it that it can be read and written"
        )
        return _ENVIRONMENT
    say_error(
        f"internal error ({type(err).__name__}: {err}); run again with 'spectra-dl --debug ...' and report it"
    )
    return _BUG


def _drop_output() -> None:
    """Let what is still buffered go nowhere: nobody reads it, or it can't be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_several_processes(words: list[str]) -> None:
    """Refuse several processes of a command that would do the same work, and write the same files, in each."""
    count = read_launch().world_size
    if count > 1 and [word for word in words if word != "--debug"][:2] != ["train", "spectra"]:
        raise UsageError(
            f"{count} processes were started (WORLD_SIZE), and only 'train spectra' works in more than one; start this command without torchrun"
        )


class _Terminated(BaseException):
    """SIGTERM came; no ``except Exception`` on the way takes it for a failure."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _leave_in_peace() -> None:
    """Let no second signal cut the last sentence short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
