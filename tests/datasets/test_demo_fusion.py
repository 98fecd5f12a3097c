"""The demonstration study of several blocks is what its script writes, and what `evaluate fusion` takes."""

import runpy

from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file


def test_the_script_writes_the_files_that_are_there_byte_for_byte(repository, tmp_path):
    demo = repository / "datasets" / "demo"
    script = tmp_path / "make_demo_fusion.py"
    script.write_bytes((demo / "make_demo_fusion.py").read_bytes())
    runpy.run_path(str(script), run_name="__main__")
    written = {file.name: file.read_bytes() for file in (tmp_path / "fusion").iterdir()}
    assert written == {file.name: file.read_bytes() for file in (demo / "fusion").iterdir()}
    assert sum(map(len, written.values())) <= 150_000


def test_it_is_a_study_of_patients_of_whom_some_lack_a_block(repository):
    cohort = read_cohort(read_study_file(repository / "datasets" / "demo" / "fusion" / "study.toml"))
    assert len(cohort.patients) == 72
    assert {part.read.name: len(set(part.owner)) for part in cohort.blocks} == {"clinical": 64, "spectra": 65}
