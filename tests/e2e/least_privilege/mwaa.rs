//! What Airflow's operators ask EMR for.

use super::{actions_on, granted, with_unseen};
use crate::harness::{Road, ask_emr, ministack};

/// What `RunJobFlow` needs a right for beside its own, by the member of the request that makes it so (facts, 2.2).
const BY_RUN_JOB_FLOW: [(&str, &str); 3] = [
    ("Tags", "elasticmapreduce:AddTags"),
    ("AutoTerminationPolicy", "elasticmapreduce:PutAutoTerminationPolicy"),
    ("JobFlowRole", "iam:PassRole"),
];

#[test]
fn mwaa_may_start_use_and_end_a_cluster_and_nothing_else() {
    let road = Road::to(ministack().endpoint());
    let given = ask_emr(road.endpoint());
    for (member, action) in BY_RUN_JOB_FLOW {
        assert!(given.iter().any(|given| given == member), "no cluster is started with {member}: why {action}?");
    }
    let unseen = BY_RUN_JOB_FLOW.map(|(_, action)| action);
    assert_eq!(with_unseen(actions_on(&road), &unseen), granted("mwaa.json"));
}
