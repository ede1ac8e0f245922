//! `xs:duration`, as WS-Management uses it for timeouts.

use std::time::Duration;

const DAY: u64 = 86_400;

/// Reads a duration such as `PT20S`, `PT180.000S`, `P0DT2H0M0S`. `None` for negative ones, for years and months (which
/// have no fixed length) and for anything else that is not a duration.
pub fn parse(text: &str) -> Option<Duration> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = rest
        .split_once('T')
        .map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut total = Duration::ZERO;
    let mut parts = 0;
    if !days.is_empty() {
        let seconds = days.strip_suffix('D')?.parse::<u64>().ok()?.checked_mul(DAY)?;
        total = total.checked_add(Duration::from_secs(seconds))?;
        parts += 1;
    }
    if let Some(mut time) = time {
        for (unit, seconds) in [('H', 3600), ('M', 60)] {
            if let Some((number, rest)) = time.split_once(unit) {
                let seconds = number.parse::<u64>().ok()?.checked_mul(seconds)?;
                total = total.checked_add(Duration::from_secs(seconds))?;
                time = rest;
                parts += 1;
            }
        }
        if !time.is_empty() {
            total = total.checked_add(seconds(time.strip_suffix('S')?)?)?;
            parts += 1;
        }
        if parts == 0 || text.trim_end().ends_with('T') {
            return None;
        }
    }
    (parts > 0).then_some(total)
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some(Duration::new(whole.parse().ok()?, nanos))
}

/// Writes a duration as Windows does: `PT20.000S`.
pub fn format(duration: Duration) -> String {
    format!("PT{}.{:03}S", duration.as_secs(), duration.subsec_millis())
}

/// Writes a duration as Windows reports the age of a shell: `P0DT0H0M9S`.
pub fn format_age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / DAY, seconds / 3600 % 24);
    format!("P{days}DT{hours}H{}M{}S", seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_seen() {
        let seconds = |text: &str| parse(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("PT20S"), Some(20.0));
        assert_eq!(seconds("PT180.000S"), Some(180.0));
        assert_eq!(seconds("P0DT0H1M9S"), Some(69.0));
        assert_eq!(seconds("PT2147483.647S"), Some(2_147_483.647));
        assert_eq!(seconds("P1D"), Some(86_400.0));
        assert_eq!(seconds(" PT1H "), Some(3600.0));
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "PT-1S", "-PT1S", "P", "PT", "P1DT", "20", "", "PT1X", "P1Y", "PT1.x2S", "PT1S2", "PT.5.S",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("PT99999999999999999999S"), None);
    }

    #[test]
    fn writes() {
        assert_eq!(format(Duration::from_millis(7_200_005)), "PT7200.005S");
        assert_eq!(format_age(Duration::from_secs(93_784)), "P1DT2H3M4S");
    }
}
