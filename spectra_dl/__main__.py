"""Run the command line as ``python -m spectra_dl``."""

from spectra_dl_cli.main import main

if __name__ == "__main__":
    main()
