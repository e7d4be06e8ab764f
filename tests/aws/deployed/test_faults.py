"""A hundred uploads while every kind of call fails now and then: nothing is lost or duplicated."""

from concurrent.futures import ThreadPoolExecutor

from client import photo, stages, until
from proxy import FAULTS, Proxy
from world import ALL_GOOD

UPLOADS = 100
AT_ONCE = 4
PATIENCE_S = 420
BEHIND_THE_PROXY = (
    "Intake", "FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing", "DeadLetters",
)


def test_a_hundred_uploads_through_faults(world):
    ana, letters = world.new_user(), len(world.letters())
    proxy = Proxy(world.url)
    for function in BEHIND_THE_PROXY:
        world.set(function, **proxy.settings())
    proxy.is_on = True
    with ThreadPoolExecutor(AT_ONCE) as pool:
        uploads = set(pool.map(lambda _: ana.put(photo()), range(UPLOADS)))
    assert len(uploads) == UPLOADS

    def all_closed():
        # What failed waits for minutes.
        world.elapse(5)
        rows, cursor = [], ""
        while cursor is not None:
            page = ana.get(f"/gallery?limit=100{cursor}").expect(200)
            rows += page["uploads"]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return len(rows) >= UPLOADS and rows

    rows = until(all_closed, "all are in the gallery", PATIENCE_S)
    proxy.is_on = False
    assert len(rows) == UPLOADS and {row["upload_id"] for row in rows} == uploads, "each once"
    for upload in uploads:
        document = ana.until_done(upload)
        assert stages(document) == ALL_GOOD, document
        world.expect_execution(upload, 1, "SUCCEEDED")
        keys = sorted(key.rsplit("/", 1)[1] for key in world.keys_of(upload) if key.startswith("generated-"))
        assert keys == ["1.jpg", "1.mid", "1.mp3"], keys
    assert len(world.letters()) == letters, "no dead letter"
    assert set(proxy.faults) == set(FAULTS), f"every fault came: {proxy.faults}"
    print(f"faults: {dict(proxy.faults)} in {sum(proxy.calls.values())} calls")
