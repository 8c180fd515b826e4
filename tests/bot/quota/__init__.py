"""Tests of quotas as the bot applies them."""
