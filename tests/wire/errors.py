"""The errors that Discord answers with, by their JSON code."""


class DiscordError(Exception):
    """Ends a call with a status and a JSON error code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def unknown(what: str) -> DiscordError:
    """404 of its kind."""
    codes = {"channel": 10003, "message": 10008, "webhook": 10015, "interaction": 10062}
    return DiscordError(404, codes.get(what, 0), f"Unknown {what.capitalize()}")


UNAUTHORIZED = DiscordError(401, 0, "401: Unauthorized")
ALREADY_ACKNOWLEDGED = DiscordError(400, 40060, "Interaction has already been acknowledged.")
EXPIRED_TOKEN = DiscordError(401, 50027, "Invalid Webhook Token")
TOO_LARGE = DiscordError(413, 40005, "Request entity too large")
