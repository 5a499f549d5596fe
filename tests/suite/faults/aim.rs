//! Which request goes wrong, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::proxy::{Fault, Request, Then};

/// How many letters such a name ends in.
const RANDOM: usize = 10;

/// A request of a sync, told from the others by what it asks: requests run side by side, so that its number is not the
/// same in each run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The method; `WATCH` for a watch, and `DRY-RUN` before that of a write which is none.
    pub verb: String,
    pub path: String,
    /// Under which manager, of a write.
    pub manager: String,
    /// Which of those that ask the same, from 1 on.
    pub turn: usize,
}

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.verb, self.path)?;
        if self.turn > 1 {
            write!(out, " (number {})", self.turn)?;
        }
        Ok(())
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let verb = match (request.is_watch(), query.contains("dryRun=All")) {
            (true, _) => "WATCH".to_owned(),
            (false, true) => format!("DRY-RUN {}", request.method),
            (false, false) => request.method.clone(),
        };
        let manager = query.split('&').find_map(|pair| pair.strip_prefix("fieldManager="));
        Self {
            verb,
            path: without_random(path),
            manager: manager.unwrap_or_default().to_owned(),
            turn: 0,
        }
    }

    /// Whether the server may store something because of it.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb.as_str(), "GET" | "WATCH") && !self.verb.starts_with("DRY-RUN")
    }

    pub fn is_watch(&self) -> bool {
        self.verb == "WATCH"
    }

    /// The object that it is about; nothing of one about many, or about what the server serves.
    pub fn name(&self) -> Option<&str> {
        let segments: Vec<&str> = self.path.trim_start_matches('/').split('/').collect();
        let at = segments.iter().position(|segment| *segment == "namespaces")?;
        match &segments[at + 1..] {
            [namespace] => Some(namespace),
            [_, _, name] => Some(name.trim_end_matches("-*")),
            _ => None,
        }
    }
}

/// A path, of which a name that was made up to try a new object ends in a star.
fn without_random(path: &str) -> String {
    match path.rsplit_once('-') {
        Some((start, end)) if end.len() == RANDOM && end.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            format!("{start}-*")
        }
        _ => path.to_owned(),
    }
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lasts {
    Once,
    /// To each that asks the same, from then on.
    ForEver,
}

/// A fault, and the request that it happens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    pub asked: Asked,
    pub fault: Fault,
    pub lasts: Lasts,
}

impl fmt::Display for Shot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shot { asked, fault, lasts } = self;
        write!(out, "{asked}: {:?}, which ", fault.heard)?;
        out.write_str(if fault.arrives { "arrives" } else { "does not arrive" })?;
        write!(out, ", {lasts:?}")
    }
}

/// The rule of a proxy: what goes wrong at the moment.
#[derive(Default)]
pub struct Aim(Mutex<Aimed>);

#[derive(Default)]
struct Aimed {
    shot: Option<Shot>,
    seen: BTreeMap<Asked, usize>,
    hits: usize,
}

impl Aim {
    fn aimed(&self) -> MutexGuard<'_, Aimed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this goes wrong.
    pub fn take(&self, shot: Option<Shot>) {
        *self.aimed() = Aimed {
            shot,
            ..Aimed::default()
        };
    }

    /// How often it went wrong.
    pub fn hits(&self) -> usize {
        self.aimed().hits
    }

    /// What was asked since, and how often.
    pub fn seen(&self) -> BTreeMap<Asked, usize> {
        self.aimed().seen.clone()
    }

    /// What becomes of a request.
    pub fn at(&self, request: &Request) -> Then {
        let mut asked = Asked::of(request);
        let mut aimed = self.aimed();
        let turn = aimed.seen.entry(asked.clone()).or_default();
        *turn += 1;
        asked.turn = *turn;
        let Some(shot) = aimed.shot.clone() else {
            return Then::Answer;
        };
        let earliest = shot.asked.turn;
        let is_late = asked.turn > earliest && shot.lasts == Lasts::ForEver;
        asked.turn = if is_late { earliest } else { asked.turn };
        if asked != shot.asked {
            return Then::Answer;
        }
        aimed.hits += 1;
        Then::Fail(shot.fault)
    }
}
