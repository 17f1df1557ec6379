"""Seconds and memory of every rendered scene on a 12-megapixel frame, each in a process of its own, as the command's.

    python -m benchmarks.scenes [--runs N] [SCENE ...]

Prints the median of the processor and wall-clock milliseconds to draw, and the process's peak megabytes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import resource
import statistics
import time

WIDTH, HEIGHT = 4000, 3000


def draw(name: str, runs: int, send: multiprocessing.connection.Connection) -> None:
    from imaging import heap, scenes
    from imaging.geometry import Size

    heap.keep_freed_memory()  # as the command does
    scenes.draw(name, {}, Size(64, 48), scenes.Stand(), 1)  # loads what is loaded once
    wall, cpu = [], []
    for _ in range(runs):
        started, worked = time.perf_counter(), time.process_time()
        scenes.draw(name, {}, Size(WIDTH, HEIGHT), scenes.Stand(), 1)
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - worked)
    send.send(
        (statistics.median(wall), statistics.median(cpu), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    )


def run() -> None:
    from imaging.scenes import SCENES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("scenes", nargs="*", default=list(SCENES), metavar="SCENE")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{WIDTH} x {HEIGHT}\n{'scene':12} {'wall ms':>8} {'cpu ms':>8} {'peak MB':>8}")
    for name in arguments.scenes:
        receive, send = context.Pipe(duplex=False)
        process = context.Process(target=draw, args=(name, arguments.runs, send))
        process.start()
        wall, cpu, peak = receive.recv()
        process.join()
        print(f"{name:12} {wall * 1000:8.0f} {cpu * 1000:8.0f} {peak:8.0f}")


if __name__ == "__main__":
    run()
