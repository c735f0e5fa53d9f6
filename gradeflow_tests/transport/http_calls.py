"""Calls with marked words in them, and answers to give."""

from __future__ import annotations

from typing import Any

import httpx

HTML = httpx.Response(200, html="<!doctype html><html><body>Sign in, Ann Marked 8.5</body></html>")
OK = httpx.Response(200, json={"score": 1})


async def read(client: Any) -> Any:
    return await client.get("/results/1", {"filter": "marked-query"})


async def write(client: Any) -> Any:
    return await client.put("/results/1", {"result": {"score": 8.5, "student": "Marked"}})


async def ask(client: Any) -> Any:
    return await client.ask("/multiget", {"request": ["/v1/sections/1"]})
