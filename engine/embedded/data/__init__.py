"""The training data of the embedded model: which photographs, from which packages, how they are read."""
