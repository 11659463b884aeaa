"""One node of the cluster: namespaces and a root directory of its own, described by EMR's files."""

import json
import subprocess
from pathlib import Path

import network
from command import AWS_VENV, run, wait_until

HERE = Path(__file__).resolve().parent
CLUSTER = "j-2AXXXXXXGAPLF"


class Node:
    """A node that EMR has started, and on which nothing is installed yet."""

    def __init__(self, number, scratch, shared, endpoint, init="sleep"):
        self.name = f"ip-10-77-0-{number}.ec2.internal"
        self._group = None
        words = [HERE / "node-root.sh", init, scratch / f"node{number}", AWS_VENV, shared, endpoint]
        apart = ["unshare", "--mount", "--net", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if init == "systemd":
            groups = scratch / "cgroups"
            self._group = groups / f"springald-test-node{number}"
            apart = [HERE / "with-cgroup.sh", groups, self._group.name, *apart]
        self._holder = subprocess.Popen([str(word) for word in [*apart, *words]], stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n", f"node {number} was not made"
        self._first = int(run("pgrep", "--parent", self._holder.pid))
        self.address = network.connect(self._first, number)
        self.file("/etc/hostname", self.name + "\n")  # systemd, if it is still starting, takes the name from there
        self.run("hostname", self.name)
        self.file("/etc/resolv.conf", "nameserver 127.0.0.1\n")  # where nobody answers: names come from /etc/hosts
        self.knows(self)

    def described(self, primary=None, **extra):
        """Writes EMR's files as they are on instance groups, for a worker of `primary` or the primary itself."""
        host = "localhost" if primary is None else primary.address
        self.file("/mnt/var/lib/info/instance.json", json.dumps({"instanceGroupId": "ig-1", "isMaster": primary is None}))
        values = {"masterHost": host, "jobFlowId": CLUSTER, "region": "us-east-1", "haEnabled": False, "candidates": []}
        values["instanceRole"] = "master" if primary is None else "core"
        self.file("/mnt/var/lib/info/extraInstanceData.json", json.dumps({**values, **extra}))
        job_flow = {"jobFlowId": CLUSTER, "masterPrivateDnsName": host, "instanceCount": 4}
        self.file("/mnt/var/lib/info/job-flow.json", json.dumps(job_flow))
        return self

    def described_as_fleet(self, primary):
        """Writes EMR's files with as little as instance fleets may have, for a worker of `primary`."""
        self.file("/mnt/var/lib/info/instance.json", json.dumps({"isMaster": False}))
        job_flow = {"jobFlowId": CLUSTER, "masterPrivateDnsName": primary.name}
        self.file("/mnt/var/lib/info/job-flow.json", json.dumps(job_flow))
        self.knows(self, primary)
        return self

    def knows(self, *nodes):
        """Makes these the nodes whose names can be resolved here."""
        lines = [f"{node.address} {node.name}\n" for node in nodes]
        self.file("/etc/hosts", "127.0.0.1 localhost\n" + "".join(lines))

    def command(self, *words, user="root"):
        """Returns the command line that runs `words` on this node."""
        inside = ["nsenter", f"--target={self._first}", "--mount", "--net", "--uts", "--ipc", "--pid", "--root"]
        inside += ["env", "-i", "--chdir=/", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp"]
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return [*inside, *become, *map(str, words)]

    def run(self, *words, user="root"):
        """Runs a command that must succeed; returns what it printed."""
        return run(*self.command(*words, user=user))

    def bootstrap(self, *arguments):
        """Starts the bootstrap action as EMR does: fetched to the node, as `hadoop`, arguments without a shell."""
        script = "/emr/instance-controller/lib/bootstrap-actions/1/bootstrap_actions.sh"
        self.file(script, (HERE.parents[2] / "bootstrap" / "bootstrap_actions.sh").read_text())
        command = self.command("bash", script, *arguments, user="hadoop")
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def file(self, path, text):
        """Writes a file that everyone may read."""
        script = f'mkdir -p "$(dirname {path})" && cat >{path} && chmod 755 {path}'
        run(*self.command("bash", "-c", script), input=text)

    def read(self, path):
        """Returns a file's text."""
        return self.run("cat", path)

    def main_pid(self, service):
        """Returns the process of a service that runs."""
        return int(self.run("systemctl", "show", "--property=MainPID", "--value", service))

    def runs(self, service):
        """Returns whether a service runs."""
        return subprocess.run(self.command("systemctl", "is-active", service)).returncode == 0

    def remove(self):
        """Ends the node with everything that runs on it."""
        self._holder.kill()
        self._holder.wait()
        if self._group:
            empty = ["find", self._group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]
            wait_until(lambda: subprocess.run(empty, capture_output=True) and not self._group.exists(), 20, "its group goes")
