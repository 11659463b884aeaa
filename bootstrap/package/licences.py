"""Prints the licences of everything that the executable is linked from: what each crate declares, and the licence files
that it ships, each text once. A crate that ships none gets the standard text of a licence it declares, and is said to.

usage: licences.py TARGET
"""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

_STANDARD = Path(__file__).parent / "licences"
_FILE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
_NOT_TEXT = {".rs", ".py", ".c", ".h", ".cpp", ".hpp", ".sh", ".toml", ".json", ".html", ".yml", ".yaml"}
_DEPTH = 3  # deep enough for C libraries that a crate brings along


def linked(metadata: dict, root: str) -> list:
    """Returns the foreign packages that `root` is linked from, by name and version: no build or test dependencies."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    waiting = [package["id"] for package in metadata["packages"] if package["name"] == root and not package["source"]]
    seen = set()
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += [
                dependency["pkg"]
                for dependency in nodes[current]["deps"]
                if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            ]
    foreign = [packages[one] for one in seen if packages[one]["source"]]
    return sorted(foreign, key=lambda package: (package["name"], package["version"]))


def texts(package: dict) -> list:
    """Returns the licence texts that a package ships, or the standard text of a licence that it declares."""
    directory = Path(package["manifest_path"]).parent
    found = [
        path
        for path in sorted(directory.rglob("*"))
        if _FILE.match(path.name)
        and path.is_file()
        and path.suffix.lower() not in _NOT_TEXT
        and len(path.relative_to(directory).parts) <= _DEPTH
    ]
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in found] or [standard(package)]


def standard(package: dict) -> str:
    """Returns the standard text of the first licence that a package declares and we hold.

    Raises SystemExit when there is none: a licence must be added to licences/, or the crate left out.
    """
    declared = package["license"] or ""
    for path in sorted(_STANDARD.glob("*.txt")):
        if path.stem in re.split(r"[\s/()]+", declared):
            whom = ", ".join(package["authors"]) or f"the authors of {package['name']}"
            notice = f"({package['name']} ships no licence file; this is the text of {path.stem}, which it declares.)"
            return f"{notice}\n\nCopyright (c) {whom}\n\n{path.read_text(encoding='utf-8').strip()}"
    sys.exit(f"error: {package['name']} {package['version']} ships no licence file and declares `{declared}`: add its text")


def document(packages: list) -> str:
    """Returns the list of packages, and after it each text with the packages it belongs to."""
    lines = ["What Springald is linked from, beside Rust's standard library (MIT OR Apache-2.0):", ""]
    owners = {}
    for package in packages:
        title = f"{package['name']} {package['version']}"
        lines.append(f"  {title}: {package['license'] or 'see below'}")
        for text in texts(package):
            key = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
            owners.setdefault(key, (text, []))[1].append(title)
    for text, titles in owners.values():
        lines += ["", "=" * 100, *_wrapped(sorted(set(titles))), "", text]
    return "\n".join(lines) + "\n"


def _wrapped(titles: list) -> list:
    return [", ".join(titles[start : start + 5]) for start in range(0, len(titles), 5)]


def main(target: str) -> None:
    """Prints the document for the executable `springald` built for `target`."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    sys.stdout.write(document(linked(metadata, "springald")))


if __name__ == "__main__":
    main(sys.argv[1])
