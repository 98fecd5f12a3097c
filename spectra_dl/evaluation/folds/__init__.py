"""Who is trained on and who is tested: folds by patient, by batch and by section, and the file that repeats them."""
