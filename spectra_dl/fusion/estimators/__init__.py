"""Models of patients: one for each block, and one that adds up what they say."""
