"""The demo: the real bot, engine and database in front of a simulated Discord."""
