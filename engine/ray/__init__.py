"""Engines on many machines: one Ray actor a GPU, and the gateway process that talks to them."""
