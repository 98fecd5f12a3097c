"""What a Dask cluster costs for each job: many sleeping jobs on 64 simulated workers, in one process.

Run: ``python benchmarks/speed/cluster_scale.py [--jobs 1000 3000 10000 30000] [--sleep 0.1]``. The workers are threads of one process and the jobs sleep, so
that what is measured is the scheduler and the client: a LocalCluster of 64 workers takes the jobs through `ClusterExecutor`. The ideal time is jobs x sleep /
workers. *overhead* is what the clock shows beyond it, for each job; *on a worker* is how long each worker waited between two jobs. The last lines carry on what time and
memory grew by to 1,000,000 jobs.
"""

import argparse
import time

import psutil
from distributed import LocalCluster

from spectra_dl.execution.cluster import ClusterExecutor

WORKERS = 64
MOST_SECONDS_PER_JOB = 0.05
MANY = 1_000_000


def main() -> None:
    """Print a line for each number of jobs, and what 1,000,000 would take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000])
    parser.add_argument("--sleep", type=float, default=0.1, help="seconds")
    asked = parser.parse_args()
    with LocalCluster(
        n_workers=WORKERS,
        threads_per_worker=1,
        processes=False,
        memory_limit=0,  # a worker takes the memory of all for its own, and would pause
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        executor = ClusterExecutor(cluster.scheduler_address, one_process_each=False)
        measured = [run(executor, jobs, asked.sleep) for jobs in asked.jobs]
    (few, _, before), (many, overhead, after) = measured[0], measured[-1]
    bytes_per_job = (after - before) / max(many - few, 1)
    print(
        f"from {few:,} to {many:,} jobs memory grew by {bytes_per_job / 1e3:.1f} kB a job (client, scheduler and workers together)"
    )
    print(
        f"at {MANY:,} jobs: {bytes_per_job * MANY / 1e9:.1f} GB, and {overhead * MANY / 60:.0f} minutes of overhead"
    )


def run(executor: ClusterExecutor, jobs: int, sleep: float) -> tuple[int, float, int]:
    """Run sleeping jobs, print what they took, and return how many, the overhead of each in seconds, and the peak memory in bytes."""
    began, peak = time.monotonic(), 0
    for number, _ in executor.finished(sleeping, sleep, range(jobs)):
        if number % 100 == 0:
            peak = max(peak, psutil.Process().memory_info().rss)
    wall, ideal = time.monotonic() - began, jobs * sleep / WORKERS
    overhead = (wall - ideal) / jobs
    missed = "" if overhead <= MOST_SECONDS_PER_JOB else "  MISSED"
    print(
        f"{jobs:,} jobs: {wall:.1f} s, ideal {ideal:.1f} s; overhead {1000 * overhead:.2f} ms a job (must: 50 at most){missed}, "
        f"{1000 * overhead * WORKERS:.0f} ms on a worker; memory {peak / 2**20:,.0f} MiB",
        flush=True,
    )
    return jobs, overhead, peak


def sleeping(seconds: float, item: int) -> int:
    """Do nothing for a while."""
    time.sleep(seconds)
    return item


if __name__ == "__main__":
    main()
