"""Benchmarks that `restyle bench …` runs: medians and ratios as data, never a verdict."""
