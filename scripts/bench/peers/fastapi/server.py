"""POST /orders as a team would write it with FastAPI and psycopg: the same checks, the same rows."""

import hashlib
import json
import os
import secrets
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict, Field

pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=False)
with open(os.environ["JWKS_FILE"]) as file:
    keys = {key["kid"]: jwt.PyJWK(key).key for key in json.load(file)["keys"]}


@asynccontextmanager
async def lifespan(_: FastAPI):
    await pool.open(wait=True)
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Item(Strict):
    sku: str = Field(min_length=1, max_length=64)
    quantity: int = Field(ge=1, le=1000)


class NewOrder(Strict):
    items: list[Item] = Field(min_length=1, max_length=100)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    paymentToken: str = Field(pattern=r"^tok_\w{1,60}$")


class Money(BaseModel):
    amount: int
    currency: str


class PlacedOrder(BaseModel):
    id: UUID
    status: str
    total: Money
    createdAt: datetime


def uuid7() -> UUID:
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


async def authenticate(authorization: Annotated[str | None, Header()] = None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError
        key = keys[jwt.get_unverified_header(token).get("kid")]
        claims = jwt.decode(
            token,
            key,
            algorithms=["EdDSA"],
            audience="kagari",
            issuer="kagari/auth",
            options={"require": ["sub", "exp"]},
        )
        return claims["sub"]
    except (jwt.InvalidTokenError, KeyError):
        raise HTTPException(401, "The token is not valid here.", {"www-authenticate": "Bearer"})


catalog: dict[str, tuple[int, str]] = {}
read_at = 0.0


async def products() -> dict[str, tuple[int, str]]:
    global catalog, read_at
    if time.monotonic() - read_at > 10:
        async with pool.connection() as connection:
            rows = await (await connection.execute("select sku, amount, currency from orders.products")).fetchall()
        catalog = {sku: (amount, currency) for sku, amount, currency in rows}
        read_at = time.monotonic()
    return catalog


@app.post("/", status_code=201, response_model=PlacedOrder)
async def place_order(
    order: NewOrder,
    response: Response,
    user_id: Annotated[str, Depends(authenticate)],
    idempotency_key: Annotated[str, Header(min_length=1, max_length=255)],
):
    known = await products()
    items = []
    for item in order.items:
        amount, currency = known.get(item.sku, (0, ""))
        if currency != order.currency:
            raise HTTPException(422, f"{item.sku} cannot be had")
        items.append({"sku": item.sku, "quantity": item.quantity, "unitAmount": amount})
    total = {"amount": sum(i["quantity"] * i["unitAmount"] for i in items), "currency": order.currency}
    fingerprint = hashlib.sha256(order.model_dump_json().encode()).digest()
    order_id = uuid7()
    async with pool.connection() as connection:
        claimed = await connection.execute(
            "insert into orders.idempotency_keys (user_id, key, fingerprint, order_id)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            (user_id, idempotency_key, fingerprint, order_id),
        )
        if claimed.rowcount == 0:
            row = await (
                await connection.execute(
                    "select fingerprint, id, amount, currency, created_at from orders.idempotency_keys k"
                    " join orders.orders on id = k.order_id where k.user_id = %s and k.key = %s",
                    (user_id, idempotency_key),
                )
            ).fetchone()
            if row is None or row[0] != fingerprint:
                raise HTTPException(422, "Another request had this key.")
            response.headers["location"] = f"/orders/{row[1]}"
            response.headers["idempotent-replayed"] = "true"
            return {"id": row[1], "status": "pending", "total": {"amount": row[2], "currency": row[3]}, "createdAt": row[4]}
        inserted = await (
            await connection.execute(
                "insert into orders.orders (id, user_id, items, amount, currency)"
                " values (%s, %s, %s, %s, %s) returning created_at",
                (order_id, user_id, Jsonb(items), total["amount"], total["currency"]),
            )
        ).fetchone()
        await connection.execute(
            "insert into orders.history (order_id, status) values (%s, 'pending')", (order_id,)
        )
        event_id = uuid7()
        event = {
            "specversion": "1.0",
            "id": str(event_id),
            "source": "/orders",
            "type": "dev.kagari.order.placed.v1",
            "subject": str(order_id),
            "time": datetime.now(timezone.utc).isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": str(order_id),
            "data": {
                "orderId": str(order_id),
                "userId": user_id,
                "items": items,
                "total": total,
                "paymentToken": order.paymentToken,
            },
        }
        await connection.execute(
            "insert into events.outbox (id, event, subject, type, partition_key)"
            " values (%s, %s::json, %s, 'dev.kagari.order.placed.v1', %s)",
            (event_id, json.dumps(event), str(order_id), str(order_id)),
        )
    response.headers["location"] = f"/orders/{order_id}"
    return {"id": order_id, "status": "pending", "total": total, "createdAt": inserted[0]}
