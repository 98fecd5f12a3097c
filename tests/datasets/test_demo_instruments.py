"""The demonstration of two instruments is what its script writes."""

import runpy


def test_the_script_writes_the_files_that_are_there_byte_for_byte(repository, tmp_path):
    demo = repository / "datasets" / "demo"
    script = tmp_path / "make_demo_instruments.py"
    script.write_bytes((demo / "make_demo_instruments.py").read_bytes())
    runpy.run_path(str(script), run_name="__main__")
    written = {file.name: file.read_bytes() for file in (tmp_path / "instruments").iterdir()}
    assert written == {file.name: file.read_bytes() for file in (demo / "instruments").iterdir()}
    assert sum(map(len, written.values())) <= 300_000
