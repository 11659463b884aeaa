"""Running commands, waiting for conditions, and where the tools lie."""

import os
import subprocess
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
TOOLS_VENV = Path(os.environ["SPRINGALD_CACHE"]) / "venv"
AWS_VENV = Path(os.environ["SPRINGALD_CACHE"]) / "bootstrap" / "aws-venv"


def run(*words, **options):
    """Runs a command that must succeed; returns what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wait_until(claim, seconds, what):
    """Waits until `claim()` returns something true, and returns that; fails when it takes longer than `seconds`."""
    until = time.monotonic() + seconds
    while True:
        value = claim()
        if value:
            return value
        assert time.monotonic() < until, f"{what}: not within {seconds} seconds; last: {value!r}"
        time.sleep(0.1)
