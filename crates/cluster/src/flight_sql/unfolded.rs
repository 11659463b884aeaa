//! Functions whose result may be far longer than what they are told: they are worked out on executors, never while a query is
//! planned, in the memory of the scheduler.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;

/// Those that pad to a length, or put a long text in the place of a short one or between others, or write each byte as two.
const LENGTHENING: [&str; 6] = ["array_to_string", "encode", "lpad", "regexp_replace", "replace", "rpad"];

/// The other names of these.
const ALIASES: [&str; 3] = ["array_join", "list_join", "list_to_string"];

/// Returns whether a function, as it is named in lower case, is one of them.
pub(super) fn is_lengthening(name: &str) -> bool {
    LENGTHENING.contains(&name) || ALIASES.contains(&name)
}

/// Keeps the planner of `context` from working out what [`LENGTHENING`] functions make of constants. May be repeated.
///
/// # Errors
/// When `context` does not have one of them.
pub(super) fn leave_to_executors(context: &SessionContext) -> Result<()> {
    for name in LENGTHENING {
        let function = context.udf(name)?;
        if function.signature().volatility == Volatility::Volatile {
            continue;
        }
        let signature = Signature { volatility: Volatility::Volatile, ..function.signature().clone() };
        context.register_udf(ScalarUDF::from(Unfolded { function, signature }));
    }
    Ok(())
}

/// A function that says of itself that it may have another value each time, so that no planner works it out. Executors find
/// the function itself by its name.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Unfolded {
    function: Arc<ScalarUDF>,
    signature: Signature,
}

impl ScalarUDFImpl for Unfolded {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn aliases(&self) -> &[String] {
        self.function.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.function.return_type(arguments)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        self.function.return_field_from_args(arguments)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.function.coerce_types(arguments)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.function.invoke_with_args(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_are_known() {
        let context = SessionContext::new();
        let names = |name: &str| [vec![name.to_owned()], context.udf(name).unwrap().aliases().to_vec()].concat();
        let all: Vec<String> = LENGTHENING.into_iter().flat_map(names).collect();
        assert!(all.iter().all(|name| is_lengthening(name)), "{all:?}");
        assert_eq!(all.len(), LENGTHENING.len() + ALIASES.len());
    }
}
