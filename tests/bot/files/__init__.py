"""Tests of planning and running files."""
