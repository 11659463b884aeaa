//! `--dry-run`: what a run would read, how, with which rights, and where it would write, as text for people.

use std::fmt::Write;

use springald_catalog::hive_type;
use springald_mysql::{ReadSpec, SplitPlan, risk};
use springald_publish::TargetArgs;

/// What a run would do.
pub(crate) struct Preview<'a> {
    pub(crate) spec: &'a ReadSpec,
    pub(crate) plan: &'a SplitPlan,
    pub(crate) grants: &'a [String],
    pub(crate) target: &'a TargetArgs,
    pub(crate) into: String,
}

impl Preview<'_> {
    /// Returns the preview as text.
    ///
    /// # Errors
    /// When a column has a type that the catalog does not know, as the run itself would say.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        self.columns(&mut text)?;
        self.splits(&mut text)?;
        writeln!(text, "\nRights of {} on the server:", self.spec.source.login())?;
        for grant in self.grants {
            writeln!(text, "  {grant}")?;
        }
        writeln!(text, "\nWould be written below {} and published as {}", self.target.warehouse, self.into)?;
        Ok(text)
    }

    fn columns(&self, text: &mut String) -> anyhow::Result<()> {
        writeln!(text, "Columns of {}:", self.spec.origin)?;
        let schema = self.spec.arrow_schema();
        for (column, field) in self.spec.columns.iter().zip(schema.fields()) {
            let stored = hive_type(field.data_type())?;
            write!(text, "  {:<32} {:<28} {:<32} {stored}", column.name, column.declared, field.name())?;
            match risk(column, &self.spec.options) {
                Some(risk) => writeln!(text, "  ({risk})")?,
                None => writeln!(text)?,
            }
        }
        Ok(())
    }

    fn splits(&self, text: &mut String) -> anyhow::Result<()> {
        writeln!(text, "\nSplits, with rows as estimated:")?;
        for split in &self.plan.splits {
            writeln!(text, "  {:>5} {:>12}  {}", split.number, split.estimated_rows, split.range)?;
        }
        for warning in &self.plan.warnings {
            writeln!(text, "  warning: {warning}")?;
        }
        Ok(())
    }
}
