//! The shape of the output: the input's columns, with text in the place of tokens, and columns for errors.

use super::values::malformed;
use crate::cli::open::table::TokenColumn;
use crate::error::Result;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::file::metadata::{FileMetaData, KeyValue};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use std::sync::Arc;

/// What Arrow says of the columns' types. It would speak of the tokens' columns as they were.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// What a file of the output is made with.
#[derive(Clone)]
pub(in crate::cli::open) struct Shape {
    pub(super) schema: TypePtr,
    pub(super) properties: Arc<WriterProperties>,
}

impl Shape {
    pub(super) fn new(input: &FileMetaData, columns: &[TokenColumn]) -> Result<Self> {
        let root = input.schema();
        let mut fields: Vec<TypePtr> = root.get_fields().to_vec();
        let mut opened = Vec::new();
        for column in columns {
            let name = input.schema_descr().column(column.index).name().to_owned();
            for field in fields.iter_mut().filter(|field| field.name() == name) {
                *field = text(&name)?;
            }
            opened.push(name);
        }
        for column in columns {
            fields.push(text(&column.errors)?);
        }
        let schema = Type::group_type_builder(root.name()).with_fields(fields).build().map_err(malformed)?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(key_values(input));
        for name in opened {
            // Neither a dictionary of values nor the least and the greatest of them: both are copies.
            let column = ColumnPath::from(vec![name]);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_statistics_enabled(column, EnabledStatistics::None);
        }
        Ok(Self { schema: Arc::new(schema), properties: Arc::new(properties.build()) })
    }
}

/// An optional column of text.
fn text(name: &str) -> Result<TypePtr> {
    let column = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::String));
    Ok(Arc::new(column.build().map_err(malformed)?))
}

fn key_values(input: &FileMetaData) -> Option<Vec<KeyValue>> {
    let kept = input.key_value_metadata()?.iter().filter(|pair| pair.key != ARROW_SCHEMA);
    Some(kept.cloned().collect())
}
