"""Asks EMR for what Airflow's operators ask it for: a cluster, steps on it, their state, and its end.

usage: mwaa.py

The calls are those of apache-airflow-providers-amazon: EmrCreateJobFlowOperator, EmrAddStepsOperator with its waiters (one
for a step, and, where it defers, one for several), EmrStepSensor, the cancelling of a step whose task was cleared, and
EmrTerminateJobFlowOperator. Prints one line of JSON with what RunJobFlow was given, by which it needs rights of others' calls.
"""

import json

import boto3

CLUSTER = {
    "Name": "springald",
    "ReleaseLabel": "emr-7.13.0",
    "Applications": [{"Name": "Hadoop"}],
    "Instances": {
        "KeepJobFlowAliveWhenNoSteps": True,
        "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m7g.xlarge", "InstanceCount": 1}],
    },
    "JobFlowRole": "EMR_EC2_ROLE",
    "ServiceRole": "EMR_SERVICE_ROLE",
    "Tags": [{"Key": "project", "Value": "springald"}],
    "AutoTerminationPolicy": {"IdleTimeout": 3600},
}


def step(name, *arguments):
    launched = {"Jar": "command-runner.jar", "Args": ["springald-step", *arguments]}
    return {"Name": name, "ActionOnFailure": "CONTINUE", "HadoopJarStep": launched}


def main():
    emr = boto3.client("emr")
    cluster = emr.run_job_flow(**CLUSTER)["JobFlowId"]
    emr.get_waiter("cluster_running").wait(ClusterId=cluster)
    steps = emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step("ingest", "ingest"), step("process", "process")])
    steps = steps["StepIds"]
    for added in steps:
        emr.get_waiter("step_complete").wait(ClusterId=cluster, StepId=added)
    assert len(emr.list_steps(ClusterId=cluster, StepIds=steps)["Steps"]) == len(steps)
    emr.cancel_steps(ClusterId=cluster, StepIds=steps, StepCancellationOption="SEND_INTERRUPT")
    emr.terminate_job_flows(JobFlowIds=[cluster])
    emr.get_waiter("cluster_terminated").wait(ClusterId=cluster)
    print(json.dumps(sorted(CLUSTER)))


if __name__ == "__main__":
    main()
