"""
intake.push: Kuaidi100 pushes over HTTP, one parcel each with four scans, 64 connections, each answered after its
commit, against the same code with a batch limit of one. The load is made by wrk.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from bench import report
from bench.ground import free_port

SALT: Final = "bench-salt"
CONNECTIONS: Final = 64
SECONDS: Final = 12
RUNS: Final = 3
BODIES: Final = 60_000
SHANGHAI: Final = timezone(timedelta(hours=8))
LINES: Final = (
    (9, "101", "商家已下单,等待揽收", ""),
    (8, "103", "【杭州西湖网点】已揽收,快递员:张师傅,电话:13800000000", "CN330106000000"),
    (4, "1002", "快件已到达【杭州转运中心】", "CN330109000000"),
    (1, "1002", "快件离开【杭州转运中心】,发往【成都转运中心】", "CN330109000000"),
)


def run(url: str, parcels: int) -> None:
    """Measure the product and its twin with a batch limit of one in turn, and print the line."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("BENCH intake.push left out: wrk is not installed (apt-get install wrk)", file=sys.stderr)
        return
    credential = _credential()
    ours: list[dict[str, float]] = []
    floors: list[dict[str, float]] = []
    for _ in range(RUNS):
        ours.append(_measure(wrk, url, credential, batch_max=5_000, bodies=BODIES))
        floors.append(_measure(wrk, url, credential, batch_max=1, bodies=BODIES // 4))
    refused = sum(each["refused"] + each["faults"] for each in ours + floors)
    report.line(
        "intake.push",
        value=report.middle([each["rate"] for each in ours]),
        floor=report.middle([each["rate"] for each in floors]),
        unit="pushes/s",
        p50_ms=report.middle([each["p50_ms"] for each in ours]),
        p99_ms=report.middle([each["p99_ms"] for each in ours]),
        floor_p50_ms=report.middle([each["p50_ms"] for each in floors]),
        connections=CONNECTIONS,
        refused=int(refused),
        parcels=parcels,
    )


def _credential() -> int:
    from yidao.accounts import services  # inline: django not set up
    from yidao.accounts.models import Organisation  # inline: django not set up

    now = datetime.now(UTC)
    provider = Organisation.objects.create(kind="PROVIDER", name="bench", source_code="KUAIDI100", created_at=now)
    made = services.create_credential(
        organisation_id=provider.id,
        name=f"bench {uuid.uuid4().hex[:8]}",
        scopes=["events:write"],
        now=now,
        real_now=now,
        push_secret=SALT,
    )
    return made[0]


def _measure(wrk: str, url: str, credential: int, *, batch_max: int, bodies: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, _intake(url, batch_max=batch_max) as port:
        file = Path(folder) / "bodies"
        file.write_text("\n".join(_bodies(bodies)), encoding="ascii")
        address = f"http://127.0.0.1:{port}/push/kuaidi100/{credential}"
        script = Path(__file__).with_name("push.lua")
        command = [
            wrk,
            "-t2",
            f"-c{CONNECTIONS}",
            f"-d{SECONDS}s",
            "--latency",
            "-s",
            str(script),
            address,
            "--",
            str(file),
        ]
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 5, check=True).stdout
    figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", told.split("FIGURES", 1)[1])}
    return {**figures, "rate": figures["requests"] / figures["seconds"]}


def _bodies(count: int) -> Iterator[str]:
    """Yield signed form bodies, each about a number of its own."""
    now = datetime.now(SHANGHAI)
    nonce = uuid.uuid4().int % 10**6
    moments = [(now - timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S") for hours, *_ in LINES]
    rows = [
        {
            "time": at,
            "ftime": at,
            "context": context,
            "statusCode": code,
            "areaCode": area,
            "areaName": "",
            "location": "",
        }
        for at, (_, code, context, area) in zip(moments, LINES, strict=True)
    ]
    for index in range(count):
        number = f"YT{nonce:06d}{index:07d}"
        result = {"message": "ok", "nu": number, "ischeck": "0", "com": "yuantong", "status": "200", "state": "0"}
        push = {"status": "polling", "billstatus": "got", "message": "", "lastResult": {**result, "data": rows[::-1]}}
        param = json.dumps(push, ensure_ascii=False)
        sign = hashlib.md5((param + SALT).encode(), usedforsecurity=False).hexdigest().upper()
        yield urllib.parse.urlencode({"param": param, "sign": sign})


@contextmanager
def _intake(url: str, *, batch_max: int) -> Iterator[int]:
    port = free_port()
    environment = {
        **os.environ,
        "YIDAO_DATABASE_URL": url,
        "YIDAO_INTAKE_PORT": str(port),
        "YIDAO_INTAKE_BATCH_MAX": str(batch_max),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "yidao.config", "intake"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
