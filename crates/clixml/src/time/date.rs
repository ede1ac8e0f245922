//! `DT`: a date and time of day.

use std::fmt;
use std::str::FromStr;

use super::TICKS_PER_SECOND;
use crate::Error;

const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Ticks of 10000-01-01T00:00:00, one beyond the last moment.
const END: i64 = 3_652_059 * TICKS_PER_DAY;
/// Ticks from 0001-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 719_162 * TICKS_PER_DAY;
/// Ticks from 0001-01-01 to 1601-01-01.
const FILETIME_EPOCH: i64 = 584_388 * TICKS_PER_DAY;

/// What the clock of a [`DateTime`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateTimeKind {
    /// Universal time, written with `Z`.
    Utc,
    /// Unknown, written with nothing.
    Unspecified,
    /// Local time of the writer: minutes east of universal time, written `+hh:mm`.
    Offset(i16),
}

/// A date from 0001-01-01 to 9999-12-31 with the time of day in ticks of 100 ns.
///
/// The ticks count what the clock shows; [`DateTime::utc_ticks`] gives the instant, where it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    ticks: i64,
    kind: DateTimeKind,
}

impl DateTime {
    /// 0001-01-01T00:00:00 of no kind.
    pub const MIN: DateTime = DateTime {
        ticks: 0,
        kind: DateTimeKind::Unspecified,
    };
    /// 9999-12-31T23:59:59.9999999 of no kind.
    pub const MAX: DateTime = DateTime {
        ticks: END - 1,
        kind: DateTimeKind::Unspecified,
    };

    /// From ticks of 100 ns since 0001-01-01T00:00:00 on the clock; `None` outside the years 1 to 9999, or for an
    /// offset that cannot be written (more than 99 hours 59 minutes).
    pub fn from_ticks(ticks: i64, kind: DateTimeKind) -> Option<DateTime> {
        let writable = match kind {
            DateTimeKind::Offset(minutes) => minutes.unsigned_abs() <= 99 * 60 + 99,
            DateTimeKind::Utc | DateTimeKind::Unspecified => true,
        };
        (writable && (0..END).contains(&ticks)).then_some(DateTime { ticks, kind })
    }

    /// A UTC time from ticks of 100 ns since 1970-01-01.
    pub fn from_unix_ticks(ticks: i64) -> Option<DateTime> {
        DateTime::from_ticks(ticks.checked_add(UNIX_EPOCH)?, DateTimeKind::Utc)
    }

    /// A UTC time from a Windows FILETIME, ticks of 100 ns since 1601-01-01.
    pub fn from_filetime(ticks: u64) -> Option<DateTime> {
        DateTime::from_ticks(
            i64::try_from(ticks).ok()?.checked_add(FILETIME_EPOCH)?,
            DateTimeKind::Utc,
        )
    }

    /// A date and time on the clock; `None` where there is no such date. `ticks` is the fraction of the second.
    pub fn from_parts(
        (year, month, day): (i32, u32, u32),
        (hour, minute, second): (u32, u32, u32),
        ticks: u32,
        kind: DateTimeKind,
    ) -> Option<DateTime> {
        if !(1..=9999).contains(&year) || day < 1 || day > days_in_month(year, month)? {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 || i64::from(ticks) >= TICKS_PER_SECOND {
            return None;
        }
        let days = days_before_year(year) + days_before_month(year, month) + i64::from(day - 1);
        let seconds = i64::from((hour * 60 + minute) * 60 + second);
        DateTime::from_ticks(
            days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + i64::from(ticks),
            kind,
        )
    }

    /// Ticks of 100 ns since 0001-01-01T00:00:00 on the clock.
    pub fn ticks(self) -> i64 {
        self.ticks
    }

    /// What the clock shows.
    pub fn kind(self) -> DateTimeKind {
        self.kind
    }

    /// Ticks of 100 ns since 0001-01-01T00:00:00 in universal time; `None` for [`DateTimeKind::Unspecified`]. The
    /// result may lie outside the years 1 to 9999.
    pub fn utc_ticks(self) -> Option<i64> {
        match self.kind {
            DateTimeKind::Utc => Some(self.ticks),
            DateTimeKind::Offset(minutes) => Some(self.ticks - i64::from(minutes) * 60 * TICKS_PER_SECOND),
            DateTimeKind::Unspecified => None,
        }
    }

    /// Ticks of 100 ns since 1970-01-01 in universal time; `None` for [`DateTimeKind::Unspecified`].
    pub fn unix_ticks(self) -> Option<i64> {
        self.utc_ticks().map(|ticks| ticks - UNIX_EPOCH)
    }

    /// Year, month (1 to 12) and day (1 to 31) on the clock.
    pub fn date(self) -> (i32, u32, u32) {
        let days = self.ticks / TICKS_PER_DAY;
        // 146097 days in 400 years; the estimate is never too late and at most one year too early.
        let mut year = (days * 400 / 146_097) as i32 + 1;
        if days < days_before_year(year) {
            year -= 1;
        } else if days >= days_before_year(year + 1) {
            year += 1;
        }
        let day_of_year = days - days_before_year(year);
        let mut month = 12;
        while month > 1 && day_of_year < days_before_month(year, month) {
            month -= 1;
        }
        (
            year,
            month,
            (day_of_year - days_before_month(year, month)) as u32 + 1,
        )
    }

    /// Hour, minute and second on the clock, and the fraction of the second in ticks of 100 ns.
    pub fn time(self) -> (u32, u32, u32, u32) {
        let ticks = self.ticks % TICKS_PER_DAY;
        let seconds = (ticks / TICKS_PER_SECOND) as u32;
        (
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            (ticks % TICKS_PER_SECOND) as u32,
        )
    }

    /// As CLIXML, but always with seven digits of fraction, and `Z` for an offset of zero.
    pub fn to_full_string(self) -> String {
        let kind = match self.kind {
            DateTimeKind::Offset(0) => DateTimeKind::Utc,
            kind => kind,
        };
        let mut text = String::with_capacity(33);
        // Writing into a String cannot fail.
        let _ = DateTime { kind, ..self }.write(&mut text, Fraction::Seven);
        text
    }

    pub(crate) fn write(self, out: &mut impl fmt::Write, fraction: Fraction) -> fmt::Result {
        let ((year, month, day), (hour, minute, second, ticks)) = (self.date(), self.time());
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match fraction {
            Fraction::Seven => write!(out, ".{ticks:07}")?,
            Fraction::SevenUnlessZero if ticks == 0 => {}
            Fraction::SevenUnlessZero => write!(out, ".{ticks:07}")?,
            Fraction::Shortest => write_fraction(out, ticks)?,
        }
        match self.kind {
            DateTimeKind::Utc => out.write_char('Z'),
            DateTimeKind::Unspecified => Ok(()),
            DateTimeKind::Offset(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let total = minutes.unsigned_abs();
                // Two digits each: what .NET reads as 99:99 is written so again.
                let hours = (total / 60).min(99);
                write!(out, "{sign}{hours:02}:{:02}", total - hours * 60)
            }
        }
    }
}

/// How the fraction of a second is written.
#[derive(Clone, Copy)]
pub(crate) enum Fraction {
    /// Trailing zeros cut, with the point if nothing is left: CLIXML.
    Shortest,
    /// Always seven digits.
    Seven,
    /// Seven digits or none at all.
    SevenUnlessZero,
}

/// `.` and the fraction without trailing zeros; nothing for zero.
pub(super) fn write_fraction(out: &mut impl fmt::Write, ticks: u32) -> fmt::Result {
    if ticks == 0 {
        return Ok(());
    }
    let (mut digits, mut width) = (ticks, 7);
    while digits.is_multiple_of(10) {
        digits /= 10;
        width -= 1;
    }
    write!(out, ".{digits:0width$}")
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i32, month: u32) -> Option<u32> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return None,
    })
}

fn days_before_year(year: i32) -> i64 {
    let before = i64::from(year) - 1;
    before * 365 + before / 4 - before / 100 + before / 400
}

fn days_before_month(year: i32, month: u32) -> i64 {
    (1..month)
        .filter_map(|month| days_in_month(year, month))
        .map(i64::from)
        .sum()
}

/// Reads what `XmlConvert.ToDateTime` reads: a date and time, a date, a month or a year, each with an optional zone
/// and blanks around it. A fraction of any length is rounded to 100 ns, halves to even.
impl FromStr for DateTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text.trim().as_bytes()).ok_or_else(|| Error::BadValue {
            offset: 0,
            kind: "DT",
            text: text.chars().take(40).collect(),
        })
    }
}

fn parse(text: &[u8]) -> Option<DateTime> {
    let at = &mut Scanner(text);
    let year = at.digits(4)? as i32;
    if year == 0 {
        return None;
    }
    // The shorter forms are tried after the longer ones: `2026-11-05:30` is a date that fails, but also a month
    // with an offset.
    let after_year = Scanner(at.0);
    let day_form = day_and_time(at, year);
    if day_form.is_some() {
        return day_form;
    }
    let at = &mut Scanner(after_year.0);
    let month_form = (|| {
        at.byte(b'-')?;
        let month = at.digits(2)?;
        finish((year, month, 1), (0, 0, 0), 0, at)
    })();
    month_form.or_else(|| finish((year, 1, 1), (0, 0, 0), 0, &mut Scanner(after_year.0)))
}

fn day_and_time(at: &mut Scanner<'_>, year: i32) -> Option<DateTime> {
    at.byte(b'-')?;
    let month = at.digits(2)?;
    at.byte(b'-')?;
    let day = at.digits(2)?;
    let mut plain_date = Scanner(at.0);
    if at.byte(b'T').is_none() {
        return finish((year, month, day), (0, 0, 0), 0, &mut plain_date);
    }
    let hour = at.digits(2)?;
    at.byte(b':')?;
    let minute = at.digits(2)?;
    at.byte(b':')?;
    let second = at.digits(2)?;
    let fraction = if at.byte(b'.').is_some() {
        at.fraction()?
    } else {
        0
    };
    finish((year, month, day), (hour, minute, second), fraction, at)
}

/// Reads the zone and builds the moment; `fraction` may be a whole second after rounding.
fn finish(
    date: (i32, u32, u32),
    time: (u32, u32, u32),
    fraction: i64,
    at: &mut Scanner<'_>,
) -> Option<DateTime> {
    let kind = match at.0 {
        [] => DateTimeKind::Unspecified,
        [b'Z' | b'z'] => DateTimeKind::Utc,
        [sign @ (b'+' | b'-'), ..] => {
            let sign: i16 = if *sign == b'-' { -1 } else { 1 };
            at.skip();
            let hours = at.digits(2)? as i16;
            at.byte(b':')?;
            let minutes = at.digits(2)? as i16;
            if !at.0.is_empty() {
                return None;
            }
            DateTimeKind::Offset(sign * (hours * 60 + minutes))
        }
        _ => return None,
    };
    let start = DateTime::from_parts(date, time, 0, kind)?;
    DateTime::from_ticks(start.ticks + fraction, kind)
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn skip(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        (*self.0.first()? == expected).then(|| self.skip())
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for digit in digits {
            value = value * 10 + char::from(*digit).to_digit(10)?;
        }
        self.0 = rest;
        Some(value)
    }

    /// Digits after the point in ticks, rounded half to even; 0 to a whole second.
    fn fraction(&mut self) -> Option<i64> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        if digits.is_empty() {
            return None;
        }
        self.0 = rest;
        let mut ticks = 0;
        for place in 0..7 {
            ticks = ticks * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
        }
        let tail = digits.get(7..).unwrap_or_default();
        let up = match tail.first() {
            Some(b'6'..) => true,
            Some(b'5') => tail.iter().skip(1).any(|digit| *digit != b'0') || ticks % 2 == 1,
            _ => false,
        };
        Some(ticks + i64::from(up))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Fraction::Shortest)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Fraction::Shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> Option<String> {
        text.parse::<DateTime>().ok().map(DateTime::to_full_string)
    }

    #[test]
    fn forms_that_powershell_takes() {
        for (text, expected) in [
            ("2026-11-21T10:51:00", "2026-11-21T10:51:00.0000000"),
            ("2026-11-21T10:51:00Z", "2026-11-21T10:51:00.0000000Z"),
            (" 2026-11-21T10:51:00z\n", "2026-11-21T10:51:00.0000000Z"),
            ("2026-11-21T10:51:00.5+14:01", "2026-11-21T10:51:00.5000000+14:01"),
            ("2026-11-21T10:51:00-00:00", "2026-11-21T10:51:00.0000000Z"),
            ("2026-11-21T10:51:00-05:30", "2026-11-21T10:51:00.0000000-05:30"),
            ("2026-11-21T10:51:00+99:99", "2026-11-21T10:51:00.0000000+99:99"),
            ("2026-11-21", "2026-11-21T00:00:00.0000000"),
            ("2026-11-21Z", "2026-11-21T00:00:00.0000000Z"),
            ("2026-11-21+01:00", "2026-11-21T00:00:00.0000000+01:00"),
            ("2026-11", "2026-11-01T00:00:00.0000000"),
            ("2026-11-05:30", "2026-11-01T00:00:00.0000000-05:30"),
            ("2026", "2026-01-01T00:00:00.0000000"),
            ("2024-02-29", "2024-02-29T00:00:00.0000000"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00.0000000"),
            ("9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59.9999999"),
            // rounded, halves to even
            ("2026-11-21T10:51:00.12345678Z", "2026-11-21T10:51:00.1234568Z"),
            ("2026-11-21T10:51:00.12345665", "2026-11-21T10:51:00.1234566"),
            ("2026-11-21T10:51:00.12345675", "2026-11-21T10:51:00.1234568"),
            ("2026-11-21T10:51:00.123456650001", "2026-11-21T10:51:00.1234567"),
            ("2026-11-21T23:59:59.99999999", "2026-11-22T00:00:00.0000000"),
        ] {
            assert_eq!(full(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn forms_that_powershell_refuses() {
        for text in [
            "",
            " ",
            "x",
            "2026-11-21 10:51:00",
            "2026-11-21t10:51:00",
            "2026-11-21T10:51",
            "2026-11-21T24:00:00",
            "2026-11-21T10:60:00",
            "2026-11-21T10:51:60",
            "2026-11-21T10:51:00.",
            "2026-02-29",
            "2026-13-01",
            "2026-11-00",
            "2026-11-31",
            "0000-01-01T00:00:00",
            "-0001-01-01T00:00:00",
            "10000-01-01T00:00:00",
            "11/21/2026",
            "2026-11-21T10:51:00ZZ",
            "2026-11-21T10:51:00+1:00",
            "2026-11-21T10:51:00+01:00 x",
            "9999-12-31T23:59:59.99999999",
            "2026-1-1",
            "٢026-11-21",
            "2026-11-21T10:51:00 Z",
        ] {
            assert_eq!(full(text), None, "{text}");
        }
    }

    #[test]
    fn the_shortest_form_is_written() {
        for text in [
            "2026-11-21T10:51:00.00516-05:00",
            "2026-11-21T10:51:00Z",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.9999999",
            "2026-11-21T10:51:00+00:00",
            "2000-02-29T00:00:00.1",
        ] {
            assert_eq!(text.parse::<DateTime>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_month_follows_the_one_before() {
        let mut next = 0;
        for (year, month) in (1..=9999).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            let days = days_in_month(year, month).unwrap();
            let first = DateTime::from_parts((year, month, 1), (0, 0, 0), 0, DateTimeKind::Utc).unwrap();
            let last = DateTime::from_parts((year, month, days), (0, 0, 0), 0, DateTimeKind::Utc).unwrap();
            assert_eq!((first.ticks(), first.date()), (next, (year, month, 1)));
            assert_eq!(last.date(), (year, month, days));
            next = last.ticks() + TICKS_PER_DAY;
        }
        assert_eq!(next, END);
    }

    #[test]
    fn epochs() {
        assert_eq!(
            DateTime::from_unix_ticks(0).unwrap().to_string(),
            "1970-01-01T00:00:00Z"
        );
        assert_eq!(
            DateTime::from_filetime(0).unwrap().to_string(),
            "1601-01-01T00:00:00Z"
        );
        let local: DateTime = "1970-01-01T01:00:00+01:00".parse().unwrap();
        assert_eq!(local.unix_ticks(), Some(0));
    }
}
