"""The state of one practice server: JSON documents in SQLite, so that a stopped server comes back as it was.

A document has a collection, an id and up to three lookup values (`a`, `b`, `c`) which the server that owns
the collection chooses. Listing keeps the order of first insertion, so that paging is stable while documents
change. One connection, used by one event loop: every handler is synchronous and therefore atomic.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  seq INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  a TEXT, b TEXT, c TEXT,
  body TEXT NOT NULL,
  UNIQUE (collection, id)
);
CREATE INDEX IF NOT EXISTS by_a ON documents (collection, a);
CREATE INDEX IF NOT EXISTS by_b ON documents (collection, b);
CREATE INDEX IF NOT EXISTS by_c ON documents (collection, c);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_PUT = """
INSERT INTO documents (collection, id, a, b, c, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (collection, id)
DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c, body = excluded.body
"""

LOOKUPS = ("a", "b", "c")
Lookup = Mapping[str, str]
"""Lookup name to value, such as `{"a": "section-1"}`; all must match."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document on its way into the store."""

    collection: str
    id: str
    body: Mapping[str, Any]
    a: str | None = None
    b: str | None = None
    c: str | None = None


class Store:
    """Documents of one server in one SQLite file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # check_same_thread: opened by the starter, then used by the event loop's thread alone
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # A practice server may lose its last second in a power cut, never on a kill
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; the state stays in it."""
        self._db.close()

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        """Give one document, or None."""
        text = self.text(collection, key)
        return None if text is None else json.loads(text)

    def text(self, collection: str, key: str) -> str | None:
        """Give one document as the JSON text it is stored as, or None."""
        query = "SELECT body FROM documents WHERE collection = ? AND id = ?"
        row = self._db.execute(query, (collection, key)).fetchone()
        return None if row is None else row[0]

    def has(self, collection: str, key: str) -> bool:
        """Tell whether a document exists."""
        return self.text(collection, key) is not None

    def put(self, document: Document) -> None:
        """Create or replace one document."""
        self._db.execute(_PUT, _row(document))

    def fill(self, documents: Iterable[Document]) -> None:
        """Create or replace many documents in one transaction."""
        with self.transaction():
            self._db.executemany(_PUT, map(_row, documents))

    def delete(self, collection: str, key: str) -> bool:
        """Remove a document; tell whether there was one."""
        query = "DELETE FROM documents WHERE collection = ? AND id = ?"
        return self._db.execute(query, (collection, key)).rowcount > 0

    def delete_where(self, collection: str, by: Lookup) -> int:
        """Remove the documents with this lookup value; give their number."""
        where, values = _where(collection, by)
        return self._db.execute(f"DELETE FROM documents WHERE {where}", values).rowcount  # noqa: S608 - names come from LOOKUPS

    def count(self, collection: str, by: Lookup | None = None) -> int:
        """Count the documents with these lookup values."""
        where, values = _where(collection, by)
        query = f"SELECT count(*) FROM documents WHERE {where}"  # noqa: S608 - names come from LOOKUPS
        return int(self._db.execute(query, values).fetchone()[0])

    def texts(
        self, collection: str, by: Lookup | None = None, *, limit: int = -1, offset: int = 0
    ) -> list[str]:
        """Give the JSON texts of the documents with these lookup values, oldest first."""
        where, values = _where(collection, by)
        query = f"SELECT body FROM documents WHERE {where} ORDER BY seq LIMIT ? OFFSET ?"  # noqa: S608 - names come from LOOKUPS
        return [row[0] for row in self._db.execute(query, (*values, limit, offset))]

    def documents(self, collection: str, by: Lookup | None = None) -> list[dict[str, Any]]:
        """Give the documents with these lookup values, oldest first."""
        return [json.loads(text) for text in self.texts(collection, by)]

    def latest(self, field: str) -> str | None:
        """Give the greatest value of a text field in all documents."""
        query = "SELECT max(json_extract(body, '$.' || ?)) FROM documents"
        latest: str | None = self._db.execute(query, (field,)).fetchone()[0]
        return latest

    def setting(self, name: str) -> str | None:
        """Give a setting of the server, or None."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting of the server."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Do everything inside or nothing; with `keep` False nothing, whatever happens."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT" if keep else "ROLLBACK")


def _row(document: Document) -> tuple[str | None, ...]:
    body = json.dumps(document.body, ensure_ascii=False, separators=(",", ":"))
    return (document.collection, document.id, document.a, document.b, document.c, body)


def _where(collection: str, by: Lookup | None) -> tuple[str, tuple[str, ...]]:
    by = by or {}
    unknown = set(by) - set(LOOKUPS)
    if unknown:
        msg = f"no lookup named {sorted(unknown)}"
        raise ValueError(msg)
    clauses = ["collection = ?", *(f"{name} = ?" for name in by)]
    return " AND ".join(clauses), (collection, *by.values())
