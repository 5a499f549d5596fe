//! `stackanetes help`

use super::{Exit, candidates, command};
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::nearest;
use crate::manual::{self, ALIASES, TOPICS};

/// Print the help of a command, or a chapter of the manual.
///
/// Without a name, the commands and the chapters are listed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A command, such as sync, or a chapter, such as pruning.
    #[arg(value_name = "TOPIC", add = candidates::topics())]
    topic: Option<String>,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    ui.paged(&text(args.topic.as_deref())?)?;
    Ok(Exit::Done)
}

/// What is printed. A command goes before a chapter of the same name, and says that there is one.
fn text(topic: Option<&str>) -> Result<String> {
    let Some(topic) = topic else {
        return Ok(format!("{}\n{}", command().render_long_help().ansi(), topics()));
    };
    let mut whole = command();
    whole.build();
    let help = whole.find_subcommand_mut(topic).map(clap::Command::render_long_help);
    let chapter = manual::topic(topic);
    match (help, chapter) {
        (Some(help), None) => Ok(help.ansi().to_string()),
        (Some(help), Some(chapter)) => Ok(format!("{}\n{}", help.ansi(), chapter.printed())),
        (None, Some(chapter)) => Ok(chapter.printed()),
        (None, None) => Err(unknown(topic)),
    }
}

/// The chapters, a line each.
fn topics() -> String {
    let mut text = "Manual (stackanetes help TOPIC):\n".to_owned();
    for topic in &TOPICS {
        text += &format!("  {:<18}  {}\n", topic.name, topic.summary);
    }
    text
}

fn unknown(topic: &str) -> Error {
    let error = Error::new(format!("there is no command and no chapter `{topic}`"));
    let commands = command();
    let commands = commands.get_subcommands().map(clap::Command::get_name);
    let chapters = TOPICS.iter().map(|topic| topic.name);
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    match nearest(commands.chain(chapters).chain(aliases), topic) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`stackanetes help` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_command_a_chapter_or_both() {
        let shown =
            |topic| anstream::adapter::strip_str(&text(Some(topic)).expect("there is such a topic")).to_string();
        assert!(shown("pruning").starts_with("# Pruning"));
        assert_eq!(shown("prune"), shown("pruning"));
        assert!(shown("sync").contains("Usage: stackanetes sync") && shown("sync").contains("\n# Sync"));
        assert!(shown("diff").contains("Usage: stackanetes diff"));
        let error = text(Some("prunning")).expect_err("there is none");
        assert_eq!(error.message(), "there is no command and no chapter `prunning`");
        for topic in &TOPICS {
            assert!(text(None).expect("the list").contains(topic.name));
        }
    }
}
