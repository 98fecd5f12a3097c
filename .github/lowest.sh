#!/usr/bin/env bash
# The lowest version of each direct dependency that pyproject.toml allows, in a fresh environment: do the quick tests pass?
# bash .github/lowest.sh    (needs uv; LOWEST=folder keeps the environment)
set -euo pipefail
cd "$(dirname "$0")/.."
environment=${LOWEST:-$(mktemp -d)}
uv venv --quiet --allow-existing --python "${PYTHON:-python3.11}" "$environment"
# Tests' own packages are taken as they are; only what users install is taken at its lowest.
uv pip install --quiet --python "$environment/bin/python" --resolution lowest-direct .
uv pip install --quiet --python "$environment/bin/python" hypothesis pytest pytest-timeout pytest-xdist pyyaml
"$environment/bin/python" -m pytest -q -n 2 -W default \
    tests/spectra/preprocessing tests/spectra/baseline tests/models tests/storage tests/cli/predict tests/evaluation/classes tests/test_doctests.py
