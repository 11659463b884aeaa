"""What the bootstrap's scripts have to be: clean, short, and Python that the nodes' Python understands."""

import ast
import subprocess

import pytest

from conftest import PROJECT

BOOTSTRAP = PROJECT / "bootstrap"
SHELL = sorted([*BOOTSTRAP.rglob("*.sh"), *(BOOTSTRAP / "bin").iterdir(), *(PROJECT / "tests" / "bootstrap").rglob("*.sh")])
PYTHON = sorted((BOOTSTRAP / "node").glob("*.py"))


def name(path):
    """Returns a script's name for the list of tests."""
    return str(path.relative_to(PROJECT))


def test_shellcheck_finds_nothing():
    found = subprocess.run(["shellcheck", *map(str, SHELL)], capture_output=True, text=True)
    assert found.stdout + found.stderr == ""


@pytest.mark.parametrize("script", SHELL, ids=name)
def test_a_script_is_short_and_stops_at_the_first_error(script):
    lines = script.read_text().splitlines()
    assert len(lines) <= 80
    assert any(line.startswith(("set -euo pipefail", "set -Eeuo pipefail")) for line in lines)


@pytest.mark.parametrize("module", PYTHON, ids=name)
def test_the_nodes_python_understands_it(module):
    ast.parse(module.read_text(), feature_version=(3, 9))  # of Amazon Linux 2023
