//! The two JSON forms: plain for people and services, typed without any loss.

mod plain;
mod typed;

pub use plain::{plain, plain_within};
pub use typed::typed;

use serde_json::{Number, Value as Json};

/// A finite number, or the name that CLIXML has for it.
fn float(value: f64) -> Json {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "INF".into() } else { "-INF".into() }
    } else {
        Number::from_f64(value).map_or(Json::Null, Json::Number)
    }
}

/// As [`float`], with the shortest digits that tell the number from other numbers of 32 bits.
fn single(value: f32) -> Json {
    float(value.to_string().parse().unwrap_or_else(|_| value.into()))
}
