"""The one error of the bootstrap's decisions: a line for whoever reads the node's log."""


class NodeError(Exception):
    """Says which thing is wrong, why, and what to do about it."""
