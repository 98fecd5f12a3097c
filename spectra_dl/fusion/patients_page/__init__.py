"""The page of what a fusion predicts: each patient's answer, and what each block says."""
