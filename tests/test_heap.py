"""On the command line, large arrays take the place of freed ones."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT

FAULTS = """
import resource
import sys
from imaging.heap import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    bytearray(b"1") * 40_000_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
def test_the_system_hands_out_the_pages_of_a_large_array_once() -> None:
    faults = {}
    for how in ("kept", "given back"):
        ran = subprocess.run([sys.executable, "-c", FAULTS, how], cwd=ROOT, check=True, capture_output=True, text=True)
        faults[how] = int(ran.stdout)
    print(f"page faults: {faults}")
    assert faults["kept"] < faults["given back"] / 5
