//! How many tables a query reads, before it is planned: what `WITH` has defined is planned wherever its name stands.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Ident, ObjectName, Query, TableFactor, Visit, Visitor};

/// Returns how many tables a query reads, each counted as often as it is planned, and every subquery as one at least; those of
/// a definition that nothing uses are planned, too.
pub(super) fn tables(query: &Query) -> usize {
    let mut found = Found::default();
    let _: ControlFlow<()> = query.visit(&mut found);
    found.planned.max(found.named)
}

/// What there is in a query, at any depth.
#[derive(Default)]
struct Found {
    named: usize,
    planned: usize,
    /// The queries that are being looked at, one within the other.
    open: Vec<Open>,
}

#[derive(Default)]
struct Open {
    tables: usize,
    /// What `WITH` is still to define, the next one last.
    to_define: Vec<String>,
    /// What it has defined, and of how many tables each is made.
    defined: Vec<(String, usize)>,
}

impl Found {
    /// Returns how many tables a name stands for. DataFusion looks for its parts with dots between them.
    fn tables_of(&self, name: &ObjectName) -> usize {
        let parts: Vec<_> = name.0.iter().filter_map(|part| part.as_ident().map(known_as)).collect();
        let name = parts.join(".");
        let mut defined = self.open.iter().rev().flat_map(|query| query.defined.iter().rev());
        defined.find(|(known, _)| *known == name).map_or(1, |(_, tables)| *tables)
    }
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let definitions = query.with.iter().flat_map(|with| &with.cte_tables).rev();
        let to_define = definitions.map(|table| known_as(&table.alias.name)).collect();
        self.open.push(Open { to_define, ..Open::default() });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        let tables = self.open.pop().map_or(0, |query| query.tables).max(1);
        match self.open.last_mut() {
            None => self.planned = self.planned.saturating_add(tables),
            // Those of WITH come first.
            Some(around) => match around.to_define.pop() {
                Some(name) => around.defined.push((name, tables)),
                None => around.tables = around.tables.saturating_add(tables),
            },
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let tables = if let TableFactor::Table { name, .. } = factor {
            self.tables_of(name)
        } else {
            // What is within these is visited by itself.
            let is_made_of_others = matches!(factor, TableFactor::Derived { .. } | TableFactor::NestedJoin { .. });
            usize::from(!is_made_of_others)
        };
        self.named += tables.min(1);
        if let Some(query) = self.open.last_mut() {
            query.tables = query.tables.saturating_add(tables);
        }
        ControlFlow::Continue(())
    }
}

/// Returns a name as DataFusion knows it.
fn known_as(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}
