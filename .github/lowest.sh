#!/usr/bin/env bash
# The lowest version of each direct dependency that pyproject.toml allows, in a fresh environment: do the quick tests pass?
# bash .github/lowest.sh    (needs uv; LOWEST=folder keeps the environment)
set -euo pipefail
cd "$(dirname "$0")/.."
environment=${LOWEST:-$(mktemp -d)}
uv venv --quiet --allow-existing --python "${PYTHON:-python3.11}" "$environment"
# Tests' own packages are taken as they are; only what users install is taken at its lowest.
uv pip install --quiet --python "$environment/bin/python" --resolution lowest-direct '.[web]'
uv pip install --quiet --python "$environment/bin/python" hypothesis 'pytest<9.2' pytest-timeout pytest-xdist pyyaml
"$environment/bin/spectra-dl" predict datasets/demo/spectra.csv
"$environment/bin/python" -m pytest -q -n 2 -W default tests/test_doctests.py tests/spectra/preprocessing tests/evaluation/classes
