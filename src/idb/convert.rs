//! Bytes, numbers and the head as IndexedDB keeps them.
//! Knows no transaction.

use std::rc::Rc;

use js_sys::{Object, Reflect, Uint8Array};
use syncline_store::{DiskError, FORMAT, Generation, Head, Sequence};
use wasm_bindgen::{JsCast, JsValue};

use super::known;

const FIELDS: [&str; 3] = ["format", "generation", "through"];

/// Makes a key of a number; numbers stay below 2^53, which a floating-point number holds exactly.
#[allow(clippy::cast_precision_loss, reason = "entries, pages and generations are counted from 0")]
pub(super) fn key(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

/// Reads a number that [`key`] wrote.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative and fractional numbers are refused"
)]
pub(super) fn number(value: &JsValue) -> Result<u64, DiskError> {
    let number = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
    number.map(|number| number as u64).ok_or(DiskError::Corrupt)
}

/// Reads bytes.
pub(super) fn blob(value: &JsValue) -> Result<Rc<[u8]>, DiskError> {
    let array = value.dyn_ref::<Uint8Array>().ok_or(DiskError::Corrupt)?;
    Ok(array.to_vec().into())
}

/// Reads a page, if there is one.
pub(super) fn page(row: &JsValue) -> Result<Option<Rc<[u8]>>, DiskError> {
    Some(row).filter(|row| !row.is_undefined()).map(blob).transpose()
}

/// Reads the head; a database that was never compacted has none.
pub(super) fn head(row: Option<&JsValue>) -> Result<Head, DiskError> {
    let Some(row) = row.filter(|row| !row.is_undefined()) else {
        return Ok(Head { format: FORMAT, generation: Generation(0), through: Sequence(0) });
    };
    let field = |name| number(&Reflect::get(row, &known::text(name)).map_err(|_error| DiskError::Corrupt)?);
    let [format, generation, through] = FIELDS.map(field);
    let format = format?;
    if format > u64::from(FORMAT) {
        return Err(DiskError::NewerFormat);
    }
    let format = u8::try_from(format).map_err(|_error| DiskError::Corrupt)?;
    Ok(Head { format, generation: Generation(generation?), through: Sequence(through?) })
}

/// Writes the head as an object, which is legible in a browser's tools.
pub(super) fn head_row(head: Head) -> JsValue {
    let row = Object::new();
    let values = [u64::from(head.format), head.generation.0, head.through.0];
    for (name, value) in FIELDS.into_iter().zip(values) {
        // Setting a field of a plain object cannot fail.
        let _is_set = Reflect::set(&row, &name.into(), &key(value));
    }
    row.into()
}
