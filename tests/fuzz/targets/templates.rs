//! Jinja templates of configuration files.

use stackanetes::diagnostic::place::SourceFile;

use super::expressions::RENDERING;
use super::shown;

/// Fills a template in, and asks what its first lines were made from.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let file = SourceFile::new("a.conf.j2", text);
    match RENDERING.template(&file) {
        Ok(filled) => {
            for line in 0..filled.text.lines().count().min(10) {
                RENDERING.template_line(&file, line);
            }
        }
        Err(error) => shown::error(&error),
    }
}
