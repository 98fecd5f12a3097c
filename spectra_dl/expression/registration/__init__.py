"""Do the spots lie on the tissue they were cut from?"""
