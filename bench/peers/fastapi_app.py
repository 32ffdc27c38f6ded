"""The seeds' recommended stack: FastAPI takes the request, Redis locks it, the gateway is awaited, arq does the rest later.

The same payment as Lango's, as far as a payment is its lock, its gateway call and its answer: nothing is signed, no
state is kept durably before the send, and a lost answer is not looked into. It is a measure of speed, not of safety.
"""

import json
import os
import uuid
from contextlib import asynccontextmanager

import httpx
import redis.asyncio as redis
from arq import create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

GATEWAY = os.environ["BENCH_GATEWAY_URL"]
SOCKET = os.environ["BENCH_REDIS_SOCKET"]


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = redis.Redis(unix_socket_path=SOCKET)
    app.state.queue = await create_pool(RedisSettings(unix_socket_path=SOCKET))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4_000)
    app.state.http = httpx.AsyncClient(limits=limits, timeout=150)
    yield
    await app.state.http.aclose()
    await app.state.queue.aclose()
    await app.state.redis.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/payments")
async def pay(request: Request):
    key = request.headers.get("idempotency-key")
    if not key:
        return JSONResponse({"code": "missing_idempotency_key"}, 400)
    order = await request.json()
    reference = str(uuid.uuid4())
    payment = {
        "id": f"pay_{reference}",
        "status": "pending",
        "amount": order["amount"],
        "currency": order["currency"],
        "invoice": order["invoice"],
        "attempts": [{"n": 1, "reference": reference}],
    }
    lock = f"peer:{key}"
    first = await app.state.redis.set(lock, json.dumps(payment), nx=True, ex=86_400)
    if not first:
        stored = json.loads(await app.state.redis.get(lock))
        return JSONResponse(stored, 202, {"Idempotent-Replayed": "true"})
    answer = await app.state.http.post(
        f"{GATEWAY}/v2/deposits",
        json={
            "depositId": reference,
            "amount": order["amount"],
            "currency": order["currency"],
            "payer": {
                "type": "MMO",
                "accountDetails": {"phoneNumber": order["phoneNumber"], "provider": "MTN_MOMO_ZMB"},
            },
        },
    )
    payment["status"] = "pending" if answer.json()["status"] == "ACCEPTED" else "failed"
    await app.state.redis.set(lock, json.dumps(payment), ex=86_400)
    await app.state.queue.enqueue_job("record", payment["id"], payment["status"])
    return JSONResponse(payment, 201)
