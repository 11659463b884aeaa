//! Arrow types → Hive's type strings: the one table of what the catalog's readers know.

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

/// The most digits that a decimal has for any reader.
const MAX_DECIMAL_DIGITS: u8 = 38;

/// Returns the catalog's type string of a column that is stored in Parquet as `data_type`.
///
/// # Errors
/// When no reader of the table would read such a column back as it is.
pub fn hive_type(data_type: &DataType) -> Result<String, UnsupportedType> {
    use DataType as T;
    let cast = |to| Err(UnsupportedType { data_type: data_type.clone(), cast: to });
    let name = match data_type {
        T::Boolean => "boolean",
        T::Int8 => "tinyint",
        T::Int16 => "smallint",
        T::Int32 => "int",
        T::Int64 => "bigint",
        T::Float32 => "float",
        T::Float64 => "double",
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "string",
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => "binary",
        T::Date32 => "date",
        T::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, _) => "timestamp",
        T::Decimal32(p, s) | T::Decimal64(p, s) | T::Decimal128(p, s) | T::Decimal256(p, s) => {
            return decimal(*p, *s).ok_or(()).or_else(|()| cast("DECIMAL(38, s) or VARCHAR"));
        }
        T::Dictionary(_, value) => return hive_type(value),
        T::List(item) | T::LargeList(item) | T::FixedSizeList(item, _) => {
            return Ok(format!("array<{}>", hive_type(item.data_type())?));
        }
        T::Struct(fields) => return structure(fields.iter().map(AsRef::as_ref)),
        T::Map(entries, _) => return map(entries).unwrap_or_else(|| cast("VARCHAR")),
        T::UInt8 => return cast("SMALLINT"),
        T::UInt16 => return cast("INT"),
        T::UInt32 => return cast("BIGINT"),
        T::UInt64 => return cast("DECIMAL(20, 0)"),
        T::Float16 => return cast("FLOAT"),
        T::Date64 | T::Timestamp(TimeUnit::Second, _) => return cast("TIMESTAMP(3)"),
        T::Timestamp(TimeUnit::Nanosecond, _) => return cast("TIMESTAMP(6)"),
        T::Null | T::Time32(_) | T::Time64(_) | T::Duration(_) | T::Interval(_) => return cast("VARCHAR"),
        T::ListView(_) | T::LargeListView(_) => return cast("LIST"),
        T::Union(_, _) | T::RunEndEncoded(_, _) => return cast("the type of its values"),
    };
    Ok(name.to_owned())
}

fn decimal(precision: u8, scale: i8) -> Option<String> {
    let scale = u8::try_from(scale).ok()?;
    let fits = precision <= MAX_DECIMAL_DIGITS && scale <= precision;
    fits.then(|| format!("decimal({precision},{scale})"))
}

fn structure<'a>(fields: impl Iterator<Item = &'a Field>) -> Result<String, UnsupportedType> {
    let member = |field: &Field| Ok(format!("{}:{}", crate::fold(field.name()), hive_type(field.data_type())?));
    let members = fields.map(member).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("struct<{}>", members.join(",")))
}

/// The type of a map, or nothing if its entries are not pairs.
fn map(entries: &Field) -> Option<Result<String, UnsupportedType>> {
    let DataType::Struct(pair) = entries.data_type() else { return None };
    let [key, value] = pair.as_ref() else { return None };
    let types = hive_type(key.data_type()).and_then(|key| Ok((key, hive_type(value.data_type())?)));
    Some(types.map(|(key, value)| format!("map<{key},{value}>")))
}

/// A type that the catalog's readers do not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reader of the table knows type {data_type}: cast it to {cast}")]
pub struct UnsupportedType {
    data_type: DataType,
    cast: &'static str,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn every_stored_type_has_its_name() {
        let utc = Some(Arc::from("UTC"));
        let names = [
            (DataType::Boolean, "boolean"),
            (DataType::Int8, "tinyint"),
            (DataType::Int16, "smallint"),
            (DataType::Int32, "int"),
            (DataType::Int64, "bigint"),
            (DataType::Float32, "float"),
            (DataType::Float64, "double"),
            (DataType::Decimal128(20, 0), "decimal(20,0)"),
            (DataType::Decimal256(38, 38), "decimal(38,38)"),
            (DataType::Utf8View, "string"),
            (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), "string"),
            (DataType::FixedSizeBinary(16), "binary"),
            (DataType::Date32, "date"),
            (DataType::Timestamp(TimeUnit::Millisecond, None), "timestamp"),
            (DataType::Timestamp(TimeUnit::Microsecond, utc), "timestamp"),
        ];
        for (data_type, name) in names {
            assert_eq!(hive_type(&data_type).as_deref(), Ok(name), "{data_type}");
        }
    }

    #[test]
    fn nested_types_nest() {
        let field = |name: &str, data_type| Field::new(name, data_type, true);
        let list = DataType::new_list(DataType::Int32, true);
        let pair = DataType::Struct(vec![field("keys", DataType::Utf8), field("values", list)].into());
        let map = DataType::Map(Arc::new(field("entries", pair)), false);
        let structure = DataType::Struct(vec![field("Zip Code", DataType::Utf8), field("m", map)].into());
        assert_eq!(hive_type(&structure).unwrap(), "struct<zip_code:string,m:map<string,array<int>>>");
    }

    #[test]
    fn what_readers_do_not_know_names_the_way_out() {
        let casts = [
            (DataType::UInt64, "DECIMAL(20, 0)"),
            (DataType::UInt32, "BIGINT"),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), "TIMESTAMP(6)"),
            (DataType::Time64(TimeUnit::Microsecond), "VARCHAR"),
            (DataType::Decimal256(39, 0), "DECIMAL(38, s) or VARCHAR"),
            (DataType::Decimal128(10, -2), "DECIMAL(38, s) or VARCHAR"),
            (DataType::Null, "VARCHAR"),
        ];
        for (data_type, cast) in casts {
            let error = hive_type(&data_type).unwrap_err().to_string();
            assert_eq!(error, format!("no reader of the table knows type {data_type}: cast it to {cast}"));
        }
        let nested = hive_type(&DataType::new_list(DataType::UInt8, true)).unwrap_err();
        assert_eq!(nested.to_string(), "no reader of the table knows type UInt8: cast it to SMALLINT");
    }
}
