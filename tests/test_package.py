"""What is built is what is meant."""

import subprocess
import sys
import tarfile
import zipfile

import pytest


@pytest.fixture(scope="module")
def built(repository, tmp_path_factory):
    """The folder with the sdist and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(repository)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def test_the_wheel_installs_three_packages_and_no_generic_name(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"spectra_dl", "spectra_dl_cli", "spectra_dl_datasets"}
    assert "spectra_dl/py.typed" in names
    assert "spectra_dl_datasets/simulated_bone_metastasis.safetensors" in names
    assert "spectra_dl_datasets/cards/covid_serum.toml" in names
    assert "spectra_dl_datasets/demo_tissue/model.safetensors" in names
    assert {"spectra_dl_cli/web/static/page.js", "spectra_dl_cli/web/templates/drop.html"} <= set(names)


def test_the_sdist_holds_tests_data_and_benchmarks(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {
        "datasets/demo/spectra.csv",
        "tests/test_package.py",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
    } <= names


def test_neither_container_folder_is_a_package(repository):
    assert not (repository / "cli" / "__init__.py").exists()
    assert not (repository / "datasets" / "__init__.py").exists()
