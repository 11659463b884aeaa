#!/usr/bin/python3
"""Stands in for systemctl where there is no systemd: really starts, restarts and stops what the units say, as their user,
with their settings and their log. Knows as much of systemd as the bootstrap's units use, and no sandboxing."""

import os
import pwd
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
STATE = Path("/run/units")


class Unit:
    """A service's unit with its drop-ins."""

    def __init__(self, name):
        self.name = name if name.endswith(".service") else f"{name}.service"
        files = [UNITS / self.name, *sorted((UNITS / f"{self.name}.d").glob("*.conf"))]
        self.values = {}
        for line in "\n".join(file.read_text() for file in files).splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith(("#", ";")):
                self.values.setdefault(key, []).append(value)

    def one(self, key, default=""):
        """Returns the last value of a key."""
        return self.values.get(key, [default])[-1]

    @property
    def state(self):
        """Returns the directory of the service's state."""
        return STATE / self.name

    def pid(self, which):
        """Returns the process `main` or `supervisor` of the service if it lives, else None."""
        try:
            pid = int((self.state / which).read_text())
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ValueError):
            return None
        return None if "\nState:\tZ" in status else pid

    def environment(self):
        """Returns the environment of the service's processes."""
        values = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        files = [Path(file).read_text().splitlines() for file in self.values.get("EnvironmentFile", [])]
        for line in [*self.values.get("Environment", []), *sum(files, [])]:
            name, _, value = line.partition("=")
            values[name] = value
        return values

    def run(self, command, wait):
        """Starts a command line of the unit; waits for its end or returns the process."""
        environment = self.environment()
        words = [re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word) for word in command.split()]
        log = open(self.one("StandardOutput", "append:/dev/null").removeprefix("append:"), "ab")
        start = subprocess.run if wait else subprocess.Popen
        return start(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.become)

    def become(self):
        """Gives up what the service's processes may not have."""
        files = int(self.one("LimitNOFILE", "1024"))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        files = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        os.umask(int(self.one("UMask", "0022"), 8))
        os.chdir("/")
        if self.one("User"):
            user = pwd.getpwnam(self.one("User"))
            os.setgroups([user.pw_gid])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)


def supervise(unit):
    """Runs the service until it is stopped, restarting it as the unit says."""
    (unit.state / "supervisor").write_text(str(os.getpid()))
    while not (unit.state / "stop").exists():
        for command in unit.values.get("ExecStartPre", []):
            unit.run(command, wait=True)
        process = unit.run(unit.one("ExecStart"), wait=False)
        (unit.state / "main").write_text(str(process.pid))
        code = process.wait()
        if unit.one("Restart") != "always" and (unit.one("Restart") != "on-failure" or code == 0):
            return
        until = time.monotonic() + float(unit.one("RestartSec", "0.1"))
        while time.monotonic() < until and not (unit.state / "stop").exists():
            time.sleep(0.05)


def start(unit):
    """Starts the service unless it runs; returns once its process does."""
    if unit.pid("supervisor"):
        return
    unit.state.mkdir(parents=True, exist_ok=True)
    for old in unit.state.iterdir():
        old.unlink()
    if os.fork() == 0:
        os.setsid()
        log = os.open(unit.state / "log", os.O_RDWR | os.O_CREAT)
        for stream in (0, 1, 2):
            os.dup2(log, stream)
        supervise(unit)
        os._exit(0)
    wait_until(lambda: (unit.state / "main").exists(), 10)


def stop(unit):
    """Ends the service as systemd does: SIGTERM, and SIGKILL when that takes too long."""
    if unit.pid("supervisor"):
        (unit.state / "stop").touch()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if unit.pid("main"):
                os.kill(unit.pid("main"), number)
            if wait_until(lambda: not unit.pid("supervisor"), float(unit.one("TimeoutStopSec", "90"))):
                return


def restart(unit):
    """Stops the service and starts it."""
    stop(unit)
    start(unit)


def is_active(unit):
    """Ends with 3 when the service does not run."""
    if not unit.pid("main"):
        sys.exit(3)


def show(unit):
    """Prints the service's process, the only property that anyone asks for."""
    print(unit.pid("main") or 0)


def enable(unit):
    """Makes the service start with the machine."""
    wanted = UNITS / f"{unit.one('WantedBy')}.wants"
    wanted.mkdir(exist_ok=True)
    if not (wanted / unit.name).is_symlink():
        (wanted / unit.name).symlink_to(UNITS / unit.name)


def wait_until(claim, seconds):
    """Waits until a claim is true; returns whether it became so in time."""
    until = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


VERBS = {"start": start, "stop": stop, "restart": restart, "is-active": is_active, "show": show, "enable": enable}

verb, *rest = [word for word in sys.argv[1:] if not word.startswith("--")]
if verb != "daemon-reload":
    for named in rest:
        VERBS[verb](Unit(named))
