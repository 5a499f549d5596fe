//! Inputs that consist of several texts.

use std::path::PathBuf;

use stackanetes::view::RepositoryPaths;

/// The parts of an input: `-- NAME --` stands on a line above each, as in Go's `txtar`. What stands above the first
/// has no name.
pub fn parts(text: &str) -> Vec<(&str, String)> {
    let mut parts = vec![("", String::new())];
    for line in text.split_inclusive('\n') {
        let name = line.trim_end_matches(['\r', '\n']).strip_prefix("-- ");
        match name.and_then(|name| name.strip_suffix(" --")) {
            Some(name) => parts.push((name, String::new())),
            None => {
                if let Some((_, text)) = parts.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    parts
}

/// Where paths are told from.
pub fn base() -> RepositoryPaths {
    RepositoryPaths::new(PathBuf::from("/"), PathBuf::from("/"))
}
