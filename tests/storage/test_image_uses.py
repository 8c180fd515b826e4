"""Which images are still needed, and what deleting a result takes away."""

from datetime import UTC, datetime

from storage.database import Database
from tests.storage.making import ALPHA, LATENTS, RESULT, SOURCE, result, running, submit, used

NOBODYS = "e" * 64


async def test_a_job_uses_what_it_starts_from_and_what_it_made(database: Database) -> None:
    """The source, every ``…_hash`` in its params, the result and its latents."""
    job = await running(database)
    counts = [await database.images.count(name) for name in (SOURCE, ALPHA, RESULT, LATENTS)]
    assert counts == [1, 1, 0, 0]
    await database.jobs.complete(job.id, 1, result())
    counts = [await database.images.count(name) for name in (SOURCE, ALPHA, RESULT, LATENTS)]
    assert counts == [1, 1, 1, 1]
    assert await database.images.unused([SOURCE, RESULT, NOBODYS]) == {NOBODYS}
    assert await database.images.unused([]) == set()


async def test_a_deleted_result_leaves_its_images_to_be_dropped(database: Database) -> None:
    """The charge stays, the row stays, the delivery that waited is dropped."""
    job = await running(database)
    await database.jobs.complete(job.id, 1, result())
    assert await database.jobs.delete_result(job.id) == {RESULT, LATENTS}
    kept = await database.jobs.get(job.id)
    assert (kept.result_hash, kept.latents_hash, kept.width) == (None, None, 512)
    assert await database.images.count(RESULT) == 0
    assert await database.images.count(SOURCE) == 1
    assert await database.outbox.due(datetime.now(UTC), 9) == []
    assert await used(database) == 1
    assert await database.jobs.delete_result(job.id) == set()


async def test_an_image_that_another_job_needs_is_kept(database: Database) -> None:
    """A child starts from the result; a twin made the same bytes."""
    parent, twin = await running(database), await running(database)
    await database.jobs.complete(parent.id, 1, result())
    await database.jobs.complete(twin.id, 1, result(latents_hash=None))
    params = {"source_latents_hash": LATENTS, "alpha_hash": None}
    child = await submit(database, source_hash=RESULT, params=params, parent_id=parent.id)
    assert await database.images.count(RESULT) == 3
    assert await database.jobs.delete_result(parent.id) == set()
    assert await database.jobs.delete_result(twin.id) == set()
    assert await database.images.count(RESULT) == 1
    assert (await database.jobs.get(child.id)).source_hash == RESULT


async def test_a_job_without_a_result_has_none_to_delete(database: Database) -> None:
    """A failed job's outcome is still told."""
    job = await running(database)
    await database.jobs.fail(job.id, 1, "nan", "Not finite.")
    assert await database.jobs.delete_result(job.id) == set()
    assert len(await database.outbox.due(datetime.now(UTC), 9)) == 1
