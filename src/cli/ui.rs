//! The terminal: the only place that prints, asks, and knows whether anybody is watching.
//!
//! Standard output carries the result; progress, warnings and errors go to standard error.

mod pager;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};

use crate::diagnostic::error::{Error, Result};
use crate::execute::Event;
use crate::plan::Plan;
use crate::view::{self, Causes, ProgressLine, Width};
use pager::Pager;

/// How much is told on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and warnings.
    Quiet,
    /// Progress too.
    Normal,
    /// Details too.
    Verbose,
}

/// Where the answer to a question is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredAt {
    /// Standard input.
    StandardInput,
    /// The terminal that controls the process, since standard input was for something else.
    Terminal,
}

/// The file that is the terminal that controls a process (POSIX, "General Terminal Interface").
const TERMINAL: &str = "/dev/tty";

impl AnsweredAt {
    /// Whether a person can give one.
    fn can_come(self) -> bool {
        match self {
            Self::StandardInput => io::stdin().is_terminal(),
            Self::Terminal => File::open(TERMINAL).is_ok_and(|terminal| terminal.is_terminal()),
        }
    }

    /// The next line.
    fn line(self) -> io::Result<String> {
        let mut line = String::new();
        match self {
            Self::StandardInput => io::stdin().read_line(&mut line)?,
            Self::Terminal => BufReader::new(File::open(TERMINAL)?).read_line(&mut line)?,
        };
        Ok(line)
    }
}

/// The terminal, or what stands in for one.
pub struct Ui {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    verbosity: Verbosity,
    spinner: Option<ProgressBar>,
    sync: Option<SyncProgress>,
    /// Whether a pager shows what is longer than the terminal.
    has_pager: bool,
    /// Whether a result was printed that [another](Ui::redraw) may take the place of.
    has_drawn: bool,
}

/// A sync that is under way.
struct SyncProgress {
    progress: view::Progress,
    began: Instant,
    /// When a line was printed last.
    told: Instant,
}

/// How long nothing is said of a sync where nobody watches a terminal.
const SILENCE: Duration = Duration::from_secs(30);

impl Ui {
    /// Colours as asked for, or as the streams can show.
    pub fn new(color: ColorChoice, verbosity: Verbosity) -> Self {
        Self {
            out: AutoStream::new(io::stdout(), color),
            err: AutoStream::new(io::stderr(), color),
            verbosity,
            spinner: None,
            sync: None,
            has_pager: false,
            has_drawn: false,
        }
    }

    /// This output with or without a pager for what is longer than the terminal.
    #[must_use]
    pub fn with_pager(self, has_pager: bool) -> Self {
        Self { has_pager, ..self }
    }

    /// How much is told.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How wide a result may be: as `COLUMNS` says, else as the terminal is.
    pub fn width() -> Width {
        let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let is = || Some(terminal_size::terminal_size_of(io::stdout())?.0.0.into());
        said.or_else(is).map_or(Width::ANY, Width::of)
    }

    /// Prints a result. A reader that has gone away (`| head`) is no error.
    pub fn result(&mut self, text: &str) -> Result<()> {
        self.done();
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new("failed to write to standard output").because(error))
            }
            _ => Ok(()),
        }
    }

    /// Prints a result that is all the command has to say: by a pager, where it is longer than the terminal.
    pub fn paged(&mut self, text: &str) -> Result<()> {
        self.done();
        let is_longer = self.has_pager && pager::is_longer_than_terminal(text);
        let Some(pager) = is_longer.then(Pager::of_environment).flatten() else {
            return self.result(text);
        };
        let is_shown = match self.out.current_choice() {
            ColorChoice::Never => pager.show(&strip_str(text).to_string()),
            ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => pager.show(text),
        };
        if is_shown { Ok(()) } else { self.result(text) }
    }

    /// Prints a result in the place of the one before: on a terminal above nothing else, elsewhere after an empty line.
    pub fn redraw(&mut self, text: &str) -> Result<()> {
        let between = match (io::stdout().is_terminal(), self.has_drawn) {
            (true, _) => "\x1b[H\x1b[2J",
            (false, true) => "\n",
            (false, false) => "",
        };
        self.has_drawn = true;
        self.result(&format!("{between}{text}"))
    }

    /// Prints a part of a result while the command goes on. A reader that has gone away, or cannot be
    /// written to, ends nothing that is under way.
    pub fn stream(&mut self, text: &str) {
        let mut write = || {
            if let Err(error) = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
                tracing::debug!(%error, "failed to write to standard output");
            }
        };
        match &self.spinner {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
    }

    /// Prints an error, with what libraries say of it below only where details are told.
    pub fn error(&mut self, error: &Error) {
        let causes = match self.verbosity {
            Verbosity::Quiet | Verbosity::Normal => Causes::Needed,
            Verbosity::Verbose => Causes::All,
        };
        self.line(view::error_because(error, causes).trim_end());
    }

    /// Says something while a command runs that holds the terminal.
    pub fn announce(message: &str) {
        // A standard error that cannot be written to leaves nobody to tell.
        let _ = writeln!(io::stderr(), "\n{message}");
    }

    /// Prints a warning.
    pub fn warning(&mut self, message: &str) {
        self.line(&format!("warning: {message}"));
    }

    /// Shows what is being done now: a spinner on a terminal, nothing elsewhere.
    pub fn activity(&mut self, what: &str) {
        if self.verbosity == Verbosity::Quiet || !io::stderr().is_terminal() {
            return;
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let spinner = ProgressBar::new_spinner();
            // Cut to the width of the terminal: a line that wraps cannot be taken back.
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        spinner.set_message(what.to_owned());
    }

    /// Stops showing that something is being done.
    pub fn done(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    /// Tells of an event of a sync.
    pub fn event(&mut self, event: &Event) {
        let is_warning = matches!(
            event,
            Event::Warning { .. } | Event::Mismatch { .. } | Event::NotReleased(_)
        );
        if self.verbosity == Verbosity::Quiet && !is_warning {
            return;
        }
        match self.sync.as_mut().and_then(|sync| sync.progress.tell(event)) {
            None => {}
            // On a terminal, what is waited for is shown in place and leaves no line.
            Some(ProgressLine::State(_)) if self.spinner.is_some() => {}
            Some(ProgressLine::State(line) | ProgressLine::Line(line)) => self.line(&line),
        }
        self.show_state();
    }

    /// Begins to show a sync of this plan.
    pub fn sync(&mut self, plan: &Plan) {
        let now = Instant::now();
        self.sync = Some(SyncProgress {
            progress: view::Progress::of(plan, self.verbosity == Verbosity::Verbose),
            began: now,
            told: now,
        });
        self.activity("syncing");
        self.show_state();
    }

    /// Shows where the sync stands: in place on a terminal; elsewhere as a line, where nothing was said for a while.
    /// To be called every second.
    pub fn tick(&mut self) {
        self.show_state();
        let Some(sync) = &self.sync else { return };
        if self.spinner.is_none() && self.verbosity != Verbosity::Quiet && sync.told.elapsed() >= SILENCE {
            let state = sync.progress.state(sync.began.elapsed());
            self.line(&state);
        }
    }

    fn show_state(&self) {
        if let (Some(spinner), Some(sync)) = (&self.spinner, &self.sync) {
            spinner.set_message(sync.progress.state(sync.began.elapsed()));
        }
    }

    /// Asks on the terminal; anything but `y` or `yes` is a no.
    pub fn confirm(&mut self, question: &str, answers: AnsweredAt) -> Result<bool> {
        self.done();
        let failed = |error| Error::new("failed to ask on the terminal").because(error);
        write!(self.err, "{question} [y/N] ")
            .and_then(|()| self.err.flush())
            .map_err(failed)?;
        let answer = answers.line().map_err(failed)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Whether a person can be asked.
    pub fn can_ask(answers: AnsweredAt) -> bool {
        answers.can_come() && io::stderr().is_terminal()
    }

    fn line(&mut self, text: &str) {
        if let Some(sync) = &mut self.sync {
            sync.told = Instant::now();
        }
        // A standard error that cannot be written to leaves nobody to tell.
        let mut write = || {
            let _ = writeln!(self.err, "{text}");
        };
        match &self.spinner {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
    }
}
