//! What is tried with which request, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use super::aim::{Asked, Lasts, Shot};
use super::judge::Verdict;
use crate::proxy::{Body, Fault, Heard};

const BODIES: [Body; 6] = [
    Body::Empty,
    Body::Malformed,
    Body::Null,
    Body::EmptyObject,
    Body::Other,
    Body::Html,
];

/// The faults that make sense for a request. Only for a write it matters whether it arrives.
pub fn faults_of(asked: &Asked) -> Vec<Fault> {
    let heard = |heard| Fault { arrives: false, heard };
    let mut faults: Vec<Fault> = [409, 410, 422, 429, 500, 503, 504]
        .map(|code| heard(Heard::Status(code)))
        .into();
    faults.extend(BODIES.map(|body| heard(Heard::Body(body))));
    faults.extend([Heard::Silence, Heard::End].map(heard));
    if asked.is_watch() {
        faults.extend([Heard::Dropped, Heard::Corrupt, Heard::Expired].map(heard));
        return faults;
    }
    let arrives = |heard| Fault { arrives: true, heard };
    faults.push(arrives(Heard::Half));
    if asked.is_write() {
        faults.extend([500, 504].map(|code| arrives(Heard::Status(code))));
        faults.extend(BODIES.map(|body| arrives(Heard::Body(body))));
        faults.extend([Heard::Silence, Heard::End].map(arrives));
    }
    faults
}

impl Fault {
    /// Whether it takes its time to give up on.
    pub fn is_slow(self) -> bool {
        matches!(self.heard, Heard::Silence | Heard::Status(429))
    }
}

/// How often a request ended how.
#[derive(Debug, Default)]
struct Counts {
    same: usize,
    told: usize,
    wrong: usize,
    not_met: usize,
}

/// How each request ended.
#[derive(Debug, Default)]
pub struct Table {
    requests: BTreeMap<String, Counts>,
    faults: BTreeMap<(String, Lasts), Counts>,
    /// What must not happen, and did.
    pub wrong: Vec<String>,
}

impl Table {
    pub fn note(&mut self, shot: &Shot, verdict: &Verdict) {
        let arrives = if shot.fault.arrives { ", arrives" } else { "" };
        let fault = format!("{:?}{arrives}", shot.fault.heard);
        let of_fault = self.faults.entry((fault, shot.lasts)).or_default();
        let of_request = self.requests.entry(shot.asked.to_string()).or_default();
        for counts in [of_fault, of_request] {
            match verdict {
                Verdict::Same => counts.same += 1,
                Verdict::Told { .. } => counts.told += 1,
                Verdict::Wrong(_) => counts.wrong += 1,
                Verdict::NotMet => counts.not_met += 1,
            }
        }
        if matches!(verdict, Verdict::Wrong(_)) {
            self.wrong.push(shot.to_string());
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |name: &str, counts: &Counts| {
            let Counts {
                same,
                told,
                wrong,
                not_met,
            } = counts;
            format!("{name:<100} {same:>5} {told:>5} {wrong:>5} {not_met:>7}")
        };
        writeln!(
            out,
            "{:<100} {:>5} {:>5} {:>5} {:>7}",
            "", "same", "told", "wrong", "not met"
        )?;
        for (request, counts) in &self.requests {
            writeln!(out, "{}", line(request, counts))?;
        }
        for ((fault, lasts), counts) in &self.faults {
            writeln!(out, "{}", line(&format!("{fault}, {lasts:?}"), counts))?;
        }
        let sum = |count: fn(&Counts) -> usize| self.requests.values().map(count).sum();
        let all = Counts {
            same: sum(|counts| counts.same),
            told: sum(|counts| counts.told),
            wrong: sum(|counts| counts.wrong),
            not_met: sum(|counts| counts.not_met),
        };
        writeln!(out, "{}", line("all", &all))
    }
}
