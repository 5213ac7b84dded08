"""Jobs every installation runs: those whose worker died in the middle are begun again."""

from procrastinate import JobContext
from procrastinate.contrib.django import app


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """
    Put jobs of dead workers back into the queue; each job can be run twice without harm.

    It holds no lock itself: if its own worker dies, the next one must be able to run it.
    """
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)
