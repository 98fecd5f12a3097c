"""The page of a report of profiles."""
