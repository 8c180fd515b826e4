"""Tests of the weights on this machine."""
