"""How soon the product is ready, and what memory it takes while nothing happens.

    .venv/bin/python -m benchmarks.starting [--quick]

Memory is proportional (PSS) of all processes that were started, PostgreSQL's and Redis's among
them: what is shared is counted once.
"""

import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
from tests.harness.directories import open_directory
from tests.journeys.app_process import AppProcess, free_port

from benchmarks.load import Job, Person, in_process
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import ONE, TWO_AND_TWO, Model, Pace, Shape, Site, site

WARM_SECONDS, NEW_SECONDS = 3.0, 5.0
IDLE_MIB = 250.0
#: What is loaded after readiness has been loaded by then.
SETTLE_SECONDS = 8.0
PAUSE_SECONDS = 0.02
PLAIN = """
import sys, fastapi, uvicorn
app = fastapi.FastAPI()
app.get("/")(lambda: {})
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
"""


def time_ready(process: AppProcess) -> float:
    """Seconds from the start of the process to the first yes of `/readyz`."""
    began = time.perf_counter()
    process.launch()
    while process.is_running:
        with suppress(OSError), urllib.request.urlopen(f"{process.url}/readyz", timeout=5):
            return time.perf_counter() - began
        time.sleep(PAUSE_SECONDS)
    raise RuntimeError(process.output.read_text())


def time_python(*arguments: str) -> float:
    """Seconds of a Python that does this."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure_ready(n_times: int) -> dict[str, list[float]]:
    """Both kinds of start, and Pythons beside them, in turn."""
    found: dict[str, list[float]] = {"new": [], "warm": [], "python": [], "imports": []}
    for _ in range(n_times):
        found["python"].append(time_python("-c", "pass"))
        found["imports"].append(time_python("-c", "import mojodex.apps.web, mojodex.apps.server"))
        with open_directory() as directory:
            process = AppProcess(directory)
            found["new"].append(time_ready(process))
            process.stop()
            found["warm"].append(time_ready(process))
            process.stop()
    return found


def measure_memory(shape: Shape, *, n_idle: int, n_streams: int) -> list[str]:
    """MiB of a shape idle, and KiB for each idle socket and each text in the making."""
    model = Model(Pace(n_words=200, has_stamps=False))
    with model.running(), site(shape, OPENAI_BASE_URL=model.url) as site_:
        time.sleep(SETTLE_SECONDS)
        idle, postgres = site_.memory_mib(), site_.memory_mib(named="postgres")
        people = site_.people(n_idle)
        warm_up = Job(wire="v1", urls=site_.urls, people=people[:20], starts_per_second=40)
        in_process(warm_up)
        before = site_.memory_mib()
        with_sockets = _peak(site_, people, n_idle=n_idle)
        with_streams = _peak(site_, people[:n_streams])
    per_socket = (with_sockets - before) / n_idle * 1024
    # A text in the making comes with its socket.
    per_stream = (with_streams - before) / n_streams * 1024 - per_socket
    figures = (idle, postgres, before, per_socket, per_stream)
    return [shape.name, *(f"{value:.0f}" for value in figures)]


def measure_plain() -> list[str]:
    """The same of a web application that does nothing, without a database."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PLAIN, str(port)])
    try:
        while process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                break
            time.sleep(PAUSE_SECONDS)
        idle = psutil.Process(process.pid).memory_full_info().pss / 2**20
    finally:
        process.kill()
        process.wait()
    return ["an empty FastAPI application, no database", f"{idle:.0f}", "", "", "", ""]


def _peak(site_: Site, people: Sequence[Person], *, n_idle: int = 0) -> float:
    """The most memory while people only listen, or while each has a text made."""
    job = Job(
        wire="v1",
        urls=site_.urls,
        people=people[: n_idle or len(people)],
        starts_per_second=0 if n_idle else 40,
        idle_seconds=5 if n_idle else 0,
    )
    peak = 0.0
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(in_process, job)
        while not working.done():
            peak = max(peak, site_.memory_mib())
            time.sleep(0.5)
        working.result()
    return peak


def measure(*, is_quick: bool) -> Result:
    """Starts first, then memory."""
    found = measure_ready(1 if is_quick else 5)
    medians = {name: statistics.median(times) for name, times in found.items()}
    n_idle, n_streams = (40, 20) if is_quick else (500, 25)
    shapes = (ONE,) if is_quick else (ONE, TWO_AND_TWO)
    rows = [measure_memory(shape, n_idle=n_idle, n_streams=n_streams) for shape in shapes]
    rows.append(measure_plain())
    return Result(
        name="starting",
        title="Starting, and standing idle",
        tables=[_ready_table(found), _memory_table(rows, n_idle, n_streams)],
        aims=[
            _time_aim("warm", WARM_SECONDS, medians),
            _time_aim("new", NEW_SECONDS, medians),
            Aim(
                what="memory idle (PSS), one process with its database",
                wanted=f"{IDLE_MIB:.0f} MB",
                reached=f"{float(rows[0][1]) * 1.048576:.0f} MB",
                is_reached=float(rows[0][1]) * 1.048576 <= IDLE_MIB,
                obstacle="most of it are imported modules and compiled models of wire formats.",
            ),
        ],
    )


def _time_aim(name: str, wanted: float, medians: dict[str, float]) -> Aim:
    return Aim(
        what=f"ready on a {name} data directory",
        wanted=f"{wanted:.0f} s",
        reached=f"{medians[name]:.2f} s",
        is_reached=medians[name] <= wanted,
        obstacle=f"importing what serving needs takes {medians['imports']:.2f} s of it, a Python "
        f"that does nothing {medians['python']:.2f} s.",
    )


def _ready_table(found: dict[str, list[float]]) -> Table:
    names = {
        "new": "ready on a new data directory",
        "warm": "ready on a warm data directory",
        "imports": "only importing it",
        "python": "a Python that does nothing",
    }
    return Table(
        title="Ready",
        note="Seconds from the start of the process to the first yes of `/readyz`.",
        columns=("what", "median s", "shortest", "longest"),
        rows=[
            [text, *(f"{value:.2f}" for value in (statistics.median(t), min(t), max(t)))]
            for name, text in names.items()
            for t in [found[name]]
        ],
    )


def _memory_table(rows: Sequence[Sequence[str]], n_idle: int, n_streams: int) -> Table:
    return Table(
        title="Memory",
        note=f"Proportional memory of everything started. After work: when 20 texts were made; per "
        f"socket from {n_idle} idle v1 sockets; per text in the making from {n_streams} at once, "
        "beside its socket.",
        columns=(
            "what",
            "idle MiB",
            "of it PostgreSQL",
            "after work MiB",
            "per socket KiB",
            "per text KiB",
        ),
        rows=rows,
    )


if __name__ == "__main__":
    run_alone(measure)
