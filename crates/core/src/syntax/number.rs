//! Numbers as PowerShell reads and types them.
//!
//! A literal without suffix takes the first of Int32, Int64, Decimal and Double that holds it; a point or an exponent
//! makes it a Double. Suffixes choose the type (`l u ul s us y uy d`), multipliers follow them (`kb mb gb tb pb`). In
//! hexadecimal and binary literals of a full width the highest digit is the sign, as in PowerShell: `0xFFFFFFFF` is -1.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::chars::{ends_number, ends_word, is_dash};

/// A number with its type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    I8(i8),
    U8(u8),
    I16(i16),
    U16(u16),
    I32(i32),
    U32(u32),
    I64(i64),
    U64(u64),
    Double(f64),
    Decimal(Decimal),
}

/// What stands at the place where a number may begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scan {
    /// A number, and how many bytes it takes.
    Number(Number, usize),
    /// A number of arbitrary size (suffix `n`), for which CLIXML has no primitive.
    BigInteger,
    /// Something else: `7z`, `1.2.3`, `300y`.
    Other,
}

/// Where the number stands, which decides what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A command's argument: only the end of a word ends the number.
    Argument,
    /// Inside `@(…)` or `@{…}`: an operator ends it too.
    Expression,
}

/// The digits of a literal, without sign.
enum Literal<'a> {
    Whole(&'a str),
    Real(String),
    Hex(&'a str),
    Binary(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Unstated,
    Byte,
    Short,
    Long,
    Decimal,
    Big,
}

#[derive(Clone, Copy)]
struct Suffix {
    unsigned: bool,
    width: Width,
}

/// Reads the number at the start of `text`, which may begin with a sign.
pub(super) fn scan(text: &str, place: Place) -> Scan {
    let mut reader = Reader { rest: text };
    let negative = match reader.peek() {
        Some('+') => {
            reader.skip();
            false
        }
        Some(c) if is_dash(c) => {
            reader.skip();
            true
        }
        _ => false,
    };
    let parts = (|| Some((reader.literal()?, reader.suffix()?, reader.multiplier()?)))();
    let Some((literal, suffix, multiplier)) = parts else {
        return Scan::Other;
    };
    let ended = reader.peek().is_none_or(|c| match place {
        Place::Argument => ends_word(c),
        Place::Expression => ends_number(c),
    });
    if !ended {
        return Scan::Other;
    }
    if suffix.width == Width::Big {
        return Scan::BigInteger;
    }
    let value = match literal {
        Literal::Whole(digits) => whole(digits, negative, suffix, multiplier),
        Literal::Real(digits) => real(&digits, negative, suffix, multiplier),
        Literal::Hex(digits) => {
            hex(digits, suffix).and_then(|(n, suffix)| cast(signed(n, negative, multiplier)?, suffix))
        }
        Literal::Binary(digits) => {
            binary(digits, suffix).and_then(|(n, suffix)| cast(signed(n, negative, multiplier)?, suffix))
        }
    };
    value.map_or(Scan::Other, |number| {
        Scan::Number(number, text.len() - reader.rest.len())
    })
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    fn take(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !allowed(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn take_either(&mut self, lower: char) -> bool {
        let found = self.peek().is_some_and(|c| c.eq_ignore_ascii_case(&lower));
        if found {
            self.skip();
        }
        found
    }

    fn literal(&mut self) -> Option<Literal<'a>> {
        let start = self.rest;
        let digits = self.take(|c| c.is_ascii_digit());
        if digits == "0" {
            if self.take_either('x') {
                return Some(Literal::Hex(self.take(|c| c.is_ascii_hexdigit())));
            }
            if self.take_either('b') {
                let digits = self.take(|c| matches!(c, '0' | '1'));
                return (!digits.is_empty()).then_some(Literal::Binary(digits));
            }
        }
        let mut is_real = false;
        if self.peek() == Some('.') && !self.rest.starts_with("..") {
            self.skip();
            let fraction = self.take(|c| c.is_ascii_digit());
            if digits.is_empty() && fraction.is_empty() {
                return None;
            }
            is_real = true;
        } else if digits.is_empty() {
            return None;
        }
        if self.take_either('e') {
            is_real = true;
            if self.peek().is_some_and(|c| c == '+' || is_dash(c)) {
                self.skip();
            }
            if self.take(|c| c.is_ascii_digit()).is_empty() {
                return None;
            }
        }
        if !is_real {
            return Some(Literal::Whole(digits));
        }
        let taken = start.get(..start.len() - self.rest.len())?;
        Some(Literal::Real(
            taken.chars().map(|c| if is_dash(c) { '-' } else { c }).collect(),
        ))
    }

    /// The type suffix; `None` when the letters form none, so that the word is no number.
    fn suffix(&mut self) -> Option<Suffix> {
        let mut suffix = Suffix {
            unsigned: false,
            width: Width::Unstated,
        };
        if self.take_either('u') {
            suffix.unsigned = true;
            suffix.width = self.width(&[('l', Width::Long), ('s', Width::Short), ('y', Width::Byte)]);
        } else {
            suffix.width = self.width(&[
                ('l', Width::Long),
                ('s', Width::Short),
                ('y', Width::Byte),
                ('d', Width::Decimal),
                ('n', Width::Big),
            ]);
        }
        let more = self
            .peek()
            .is_some_and(|c| "usldyn".contains(c.to_ascii_lowercase()));
        (!more).then_some(suffix)
    }

    fn width(&mut self, choices: &[(char, Width)]) -> Width {
        for (letter, width) in choices {
            if self.take_either(*letter) {
                return *width;
            }
        }
        Width::Unstated
    }

    /// The factor of `kb` and its like; `None` when a letter of one is not followed by `b`.
    fn multiplier(&mut self) -> Option<i128> {
        for (power, letter) in ['k', 'm', 'g', 't', 'p'].into_iter().enumerate() {
            if self.take_either(letter) {
                return self.take_either('b').then_some(1 << (10 * (power + 1)));
            }
        }
        Some(1)
    }
}

fn signed(magnitude: i128, negative: bool, multiplier: i128) -> Option<i128> {
    magnitude.checked_mul(if negative { -multiplier } else { multiplier })
}

fn whole(digits: &str, negative: bool, suffix: Suffix, multiplier: i128) -> Option<Number> {
    let value = digits.parse().ok().and_then(|n| signed(n, negative, multiplier));
    if let Some(number) = value.and_then(|n| cast(n, suffix)) {
        return Some(number);
    }
    if suffix.unsigned || suffix.width != Width::Unstated {
        return None;
    }
    if let Some(decimal) = value.and_then(|n| Decimal::try_from_i128_with_scale(n, 0).ok()) {
        return Some(Number::Decimal(decimal));
    }
    let double = digits.parse::<f64>().ok()? * multiplier.to_f64()?;
    double
        .is_finite()
        .then_some(Number::Double(if negative { -double } else { double }))
}

fn real(digits: &str, negative: bool, suffix: Suffix, multiplier: i128) -> Option<Number> {
    if suffix.width == Width::Decimal {
        let unsigned = if digits.contains(['e', 'E']) {
            Decimal::from_scientific(digits).ok()?
        } else {
            digits.parse().ok()?
        };
        let mut decimal: Decimal =
            unsigned.checked_mul(Decimal::try_from_i128_with_scale(multiplier, 0).ok()?)?;
        decimal.set_sign_negative(negative && !decimal.is_zero());
        return Some(Number::Decimal(decimal));
    }
    let magnitude = digits.parse::<f64>().ok()? * multiplier.to_f64()?;
    let double = if negative { -magnitude } else { magnitude };
    if !suffix.unsigned && suffix.width == Width::Unstated {
        return Some(Number::Double(double));
    }
    cast(double.round_ties_even().to_i128()?, suffix)
}

/// The value of hexadecimal digits, and the type that their number implies.
fn hex(digits: &str, suffix: Suffix) -> Option<(i128, Suffix)> {
    let length = digits.len();
    let full = match suffix.width {
        Width::Byte => 2,
        Width::Short => 4,
        Width::Long => 16,
        _ if length < 15 => 8,
        _ => 16,
    };
    let has_sign = !suffix.unsigned && length == full;
    let magnitude = match digits {
        "" => 0,
        _ => u128::from_str_radix(digits, 16).ok()?,
    };
    let implies_long =
        suffix.width == Width::Unstated && ((has_sign && length == 16) || (!has_sign && length == 15));
    Some((
        with_sign_bit(magnitude, has_sign, length * 4)?,
        widen(suffix, implies_long),
    ))
}

/// The value of binary digits, and the type that their number implies.
fn binary(digits: &str, suffix: Suffix) -> Option<(i128, Suffix)> {
    let length = digits.len();
    let has_sign = !suffix.unsigned && matches!(length, 8 | 16 | 32 | 64 | 96 | 128);
    let magnitude = u128::from_str_radix(digits, 2).ok()?;
    let implies_long = suffix.width == Width::Unstated && length == 64;
    Some((
        with_sign_bit(magnitude, has_sign, length)?,
        widen(suffix, implies_long),
    ))
}

fn widen(suffix: Suffix, long: bool) -> Suffix {
    Suffix {
        width: if long { Width::Long } else { suffix.width },
        ..suffix
    }
}

fn with_sign_bit(magnitude: u128, has_sign: bool, bits: usize) -> Option<i128> {
    let spare = 128usize.checked_sub(bits).filter(|_| has_sign);
    match spare {
        // Shifting the sign bit to the top and back fills the upper bits with it.
        Some(spare) => Some((magnitude << spare).cast_signed() >> spare),
        None => magnitude.try_into().ok(),
    }
}

/// `value` in the type that `suffix` asks for, or in the narrower of Int32 and Int64.
fn cast(value: i128, suffix: Suffix) -> Option<Number> {
    match (suffix.unsigned, suffix.width) {
        (false, Width::Unstated) => {
            let int = value.try_into().map(Number::I32);
            int.or_else(|_| value.try_into().map(Number::I64)).ok()
        }
        (true, Width::Unstated) => {
            let int = value.try_into().map(Number::U32);
            int.or_else(|_| value.try_into().map(Number::U64)).ok()
        }
        (false, Width::Byte) => value.try_into().map(Number::I8).ok(),
        (true, Width::Byte) => value.try_into().map(Number::U8).ok(),
        (false, Width::Short) => value.try_into().map(Number::I16).ok(),
        (true, Width::Short) => value.try_into().map(Number::U16).ok(),
        (false, Width::Long) => value.try_into().map(Number::I64).ok(),
        (true, Width::Long) => value.try_into().map(Number::U64).ok(),
        (_, Width::Decimal) => Decimal::try_from_i128_with_scale(value, 0)
            .map(Number::Decimal)
            .ok(),
        (_, Width::Big) => None,
    }
}

impl fmt::Display for Number {
    /// The text that .NET's `ToString` gives in the invariant culture.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I8(n) => n.fmt(f),
            Self::U8(n) => n.fmt(f),
            Self::I16(n) => n.fmt(f),
            Self::U16(n) => n.fmt(f),
            Self::I32(n) => n.fmt(f),
            Self::U32(n) => n.fmt(f),
            Self::I64(n) => n.fmt(f),
            Self::U64(n) => n.fmt(f),
            Self::Decimal(n) => n.fmt(f),
            Self::Double(n) => double(*n, f),
        }
    }
}

/// The shortest digits that read back as `value`, in scientific form from 1E+15 upwards and below 0.0001.
fn double(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value.is_nan() {
        return f.write_str("NaN");
    }
    if value.is_infinite() {
        return f.write_str(if value > 0.0 { "∞" } else { "-∞" });
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..15).contains(&exponent) {
        return write!(f, "{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(f, "{digits}E{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Number> {
        match scan(text, Place::Argument) {
            Scan::Number(number, length) if length == text.len() => Some(number),
            _ => None,
        }
    }

    fn decimal(text: &str) -> Number {
        Number::Decimal(text.parse().unwrap())
    }

    #[test]
    fn whole_numbers_take_the_narrowest_type() {
        assert_eq!(value("0"), Some(Number::I32(0)));
        assert_eq!(value("007"), Some(Number::I32(7)));
        assert_eq!(value("-5"), Some(Number::I32(-5)));
        assert_eq!(value("+5"), Some(Number::I32(5)));
        assert_eq!(value("\u{2013}5"), Some(Number::I32(-5)));
        assert_eq!(value("2147483647"), Some(Number::I32(i32::MAX)));
        assert_eq!(value("-2147483648"), Some(Number::I32(i32::MIN)));
        assert_eq!(value("3000000000"), Some(Number::I64(3_000_000_000)));
        assert_eq!(value("9223372036854775808"), Some(decimal("9223372036854775808")));
        assert_eq!(
            value("79228162514264337593543950336"),
            Some(Number::Double(7.922_816_251_426_434e28))
        );
        assert_eq!(value(&"9".repeat(400)), None);
    }

    #[test]
    fn reals_are_doubles() {
        assert_eq!(value("1.5"), Some(Number::Double(1.5)));
        assert_eq!(value(".5"), Some(Number::Double(0.5)));
        assert_eq!(value("5."), Some(Number::Double(5.0)));
        assert_eq!(value("1e3"), Some(Number::Double(1000.0)));
        assert_eq!(value("1.e-2"), Some(Number::Double(0.01)));
        assert_eq!(value("1e\u{2013}2"), Some(Number::Double(0.01)));
        assert_eq!(value("1.5kb"), Some(Number::Double(1536.0)));
    }

    #[test]
    fn suffixes_choose_the_type() {
        assert_eq!(value("1L"), Some(Number::I64(1)));
        assert_eq!(value("1u"), Some(Number::U32(1)));
        assert_eq!(value("4294967296u"), Some(Number::U64(1 << 32)));
        assert_eq!(value("1UL"), Some(Number::U64(1)));
        assert_eq!(value("1s"), Some(Number::I16(1)));
        assert_eq!(value("1us"), Some(Number::U16(1)));
        assert_eq!(value("1y"), Some(Number::I8(1)));
        assert_eq!(value("255uy"), Some(Number::U8(255)));
        assert_eq!(value("256uy"), None);
        assert_eq!(value("1d"), Some(decimal("1")));
        assert_eq!(value("1.50d"), Some(decimal("1.50")));
        assert_eq!(value("1e2d"), Some(decimal("100")));
        assert_eq!(value("2.5l"), Some(Number::I64(2)));
        assert_eq!(value("1lu"), None);
        assert_eq!(value("1ud"), None);
        assert_eq!(scan("1n", Place::Argument), Scan::BigInteger);
    }

    #[test]
    fn multipliers_multiply() {
        assert_eq!(value("1kb"), Some(Number::I32(1024)));
        assert_eq!(value("2MB"), Some(Number::I32(2 << 20)));
        assert_eq!(value("2gb"), Some(Number::I64(2 << 30)));
        assert_eq!(value("1lkb"), Some(Number::I64(1024)));
        assert_eq!(value("1tb"), Some(Number::I64(1 << 40)));
        assert_eq!(value("1pb"), Some(Number::I64(1 << 50)));
        assert_eq!(value("1k"), None);
        assert_eq!(value("1kbx"), None);
    }

    #[test]
    fn hexadecimal_and_binary_have_sign_digits() {
        assert_eq!(value("0x1F"), Some(Number::I32(31)));
        assert_eq!(value("-0x10"), Some(Number::I32(-16)));
        assert_eq!(value("0xFFFFFFFF"), Some(Number::I32(-1)));
        assert_eq!(value("0xFFFFFFFFu"), Some(Number::U32(u32::MAX)));
        assert_eq!(value("0xFFFFFFFFF"), Some(Number::I64(0xF_FFFF_FFFF)));
        assert_eq!(value("0xFFFFFFFFFFFFFFFF"), Some(Number::I64(-1)));
        assert_eq!(value("0x0000000000000001"), Some(Number::I64(1)));
        assert_eq!(value("0xFFy"), Some(Number::I8(-1)));
        assert_eq!(value("0xFFuy"), Some(Number::U8(255)));
        assert_eq!(value("0x1d"), Some(Number::I32(29)));
        assert_eq!(value("0x10kb"), Some(Number::I32(16 * 1024)));
        assert_eq!(value("0xG"), None);
        assert_eq!(value("0b101"), Some(Number::I32(5)));
        assert_eq!(value("0b11111111"), Some(Number::I32(-1)));
        assert_eq!(value("0b11111111u"), Some(Number::U32(255)));
        assert_eq!(value("0b"), None);
    }

    #[test]
    fn words_that_only_begin_like_numbers() {
        for text in [
            "7z", "1.2.3", "1..5", "1e", "1e+", "5-a", "5+", "1_000", "1,5x", ".", "-", "-.", "0x1Z",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
        assert_eq!(scan("5+1", Place::Expression), Scan::Number(Number::I32(5), 1));
        assert_eq!(scan("1,2", Place::Argument), Scan::Number(Number::I32(1), 1));
    }

    #[test]
    fn text_is_that_of_dotnet() {
        let text = |number: f64| Number::Double(number).to_string();
        assert_eq!(text(1.5), "1.5");
        assert_eq!(text(5.0), "5");
        assert_eq!(text(1e14), "100000000000000");
        assert_eq!(text(1e15), "1E+15");
        assert_eq!(text(-1.25e100), "-1.25E+100");
        assert_eq!(text(0.0001), "0.0001");
        assert_eq!(text(0.00001), "1E-05");
        assert_eq!(text(f64::NEG_INFINITY), "-∞");
        assert_eq!(decimal("1.50").to_string(), "1.50");
    }
}
