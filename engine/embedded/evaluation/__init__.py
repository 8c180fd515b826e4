"""Judging an embedded model: figures on photographs it never saw, and a sheet for the eye."""
