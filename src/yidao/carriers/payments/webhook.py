"""
A payment provider behind one address of the operator: signed JSON out, `{"outcome": "DONE", "code": ""}` back. What is
not understood is no answer, and is asked about later.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx

from yidao.carriers.payments import Answer, Request
from yidao.rules.refunds import Outcome

CALL_SECONDS_MAX: Final = 10.0
CODE_LENGTH_MAX: Final = 80
SAID: Final = {each.value: each for each in Outcome}


class Webhook:
    """
    Posts `{"act": "refund" | "ask", "request_id": ...}`. The far side pays a request number once, and says FAILED only
    when it did not and will not. A call that was never sent is MISSING to nobody: it counts as unanswered.
    """

    def __init__(self, *, url: str, secret: str, real_now: Callable[[], datetime]) -> None:
        self._url = url
        self._secret = secret.encode()
        self._real_now = real_now

    def refund(self, request: Request) -> Answer:
        """Ask for money to go back."""
        answer = self._post(
            {
                "act": "refund",
                "request_id": request.request_id,
                "order_no": request.order_no,
                "amount_fen": request.amount_fen,
                "route": request.route.value,
            }
        )
        # Who is called cannot say that he was never called.
        return Answer(outcome=Outcome.UNKNOWN, code=answer.code) if answer.outcome is Outcome.MISSING else answer

    def ask(self, request_id: str) -> Answer:
        """Ask what became of a request."""
        return self._post({"act": "ask", "request_id": request_id})

    def _post(self, body: dict[str, str | int]) -> Answer:
        content = json.dumps(body).encode()
        headers = {"content-type": "application/json", **self._signature(str(body["request_id"]), content)}
        try:
            with httpx.Client(timeout=CALL_SECONDS_MAX, follow_redirects=False, trust_env=False) as client:
                reply = client.post(self._url, content=content, headers=headers)
        except httpx.HTTPError as fault:
            return Answer(outcome=Outcome.UNKNOWN, code=f"http.{type(fault).__name__}")
        return _read(reply)

    def _signature(self, name: str, content: bytes) -> dict[str, str]:
        """Return the headers by which the far side knows that a call is ours, fresh and whole (Standard Webhooks)."""
        stamp = str(int(self._real_now().timestamp()))
        digest = hmac.digest(self._secret, b".".join((name.encode(), stamp.encode(), content)), hashlib.sha256)
        signature = "v1," + base64.b64encode(digest).decode()
        return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}


def _read(reply: httpx.Response) -> Answer:
    """Return what a reply says; only a success with a known outcome says anything."""
    if not reply.is_success:
        return Answer(outcome=Outcome.UNKNOWN, code=f"http.{reply.status_code}")
    try:
        told = reply.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("outcome") not in SAID:
        return Answer(outcome=Outcome.UNKNOWN, code="http.malformed")
    return Answer(outcome=SAID[told["outcome"]], code=str(told.get("code", ""))[:CODE_LENGTH_MAX])
