"""Lets the tests import the bootstrap's modules as the node does."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "bootstrap" / "node"))
sys.path.insert(0, str(PROJECT / "bootstrap" / "package"))
