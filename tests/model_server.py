"""A server on this machine that gives files as a publisher does and speaks the model hub's protocol.

It knows HEAD, ranges and redirects, states digests as the hub does, and can be told to misbehave: break off in the
middle, give other bytes, or answer everything with a web page, as the login page of a network does.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = b"<!DOCTYPE html><html><title>Welcome to our Wi-Fi</title></html>"
LARGE = 2000  # bytes from which on a file of the hub is a large one: elsewhere, under its SHA-256


@dataclass
class Publisher:
    """What the server has, how it behaves, and what it was asked.

    Attributes:
        url: its address.
        files: plain files by their path.
        repositories: files of the hub by their names, by repository.
        commit: what the main branch is at.
        portal: answer everything with a web page.
        break_after: close each connection after so many bytes of a body.
        breaks: so many times; after that all is well.
        bend: give other bytes than are stated, of the same length, under this name.
        ignore_ranges: give all of a file whatever range was asked for.
        gone: answer 503 to everything.
        asked: method, path and range of every request.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commit: str = COMMIT
    portal: bool = False
    break_after: int | None = None
    breaks: int = 0
    bend: str = ""
    ignore_ranges: bool = False
    gone: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def downloads(self, name: str) -> list[str]:
        """The ranges with which a file's content was asked for."""
        return [asked for method, path, asked in self.asked if method == "GET" and path.endswith(name)]


def _stated(content: bytes) -> dict[str, object]:
    """What the hub says of a file: git's name for it, and of a large one its SHA-256."""
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    stated: dict[str, object] = {"size": len(content), "blobId": git}
    if len(content) >= LARGE:
        digest = hashlib.sha256(content).hexdigest()
        stated["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
    return stated


class _Handler(http.server.BaseHTTPRequestHandler):
    publisher: ClassVar[Publisher]
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None: ...

    def _answer(self) -> None:
        publisher = self.publisher
        publisher.asked.append((self.command, self.path, self.headers.get("Range", "")))
        if publisher.gone:
            self._send(503, b"", {})
        elif publisher.portal:
            self._send(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
        elif found := re.fullmatch(r"/api/models/(.+?)(?:/revision/([^?]+))?(?:\?.*)?", self.path):
            self._list(found[1], found[2])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
            self._resolve(found[1], found[2], found[3])
        elif self.path.startswith("/elsewhere/"):
            _, _, repository, name = self.path.split("/", 3)
            self._give(name, publisher.repositories[repository.replace("--", "/")][name], {})
        elif self.path in publisher.files:
            self._give(self.path, publisher.files[self.path], {})
        else:
            self._send(404, b"", {})

    def _list(self, repository: str, revision: str | None) -> None:
        files = self.publisher.repositories.get(repository)
        if files is None or revision not in (None, "main", self.publisher.commit):
            self._send(404, b"{}", {"Content-Type": "application/json", "X-Error-Code": "RepoNotFound"})
            return
        siblings = [{"rfilename": name} | _stated(content) for name, content in files.items()]
        listed = {"id": repository, "modelId": repository, "sha": self.publisher.commit, "siblings": siblings}
        listed |= {"private": False, "downloads": 0, "likes": 0, "tags": []}
        self._send(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _resolve(self, repository: str, revision: str, name: str) -> None:
        content = self.publisher.repositories.get(repository, {}).get(name)
        if content is None or revision != self.publisher.commit:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        stated = _stated(content)
        headers = {"X-Repo-Commit": self.publisher.commit, "ETag": f'"{stated["blobId"]}"'}
        if "lfs" not in stated:
            self._give(name, content, headers)
            return
        headers["X-Linked-ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        headers["X-Linked-Size"] = str(len(content))
        elsewhere = self.publisher.url.replace("127.0.0.1", "localhost")  # another host, as the hub's storage is
        headers["Location"] = f"{elsewhere}/elsewhere/{repository.replace('/', '--')}/{name}"
        self._send(302, b"", headers)

    def _give(self, name: str, content: bytes, headers: dict[str, str]) -> None:
        if self.publisher.bend and name.endswith(self.publisher.bend):
            content = bytes(255 - byte for byte in content)
        headers["Content-Type"] = "application/octet-stream"
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or self.publisher.ignore_ranges:
            self._send(200, content, headers)
        elif (start := int(asked[1])) >= len(content):
            self._send(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
        else:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._send(206, content[start:], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.publisher.break_after
        if cut is not None and self.publisher.breaks > 0 and len(body) > cut and status in (200, 206):
            self.publisher.breaks -= 1
            self.wfile.write(body[:cut])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(body)


@contextmanager
def publish() -> Iterator[Publisher]:
    """A running server."""
    publisher = Publisher()
    handler = type("Handler", (_Handler,), {"publisher": publisher})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        publisher.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield publisher
        running.shutdown()
