"""Which node this is: read from every form that EMR's files are known to have, and refused when it cannot be told."""

import json

import pytest

from errors import NodeError
from identity import Identity, identify

PRIMARY = "10.0.1.23"
NAME = "ip-10-0-1-23.eu-west-1.compute.internal"


class Network:
    """A network in which this node is 10.0.1.40 and the names in `names` are known."""

    def __init__(self, names=None, region=None, primary=None):
        self.names = {PRIMARY: PRIMARY, NAME: PRIMARY, "localhost": "127.0.0.1", **(names or {})}
        self._region, self._primary = region, primary
        self.asked = []

    def own_address(self, towards=None):
        return "10.0.1.40"

    def resolve(self, host):
        return self.names.get(host)

    def region(self):
        return self._region

    def primary_of(self, cluster, in_region):
        self.asked.append((cluster, in_region))
        return self._primary


@pytest.fixture
def info(tmp_path):
    """Returns a function that writes EMR's files and returns their directory."""

    def write(instance, extra=None, job_flow=None):
        for name, value in {"instance": instance, "extraInstanceData": extra, "job-flow": job_flow}.items():
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value)
                (tmp_path / f"{name}.json").write_text(text)
        return tmp_path

    return write


CORE = {"instanceGroupId": "ig-1", "isMaster": False}
EXTRA = {"masterHost": PRIMARY, "instanceRole": "core", "region": "eu-west-1", "haEnabled": False, "jobFlowId": "j-1"}


def test_a_worker_finds_its_scheduler_by_address(info):
    node = identify(info(CORE, EXTRA), Network())
    assert node == Identity(False, "10.0.1.40", PRIMARY, "eu-west-1")


def test_a_worker_finds_its_scheduler_by_name(info):
    node = identify(info(CORE, {**EXTRA, "masterHost": NAME}), Network())
    assert node.scheduler_host == NAME


def test_the_primary_advertises_its_own_address_and_not_the_localhost_it_is_given(info):
    extra = {**EXTRA, "masterHost": "localhost", "instanceRole": "master"}
    node = identify(info({"isMaster": True}, extra, {"masterPrivateDnsName": "localhost"}), Network())
    assert node == Identity(True, "10.0.1.40", "10.0.1.40", "eu-west-1")


def test_a_worker_never_takes_localhost_for_its_scheduler(info):
    node = identify(info(CORE, {**EXTRA, "masterHost": "localhost"}, {"masterPrivateDnsName": NAME}), Network())
    assert node.scheduler_host == NAME


def test_a_name_that_nobody_knows_gives_way_to_the_next(info):
    extra = {**EXTRA, "masterHost": "ip-10-0-1-23.corp.example"}
    node = identify(info(CORE, extra, {"masterPrivateDnsName": PRIMARY}), Network())
    assert node.scheduler_host == PRIMARY


def test_a_fleet_without_the_keys_of_groups_is_enough(info):
    network = Network(region="eu-west-1")
    node = identify(info(CORE, {}, {"jobFlowId": "j-1", "masterPrivateDnsName": NAME}), network)
    assert node == Identity(False, "10.0.1.40", NAME, "eu-west-1")


def test_without_the_undocumented_files_the_metadata_tells_the_region_and_an_option_the_scheduler(info):
    node = identify(info(CORE), Network(region="us-east-1"), scheduler_host=PRIMARY)
    assert node == Identity(False, "10.0.1.40", PRIMARY, "us-east-1")


def test_emr_is_asked_when_no_file_names_the_primary(info):
    network = Network(primary=PRIMARY)
    extra = {"region": "eu-west-1", "jobFlowId": "j-1"}
    assert identify(info(CORE, extra), network).scheduler_host == PRIMARY
    assert network.asked == [("j-1", "eu-west-1")]


def test_an_option_comes_before_the_files(info):
    network = Network(names={"scheduler.example": "10.9.9.9"})
    node = identify(info(CORE, EXTRA), network, scheduler_host="scheduler.example", region="us-east-2")
    assert (node.scheduler_host, node.region) == ("scheduler.example", "us-east-2")


@pytest.mark.parametrize("role, is_primary", [("MASTER", True), ("master", True), ("Core", False), ("TASK", False)])
def test_the_role_is_read_in_any_case_where_is_master_is_missing(info, role, is_primary):
    assert identify(info({}, {**EXTRA, "instanceRole": role}), Network()).is_primary is is_primary


def test_is_master_decides_even_against_the_role(info):
    assert not identify(info(CORE, {**EXTRA, "instanceRole": "MASTER"}), Network()).is_primary


@pytest.mark.parametrize("enabled", [True, "true", "True"])
def test_three_primaries_are_refused(info, enabled):
    with pytest.raises(NodeError, match="three primary nodes"):
        identify(info({"isMaster": True}, {**EXTRA, "haEnabled": enabled}), Network())


@pytest.mark.parametrize(
    "files, options, reason",
    [
        ((None,), {}, "instance.json is missing"),
        (("{",), {}, "read .*instance.json"),
        (("[]",), {}, "no JSON object"),
        (({},), {"region": "eu-west-1"}, "no isMaster"),
        ((CORE, {**EXTRA, "region": None}), {}, "pass --region"),
        ((CORE, {"region": "eu-west-1"}), {}, "pass --scheduler-host"),
        ((CORE, EXTRA), {"scheduler_host": "no.example"}, "no.example cannot be resolved"),
    ],
)
def test_what_cannot_be_told_is_said(info, files, options, reason):
    with pytest.raises(NodeError, match=reason):
        identify(info(*files), Network(), **options)
