//! The first command of the README.

use super::support::call;

#[test]
fn the_demo_shows_the_main_job_and_both_sides_count_the_same() {
    let finished = call(&["demo", "--users", "300"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in [
        "NTLM",
        "encrypted",
        "300 streamed",
        "Demo Team",
        "round trips",
        "bytes in",
        "objects",
        "time",
    ] {
        assert!(finished.stdout.contains(part), "no {part} in {}", finished.stdout);
    }
    let counted = finished.stdout.lines().filter(|line| {
        ["round trips", "bytes out", "bytes in", "objects"]
            .iter()
            .any(|what| line.trim_start().starts_with(what))
    });
    let mut rows = 0;
    for row in counted {
        let numbers: Vec<&str> = row.split_whitespace().rev().take(2).collect();
        assert_eq!(numbers[0], numbers[1], "{row}");
        rows += 1;
    }
    assert_eq!(rows, 4, "{}", finished.stdout);
}
