"""How each family of checkpoints is run: one adapter a family behind one Protocol."""
