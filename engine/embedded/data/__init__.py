"""The training data: which photographs, from which packages, how they are read."""
