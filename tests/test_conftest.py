"""The tests' own rules: a random order, and no skip that nobody allowed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT


def test_tests_run_in_random_order(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("randomly"), "what one test leaves behind must not decide another"


@pytest.mark.parametrize("listed", [True, False])
def test_a_skip_fails_the_run_unless_it_is_listed(listed: bool, tmp_path: Path) -> None:
    reason = (ROOT / "tests" / "allowed_skips_newcomer.txt").read_text().splitlines()[0] if listed else "no reason"
    (tmp_path / "test_skip.py").write_text(f"import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n")
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    environment = os.environ | {"CI": "true", "PYTHONPATH": path, "BACKDROP_SHARED": str(tmp_path / "nothing")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if listed else 1), done.stdout + done.stderr
    assert ("no reason" in done.stdout) != listed
    assert "export CI=" in (ROOT / ".ci" / "run").read_text()
