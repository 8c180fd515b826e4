"""What the bot keeps and takes in: the data folder, the database, the intake of pictures."""

import io
import tempfile
from uuid import uuid4

from PIL import Image

from bot.application import intake_limits
from bot.doctor.finding import Finding, fail, ok, warn
from bot.intake import Intake, IntakeError, SizeRule
from bot.settings import Settings
from storage.database import Database
from storage.errors import StorageError
from storage.image_store import open_images

BUCKET_REMEDY = (
    "See RESTYLE_IMAGES_URL in docs/settings.md: the bucket has to be there, and AWS_ENDPOINT_URL, "
    "AWS_REGION and the keys have to be its own."
)


def data_folder(settings: Settings) -> Finding:
    """It is there, or can be made, and can be written."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"restyle")
    except OSError as error:
        return fail(
            "data folder",
            f"{folder}: {error.strerror}",
            "Name a folder that the bot may write in RESTYLE_DATA_DIR.",
        )
    return ok("data folder", str(folder))


async def database(settings: Settings) -> Finding:
    """It answers, its tables are this version's, and it can be written."""
    # Without the part of a URL that may hold a password.
    kind = settings.resolved_database_url.partition(":")[0]
    try:
        store = Database(settings.resolved_database_url)
        try:
            revision = await store.revision()
            if revision.refusal is not None:
                remedy = "Install the version that wrote it, or see *Upgrading* in docs/install.md."
                return fail("database", revision.refusal, remedy)
            if not revision.is_current:
                return _not_current(kind, revision.current)
            await store.values.set("doctor", uuid4().hex)
        finally:
            await store.close()
    except StorageError as error:
        return fail("database", str(error), "See RESTYLE_DATABASE_URL in docs/settings.md.")
    return ok("database", f"{kind}, revision {revision.current}, can be written")


def _not_current(kind: str, current: str | None) -> Finding:
    if current is None:
        return ok("database", f"{kind}, new; the tables are made when the bot starts")
    return warn(
        "database",
        f"{kind}, revision {current}, older than this version",
        "`restyle db upgrade`, or let the bot do it when it starts.",
    )


async def bucket(settings: Settings) -> Finding | None:
    """A picture can be put into the bucket, read and dropped again; None where there is none."""
    if settings.images_url is None:
        return None
    # Nobody else's: it is dropped again.
    probe = b"restyle doctor " + uuid4().bytes
    try:
        images = open_images(settings.images_url, settings.data_dir)
        name = await images.put(probe, ".webp")
        whole = await images.get(name) == probe
        await images.delete(name)
    except StorageError as error:
        return fail("bucket", f"{settings.images_url}: {error}", BUCKET_REMEDY)
    if not whole:
        return fail("bucket", f"{settings.images_url}: it gave other bytes back", BUCKET_REMEDY)
    return ok("bucket", f"{settings.images_url}, can be written, read and deleted from")


async def intake(settings: Settings) -> Finding:
    """A picture gets through the confined process."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "JPEG")
    taking = Intake(intake_limits(settings))
    try:
        rule = SizeRule(area_side=64, max_side=64, multiple=8)
        prepared = await taking.prepare(picture.getvalue(), rule)
    except IntakeError as error:
        return fail("intake", str(error), "See RESTYLE_INTAKE_MEMORY_BYTES in docs/settings.md.")
    finally:
        await taking.close()
    return ok("intake", f"a {prepared.format} was taken in")
