//! `TS`: a length of time.

use std::fmt;
use std::str::FromStr;

use super::TICKS_PER_SECOND;
use super::date::write_fraction;
use crate::Error;

/// A length of time in ticks of 100 ns, negative ones included: the whole range of .NET's `TimeSpan`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TimeSpan(pub i64);

impl TimeSpan {
    /// A span of whole seconds.
    pub const fn from_seconds(seconds: i64) -> TimeSpan {
        TimeSpan(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// Ticks of 100 ns.
    pub const fn ticks(self) -> i64 {
        self.0
    }
}

impl fmt::Display for TimeSpan {
    /// As an XML duration with days as the largest unit: `P1DT2H3M4.5S`, `PT0S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("PT0S");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let total = self.0.unsigned_abs();
        let (seconds, ticks) = (
            total / TICKS_PER_SECOND as u64,
            (total % TICKS_PER_SECOND as u64) as u32,
        );
        let (days, hours, minutes, seconds) = (
            seconds / 86_400,
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60,
        );
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours == 0 && minutes == 0 && seconds == 0 && ticks == 0 {
            return Ok(());
        }
        f.write_str("T")?;
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        if seconds > 0 || ticks > 0 {
            write!(f, "{seconds}")?;
            write_fraction(f, ticks)?;
            f.write_str("S")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what `XmlConvert.ToTimeSpan` reads: an XML duration with blanks around it; a year is 365 days, a month 30,
/// twelve months a year; digits beyond 100 ns are cut.
impl FromStr for TimeSpan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text.trim().as_bytes())
            .map(TimeSpan)
            .ok_or_else(|| Error::BadValue {
                offset: 0,
                kind: "TS",
                text: text.chars().take(40).collect(),
            })
    }
}

fn parse(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let [b'P', text @ ..] = text else { return None };
    let mut parts = Parts::default();
    let split = text.iter().position(|byte| *byte == b'T').unwrap_or(text.len());
    let (date, time) = text.split_at_checked(split)?;
    let any_date = parts.read(date, b"YMD", |parts, unit, value| match unit {
        b'Y' => parts.years = value,
        b'M' => parts.months = value,
        _ => parts.days = value,
    })?;
    let any_time = match time {
        [] => false,
        [_, time @ ..] => parts.read_time(time)?,
    };
    if !any_date && !any_time {
        return None;
    }
    let ticks = parts.ticks()?;
    if negative {
        0_i64.checked_sub_unsigned(ticks)
    } else {
        i64::try_from(ticks).ok()
    }
}

#[derive(Default)]
struct Parts {
    years: u64,
    months: u64,
    days: u64,
    hours: u64,
    minutes: u64,
    seconds: u64,
    ticks: u64,
}

impl Parts {
    /// Numbers followed by units, the units in the given order and each at most once. Says whether there was any.
    fn read(&mut self, mut text: &[u8], units: &[u8], set: fn(&mut Parts, u8, u64)) -> Option<bool> {
        let mut units = units.iter();
        let any = !text.is_empty();
        while !text.is_empty() {
            let (value, rest) = digits(text)?;
            let [unit, rest @ ..] = rest else { return None };
            units.find(|known| *known == unit)?;
            set(self, *unit, value?);
            text = rest;
        }
        Some(any)
    }

    /// What follows `T`, which may not be nothing.
    fn read_time(&mut self, text: &[u8]) -> Option<bool> {
        let set = |parts: &mut Parts, unit: u8, value: u64| match unit {
            b'H' => parts.hours = value,
            b'M' => parts.minutes = value,
            _ => parts.seconds = value,
        };
        let Some(point) = text.iter().position(|byte| *byte == b'.') else {
            return self.read(text, b"HMS", set)?.then_some(true);
        };
        let (whole, fraction) = text.split_at_checked(point)?;
        // `.5S` has no digits before the point, and .NET takes that; what stands before them ends in a unit.
        let seconds_from = whole
            .iter()
            .rposition(|byte| !byte.is_ascii_digit())
            .map_or(0, |at| at + 1);
        let (before, seconds) = whole.split_at_checked(seconds_from)?;
        self.read(before, b"HM", set)?;
        self.seconds = digits(seconds)?
            .0
            .filter(|_| !seconds.is_empty())
            .or(seconds.is_empty().then_some(0))?;
        let [b'.', fraction @ .., b'S'] = fraction else {
            return None;
        };
        if !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for place in 0..7 {
            self.ticks = self.ticks * 10 + fraction.get(place).map_or(0, |digit| u64::from(digit - b'0'));
        }
        Some(true)
    }

    fn ticks(&self) -> Option<u64> {
        let days = (self.years + self.months / 12) * 365 + self.months % 12 * 30 + self.days;
        // Each part is below 2^31, so only the last steps can overflow.
        let seconds = ((days * 24 + self.hours) * 60 + self.minutes) * 60 + self.seconds;
        seconds
            .checked_mul(TICKS_PER_SECOND as u64)?
            .checked_add(self.ticks)
    }
}

/// The digits in front and what follows; the value is `None` where there are none or it exceeds 31 bits.
fn digits(text: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    let value = std::str::from_utf8(digits)
        .ok()?
        .parse::<i32>()
        .ok()
        .map(|value| value.unsigned_abs().into());
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_powershell_takes() {
        for (text, ticks) in [
            ("PT1H", 36_000_000_000),
            ("P1D", 864_000_000_000),
            ("PT90M", 54_000_000_000),
            ("P1Y", 365 * 864_000_000_000),
            ("P1M", 30 * 864_000_000_000),
            ("P12M", 365 * 864_000_000_000),
            ("P1Y1M1DT1H1M1S", 396 * 864_000_000_000 + 36_610_000_000),
            (" PT0S\r\n", 0),
            ("-PT1.0000001S", -10_000_001),
            ("PT1.12345678S", 11_234_567),
            ("PT.5S", 5_000_000),
            ("PT1.S", 10_000_000),
            ("PT1H.5S", 36_005_000_000),
            ("P10675199DT2H48M5.4775807S", i64::MAX),
            ("-P10675199DT2H48M5.4775808S", i64::MIN),
        ] {
            assert_eq!(text.parse::<TimeSpan>().ok(), Some(TimeSpan(ticks)), "{text}");
        }
    }

    #[test]
    fn forms_that_powershell_refuses() {
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "pt1s",
            "+PT1S",
            "PT-1S",
            "P1D2H",
            "PT1H1H",
            "PT1M1H",
            "P1D1Y",
            "1.00:00:00",
            "P10675199DT2H48M5.4775808S",
            "PT3000000000S",
            "PT1",
            "PS",
            "PT1.5",
            "PT1.5M",
            "PT1.5.5S",
            "P1.5D",
            "PT1.5H1S",
            "P1S",
            "PT1D",
            "-",
            "--PT1S",
            "P2147483647Y",
            "PT 1S",
            "PT1S x",
            "PT1H1.5M",
            "PT1SH.5S",
        ] {
            assert!(text.parse::<TimeSpan>().is_err(), "{text}");
        }
    }

    #[test]
    fn written_as_powershell_writes_it() {
        for (ticks, text) in [
            (0, "PT0S"),
            (864_000_000_000, "P1D"),
            (937_845_000_000, "P1DT2H3M4.5S"),
            (-10_000_001, "-PT1.0000001S"),
            (1, "PT0.0000001S"),
            (i64::MAX, "P10675199DT2H48M5.4775807S"),
            (i64::MIN, "-P10675199DT2H48M5.4775808S"),
        ] {
            assert_eq!(TimeSpan(ticks).to_string(), text);
            assert_eq!(text.parse::<TimeSpan>().ok(), Some(TimeSpan(ticks)));
        }
    }
}
