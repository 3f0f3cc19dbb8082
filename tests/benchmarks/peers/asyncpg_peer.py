# SPDX-License-Identifier: MIT
"""Reads and writes documents as a service in Python does: asyncpg's pool, one task for each caller.

asyncpg_peer.py URL WORKLOAD CALLERS SECONDS SEED, where the workload is get, put or mixed, on devices that are there. Tells
what was measured in one line of JSON, times in microseconds.
"""

import asyncio
import json
import random
import resource
import sys
import time

import asyncpg

GET = "SELECT data FROM devices WHERE id = $1"
PUT = "INSERT INTO devices (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data"


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main(url, workload, callers, seconds, seed):
    size = min(callers, 16)  # more only slow its one thread down
    async with asyncpg.create_pool(url, min_size=size, max_size=size) as pool:
        documents = [(row["id"], json.loads(row["data"])) for row in await pool.fetch("SELECT id, data FROM devices")]
        chance = random.Random(seed)
        share_of_writes = {"get": 0.0, "put": 1.0, "mixed": 0.05}[workload]
        times = []
        end = time.perf_counter()  # for the warming up: one call each

        async def caller():
            while True:
                key, document = chance.choice(documents)
                began = time.perf_counter()
                if chance.random() < share_of_writes:
                    await pool.execute(PUT, key, json.dumps(document))
                else:
                    json.loads(await pool.fetchval(GET, key))
                now = time.perf_counter()
                times.append(now - began)
                if now >= end:
                    return

        await asyncio.gather(*(caller() for _ in range(callers)))
        times.clear()
        processor = processor_seconds()
        began = time.perf_counter()
        end = began + seconds
        await asyncio.gather(*(caller() for _ in range(callers)))
        took = time.perf_counter() - began
        processor = processor_seconds() - processor
        times.sort()
        print(
            json.dumps(
                {
                    "per_second": len(times) / took,
                    "client_cpu": 1e6 * processor / len(times),
                    "p50": 1e6 * times[len(times) // 2],
                    "p99": 1e6 * times[len(times) * 99 // 100],
                }
            )
        )


url, workload, callers, seconds, seed = sys.argv[1:]
asyncio.run(main(url, workload, int(callers), float(seconds), int(seed)))
