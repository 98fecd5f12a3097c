"""Stains of tissue: what haematoxylin and eosin took, apart from how a laboratory stains and a scanner sees."""
