"""What is free is what the machine, or the container around the process, still has."""

import platform
import subprocess
import sys

import numpy as np
import psutil
import pytest

from spectra_dl.execution import available_memory as memory

_HOLDS_A_BLOCK = """
from spectra_dl.execution.available_memory import peak_memory, used_memory
before = used_memory()
block = b"x" * 160_000_000
held, most = used_memory(), peak_memory()
del block
print(before, held, most, peak_memory())
"""


def _printed_by(program: str) -> list[str]:
    words = [sys.executable, "-c", program]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def test_what_a_process_holds_grows_with_what_it_is_given():
    # A process of its own has little else that a system short of memory could take from it meanwhile.
    before, held, most, most_after = map(int, _printed_by(_HOLDS_A_BLOCK))
    assert held - before > 0.9 * 160_000_000
    assert most >= held - (8 << 20)
    assert most_after >= most - (8 << 20)


def test_a_new_process_does_not_inherit_the_peak_of_the_one_that_started_it():
    block = np.ones(60_000_000)
    (there,) = _printed_by("from spectra_dl.execution.available_memory import peak_memory as p; print(p())")
    assert int(there) < block.nbytes / 2


def test_without_a_limit_all_that_is_free_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    assert memory.available_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.2)


@pytest.mark.parametrize(
    ("most", "used", "left"), [("1000000", "400000", 600_000), ("1000", "2000", 0), ("max", "400000", None)]
)
def test_a_containers_limit_counts(monkeypatch, tmp_path, most, used, left):
    (tmp_path / "memory.max").write_text(most + "\n")
    (tmp_path / "memory.current").write_text(used + "\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    free = psutil.virtual_memory().available
    assert memory.available_memory() == pytest.approx(free if left is None else left, rel=0.2)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators keep what is freed")
def test_memory_that_is_freed_is_not_fetched_page_by_page_again() -> None:
    counted = (
        "import resource, numpy as np\n"
        "from spectra_dl.execution.available_memory import keep_freed_memory\n"
        "keep_freed_memory()\n"
        "def fetched():\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "def work():\n"
        "    held = [np.ones(700_000) for _ in range(4)]\n"
        "work(); before = fetched()\n"
        "[work() for _ in range(5)]\n"
        "print(fetched() - before)"
    )
    done = subprocess.run([sys.executable, "-c", counted], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 500  # 27,000 pages of 4 kB without
