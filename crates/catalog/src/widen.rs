//! Which types hold every value of another: a reader that is told the wider one reads older files of the narrower one.

/// Types that Athena and Spark read in place of those before them, when files of both lie in one table (facts, 4).
const CHAINS: [&[&str]; 2] = [&["tinyint", "smallint", "int", "bigint"], &["float", "double"]];

/// Returns whether the catalog's type `to` is another than `from` and holds all of its values, for the readers of both.
pub fn is_widening(from: &str, to: &str) -> bool {
    let in_chain = |chain: &&[&str]| {
        let place = |name: &str| chain.iter().position(|link| *link == name);
        matches!((place(from), place(to)), (Some(from), Some(to)) if from < to)
    };
    CHAINS.iter().any(in_chain) || is_wider_decimal(from, to)
}

/// Neither the digits before the point nor those after it may become fewer.
fn is_wider_decimal(from: &str, to: &str) -> bool {
    let (Some((from_precision, from_scale)), Some((to_precision, to_scale))) = (decimal(from), decimal(to)) else {
        return false;
    };
    let integral = |precision: u8, scale: u8| precision.saturating_sub(scale);
    from != to && to_scale >= from_scale && integral(to_precision, to_scale) >= integral(from_precision, from_scale)
}

fn decimal(name: &str) -> Option<(u8, u8)> {
    let (precision, scale) = name.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_type_holds_all_that_the_narrower_held() {
        for (from, to) in [
            ("tinyint", "smallint"),
            ("int", "bigint"),
            ("tinyint", "bigint"),
            ("float", "double"),
            ("decimal(8,2)", "decimal(12,2)"),
            ("decimal(8,2)", "decimal(10,4)"),
        ] {
            assert!(is_widening(from, to), "{from} → {to}");
            assert!(!is_widening(to, from), "{to} → {from}");
            assert!(!is_widening(from, from), "{from}");
        }
    }

    #[test]
    fn what_loses_digits_or_is_read_as_something_else_is_none() {
        for (from, to) in [
            ("int", "string"),
            ("int", "double"),
            ("int", "decimal(20,0)"),
            ("bigint", "float"),
            ("boolean", "tinyint"),
            ("date", "timestamp"),
            ("decimal(8,2)", "decimal(9,4)"),
            ("decimal(8,2)", "decimal(12,1)"),
            ("array<int>", "array<bigint>"),
        ] {
            assert!(!is_widening(from, to), "{from} → {to}");
        }
    }
}
