"""From a dataset's folder to spectra or sections with patients and labels ready.

These files import nothing heavy before a set is loaded: numpy alone takes longer than the list of sets may.
"""
