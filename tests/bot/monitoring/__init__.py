"""Tests of what an operator can see."""
