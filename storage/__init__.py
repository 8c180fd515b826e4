"""The durable truth: SQL tables with their repositories, and the content-addressed image store."""
