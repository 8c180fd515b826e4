"""Rate limits by bucket, told in the headers that Discord uses."""

import time
from dataclasses import dataclass, field


@dataclass
class _Bucket:
    left: int
    until: float


@dataclass
class RateLimits:
    """Counts calls by bucket: a route with its major parameter, as Discord counts them.

    Attributes:
        sizes: By beginning of the path: calls in how many seconds. Others are not limited.
        refused: How many calls were over the limit.
    """

    sizes: dict[str, tuple[int, float]] = field(
        default_factory=lambda: {"/webhooks/": (5, 1.0), "/channels/": (5, 1.0)}
    )
    refused: int = 0
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, method: str, path: str) -> tuple[bool, dict[str, str]]:
        """Whether the call is within its limit, and the headers that tell of it."""
        for beginning, (size, per_s) in self.sizes.items():
            if path.startswith(beginning):
                return self._take(f"{method}:{_major(path)}", size, per_s)
        return True, {}

    def _take(self, key: str, size: int, per_s: float) -> tuple[bool, dict[str, str]]:
        now = time.time()
        bucket = self._buckets.get(key)
        if bucket is None or bucket.until <= now:
            bucket = self._buckets[key] = _Bucket(size, now + per_s)
        within = bucket.left > 0
        bucket.left -= within
        self.refused += not within
        return within, {
            "X-RateLimit-Limit": str(size),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{bucket.until:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.001, bucket.until - now):.3f}",
            "X-RateLimit-Bucket": key.partition(":")[0].lower() + "-messages",
        }


def _major(path: str) -> str:
    """Discord counts by channel, or by webhook and token."""
    parts = path.split("/")
    return "/".join(parts[:4] if parts[1] == "webhooks" else parts[:3])
