"""What the job room tells the operator."""

from prometheus_client import Counter, Histogram

ENDED = Counter(
    "mojodex_jobs_ended_total",
    "Starts of jobs by how they ended: succeeded, retried, failed, returned, fenced.",
    ("job", "outcome"),
)
TAKEN_OVER = Counter(
    "mojodex_jobs_taken_over_total", "Jobs taken over from workers that died.", ("job",)
)
SECONDS = Histogram("mojodex_job_seconds", "Duration of one start of a job, in seconds.", ("job",))
