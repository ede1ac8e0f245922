//! Output while the pipeline runs: early, bounded, and stoppable.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::support::{Lab, invoke_command};

/// As the issue of a help desk has it: the whole directory.
const EVERYONE: &str = "Get-User -ResultSize Unlimited";

/// Objects whose decoding in an unoptimised build still takes only seconds.
const MANY: usize = if cfg!(debug_assertions) { 5_000 } else { 100_000 };

fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Peak resident memory in KiB so far, while the process lives.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[cfg(target_os = "linux")]
fn the_first_object_comes_before_the_end_and_memory_stays_small() {
    let lab = Lab::start(&["--users", &MANY.to_string()]);
    let mut child = spawn(invoke_command(&lab.exchange(), EVERYONE).args(["--format", "ndjson"]));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    assert!(
        child.try_wait().unwrap().is_none(),
        "the pipeline was over before its first object was printed"
    );
    let mut count = 1;
    let mut peak = 0;
    loop {
        line.clear();
        if output.read_line(&mut line).unwrap() == 0 {
            break;
        }
        count += 1;
        if count % 500 == 0 {
            peak = peak_memory(child.id()).unwrap_or(peak).max(peak);
        }
    }
    assert!(wait(&mut child).success());
    assert_eq!(count, MANY);
    println!("{count} users, peak {peak} KiB");
    assert!(peak > 0 && peak < 50 * 1024, "{peak} KiB");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let lab = Lab::start(&["--users", "20000"]);
    let mut child = spawn(invoke_command(&lab.exchange(), EVERYONE).args(["--format", "ndjson"]));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    drop(output);
    let status = wait(&mut child);
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_the_pipeline_and_exits_130() {
    let lab = Lab::start(&["--users", "100000"]);
    let mut child = spawn(invoke_command(&lab.exchange(), EVERYONE).args(["--format", "ndjson", "--trace"]));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    // Both pipes are read at once, so that neither holds the process up.
    let errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || std::io::read_to_string(errors).unwrap());
    let rest = std::io::read_to_string(output).unwrap();
    assert_eq!(wait(&mut child).code(), Some(130));
    let errors = errors.join().unwrap();
    assert!(rest.lines().count() < 99_999, "everything came");
    assert!(rest.is_empty() || rest.ends_with('\n'), "half a line at the end");
    // The pipeline is stopped and freed (two signals) and the shell is deleted.
    assert!(
        errors.lines().filter(|line| line.contains("Signal")).count() >= 2,
        "{errors}"
    );
    assert!(errors.contains("Delete"), "{errors}");
}
