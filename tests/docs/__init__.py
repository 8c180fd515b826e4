"""Tests of the documentation: what it names exists, and what exists is named."""
