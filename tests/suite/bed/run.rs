//! What a run of the command showed, and what a test expects of it.

use std::process::Child;

use crate::documents;

/// What a run of the command showed.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Waits for the end of the command.
    ///
    /// In every test, what is stored is what the plan said, and documents are as their schemas say.
    #[track_caller]
    pub fn finish(child: Child) -> Run {
        let output = child.wait_with_output().expect("the command ends");
        let run = Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        };
        let mut lines = run.stdout.lines().chain(run.stderr.lines());
        let mismatch = lines.find(|line| line.starts_with("mismatch:") || is_mismatch(line));
        assert_eq!(mismatch, None, "in\n{}{}", run.stdout, run.stderr);
        documents::are_as_their_schemas_say(&run.stdout);
        run
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(
            self.code, code,
            "\n--- stdout\n{}--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Whether standard output holds this, whatever the spaces between its words.
    #[track_caller]
    pub fn shows(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stdout), squeeze(words));
        assert!(
            text.contains(&sought),
            "no '{sought}' in\n--- stdout\n{}--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn shows_not(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stdout), squeeze(words));
        assert!(!text.contains(&sought), "'{sought}' in\n--- stdout\n{}", self.stdout);
        self
    }

    /// Whether standard error does not hold this.
    #[track_caller]
    pub fn complains_not(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stderr), squeeze(words));
        assert!(!text.contains(&sought), "'{sought}' in\n--- stderr\n{}", self.stderr);
        self
    }

    /// Whether neither output holds any of these, which are nobody's business.
    #[track_caller]
    pub fn hides(self, secrets: &[&str]) -> Run {
        for secret in secrets {
            assert!(
                !self.stdout.contains(secret) && !self.stderr.contains(secret),
                "{secret} in\n--- stdout\n{}--- stderr\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// Whether standard error holds this, whatever the spaces between its words.
    #[track_caller]
    pub fn complains(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stderr), squeeze(words));
        assert!(
            text.contains(&sought),
            "no '{sought}' in\n--- stdout\n{}--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Whether a line of JSON tells that something was stored otherwise than planned: an event, or a report.
fn is_mismatch(line: &str) -> bool {
    let document: Option<serde_json::Value> = line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten();
    document.is_some_and(|document| {
        let mismatches = document["mismatches"].as_array();
        document["type"] == "mismatch" || mismatches.is_some_and(|mismatches| !mismatches.is_empty())
    })
}

#[test]
fn a_mismatch_is_seen_in_json_too() {
    assert!(is_mismatch(r#"{"type": "mismatch", "fields": ["data.a"]}"#));
    assert!(is_mismatch(
        r#"{"kind": "Report", "mismatches": [{"fields": ["data.a"]}]}"#
    ));
    assert!(!is_mismatch(r#"{"kind": "Report", "mismatches": []}"#));
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
