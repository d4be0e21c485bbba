//! Times the list of blocked destinations with a million hosts, and prints its memory: `cargo run
//! --release -p curt-domain --example target_blocks`.

#![expect(clippy::print_stdout, reason = "a measurement is for people to read")]

use std::{hint::black_box, time::Instant};

use curt_domain::{InvalidPattern, TargetPatterns, TargetPatternsBuilder, TargetUrl};

const HOSTS: u64 = 1_000_000;
const TARGETS: u64 = 100_000;
const ROUNDS: u64 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let list = list()?;
    println!(
        "{} patterns in {:?}, {} bytes of memory each",
        list.len(),
        started.elapsed(),
        list.memory() / list.len()
    );
    time(&list, "blocked", |number| format!("https://{}/a/b?c", host(number * 7)))?;
    time(&list, "not blocked", |number| format!("https://www.{}/a/b?c", host(HOSTS + number)))?;
    let labels = "a.".repeat(900);
    time(&list, "900 labels", |number| format!("https://{labels}{}/", host(HOSTS + number)))?;
    Ok(())
}

/// Three quarters are hosts, one quarter are suffixes.
fn list() -> Result<TargetPatterns, InvalidPattern> {
    let mut builder = TargetPatternsBuilder::default();
    for number in 0..HOSTS {
        let star = if number.is_multiple_of(4) { "*." } else { "" };
        let pattern = format!("{star}{}", host(number)).parse()?;
        builder.add(&pattern).expect("a million is below the limit");
    }
    Ok(builder.build())
}

fn host(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    format!("h{mixed:x}.example{}.com", number % 1_000)
}

fn time(
    list: &TargetPatterns,
    what: &str,
    url: impl Fn(u64) -> String,
) -> Result<(), Box<dyn std::error::Error>> {
    let targets: Vec<TargetUrl> = (0..TARGETS)
        .map(|number| TargetUrl::from_stored(&url(number)))
        .collect::<Result<_, _>>()?;
    let started = Instant::now();
    let mut found = 0;
    for _ in 0..ROUNDS {
        found += targets.iter().filter(|target| black_box(list.find(target)).is_some()).count();
    }
    let each = started.elapsed().as_nanos() / u128::from(TARGETS * ROUNDS);
    println!("{what}: {each} ns, {found} found");
    Ok(())
}
