"""Models fetched by the worker: asked for once, watched, stopped, and never by the page itself."""

from __future__ import annotations

import hashlib
import http.server
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from job_helpers import until
from pages import Page, cut_out

from errors import BadInput, Cancelled
from jobs import database, downloads, places, queue

SIZE = 4_000_000
PIECE = bytes(range(256)) * 256


class Slow(http.server.BaseHTTPRequestHandler):
    """A file of :data:`SIZE` bytes, a piece at a time; as slow as ``pause`` says."""

    pause = 0.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        for start in range(0, SIZE, len(PIECE)):
            try:
                self.wfile.write(PIECE[: SIZE - start])
            except OSError:
                return  # whoever asked is gone
            time.sleep(type(self).pause)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def job(data: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A download that was handed in; what fetches it finds a table with one model at that address."""
    content = (PIECE * (SIZE // len(PIECE) + 1))[:SIZE]
    code = f"""
import models
from models.entry import File, Model
file = File("model.onnx", {SIZE}, "sha256:{hashlib.sha256(content).hexdigest()}", "{address}/model.onnx")
tiny = Model(id="tiny", title="Tiny", purpose="mask", help="tests", licence="MIT", files=(file,))
models.MODELS["tiny"] = tiny
from jobs import downloads
downloads.main()
"""
    monkeypatch.setattr(downloads, "COMMAND", [sys.executable, "-c", code])
    monkeypatch.setattr(downloads.models, "entry", lambda model: None)
    monkeypatch.setattr(downloads, "OFTEN", 0.02)
    monkeypatch.delenv("BACKDROP_WEIGHTS", raising=False)
    downloads.begin("tiny", "ann")
    with database.records() as table:
        return str(table.execute("SELECT job FROM download").fetchone()["job"])


def test_a_download_says_how_far_it_is_and_the_file_is_there(
    job: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "pause", 0.03)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(downloads.fetch, job, "tiny")
        seen = set()

        def told() -> bool:
            found = downloads.download_of("tiny")
            assert found
            seen.add((found.done, found.total))
            return running.done()

        until(told, "the download is done")
        assert running.result() == {}
    assert any(0 < done < SIZE and total == SIZE for done, total in seen)
    assert (data / "weights" / "model.onnx").stat().st_size == SIZE


def test_a_download_that_is_stopped_ends_at_once_and_leaves_no_whole_file(
    job: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "pause", 1.0)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(downloads.fetch, job, "tiny")
        time.sleep(1)
        downloads.cancel("tiny")
        with pytest.raises(Cancelled):
            running.result(timeout=60)
    found = downloads.download_of("tiny")
    assert found
    assert found.state == "cancelled"
    assert not (data / "weights" / "model.onnx").exists()


def test_one_model_is_fetched_once_whoever_asks(data: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda visitor: downloads.begin("u2net", visitor), ["ann", "bob", "cy", "dee"]))
    found = queue.client().list_workflows(queue_name=downloads.QUEUE)
    assert len(found) == 1
    assert queue.jobs_of("ann") == queue.jobs_of("bob") == []
    downloads.cancel("u2net")
    downloads.begin("u2net", "bob")
    again = downloads.download_of("u2net")
    assert again
    assert again.state == "queued"


def test_a_model_nobody_knows_is_refused(data: Path) -> None:
    with pytest.raises(BadInput, match="no model"):
        downloads.begin("magic", "ann")
    assert downloads.download_of("magic") is None


def test_the_worker_fetches_and_says_why_it_cannot(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("BACKDROP_WEIGHTS", raising=False)
    queue.ensure_worker()
    downloads.begin("sd15-inpaint", "ann")

    def over() -> downloads.Download | None:
        found = downloads.download_of("sd15-inpaint")
        return found if found and found.finished else None

    found = until(over, "the download failed")
    print(found.problem)
    assert found.state == "failed"
    assert "http://127.0.0.1:9/" in found.problem
    assert "did not answer (nobody listens there)" in found.problem
    assert "Traceback" not in places.log().read_text()


def test_the_worker_stops_a_download_and_makes_pictures_meanwhile(
    data: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from job_helpers import finish, quick

    monkeypatch.setattr(Slow, "pause", 1.0)  # the hub's answer takes a minute
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.delenv("BACKDROP_WEIGHTS", raising=False)
    queue.ensure_worker()
    downloads.begin("sd15-inpaint", "ann")
    until(lambda: (found := downloads.download_of("sd15-inpaint")) and found.state == "running", "it is fetched")
    assert finish(queue.submit(quick(), "ann")).state == "done"
    found = downloads.download_of("sd15-inpaint")
    assert found
    assert found.state == "running"
    downloads.cancel("sd15-inpaint")
    downloads.begin("u2net", "ann")
    until(lambda: (found := downloads.download_of("u2net")) and found.state != "queued", "the next one begins")


def test_the_page_hands_a_download_over_and_can_stop_it(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    page = Page().upload(cut_out(), "disc.png").open("Background").set("background.mode", "Generated")
    page.set("background.model", "sd2-inpaint").click("download.sd2-inpaint")
    assert "waits for another download" in page.said
    page.click("stop_download.sd2-inpaint")
    found = downloads.download_of("sd2-inpaint")
    assert found
    assert found.state == "cancelled"
    assert "download.sd2-inpaint" in page.run().buttons()
