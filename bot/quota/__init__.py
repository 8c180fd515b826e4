"""Members' quotas as the bot applies them: prices, and which of a guild's rules is a member's."""
