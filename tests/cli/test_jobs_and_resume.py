"""A run gives the same bytes in one process, in several, and after it was killed; what it says meanwhile can be read in a file."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from command_line import Started, run
from example_sections import write_study
from failing_disk import failing_disk
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table
from spectra_dl_cli.main import _run

pytestmark = pytest.mark.xdist_group("jobs and resume")
# A network and two models of classes; the others are jobs of the same kinds, and a forest takes longer than all else.
MODELS = "--models auto,logistic,pls-da"
EVALUATE = f"evaluate spectra ../spectra.csv --label label --members 2 --epochs 2 --folds 2 {MODELS}"
TRAIN = "train spectra ../spectra.csv --label label --members 2 --epochs 4"
EXPRESSION = (
    "train expression ../study/sections.csv --model ridge --encoder colour-texture --tile-um 112 --genes 6"
)
PREPROCESS = "preprocess ../long.csv --normalise snv"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with small inputs; each run has a folder of its own in it, so that all of them are typed alike."""
    folder = tmp_path_factory.mktemp("work")
    settings = StudySettings(patients=12, spectra_per_patient=1, n_wavenumbers=64, seed=1)
    write_table(folder / "spectra.csv", simulate_study(settings).table)
    many = StudySettings(patients=100, spectra_per_patient=25, n_wavenumbers=64, seed=2)
    write_table(folder / "long.csv", simulate_study(many).table)
    (folder / "study").mkdir()
    sheet = write_study(folder / "study", across=5)
    sheet.rename(folder / "study" / "sections.csv")
    return folder


def done(place, words, *more, code=0):
    """Run a command in its own folder, and return what it said; results lie in ``out``."""
    place.mkdir(exist_ok=True)
    return run(*words.split(), *more, "--out", "out", folder=place, code=None if code == 0 else code)


def killed(place, words, after, *more):
    """Start a command in its own folder and kill it once so many jobs are finished."""
    place.mkdir()
    with Started(*words.split(), *more, "--out", "out", folder=place) as process:
        deadline = time.monotonic() + 200
        while len(kept(place)) < after and process.poll() is None and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not (place / "out" / "report.json").exists()


def kept(place):
    return [*place.glob("out/journal/*.safetensors"), *place.glob("out/checkpoints/member-*.safetensors")]


def written(place):
    """Bytes by name of all files that a run has left."""
    folder = place / "out"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def undisturbed(work):
    """What each command writes in one process that nobody disturbs."""
    known = {}

    def of(words):
        if words not in known:
            place = work / f"undisturbed-{len(known)}"
            done(place, words)
            known[words] = written(place)
            assert "report.json" in known[words]
        return known[words]

    return of


@pytest.mark.parametrize("words", [EVALUATE, TRAIN, EXPRESSION, PREPROCESS])
def test_two_processes_write_what_one_writes(work, undisturbed, words):
    place = work / f"jobs-{words.split()[0]}-{words.split()[1][-4:]}"
    done(place, words, "--jobs", "2", "--quiet")
    assert written(place) == undisturbed(words)


@pytest.mark.parametrize(
    ("words", "after"),
    [
        (EVALUATE, 15),
        (TRAIN, 1),
        (EXPRESSION, 6),
        (PREPROCESS, 1),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bytes(work, undisturbed, words, after):
    place = work / f"killed-{words.split()[0]}-{words.split()[1][-4:]}-{after}"
    killed(place, words, after)
    said = done(place, words, "--resume").stderr
    assert written(place) == undisturbed(words)
    assert "its place was taken over" in said
    assert "were finished before" in said or words in (TRAIN, PREPROCESS)


def test_killed_with_two_processes_and_resumed_in_one(work, undisturbed):
    place = work / "killed-jobs"
    killed(place, EVALUATE, 10, "--jobs", "2")
    done(place, EVALUATE, "--resume")
    assert written(place) == undisturbed(EVALUATE)


@pytest.fixture(scope="module")
def stopped(work):
    """A folder with a run that was killed, to be copied."""
    place = work / "stopped"
    killed(place, EVALUATE, 12)
    return place


def copied(stopped, name):
    place = stopped.parent / name
    shutil.copytree(stopped, place)
    return place


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("--folds 2", "--folds 3", "--folds: 2 then, 3 now"),
        ("--epochs 2", "--epochs 1", "--epochs: 2 then, 1 now"),
        ("--folds 2", "--folds 2 --no-leaky", "--no-leaky: False then, True now"),
        (MODELS, "", "then, None now"),
        ("--folds 2", "--folds 2 --threads 2", "--threads: 1 then, 2 now"),
        ("../spectra.csv", "../long.csv", "input 1: other values"),
    ],
)
def test_another_run_is_refused_by_what_differs_and_takes_nothing_away(stopped, old, new, named):
    place = copied(stopped, f"other-{named[:10]}".replace("/", ""))
    before = sorted(path.name for path in kept(place))
    said = done(place, EVALUATE.replace(old, new), "--resume", code=2).stderr
    assert "is another one" in said
    assert named in said
    assert sorted(path.name for path in kept(place)) == before


def test_what_a_killed_run_left_is_in_nobodys_way(stopped, undisturbed):
    place = copied(stopped, "anew")
    (place / "out" / ".report.json.999999999.0123456789abcdef.tmp").write_text("part")
    finished = len(kept(place))
    said = done(place, EVALUATE).stderr
    assert f"{finished} finished jobs of an interrupted run in out were taken away" in said
    assert written(place) == undisturbed(EVALUATE)


def test_there_must_be_something_to_go_on_with(work, undisturbed):
    undisturbed(EVALUATE)
    assert "does not exist" in done(work / "nothing", EVALUATE, "--resume", code=2).stderr
    done(work / "ended", PREPROCESS)
    assert "holds no unfinished run" in done(work / "ended", PREPROCESS, "--resume", code=2).stderr


def test_an_interrupted_run_says_how_to_go_on(work):
    (work / "interrupted").mkdir()
    with Started(*EVALUATE.split(), "--out", "out", folder=work / "interrupted") as process:
        while len(kept(work / "interrupted")) < 8 and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        said = process.communicate()[1]
    assert process.returncode == 143
    assert "the same command with --resume goes on from there" in said
    assert kept(work / "interrupted")


def test_a_refused_input_leaves_no_journal(work):
    said = done(work / "refused", EVALUATE.replace("--folds 2", "--folds 7"), code=3).stderr
    assert "too few patients" in said
    assert not (work / "refused" / "out").exists()


def test_a_file_has_a_line_for_each_job_and_none_when_quiet(work):
    lines = done(work / "lines", EVALUATE).stderr.splitlines()
    total = len(lines)
    assert lines[0].startswith(f"1 of {total} done: audit: ")
    assert lines[-1].startswith(f"{total} of {total} done: ")
    assert "left)" in lines[total // 2]
    assert done(work / "quiet", EXPRESSION, "--quiet").stderr == ""


def test_where_a_run_worked_is_not_recorded_and_how_many_threads_it_had_is(work, undisturbed):
    report = json.loads(undisturbed(EVALUATE)["report.json"])
    assert report["command"][1:] == [*EVALUATE.split(), "--out", "out"]
    assert report["options"]["threads"] == 1
    assert not {"jobs", "scheduler", "resume", "quiet"} & set(report["options"])


def test_cutting_tiles_goes_on_to_the_same_files_and_report(work):
    words = [
        "tiles",
        "../study/sections.csv",
        "--encoder",
        "colour-texture",
        "--store",
        "store",
        "--json",
        "--quiet",
    ]
    places = [work / "tiles", work / "tiles-killed"]
    for place in places:
        place.mkdir()
    whole = run(*words, folder=places[0]).stdout
    with Started(*words, folder=places[1]) as process:
        while not list(places[1].glob("store/unfinished-*/journal/*.safetensors")) and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.wait()
    again = run(*words, "--resume", folder=places[1])
    assert again.stdout == whole
    first, second = ({path.name: path.read_bytes() for path in place.glob("store/*")} for place in places)
    assert first == second
    assert len(first) >= 4


def test_two_processes_predict_what_one_predicts(work, tmp_path):
    model = work / "model"
    run(*TRAIN.replace("../spectra.csv", str(work / "spectra.csv")).split(), "--out", model)
    for name, more in (("one", ()), ("two", ("--jobs", 2))):
        run(
            "predict",
            work / "long.csv",
            "--model",
            model / "model.safetensors",
            "--out",
            tmp_path / name,
            *more,
            code=None,
        )
    for name in ("predictions.csv", "patients.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert len((tmp_path / "two" / "predictions.csv").read_text().splitlines()) > 2500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"), "give one of them"),
        (("--jobs", "-1"), "--jobs"),
        (("--threads", "0"), "--threads"),
    ],
)
def test_impossible_places_are_refused(work, words, said):
    assert said in done(work / "impossible", EVALUATE, *words, code=2).stderr


def test_whatever_write_fails_the_run_goes_on_from_what_was_finished(monkeypatch, tmp_path, work, capsys):
    words = f"evaluate {EXPRESSION.removeprefix('train ').replace('..', str(work))} --no-leaky".split()
    clean, counted = tmp_path / "clean", tmp_path / "counted"
    assert _run([*words, "--out", str(clean)]) == 0
    with failing_disk(monkeypatch, counted, 0) as disk:
        assert _run([*words, "--out", str(counted)]) == 0
    # The first and last operations, those of the report among them, and some between.
    last = disk.done
    for number in sorted({1, 40, last - 6, last}):
        folder = tmp_path / f"run-{number}"
        capsys.readouterr()
        with failing_disk(monkeypatch, folder, number):
            assert _run([*words, "--out", str(folder)]) == 5, number
        printed, said = capsys.readouterr()
        assert "Traceback" not in said
        if number > last - 12:
            assert "noise ceiling" in printed  # the result itself is not lost
        finished = len(list(folder.glob("journal/*.safetensors")))
        more = ["--resume"] if finished else []
        assert _run([*words, "--out", str(folder), *more]) == 0, number
        assert same_results(folder, clean), number


def same_results(folder: Path, clean: Path) -> bool:
    first, second = (json.loads((each / "report.json").read_text()) for each in (folder, clean))
    names = [sorted(path.name for path in each.iterdir()) for each in (folder, clean)]
    return first["results"] == second["results"] and names[0] == names[1]
