"""A synchronous server: one worker, one request, from the first byte to the gateway's answer."""

import json
import os
import uuid

import redis
import requests
from flask import Flask, request

GATEWAY = os.environ["BENCH_GATEWAY_URL"]
store = redis.Redis(unix_socket_path=os.environ["BENCH_REDIS_SOCKET"])
gateway = requests.Session()
app = Flask(__name__)


@app.post("/v1/payments")
def pay():
    key = request.headers.get("idempotency-key")
    if not key:
        return {"code": "missing_idempotency_key"}, 400
    order = request.get_json()
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
    if not store.set(lock, json.dumps(payment), nx=True, ex=86_400):
        return json.loads(store.get(lock)), 202, {"Idempotent-Replayed": "true"}
    answer = gateway.post(
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
        timeout=150,
    )
    payment["status"] = "pending" if answer.json()["status"] == "ACCEPTED" else "failed"
    store.set(lock, json.dumps(payment), ex=86_400)
    return payment, 201
