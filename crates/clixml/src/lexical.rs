//! The texts of primitives, read and written as .NET does with the invariant culture.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What .NET's number parsing takes for a blank.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// Cuts blanks at both ends, and the NULs that .NET tolerates after them.
fn trim(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_ascii() && is_blank(c as u8));
    let text = text.trim_end_matches('\0');
    text.trim_end_matches(|c: char| c.is_ascii() && is_blank(c as u8))
}

/// An integer with an optional sign: `NumberStyles.Integer`. 128 bits hold every width.
pub(crate) fn signed(text: &str) -> Option<i128> {
    let text = trim(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits_only(digits)?;
    text.parse().ok()
}

/// An integer without sign: `XmlConvert` allows none for unsigned types.
pub(crate) fn unsigned(text: &str) -> Option<u128> {
    let text = trim(text);
    digits_only(text)?;
    text.parse().ok()
}

fn digits_only(text: &str) -> Option<()> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
}

/// `true`, `false`, `1` or `0` with XML blanks around.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim_matches([' ', '\t', '\r', '\n']) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A floating point number: sign, digits, point, exponent, or a name of infinity or of no number.
pub(crate) fn double(text: &str) -> Option<f64> {
    match special(text) {
        Some(special) => Some(special),
        None => float_digits(text)?.parse().ok(),
    }
}

/// As [`double`], rounded once to 32 bits.
pub(crate) fn single(text: &str) -> Option<f32> {
    match special(text) {
        Some(special) => Some(special as f32),
        None => float_digits(text)?.parse().ok(),
    }
}

fn special(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "INF" => return Some(f64::INFINITY),
        "-INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let name = text.strip_prefix(['+', '-']).unwrap_or(text);
    if name.eq_ignore_ascii_case("Infinity") {
        Some(if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        })
    } else if name.eq_ignore_ascii_case("NaN") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// Checks the form that .NET takes; Rust's own parser also takes `inf` and the like.
fn float_digits(text: &str) -> Option<&str> {
    let text = trim(text);
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        digits_only(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?;
    }
    Some(text)
}

/// A decimal: sign, digits, point; no exponent. Digits beyond what 96 bits or 28 places hold are rounded away,
/// halves to even. Zero has no sign.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    const MAX: u128 = (1 << 96) - 1;
    let text = trim(text);
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut mantissa: u128 = 0;
    for digit in whole.bytes() {
        mantissa = mantissa * 10 + u128::from(digit - b'0');
        if mantissa > MAX {
            return None;
        }
    }
    let mut scale = 0;
    let mut rest = fraction.bytes();
    for digit in fraction.bytes().take(28) {
        let next = mantissa * 10 + u128::from(digit - b'0');
        if next > MAX {
            break;
        }
        (mantissa, scale) = (next, scale + 1);
        rest.next();
    }
    let up = match rest.next() {
        Some(b'6'..) => true,
        Some(b'5') => rest.any(|digit| digit != b'0') || mantissa % 2 == 1,
        _ => false,
    };
    if up {
        mantissa += 1;
        if mantissa > MAX {
            // 2^96 is no multiple of ten: one place less, rounded again.
            mantissa = (mantissa + 5) / 10;
            scale = u32::checked_sub(scale, 1)?;
        }
    }
    let mut value = Decimal::try_from_i128_with_scale(i128::try_from(mantissa).ok()?, scale).ok()?;
    value.set_sign_negative(text.starts_with('-') && mantissa != 0);
    Some(value)
}

/// A GUID in .NET's forms D, N, B, P and X.
pub(crate) fn guid(text: &str) -> Option<Uuid> {
    let text = text.trim();
    if text.starts_with('{') && text.contains(',') {
        return guid_of_numbers(text);
    }
    let inner = match text.as_bytes() {
        [b'{', .., b'}'] | [b'(', .., b')'] => text.get(1..text.len() - 1).filter(|text| text.len() == 36)?,
        _ => text,
    };
    if !matches!(inner.len(), 32 | 36) {
        return None;
    }
    Uuid::try_parse(inner).ok()
}

/// The form X: `{0x01234567,0x89ab,0xcdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd,0xef}}`, blanks anywhere.
fn guid_of_numbers(text: &str) -> Option<Uuid> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (fields, bytes) = packed.strip_prefix('{')?.strip_suffix("}}")?.split_once(",{")?;
    let number = |text: &str| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let [first, second, third] = *fields.split(',').map(number).collect::<Option<Vec<u32>>>()? else {
        return None;
    };
    let bytes = bytes
        .split(',')
        .map(|text| u8::try_from(number(text)?).ok())
        .collect::<Option<Vec<u8>>>()?;
    let (second, third) = (second.try_into().ok()?, third.try_into().ok()?);
    Some(Uuid::from_fields(first, second, third, &bytes.try_into().ok()?))
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Base64 with padding; blanks and line ends anywhere.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    if text
        .bytes()
        .any(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    {
        let packed: Vec<u8> = text
            .bytes()
            .filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .collect();
        return BASE64.decode(packed).ok();
    }
    BASE64.decode(text).ok()
}

/// Whether the text is what `SecureString`s are in files: pairs of hexadecimal digits.
pub(crate) fn is_hex_pairs(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn write_base64(bytes: &[u8], out: &mut String) {
    BASE64.encode_string(bytes, out);
}

/// The shortest digits that read back as the same number, laid out as .NET's round-trip format does.
pub(crate) fn write_double(value: f64, out: &mut String) {
    if !write_special(value, out) {
        // .NET turns to an exponent after the 17 digits that this width needs to round-trip.
        layout(&format!("{value:e}"), 16, out);
    }
}

/// As [`write_double`] for 32 bits, which need 9 digits.
pub(crate) fn write_single(value: f32, out: &mut String) {
    if !write_special(value.into(), out) {
        layout(&format!("{value:e}"), 8, out);
    }
}

fn write_special(value: f64, out: &mut String) -> bool {
    out.push_str(if value.is_nan() {
        "NaN"
    } else if value == f64::INFINITY {
        "INF"
    } else if value == f64::NEG_INFINITY {
        "-INF"
    } else {
        return false;
    });
    true
}

/// Turns Rust's `1.5e20` into .NET's `1.5E+20`, or into plain digits where the exponent is small.
fn layout(scientific: &str, largest: i32, out: &mut String) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    out.push_str(sign);
    let digits = format!("{whole}{fraction}");
    let count = digits.len() as i32;
    if exponent > largest || exponent < -4 {
        out.push_str(mantissa);
        // Writing into a String cannot fail.
        let _ = write!(
            out,
            "E{}{:02}",
            if exponent < 0 { '-' } else { '+' },
            exponent.unsigned_abs()
        );
    } else if exponent < 0 {
        out.push_str("0.");
        (exponent + 1..0).for_each(|_| out.push('0'));
        out.push_str(&digits);
    } else if exponent + 1 >= count {
        out.push_str(&digits);
        (count..exponent + 1).for_each(|_| out.push('0'));
    } else {
        let (before, after) = digits.split_at((exponent + 1) as usize);
        out.push_str(before);
        out.push('.');
        out.push_str(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, expected) in [
            ("5", 5),
            (" +5\n", 5),
            ("-5", -5),
            ("005", 5),
            ("\t-0 ", 0),
            ("5\0\0", 5),
            ("5 \0", 5),
        ] {
            assert_eq!(signed(text), Some(expected), "{text:?}");
        }
        for text in [
            "", " ", "0x5", "5.0", "1e3", "1,000", "- 5", "--5", "+-5", "\u{665}", "5 5", "\u{a0}5",
        ] {
            assert_eq!(signed(text), None, "{text:?}");
        }
        assert_eq!(unsigned(" 5 "), Some(5));
        assert_eq!(unsigned("-1"), None);
        assert_eq!(unsigned("+1"), None);
    }

    #[test]
    fn truth() {
        assert_eq!([boolean(" true\n"), boolean("1")], [Some(true); 2]);
        assert_eq!([boolean("false"), boolean(" 0")], [Some(false); 2]);
        for text in ["", "True", "TRUE", "yes", "tru", "2"] {
            assert_eq!(boolean(text), None);
        }
    }

    #[test]
    fn floating_point() {
        for (text, expected) in [
            (" 1.5 ", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e5", 1e5),
            ("+1.E-3", 1e-3),
            ("INF", f64::INFINITY),
            ("-INF ", f64::NEG_INFINITY),
            ("Infinity", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("1E400", f64::INFINITY),
            ("-1E400", f64::NEG_INFINITY),
            ("1E-400", 0.0),
            ("1.7976931348623157E+308", f64::MAX),
        ] {
            assert_eq!(double(text), Some(expected), "{text}");
        }
        assert!(double("-0").is_some_and(|zero| zero == 0.0 && zero.is_sign_negative()));
        assert!(double("nan").is_some_and(f64::is_nan));
        for text in [
            "", "inf", "+INF", "∞", "1,5", "0x1", ".", "-", "1e", "1e+", "e5", "1.5.5", "1 5", "nano",
        ] {
            assert_eq!(double(text), None, "{text}");
        }
        assert_eq!(single("16777217"), Some(16_777_216.0));
        assert_eq!(single("1E39"), Some(f32::INFINITY));
    }

    #[test]
    fn decimals() {
        for (text, expected) in [
            ("1.10", "1.10"),
            (".1", "0.1"),
            ("1.", "1"),
            (" +1 ", "1"),
            ("-0.0", "0.0"),
            ("-0.0000001", "-0.0000001"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
            (
                "-79228162514264337593543950335.4",
                "-79228162514264337593543950335",
            ),
            ("79228162514264337593543950334.5", "79228162514264337593543950334"),
            ("7.9228162514264337593543950335", "7.9228162514264337593543950335"),
            ("7.92281625142643375935439503355", "7.922816251426433759354395034"),
            (
                "0.00000000000000000000000000001",
                "0.0000000000000000000000000000",
            ),
            (
                "0.00000000000000000000000000005",
                "0.0000000000000000000000000000",
            ),
            (
                "-0.00000000000000000000000000001",
                "0.0000000000000000000000000000",
            ),
            (
                "0.000000000000000000000000000051",
                "0.0000000000000000000000000001",
            ),
            (
                "1.00000000000000000000000000000000000",
                "1.0000000000000000000000000000",
            ),
            ("000000000000000000000000000000000000001.5", "1.5"),
        ] {
            assert_eq!(
                decimal(text).map(|value| value.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "",
            ".",
            "-",
            "1e5",
            "1,000",
            "79228162514264337593543950336",
            "79228162514264337593543950335.5",
            "0x1",
            "1-",
            "(1)",
            "$1",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn guids() {
        let expected = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for text in [
            "01234567-89ab-cdef-0123-456789abcdef",
            " 01234567-89AB-CDEF-0123-456789ABCDEF\n",
            "0123456789abcdef0123456789abcdef",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            "(01234567-89ab-cdef-0123-456789abcdef)",
            "{0x01234567,0x89ab,0xcdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd,0xef}}",
            "{0x1234567, 0X89AB, 0xCDEF, {0x1,0x23,0x45,0x67,0x89,0xab,0xcd,0xef} }",
        ] {
            assert_eq!(guid(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "0123",
            "{0123456789abcdef0123456789abcdef}",
            "(01234567-89ab-cdef-0123-456789abcdef}",
            "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
            "0123456789abcdef0123456789abcdeg",
            "{01234567-89ab-cdef-0123-456789abcdef",
            "01234567-89abc-def-0123-456789abcdef",
            "{0x01234567,0x89ab,0xcdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd}}",
            "{0x01234567,0x89ab,0x1cdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd,0xef}}",
            "{0x01234567,0x89ab,0xcdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd,0x1ef}}",
            "{0x01234567,0x89ab,0xcdef,{0x+1,0x23,0x45,0x67,0x89,0xab,0xcd,0xef}}",
            "{,,,{}}",
        ] {
            assert_eq!(guid(text), None, "{text}");
        }
    }

    #[test]
    fn bytes() {
        assert_eq!(base64("AAEC"), Some(vec![0, 1, 2]));
        assert_eq!(base64(" A A\r\n==\t"), Some(vec![0]));
        assert_eq!(base64(""), Some(vec![]));
        assert_eq!(base64("AB=="), Some(vec![0]));
        for text in [
            "AAE",
            "AA=",
            "AAECAw==AAEC",
            "AA-_",
            "A",
            "AAEC=",
            "AAEC====",
            "é",
        ] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_laid_out_as_dotnet_does() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (100.0, "100"),
            (123_456.789, "123456.789"),
            (1e15, "1000000000000000"),
            (123_456_789_012_345_680.0, "1.2345678901234568E+17"),
            (1e16, "10000000000000000"),
            (1e17, "1E+17"),
            (1e20, "1E+20"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (0.000_123, "0.000123"),
            (5e-324, "5E-324"),
            (f64::MAX, "1.7976931348623157E+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "INF"),
            (f64::NEG_INFINITY, "-INF"),
        ] {
            let mut text = String::new();
            write_double(value, &mut text);
            assert_eq!(text, expected);
        }
        for (value, expected) in [
            (1.1, "1.1"),
            (f32::MAX, "3.4028235E+38"),
            (1e-45, "1E-45"),
            (1e8, "100000000"),
            (1e9, "1E+09"),
        ] {
            let mut text = String::new();
            write_single(value, &mut text);
            assert_eq!(text, expected);
        }
    }
}
