# SPDX-License-Identifier: MIT
"""The other side of python_interop_test.cpp: a service in Python, with its own statements and its own JSON.

python_interop.py URL CORPUS STEP, where CORPUS has the documents by id. Exit status 1 and a sentence if what is stored
is not what the step expects.
"""

import asyncio
import json
import sys

import asyncpg

WRITE = "INSERT INTO devices (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data"
READ = "SELECT data FROM devices WHERE id = $1"
READ_ALL = "SELECT id, data FROM devices ORDER BY id"
REMOVE = "DELETE FROM devices WHERE id = $1"


def same(a, b):
    """Equal in kind as well: for Python, True is 1. Numbers are equal by value: 2.0 is stored as 2."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if (isinstance(a, float) and isinstance(b, (int, float))) or (isinstance(b, float) and isinstance(a, int)):
        return float(a) == float(b)  # 1e300 is stored as its 301 digits, which Python reads as an integer
    return a == b


async def write(connection, documents):
    for key, document in documents.items():
        await connection.execute(WRITE, key, json.dumps(document))


async def verify(connection, documents):
    for key, document in documents.items():
        row = await connection.fetchrow(READ, key)
        if row is None:
            sys.exit(f"{key!r} is not there")
        if not same(json.loads(row["data"]), document):
            sys.exit(f"{key!r} is {row['data']} and should be {json.dumps(document)}")
    rows = await connection.fetch(READ_ALL)
    if {row["id"] for row in rows} != documents.keys() or len(rows) != len(documents):
        sys.exit(f"the ids are {[row['id'] for row in rows]}")
    for row in rows:
        if not same(json.loads(row["data"]), documents[row["id"]]):
            sys.exit(f"{row['id']!r} is another document among all of them")


async def overwrite(connection, documents):
    await write(connection, {key: {"overwritten": [key]} for key in documents})


async def verify_overwritten(connection, documents):
    await verify(connection, {key: {"overwritten": [key]} for key in documents})


async def remove(connection, documents):
    for key in documents:
        if await connection.execute(REMOVE, key) != "DELETE 1":
            sys.exit(f"{key!r} was not there to be removed")


async def verify_empty(connection, documents):
    for key in documents:
        if await connection.fetchrow(READ, key) is not None:
            sys.exit(f"{key!r} is still there")
    await verify(connection, {})


async def main(url, corpus, step):
    with open(corpus, encoding="utf-8") as file:
        documents = json.load(file)
    connection = await asyncpg.connect(url, timeout=30, command_timeout=30)
    try:
        await globals()[step](connection, documents)
    finally:
        await connection.close()


asyncio.run(main(*sys.argv[1:]))
