"""A guild's own rules at work: who may pass, what is refused and why, and what is written down."""
