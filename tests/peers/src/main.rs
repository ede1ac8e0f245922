//! CLIXML decoding, ours beside psrp-rs on the same bytes: each message to a complete owned object.
//!
//! The two are run in turn, round by round, so that a machine whose speed drifts slows both; the ratio is taken round
//! by round and its median printed.

mod allocations;
mod payload;

use std::time::{Duration, Instant};

use allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROUNDS: usize = 11;

struct Figures {
    time: Duration,
    allocations: u64,
}

fn measure(messages: &[String], mut decode: impl FnMut(&str)) -> Figures {
    let before = allocations::count();
    let started = Instant::now();
    for message in messages {
        decode(message);
    }
    Figures {
        time: started.elapsed(),
        allocations: allocations::count() - before,
    }
}

fn ours(messages: &[String]) -> Figures {
    let limits = psbridge_clixml::Limits::default();
    let mut interner = psbridge_clixml::Interner::default();
    measure(messages, |message| {
        let document = psbridge_clixml::read_message(message.as_bytes(), &limits, &mut interner)
            .expect("the payload is well-formed");
        std::hint::black_box(&document);
    })
}

fn theirs(messages: &[String]) -> Figures {
    measure(messages, |message| {
        let values = psrp_rs::clixml::parse_clixml(message).expect("the payload is well-formed");
        std::hint::black_box(&values);
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(title: &str, messages: &[String]) -> f64 {
    let bytes: usize = messages.iter().map(String::len).sum();
    ours(messages);
    theirs(messages);
    let rounds: Vec<(Figures, Figures)> = (0..ROUNDS).map(|_| (ours(messages), theirs(messages))).collect();

    println!(
        "{title}: {} messages, {bytes} bytes, {ROUNDS} rounds",
        messages.len()
    );
    let row = |name: &str, pick: &dyn Fn(&(Figures, Figures)) -> &Figures| {
        let seconds = median(
            rounds
                .iter()
                .map(|round| pick(round).time.as_secs_f64())
                .collect(),
        );
        let count = messages.len() as f64;
        println!(
            "  {name:<16} {:>8.1} MB/s  {:>9.2} µs/message  {:>9.1} allocations/message",
            bytes as f64 / seconds / 1e6,
            seconds * 1e6 / count,
            pick(&rounds[0]).allocations as f64 / count,
        );
    };
    row("psbridge-clixml", &|round| &round.0);
    row("psrp-rs 4.0.0", &|round| &round.1);
    let ratio = median(
        rounds
            .iter()
            .map(|(our, their)| their.time.as_secs_f64() / our.time.as_secs_f64())
            .collect(),
    );
    println!("  psbridge is {ratio:.2} times as fast (median of the rounds)\n");
    ratio
}

fn main() {
    let users = compare("Get-User objects of 67 properties", &payload::users(5_000));
    compare("lists of 1,000 strings", &payload::lists(200));
    compare("error records", &payload::errors(3_000));
    if let Some(wanted) = std::env::args().nth(1) {
        let wanted: f64 = wanted
            .parse()
            .expect("the first argument is the smallest acceptable ratio");
        if users < wanted {
            eprintln!("the ratio {users:.2} is below {wanted}");
            std::process::exit(1);
        }
    }
}
