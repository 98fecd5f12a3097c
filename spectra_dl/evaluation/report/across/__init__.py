"""Reports of models of one profile per patient."""
