"""The buttons under a job's message. Each carries only its job's id, so it outlives any restart."""
