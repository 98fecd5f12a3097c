"""Registration: checks that spots lie on the tissue of their image."""
