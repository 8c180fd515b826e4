"""The weights of checkpoints on this machine: found, fetched, imported, removed. Needs no torch."""
