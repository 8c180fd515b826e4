"""The `restyle` command line, one module a command."""
