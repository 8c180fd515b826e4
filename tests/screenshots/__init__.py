"""`make screenshots`: each kind of message as the demo's page shows it, as files for docs/."""
