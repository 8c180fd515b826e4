"""What an operator can see of a running bot: figures, health, notices, traces."""
