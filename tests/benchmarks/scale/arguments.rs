//! The command line of the benchmark.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

use crate::objects::Shape;

/// Measure stackanetes, kubectl, Flux' library and the bare requests on the same objects, in turn
///
/// Starts a control plane of its own, which needs Go, and ends it. Prints tables in Markdown.
#[derive(Debug, Parser)]
#[command(name = "benchmark-scale", subcommand_precedence_over_arg = true)]
pub struct Arguments {
    /// How many objects there are besides their namespace; each number is a run with a cluster of its own
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1000", value_parser = count)]
    pub objects: Vec<usize>,

    /// How often each is measured; the tables have the medians
    #[arg(long, value_name = "N", default_value = "3", value_parser = count)]
    pub rounds: usize,

    /// What is measured
    #[arg(long, value_name = "PART,PART", value_delimiter = ',', default_values = ["steady", "incomplete", "write", "git"])]
    pub parts: Vec<Part>,

    /// What is measured beside stackanetes
    #[arg(long, value_name = "TOOL,TOOL", value_delimiter = ',', default_values = ["kubectl", "flux", "floor"])]
    pub beside: Vec<Rival>,

    /// What the objects are
    #[arg(long, value_enum, default_value = "mixed")]
    pub shape: Shape,

    /// No Deployments: thirds of the other kinds, on a control plane that runs no pods
    #[arg(long)]
    pub without_workloads: bool,

    /// How long everything takes on its way to the API server, and again on the way back, such as 10ms
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub delay: Duration,

    /// The program to measure [default: this source, built with --release]
    #[arg(long, value_name = "FILE")]
    pub stackanetes: Option<PathBuf>,

    /// Write the tables to a file too
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Draw the wall time of the diffs against the number of objects, as SVG
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,

    /// What this program is as one of those that are measured.
    #[command(subcommand)]
    pub child: Option<Child>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Diffs of what is in sync
    Steady,
    /// Diffs after a sync that was not complete, or was told a namespace
    Incomplete,
    /// First applies into an empty namespace, and applies of ten changes
    Write,
    /// Rendering, and two commits compared, without a cluster
    Git,
}

/// What stackanetes is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rival {
    /// The kubectl of the control plane
    Kubectl,
    /// The library of Flux' controllers
    Flux,
    /// The LISTs of a diff, or the applies of a sync, and nothing else
    Floor,
}

/// The processes of the benchmark that are measured, or measure.
#[derive(Debug, Subcommand)]
pub enum Child {
    /// Run a command, and write what it took to REPORT
    #[command(hide = true)]
    Measure {
        report: PathBuf,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Get every page of the lists that FILE names, and drop them
    #[command(hide = true)]
    List { file: PathBuf },
    /// Apply the objects of FILE
    #[command(hide = true)]
    Apply { file: PathBuf },
}

fn count(text: &str) -> Result<usize, &'static str> {
    let count = text.parse().ok().filter(|count| (1..=1_000_000).contains(count));
    count.ok_or("must be a number from 1 to 1000000")
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<SignedDuration>().ok();
    let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or("must be a duration such as 10ms")
}
