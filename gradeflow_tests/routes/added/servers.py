"""A Chalkboard and a Slate on one port: what they hold, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class State:
    """What both systems hold, and how often Slate was written to."""

    def __init__(self, book: dict[str, Any], roster: dict[str, Any]) -> None:
        self.book, self.roster = book, roster
        self.items: dict[str, dict[str, Any]] = {}
        self.scores: dict[str, dict[str, Any]] = {}
        self.writes = 0

    def answer(self, path: str) -> Any:
        match path.strip("/").split("/"):
            case ["gradebook"]:
                return self.book
            case ["roster"]:
                return self.roster
            case ["sections", section, "items"]:
                return [row for row in self.items.values() if row["section"] == section]
            case ["items", item, "scores"]:
                return [row for row in self.scores.values() if row["item"] == item]
        return None

    def store(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        _, collection, key = path.split("/")
        self.writes += 1
        row = {**body, "id": key}
        (self.items if collection == "items" else self.scores)[key] = row
        return row


@contextmanager
def serving(state: State) -> Iterator[str]:
    """Serve on loopback; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = state.answer(self.path)
            self._send(404 if found is None else 200, found)

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(200, state.store(self.path, body))

        def _send(self, status: int, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
