"""Tests of the demo, in its own process."""
