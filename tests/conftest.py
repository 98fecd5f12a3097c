"""Fixtures every room's tests may use."""

import gc
import os
import signal
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Where numba first runs in parallel (scanpy's neighbours), it sets the threads of OpenMP for the whole process, torch's with them; with
# more of them than free processors, all networks after it train at a tenth of their speed.
os.environ.setdefault("NUMBA_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

# A shell starts what runs in the background deaf to interrupts, and every process that tests start and interrupt inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import hypothesis
import pytest

# The same examples in every run: what one checkout passes, it passes anywhere. On a busy machine any of them may take a second.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("fresh", deadline=None)
hypothesis.settings.load_profile("same")

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_collection_finish() -> None:
    """Leave modules and the list of tests out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def threads_stay_as_they_are():
    """Fail a module that leaves torch with other threads: all tests after it would be slower, and differ in their last digits."""
    yield
    if torch := sys.modules.get("torch"):
        assert torch.get_num_threads() == int(os.environ["OMP_NUM_THREADS"])


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; tests that need it are skipped without it."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data folder ../shared/data is not there")
    return folder
