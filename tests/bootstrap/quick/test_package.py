"""The gates of `make dist`, and the licences that go into the package."""

import platform
import subprocess

import pytest

import licences
from conftest import PROJECT

PACKAGE = PROJECT / "bootstrap" / "package"
ARCHITECTURE = platform.machine()


def run(script, *words):
    """Runs one of the package's scripts; returns its exit code and what it said."""
    done = subprocess.run([PACKAGE / script, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stderr.strip()


@pytest.fixture
def program(tmp_path):
    """Returns an executable that needs glibc 2.33 and 2.34, as the compiler here makes it."""
    source = tmp_path / "program.c"
    source.write_text(
        "#include <sys/stat.h>\n#include <pthread.h>\n"
        "int main(void) { struct stat s; pthread_t t = pthread_self(); pthread_detach(t); return stat(\"/\", &s); }\n"
    )
    subprocess.run(["cc", "-o", tmp_path / "program", source], check=True)
    return tmp_path / "program"


def test_an_executable_for_the_nodes_glibc_passes(program):
    code, said = run("check-glibc.sh", program, "2.34", ARCHITECTURE)
    assert (code, said) == (0, f"{program} asks for glibc 2.34 at most")


def test_an_executable_for_a_newer_glibc_is_refused_with_the_symbols_that_ask_for_it(program):
    code, said = run("check-glibc.sh", program, "2.33", ARCHITECTURE)
    assert code == 1
    assert said.startswith(f"error: {program} asks for glibc 2.34 (__libc_start_main")
    assert said.endswith("and the nodes have 2.33; build it with `make dist`")


def test_versions_are_compared_as_versions(program):
    assert run("check-glibc.sh", program, "2.100", ARCHITECTURE)[0] == 0
    assert run("check-glibc.sh", program, "2.4", ARCHITECTURE)[0] == 1


def test_what_is_no_executable_is_refused(tmp_path):
    (tmp_path / "text").write_text("text")
    code, said = run("check-glibc.sh", tmp_path / "text", "2.34", ARCHITECTURE)
    assert code == 1 and said.splitlines()[-1].startswith("error: ")


def test_a_package_that_has_grown_is_refused(tmp_path):
    package = tmp_path / "package.tar.zst"
    with package.open("wb") as file:
        file.truncate(45_000_000)
    assert run("check-size.sh", package, 45)[0] == 0
    with package.open("ab") as file:
        file.write(b"+")
    code, said = run("check-size.sh", package, 45)
    assert code == 1 and said.startswith(f"error: {package} has 45000001 bytes, and 45 MB are allowed")


def package_of(directory, **changes):
    """Returns a package as `cargo metadata` describes it."""
    package = {"name": "one", "version": "1.0.0", "license": "MIT", "authors": ["A. Author"], "source": "registry"}
    return {**package, "id": "one", "manifest_path": str(directory / "Cargo.toml"), **changes}


def test_licence_files_are_taken_as_they_are_and_those_of_bundled_libraries_too(tmp_path):
    (tmp_path / "LICENSE-MIT").write_text("ours\n")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "COPYING").write_text("theirs\n")
    (tmp_path / "license.rs").write_text("code\n")
    assert licences.texts(package_of(tmp_path)) == ["ours", "theirs"]


def test_a_crate_without_a_licence_file_gets_the_text_it_declares(tmp_path):
    (text,) = licences.texts(package_of(tmp_path, license="MIT/Unlicense"))
    assert text.startswith("(one ships no licence file") and "Copyright (c) A. Author" in text and "AS IS" in text


def test_a_crate_whose_licence_is_unknown_stops_the_packing(tmp_path):
    with pytest.raises(SystemExit, match="error: one 1.0.0 ships no licence file and declares `GPL-3.0`"):
        licences.texts(package_of(tmp_path, license="GPL-3.0"))


def test_only_what_is_linked_is_listed():
    def dependency(name, kind):
        return {"pkg": name, "dep_kinds": [{"kind": kind}]}

    names = {"springald": None, "linked": "registry", "of-tests": "registry", "of-build": "registry", "deep": "registry"}
    needs = {
        "springald": [dependency("linked", None), dependency("of-tests", "dev"), dependency("of-build", "build")],
        "linked": [dependency("deep", None)],
    }
    metadata = {
        "packages": [{"id": name, "name": name, "version": "1.0.0", "source": source} for name, source in names.items()],
        "resolve": {"nodes": [{"id": name, "deps": needs.get(name, [])} for name in names]},
    }
    assert [package["name"] for package in licences.linked(metadata, "springald")] == ["deep", "linked"]
