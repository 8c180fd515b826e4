"""Getting an outcome to its member: the outbox loop, the message, the ways around a refusal."""
