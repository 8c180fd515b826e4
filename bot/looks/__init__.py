"""Looks: saved prompt templates, built in, of a guild, or of a member."""
