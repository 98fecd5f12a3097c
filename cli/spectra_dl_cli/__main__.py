"""Run the command line as ``python -m spectra_dl_cli``."""

from spectra_dl_cli.main import main

main()
