"""Training of the embedded model, from the package downloads to the exported folder."""
