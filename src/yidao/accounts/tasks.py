"""Jobs of the accounts' room, run by the worker: messages go out, and what is old is forgotten."""

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from yidao.accounts import codes, senders, sessions
from yidao.kit import clock, logs

log = logs.get(__name__)


@app.task(retry=RetryStrategy(max_attempts=senders.TRIES_MAX, exponential_wait=3), pass_context=True)
def send_message(context: JobContext, message_id: int) -> None:
    """Hand a message to the sender; come back after 3, 9, 27 and 81 seconds while it is not taken, then give up."""
    try:
        senders.deliver(message_id=message_id, real_now=clock.real_now())
    except senders.Undelivered as fault:
        log.warning("message not taken", message_id=message_id, fault=str(fault))
        if context.job is None or context.job.attempts + 1 < senders.TRIES_MAX:
            raise
        senders.give_up(message_id=message_id, real_now=clock.real_now())


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget_messages")
def forget_messages(timestamp: int) -> None:
    """Delete old messages, codes and sessions, every hour."""
    real_now = clock.real_now()
    gone = sum(each.forget(real_now=real_now) for each in (senders, codes, sessions))
    if gone:
        log.info("old messages, codes and sessions forgotten", rows=gone)
