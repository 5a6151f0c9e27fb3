//! Parquet, in and out.

use super::{names, number, place, text};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// A table of a number, a token or none, a list of numbers, and a token, in groups of so many rows.
pub(super) fn write_parquet(
    path: &Path,
    groups: &[usize],
    first: impl Fn(usize) -> Option<String>,
    second: impl Fn(usize) -> String,
) {
    let column =
        |name, physical, repetition| Type::primitive_type_builder(name, physical).with_repetition(repetition);
    let id = column("id", Physical::INT64, Repetition::REQUIRED).build().unwrap();
    let text = |name, repetition| {
        column(name, Physical::BYTE_ARRAY, repetition)
            .with_logical_type(Some(LogicalType::String))
            .build()
            .unwrap()
    };
    let element = column("element", Physical::INT32, Repetition::OPTIONAL).build().unwrap();
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)]);
    let list = Type::group_type_builder("numbers")
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list.build().unwrap())]);
    let fields = vec![
        id,
        text("first", Repetition::OPTIONAL),
        list.build().unwrap(),
        text("second", Repetition::REQUIRED),
    ];
    let fields = fields.into_iter().map(Arc::new).collect();
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build().unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
    let mut from = 0;
    for rows in groups {
        let rows = from..from + rows;
        from = rows.end;
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let ids: Vec<i64> = rows.clone().map(|i| i as i64).collect();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let cells: Vec<_> = rows.clone().map(&first).collect();
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        let cells: Vec<ByteArray> = cells.iter().flatten().map(|cell| cell.as_str().into()).collect();
        column.typed::<ByteArrayType>().write_batch(&cells, Some(&levels), None).unwrap();
        column.close().unwrap();
        // Of no list, an empty one, [i], and [null, i].
        let mut column = group.next_column().unwrap().unwrap();
        let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
        for i in rows.clone() {
            match i % 4 {
                0 => definition.push(0),
                1 => definition.push(1),
                2 => definition.push(3),
                _ => definition.extend([2, 3]),
            }
            repetition.push(0);
            if i % 4 == 3 {
                repetition.push(1);
            }
            if i % 4 > 1 {
                values.push(i as i32);
            }
        }
        column.typed::<Int32Type>().write_batch(&values, Some(&definition), Some(&repetition)).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let cells: Vec<_> = rows.map(&second).collect();
        let cells: Vec<ByteArray> = cells.iter().map(|cell| cell.as_str().into()).collect();
        column.typed::<ByteArrayType>().write_batch(&cells, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

pub(super) fn parquet_rows(path: &Path) -> Vec<Vec<(String, Field)>> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| Row::into_columns(row.unwrap())).collect()
}

#[test]
fn parquet_keeps_its_columns_and_rows() {
    let (place, keys) = place();
    let groups = [100, 0, 300, 1];
    let first = |i: usize| (!i.is_multiple_of(3)).then(|| number(&keys, i));
    let second = |i: usize| match i % 5 {
        0 => "no token".to_owned(),
        1 => String::new(),
        _ => text(&keys, "second", &format!("text {i}")),
    };
    write_parquet(&place.path("in.parquet"), &groups, first, second);
    let plain = parquet_rows(&place.path("in.parquet"));
    let args = ["open", "--file", "in.parquet", "--out", "out.parquet", "--json"];
    let ran = place.run(&[&args[..], &["--column", "auto"]].concat());
    // The first rows of the second column are not all tokens.
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let out = parquet_rows(&place.path("out.parquet"));
    assert_eq!(out.len(), 401);
    for (i, (row, plain)) in out.iter().zip(&plain).enumerate() {
        let names: Vec<_> = row.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "first", "numbers", "second", "first_error"]);
        assert_eq!((&row[0], &row[2], &row[3]), (&plain[0], &plain[2], &plain[3]));
        let opened = if i.is_multiple_of(3) { Field::Null } else { Field::Str(i.to_string()) };
        assert_eq!((&row[1].1, &row[4].1), (&opened, &Field::Null));
    }
    assert_eq!(names(&place), ["in.parquet", "out.parquet"]);
    assert_eq!(fs::metadata(place.path("out.parquet")).unwrap().permissions().mode() & 0o777, 0o600);

    let args = ["open", "--file", "in.parquet", "--out", "both.parquet", "--json", "--sync-every", "0"];
    let ran = place.run(&[&args[..], &["--column", "second", "--column", "first"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(summary["refused"], json!({ "token-malformed": 81 }));
    let out = parquet_rows(&place.path("both.parquet"));
    assert_eq!(out.len(), 401);
    for (i, row) in out.iter().enumerate() {
        let (opened, error) = match i % 5 {
            0 => (Field::Null, Field::Str("token-malformed".to_owned())),
            1 => (Field::Str(String::new()), Field::Null),
            _ => (Field::Str(format!("text {i}")), Field::Null),
        };
        assert_eq!((&row[3].1, &row[5].1), (&opened, &error));
        assert_eq!(row[2], plain[i][2]);
    }
    let missing = place.run(&["open", "--file", "in.parquet", "--out", "x.parquet", "--column", "numbers"]);
    assert!(missing.failed(2).contains("error[column-unknown]"));
    // A table without rows.
    write_parquet(&place.path("empty.parquet"), &[], |_| None, |_| String::new());
    place.run(&["open", "--file", "empty.parquet", "--out", "none.parquet", "--column", "first"]).ok();
    assert_eq!(parquet_rows(&place.path("none.parquet")).len(), 0);
    // A file that was cut off.
    let whole = fs::read(place.path("in.parquet")).unwrap();
    fs::write(place.path("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    let cut = place.run(&["open", "--file", "cut.parquet", "--out", "y.parquet", "--column", "first"]);
    assert!(cut.failed(2).contains("error[table-malformed]"));
}
