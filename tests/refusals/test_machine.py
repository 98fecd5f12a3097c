"""What the machine does to a command: signals, limits, odd names, no home, no network."""

import csv
import os
import resource
import signal
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from command_line import Started, command, run
from example_tables import clean_table
from refusals.inputs import DEMO, demo_table
from refusals.row import Row, outcomes
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.spectra.readers import iter_spectra
from spectra_dl.storage.sealed import read_sealed

SPECTRA = DEMO / "spectra.csv"


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """What is predicted of the demonstration spectra."""
    folder = tmp_path_factory.mktemp("clean") / "out"
    run("predict", SPECTRA, "--out", folder)
    return (folder / "predictions.csv").read_bytes()


def started(folder, *words):
    return subprocess.Popen(
        command(*words), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def wait_for(there, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not there() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there()


def begin_training(folder):
    """Start a training, and return it once its first checkpoint is written."""
    columns = ("--label", "label", "--patient", "patient_id")
    network = ("--model", "compact", "--members", "2")
    process = Started("train", "spectra", SPECTRA, *columns, *network, "--out", "run", folder=folder)
    wait_for(lambda: list(folder.glob("run/checkpoints/*.safetensors")) or process.poll() is not None)
    return process


@pytest.mark.parametrize(
    ("signals", "code"), [((signal.SIGTERM,), 143), ((signal.SIGINT, signal.SIGINT), 130)]
)
def test_a_training_that_is_asked_to_end_says_how_to_go_on(tmp_path, signals, code):
    with begin_training(tmp_path) as process:
        for number in signals:
            process.send_signal(number)
            time.sleep(0.02)
        wait_for(lambda: process.poll() is not None, 60)
        error = process.communicate()[1]
    assert process.returncode == code, error
    assert "--resume" in error
    assert "Traceback" not in error
    assert list(tmp_path.rglob("*.tmp")) == []
    for checkpoint in tmp_path.glob("run/checkpoints/*.safetensors"):
        assert read_sealed(checkpoint, "spectra_dl_checkpoint").tensors


def test_an_interrupted_prediction_leaves_no_result(tmp_path):
    table = clean_table()
    rows = [[f"S{k}", *table.rows[k % 36][1:]] for k in range(2000)]
    with (tmp_path / "many.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([table.header, *rows])
    with started(tmp_path, "predict", "many.csv", "--out", "out") as process:
        wait_for((tmp_path / ".out.lock").exists)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert not any((tmp_path / "out").glob("*"))
    assert list(tmp_path.glob(".*")) == []


def test_a_suspended_command_resumes_to_the_same_result(tmp_path, clean):
    with started(tmp_path, "predict", SPECTRA, "--out", "out") as process:
        wait_for((tmp_path / ".out.lock").exists)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
    assert (tmp_path / "out" / "predictions.csv").read_bytes() == clean


def test_a_disk_that_fills_up_gives_no_part_of_a_file(tmp_path):
    done = subprocess.run(
        command("predict", SPECTRA, "--out", "out"),
        cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "predictions.csv: can't be written" in done.stderr
    assert not any((tmp_path / "out").glob("*"))


def test_home_threads_locale_and_network_are_of_no_account(tmp_path, clean):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def refuse(event, _):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        raise SystemExit('the network was asked for')\n"
        "sys.addaudithook(refuse)\n"
    )
    environment = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"), "/nowhere"),
        **{"OMP_NUM_THREADS": "4", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "0"},
    }
    run("predict", SPECTRA, "--out", tmp_path / "out", **environment)
    assert (tmp_path / "out" / "predictions.csv").read_bytes() == clean


@pytest.mark.parametrize(
    "name",
    [
        "a b.csv",
        "\N{MICROSCOPE}.csv",
        "-x.csv",
        "new\nline.csv",
        os.fsdecode(b"\xff\xfe.csv"),
        "x" * 251 + ".csv",
    ],
)
def test_any_name_of_a_file_is_read_or_refused_and_no_other_opened(name):
    def make(folder):
        (folder / name).write_bytes(SPECTRA.read_bytes())
        return [("predict", "--out", "out", "--", name)]

    (done,) = outcomes(Row("G", f"a file called {name!r}", "same", "", make))
    assert done.code in (0, 2), done.error
    assert "Traceback" not in done.error
    if done.code == 0:
        assert len(list(csv.reader(done.predictions.splitlines()))) == 37


def test_a_table_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "spectra.csv"
    path.write_text(demo_table().text())
    blocks = iter_spectra(path, rows=1)
    next(blocks)
    with path.open("a") as stream:
        stream.write("S99,P99,x,1,2\n")
    with pytest.raises(DataError, match=r"spectra\.csv.*(changed while it was read|number of fields)"):
        list(blocks)


def test_few_open_files_are_enough_for_many_tiles(tmp_path):
    lines = ["file,x,y"]
    for at in range(200):
        Image.fromarray(np.full((32, 32, 3), at, dtype=np.uint8)).save(tmp_path / f"{at}.png")
        lines.append(f"{at}.png,{32 * (at % 20)},{32 * (at // 20)}")
    (tmp_path / "tiles.csv").write_text("\n".join(lines) + "\n")
    used = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 30, hard))
    try:
        section = read_section(tmp_path, um_per_pixel=0.5)
        tiles = list(section.image.cutter()(section.position_um / 0.5, 32.0, 32))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(tiles) == 200


def test_short_memory_ends_with_a_sentence_and_no_result(tmp_path, monkeypatch, capsys):
    from spectra_dl_cli.main import _run

    real, count = np.full, 0

    def failing(shape, *rest, **named):
        nonlocal count
        if np.prod(shape) > 50:
            count += 1
            if count == limit:
                raise MemoryError
        return real(shape, *rest, **named)

    monkeypatch.setattr(np, "full", failing)
    limit = 0
    assert _run(["predict", str(SPECTRA), "--out", str(tmp_path / "counted")]) == 0
    assert count >= 1
    for number in range(1, count + 1):
        limit, count = number, 0
        assert _run(["predict", str(SPECTRA), "--out", str(tmp_path / "out")]) == 5
        assert "not enough memory" in capsys.readouterr().err
        assert not any((tmp_path / "out").glob("*"))
