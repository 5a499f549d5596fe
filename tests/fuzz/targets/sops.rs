//! Files that SOPS encrypted.

use std::sync::LazyLock;

use stackanetes::diagnostic::place::SourceFile;
use stackanetes::sops::{self, Identities};
use stackanetes::yaml;

use super::parts::parts;
use super::shown;

/// The identity that the inputs of `fixtures/fuzz/sops` are encrypted for: that of the other tests of SOPS.
const IDENTITY: &str = "AGE-SECRET-KEY-1UR4R0WHKK82NVEVJUURSWW3LH2RUTDXMYLV8PFYRTPMXXR3R5C8Q9QAWJM";

static IDENTITIES: LazyLock<Identities> = LazyLock::new(|| {
    let mut identities = Identities::default();
    let _ = identities.add(IDENTITY);
    identities
});

/// A file whose name stands in a line `-- NAME --` above it, as documents and as content.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (name, text) = parts(&text).pop().unwrap_or_default();
    for identities in [&Identities::default(), &*IDENTITIES] {
        let file = SourceFile::new(name, text.as_str());
        let mut errors = Vec::new();
        let mut documents = yaml::documents(&file, &mut errors);
        match sops::open(&file, &mut documents, identities) {
            Ok(Some(sealed)) => {
                for document in &documents {
                    let again = yaml::document_at(&file, document.span.clone()).map(|mut root| {
                        sealed.seal.reveal(&mut root);
                        root.into_value()
                    });
                    assert_eq!(again, Some(document.root.to_value()), "revealed");
                }
            }
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
        if let Err(error) = sops::content(name, text.clone().into_bytes(), identities) {
            errors.push(error);
        }
        shown::errors(errors);
    }
}
