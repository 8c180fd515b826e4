"""Getting an outcome to its member: the outbox loop, the message, and what to do when Discord balks."""
