"""Ensembles of networks that predict what comes of patients, whatever a network looks at: a number, or the time to an event."""
