"""The queue's worker: what FastAPI leaves for later. `arq queue_worker.WorkerSettings`."""

import logging
import os

from arq.connections import RedisSettings


async def quiet(ctx) -> None:
    # A line per job is not what is measured.
    logging.getLogger("arq").setLevel(logging.WARNING)


async def record(ctx, payment_id: str, status: str) -> None:
    await ctx["redis"].hset("peer:ledger", payment_id, status)


class WorkerSettings:
    functions = [record]
    on_startup = quiet
    redis_settings = RedisSettings(unix_socket_path=os.environ["BENCH_REDIS_SOCKET"])
    max_jobs = 100
    keep_result = 0
    poll_delay = 0.05
