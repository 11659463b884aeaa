//! Tests of the operator's place in a plan. What it reads is tested against a server.

use super::*;
use crate::name::SourceTable;
use crate::schema::{ColumnKind, SourceColumn};
use crate::split::{Key, KeyRange, KeyValue, Split, splits_relation};
use datafusion::physical_plan::displayable;

fn column(name: &str) -> SourceColumn {
    SourceColumn {
        name: name.to_owned(),
        field_name: name.to_lowercase(),
        kind: ColumnKind::Text,
        conversion: None,
        declared: "text".to_owned(),
        nullable: false,
        comment: None,
    }
}

fn relation(splits: u32) -> Arc<dyn ExecutionPlan> {
    let split = |number: u32| {
        let range = KeyRange { start: Some(Key(vec![KeyValue::Int(number.into())])), end: None };
        Split { number, range, estimated_rows: 10 }
    };
    splits_relation(&(0..splits).map(split).collect::<Vec<_>>()).unwrap()
}

fn read(splits: u32) -> MySqlReadExec {
    let source = "mysql://reader@db.example.org/crime_data".parse().unwrap();
    let table = SourceTable::new("crime_data", "Crimes");
    let mut spec = ReadSpec::new(source, table, vec![column("ID"), column("Primary Type")]);
    spec.filter = Some("Year = 2016".to_owned());
    spec.limit = Some(3);
    MySqlReadExec::try_new(relation(splits), Arc::new(spec)).unwrap()
}

#[test]
fn a_plan_shows_what_is_read_and_no_login() {
    let plan = displayable(&read(8)).indent(true).to_string();
    insta::assert_snapshot!(plan, @r"
    MySqlReadExec: table=crime_data.Crimes, columns=[ID, Primary Type], splits=8, where=Year = 2016, limit=3
      DataSourceExec: partitions=8, partition_sizes=[1, 1, 1, 1, 1, 1, 1, 1]
    ");
}

#[test]
fn partitions_are_those_of_the_input() {
    let plan: Arc<dyn ExecutionPlan> = Arc::new(read(8));
    assert_eq!(plan.properties().partitioning.partition_count(), 8);
    // What Ballista does when it cuts a stage into tasks.
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    let cut = plan.replace_children(vec![relation(2)], options).unwrap();
    assert_eq!(cut.properties().partitioning.partition_count(), 2);
    assert_eq!(cut.schema().field(1).name(), "primary type");
}

#[test]
fn only_a_relation_of_splits_will_do() {
    let spec = Arc::clone(read(1).spec());
    assert!(MySqlReadExec::try_new(Arc::new(read(1)), spec).is_err());
}
