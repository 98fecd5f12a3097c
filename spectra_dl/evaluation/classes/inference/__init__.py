"""What cross-validated scores say of chance and of patients nobody has seen: models are refitted, for fixed scores know nothing of that."""
