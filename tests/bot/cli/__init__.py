"""Tests of the installed `restyle` command."""
