"""Jobs of this room, run by the worker."""

import psycopg
from django.db import OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from yidao.judging import reversal_jobs
from yidao.kit import clock
from yidao.orders import raw

RETRY = RetryStrategy(max_attempts=10, wait=3, retry_exceptions=(OperationalError, psycopg.OperationalError))


@app.task(name=reversal_jobs.TASK, retry=RETRY)
def reverse(job_id: int) -> None:
    """Go on with a job that takes judgements back; begun twice, everything is taken back once."""
    reversal_jobs.run(job_id, now=clock.business_now(raw.plain()))
