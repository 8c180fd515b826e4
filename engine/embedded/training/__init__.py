"""Training of the embedded model, stage by stage, from the package downloads to the exported folder."""
