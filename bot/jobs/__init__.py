"""The life of one job inside the bot, from a member's wish to the engine's last event."""
