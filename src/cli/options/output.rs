//! How much is shown, and how.

use anstream::ColorChoice;
use clap::ArgAction;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::ui::{Ui, Verbosity};

/// How much is shown, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct OutputOptions {
    /// When to use colours.
    ///
    /// With auto, a terminal gets colours, and the variables NO_COLOR and FORCE_COLOR override that.
    #[arg(hide_short_help = true, long, global = true, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    color: String,
    /// Show more; twice, also every request.
    ///
    /// New objects are then shown whole, and errors with all their causes.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Show no progress.
    #[arg(hide_short_help = true, short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print everything at once, although it is longer than the terminal.
    ///
    /// By default $STACKANETES_PAGER or $PAGER shows it page by page [default: less -FRX]
    #[arg(hide_short_help = true, long, global = true)]
    no_pager: bool,
}

/// Whether [`FORCE_COLOR`](https://force-color.org) asks for colours also where nobody looks at a terminal.
/// [`NO_COLOR`](https://no-color.org) wins.
pub(in crate::cli) fn is_color_forced() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_off = std::env::var_os("FORCE_COLOR").is_some_and(|value| value == "0");
    is_set("FORCE_COLOR") && !is_off && !is_set("NO_COLOR")
}

impl OutputOptions {
    pub(in crate::cli) fn ui(&self) -> Ui {
        let color = match self.color.as_str() {
            "always" => ColorChoice::Always,
            "never" => ColorChoice::Never,
            _ if is_color_forced() => ColorChoice::Always,
            _ => ColorChoice::Auto,
        };
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Ui::new(color, verbosity).with_pager(!self.no_pager)
    }

    /// With `-vv` every request is logged on standard error. Nothing of the libraries is: what they say
    /// of a refused request may quote what was sent.
    pub(in crate::cli) fn start_log(&self) {
        if self.verbose < 2 {
            return;
        }
        let targets = Targets::new().with_target("stackanetes", LevelFilter::DEBUG);
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false);
        // A second command of the same process logs as the first one said.
        let _ = tracing_subscriber::registry().with(log.with_filter(targets)).try_init();
    }
}
