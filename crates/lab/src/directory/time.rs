//! Points in time as .NET counts them.

use std::time::{SystemTime, UNIX_EPOCH};

/// 100 ns steps in a second.
pub(crate) const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Steps from 0001-01-01 to 1970-01-01.
const UNIX: i64 = 621_355_968_000_000_000;

/// UTC, in steps of 100 ns since 0001-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticks(pub(crate) i64);

impl Ticks {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(UNIX.saturating_add(i64::try_from(since.as_nanos() / 100).unwrap_or(i64::MAX)))
    }

    /// Midnight of a day in UTC; the month counts from 1.
    pub(crate) const fn of_day(year: i64, month: i64, day: i64) -> Self {
        Self(days_from_civil(year, month, day) * DAY + UNIX)
    }

    /// Minutes that Central European time is ahead of UTC: the directory's servers stand there. Summer time is taken
    /// from April to October, to the day and not to the hour.
    pub(crate) fn offset_minutes(self) -> i16 {
        let (_, month, _) = self.civil();
        if (4..=10).contains(&month) { 120 } else { 60 }
    }

    /// Year, month and day in UTC.
    pub(crate) fn civil(self) -> (i64, i64, i64) {
        civil_from_days((self.0 - UNIX).div_euclid(DAY))
    }

    /// As Windows' English servers print it: `11/21/2026 3:04:05 PM`.
    pub(crate) fn us_text(self) -> String {
        let (year, month, day) = self.civil();
        let seconds = (self.0 - UNIX).rem_euclid(DAY) / SECOND;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let half = if hour < 12 { "AM" } else { "PM" };
        let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
        format!("{month}/{day}/{year} {hour}:{minute:02}:{second:02} {half}")
    }

    /// Reads the forms that filters use: ISO 8601 (`2026-11-20T08:00:00Z`, with offset, fraction or the date alone) and
    /// the English one (`11/20/2026 8:00:00 AM`). Without an offset UTC is meant.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        parse_iso(text).or_else(|| parse_us(text))
    }
}

fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| range.contains(n))
}

fn at(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Option<Ticks> {
    let ticks = Ticks::of_day(year, month, day);
    // A day that the month does not have comes back as another date.
    (ticks.civil() == (year, month, day))
        .then(|| Ticks(ticks.0 + ((hour * 60 + minute) * 60 + second) * SECOND))
}

fn parse_iso(text: &str) -> Option<Ticks> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "0:0"));
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (
        number(date.next()?, 1..=9999)?,
        number(date.next()?, 1..=12)?,
        number(date.next()?, 1..=31)?,
    );
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        None => (time, 0),
        Some(at) => {
            let (time, zone) = time.split_at(at);
            let offset = match zone.split_at(1) {
                ("Z" | "z", "") => 0,
                (sign @ ("+" | "-"), zone) => {
                    let (hours, minutes) = zone.split_once(':')?;
                    let minutes = number(hours, 0..=14)? * 60 + number(minutes, 0..=59)?;
                    if sign == "-" { -minutes } else { minutes }
                }
                _ => return None,
            };
            (time, offset)
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 0..=23)?, number(parts.next()?, 0..=59)?);
    let second = parts.next().map_or(Some(0), |s| number(s, 0..=59))?;
    let mut steps = 0;
    for (place, digit) in fraction.chars().take(7).enumerate() {
        let place = u32::try_from(place).ok()?;
        steps += i64::from(digit.to_digit(10)?) * 10_i64.pow(6_u32.checked_sub(place)?);
    }
    let ticks = at(year, month, day, hour, minute, second)?;
    Some(Ticks(ticks.0 + steps - offset * 60 * SECOND))
}

fn parse_us(text: &str) -> Option<Ticks> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "12:00 AM"));
    let mut date = date.splitn(3, '/');
    let (month, day, year) = (
        number(date.next()?, 1..=12)?,
        number(date.next()?, 1..=31)?,
        number(date.next()?, 1..=9999)?,
    );
    let (time, half) = match time.trim().split_once(' ') {
        Some((time, half)) => (time, Some(half)),
        None => (time.trim(), None),
    };
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 0..=23)?, number(parts.next()?, 0..=59)?);
    let second = parts.next().map_or(Some(0), |s| number(s, 0..=59))?;
    let hour = match half {
        None => hour,
        Some(half) if half.eq_ignore_ascii_case("AM") => hour % 12,
        Some(half) if half.eq_ignore_ascii_case("PM") => hour % 12 + 12,
        Some(_) => return None,
    };
    at(year, month, day, hour, minute, second)
}

/// Days from 1970-01-01, proleptic Gregorian calendar.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_filters_are_read() {
        let ticks = Ticks::of_day(2017, 8, 1).0 + 14 * 3600 * SECOND;
        for text in [
            "8/1/2017 2:00:00 PM",
            "08/01/2017 14:00",
            "2017-08-01T14:00:00Z",
            "2017-08-01T16:00:00+02:00",
            "2017-08-01 14:00:00.0000000",
        ] {
            assert_eq!(Ticks::parse(text), Some(Ticks(ticks)), "{text}");
        }
        assert_eq!(Ticks::parse("2017-08-01"), Some(Ticks::of_day(2017, 8, 1)));
        assert_eq!(
            Ticks::parse("2017-08-01T00:00:00.1234567Z"),
            Some(Ticks(Ticks::of_day(2017, 8, 1).0 + 1_234_567))
        );
        for text in [
            "",
            "yesterday",
            "2017-02-30",
            "13/1/2017",
            "2017-08-01T25:00:00Z",
            "2017-08-01T14:00:00+2",
            "--",
        ] {
            assert_eq!(Ticks::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_goes_both_ways() {
        for (y, m, d) in [
            (1, 1, 1),
            (1970, 1, 1),
            (2000, 2, 29),
            (2026, 11, 21),
            (9999, 12, 31),
        ] {
            assert_eq!(Ticks::of_day(y, m, d).civil(), (y, m, d));
        }
        assert_eq!(Ticks::of_day(1, 1, 1).0, 0);
        assert_eq!(
            Ticks(Ticks::of_day(2023, 1, 2).0 + (15 * 3600 + 4 * 60 + 5) * SECOND).us_text(),
            "1/2/2023 3:04:05 PM"
        );
    }
}
