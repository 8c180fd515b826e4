"""Restyling files from the command line, without Discord."""
