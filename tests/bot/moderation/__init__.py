"""Tests of moderation through the real bot."""
