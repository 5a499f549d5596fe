//! Medians and ratios, as a table in Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use crate::arguments::Part;
use crate::bench::{Bench, Job, tell};
use crate::measure::Sample;

/// What was measured in turn, so that its rows may be compared.
pub struct Table {
    pub part: Part,
    /// How many objects there were besides their namespace.
    pub objects: usize,
    pub title: String,
    pub rows: Vec<Row>,
}

/// A command, and what each of its runs took.
pub struct Row {
    pub name: String,
    pub samples: Vec<Sample>,
}

impl Table {
    /// One without rows.
    pub fn new(part: Part, objects: usize, title: &str) -> Table {
        Table {
            part,
            objects,
            title: title.to_owned(),
            rows: Vec::new(),
        }
    }

    /// Runs the jobs one after the other, `rounds` times, after a run of each that does not count.
    ///
    /// The ratios of the table are to the first of them.
    pub fn in_turn(mut self, bench: &mut Bench, jobs: &[Job], rounds: usize) -> Table {
        for job in jobs {
            bench.run(job);
        }
        self.rows = jobs.iter().map(|job| Row::new(&job.name)).collect();
        for _ in 0..rounds {
            for (row, job) in self.rows.iter_mut().zip(jobs) {
                row.measure(bench, job);
            }
        }
        self
    }

    /// The table, under a heading.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "### {}\n\n| | wall | ratio | CPU | peak memory | requests | bytes | CPU of the API server |\n\
             |---|---|---|---|---|---|---|---|\n",
            self.title
        );
        let first = self.rows.first().map(Row::wall);
        for row in &self.rows {
            let wall = row.wall();
            let ratio = first.map_or(1.0, |first| wall.as_secs_f64() / first.as_secs_f64());
            let _ = writeln!(
                text,
                "| {} | {} | {ratio:.2} | {} | {} | {} | {} | {} |",
                row.name,
                seconds(wall),
                seconds(row.median(|sample| sample.cost.cpu)),
                megabytes(row.median(|sample| sample.cost.peak)),
                row.samples
                    .last()
                    .map(|sample| sample.requests.to_string())
                    .unwrap_or_default(),
                megabytes(row.median(|sample| sample.passed)),
                seconds(row.median(|sample| sample.server)),
            );
        }
        text
    }
}

impl Row {
    /// One without samples.
    pub fn new(name: &str) -> Row {
        Row {
            name: name.to_owned(),
            samples: Vec::new(),
        }
    }

    /// Runs `job` and adds what it took.
    pub fn measure(&mut self, bench: &mut Bench, job: &Job) {
        let sample = bench.measure(job);
        tell(&self.name, Some(sample.cost.wall));
        self.samples.push(sample);
    }

    /// From start to end.
    pub fn wall(&self) -> Duration {
        self.median(|sample| sample.cost.wall)
    }

    fn median<T: Ord>(&self, of: impl Fn(&Sample) -> T) -> T {
        let mut values: Vec<T> = self.samples.iter().map(of).collect();
        values.sort();
        let middle = values.len() / 2;
        values.into_iter().nth(middle).expect("each is measured at least once")
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with a digit or two")]
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 {
        format!("{megabytes:.2} MB")
    } else {
        format!("{megabytes:.0} MB")
    }
}
