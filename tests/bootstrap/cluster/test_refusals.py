"""Whatever is wrong, the bootstrap action ends non-zero and says so in one line, on a node of its own each time."""

import json

import pytest

import aws
from conftest import ARCHITECTURE
from network import NOBODY


def refusal(node, *arguments):
    """Runs the bootstrap action, which must fail, and returns the one line it says."""
    action = node.bootstrap(*arguments)
    _, error = action.communicate(timeout=200)
    assert action.returncode != 0
    lines = error.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), error
    assert not node.runs("springald-executor") and not node.runs("springald-scheduler")
    return lines[0]


@pytest.fixture
def node(world, machine):
    """Returns a primary node as EMR describes it."""
    return machine().described()


def test_a_corrupted_package(world, node):
    place = f"{world.release}-corrupted/{world.version}"
    broken = world.scratch / "broken" / world.package.name
    broken.parent.mkdir()
    broken.write_bytes(world.package.read_bytes()[:-1] + b"?")
    world.publish(place, broken, world.checksum)
    said = refusal(node, place, "--insecure")
    assert f"the SHA-256 of {place}/{world.package.name} is not the one" in said
    assert "springald" not in node.run("ls", "-A", "/opt")  # it was not unpacked


def test_a_package_of_another_version(world, node):
    place = world.release.rsplit("/", 1)[0] + "/9.9.9"
    name = f"springald-9.9.9-{ARCHITECTURE}-linux.tar.zst"
    aws.put(f"{place}/{name}", world.package.read_bytes())
    aws.put(f"{place}/{name}.sha256", world.checksum.read_bytes())
    said = refusal(node, place, "--insecure")
    assert said == f"error: {place}/{name} holds `springald {world.version}`, not version 9.9.9; publish it again"


def test_a_bucket_that_is_not_there(world, node):
    said = refusal(node, "s3://elsewhere/springald/0.1.0", "--insecure")
    assert "fetch s3://elsewhere/springald/0.1.0/springald-0.1.0" in said and "is it published there" in said


def test_a_bucket_that_cannot_be_reached(world, machine):
    node = machine(endpoint=f"http://{NOBODY}:5000").described()
    said = refusal(node, world.release, "--insecure")
    assert f"fetch {world.release}/" in said and NOBODY in said


def test_missing_metadata(world, machine):
    said = refusal(machine(), world.release, "--insecure")
    assert said == (
        "error: /mnt/var/lib/info/instance.json is missing: this is no EMR node, or EMR has not described it yet"
    )


def test_a_cluster_with_three_primaries(world, node):
    said = refusal(node.described(haEnabled=True), world.release, "--insecure")
    assert "three primary nodes" in said


def test_an_architecture_without_a_package(world, node):
    node.file("/usr/local/bin/uname", "#!/bin/sh\necho riscv64\n")
    said = refusal(node, world.release, "--insecure")
    assert "no package for this node's architecture riscv64" in said


def test_an_architecture_whose_package_is_not_published(world, node):
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[ARCHITECTURE]
    node.file("/usr/local/bin/uname", f"#!/bin/sh\necho {other}\n")
    assert f"-{other}-linux.tar.zst.sha256: " in refusal(node, world.release, "--insecure")


@pytest.mark.parametrize(
    "arguments, reason",
    [
        ((), "the first argument `` is not s3://BUCKET/PREFIX/VERSION"),
        (("http://artifacts/0.1.0",), "the first argument `http://artifacts/0.1.0` is not s3://BUCKET/PREFIX/VERSION"),
        (("RELEASE",), "one of the arguments --tls-secret --insecure is required"),
        (("RELEASE", "--insecure", "--tls-secret", "id"), "not allowed with argument"),
        (("RELEASE", "--insecure", "--password", "x"), "unrecognized arguments: --password x"),
        (("RELEASE", "--insecure", "--warehouse", "/lake"), "`/lake` is no s3:// URL"),
        (("RELEASE", "--insecure", "--scheduler-host", "a b"), "`a b` holds characters that do not belong there"),
        (("RELEASE", "--tls-secret", "no/such/secret"), "read secret no/such/secret: "),
    ],
)
def test_arguments(world, node, arguments, reason):
    words = [world.release if word == "RELEASE" else word for word in arguments]
    assert reason in refusal(node, *words)


def test_a_worker_whose_primary_nobody_knows(world, machine):
    node = machine()
    node.file("/mnt/var/lib/info/instance.json", json.dumps({"isMaster": False}))
    said = refusal(node, world.release, "--insecure", "--region", "us-east-1")
    assert said.endswith("pass --scheduler-host")


def test_a_secret_with_certificates_reaches_services_and_jobs_and_nobody_else(world, node):
    text = world.make_certificates("village/tls")
    action = node.bootstrap(world.release, "--tls-secret", "village/tls")
    assert action.communicate(timeout=200)[1] == "" and action.returncode == 0
    assert node.read("/etc/springald/tls-bundle.pem").strip() == text.strip()
    assert node.run("stat", "--format=%a %U %G", "/etc/springald/tls-bundle.pem") == "640 springald hadoop\n"
    for settings in ("environment", "job.environment"):
        text = node.read(f"/etc/springald/{settings}")
        assert "SPRINGALD_TLS_BUNDLE=/etc/springald/tls-bundle.pem" in text and "INSECURE" not in text


def test_a_secret_that_holds_no_certificates(node, world):
    aws.create_secret("village/no-tls", "CERTIFICATES")
    said = refusal(node, world.release, "--tls-secret", "village/no-tls")
    assert said.startswith("error: secret village/no-tls: it is not a PEM file"), said


def test_amazons_authorities_for_rds_are_installed_where_jobs_look_for_them(world, node):
    bundle = world.scratch / "rds-bundle.pem"
    bundle.write_text("AUTHORITIES\n")
    place = f"{world.release}-with-bundle/{world.version}"
    world.publish(place, world.package, world.checksum, bundle)
    action = node.bootstrap(place, "--insecure")
    assert action.communicate(timeout=200)[1] == "" and action.returncode == 0
    assert node.run("stat", "--format=%a", "/etc/springald/rds-bundle.pem") == "644\n"
    assert "SPRINGALD_TLS_CA=/etc/springald/rds-bundle.pem" in node.read("/etc/springald/job.environment")
