"""What the actors of a cluster are called."""

from importlib.metadata import version

NAMESPACE = "restyle"


def actor_prefix() -> str:
    """What names of actors of this version begin with; those of another one are replaced."""
    return f"restyle-{version('restyle-bot')}-"
