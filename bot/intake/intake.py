"""Takes members' pictures in and makes ours ready to go out; all decoding is in child processes."""

from collections.abc import Sequence

from bot.intake.limits import IntakeLimits, check_bytes
from bot.intake.pool import Pool
from bot.intake.sizing import SizeRule
from bot.intake.sniff import PictureFormat, sniff
from bot.intake.wire import (
    DrawTree,
    Encoded,
    Masked,
    Picture,
    Prepare,
    Prepared,
    PrepareMasked,
    Restore,
    Sheet,
    Shrink,
    SideBySide,
    Thumbnail,
    TreeNode,
)

DEFAULT_PROCESSES = 2


class Intake:
    """Everything that needs a picture's pixels in the bot; nothing here blocks the event loop."""

    def __init__(self, limits: IntakeLimits, *, processes: int = DEFAULT_PROCESSES) -> None:
        self._limits = limits
        self._pool = Pool(limits, processes)

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the decoding processes that there are now."""
        return self._pool.pids

    async def start(self) -> None:
        """Have one decoding process ready; without it the first picture waits for that.

        Raises:
            IntakeUnavailable: It cannot be started.
        """
        await self._pool.warm_up()

    async def close(self) -> None:
        """End all decoding processes; may be called again."""
        await self._pool.close()

    async def prepare(self, data: bytes, rule: SizeRule) -> Prepared:
        """Make a member's file a source for the engine.

        Raises:
            IntakeError: The picture cannot be used; each class is one reason.
        """
        check_bytes(data, self._limits)
        return await self._pool.ask(Prepare(data=data, rule=rule), Prepared)

    async def prepare_masked(
        self, data: bytes, mask: bytes | None, rule: SizeRule, *, keep: bool = False
    ) -> Masked:
        """Make a member's file a source with a mask of its size.

        Args:
            mask: A black and white picture, or a copy with red strokes or holes; None looks for
                red strokes in ``data`` itself.
            keep: The marked part is what stays; else it is what is painted anew.

        Raises:
            IntakeError: A picture cannot be used, or nothing is marked.
        """
        check_bytes(data, self._limits)
        if mask is not None:
            check_bytes(mask, self._limits)
        request = PrepareMasked(data=data, mask=mask, rule=rule, keep=keep)
        return await self._pool.ask(request, Masked)

    async def restore(self, image: bytes, alpha: bytes) -> bytes:
        """Put the transparency of a source back on a result, as lossless WebP.

        Args:
            alpha: ``Prepared.alpha``; scaled to the result's size.
        """
        reply = await self._pool.ask(Restore(image=image, alpha=alpha), Picture)
        return reply.data

    async def shrink(self, image: bytes, max_bytes: int) -> Encoded:
        """The picture in at most ``max_bytes``: as it is, else WebP with loss, else smaller.

        Raises:
            CannotShrink: Nothing worth looking at fits.
        """
        if len(image) <= max_bytes:
            return as_it_is(image)
        return await self._pool.ask(Shrink(image=image, max_bytes=max_bytes), Encoded)

    async def side_by_side(self, left: bytes, right: bytes) -> bytes:
        """Before | after at the height of the right one, as lossless WebP."""
        reply = await self._pool.ask(SideBySide(left=left, right=right), Picture)
        return reply.data

    async def tree(self, nodes: Sequence[TreeNode]) -> bytes:
        """A lineage drawn as one WebP; each node's parent stands before it."""
        reply = await self._pool.ask(DrawTree(nodes=tuple(nodes)), Picture)
        return reply.data

    async def sheet(self, images: Sequence[bytes], labels: Sequence[str]) -> bytes:
        """Pictures in rows of at most three with a label under each, as lossless WebP."""
        reply = await self._pool.ask(Sheet(images=tuple(images), labels=tuple(labels)), Picture)
        return reply.data

    async def thumbnail(self, image: bytes, max_side: int) -> bytes:
        """A small WebP whose longer side is at most ``max_side`` pixels; never enlarged."""
        reply = await self._pool.ask(Thumbnail(image=image, max_side=max_side), Picture)
        return reply.data


def as_it_is(image: bytes) -> Encoded:
    """A picture of ours with the media type of its first bytes."""
    found = sniff(image)
    extension = ".jpg" if found is PictureFormat.JPEG else f".{found.value.lower()}"
    return Encoded(data=image, media_type=f"image/{found.value.lower()}", extension=extension)
