//! Decrypts what SOPS encrypted, and remembers the files that could not be.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::sops::{self, Closed, Content, Identities, Seal};
use crate::yaml::{self, Document};

/// Decrypts the files of one directory.
#[derive(Debug)]
pub(super) struct Unsealer<'a> {
    identities: &'a Identities,
    closed: RefCell<BTreeSet<Closed>>,
}

/// The documents of a file.
pub(super) struct Documents {
    pub(super) documents: Vec<Document>,
    /// How their encrypted values are read, if they have any.
    pub(super) seal: Option<Seal>,
}

impl<'a> Unsealer<'a> {
    pub(super) fn new(identities: &'a Identities) -> Self {
        Self {
            identities,
            closed: RefCell::default(),
        }
    }

    pub(super) fn identities(&self) -> &'a Identities {
        self.identities
    }

    /// The files that could not be decrypted.
    pub(super) fn into_closed(self) -> BTreeSet<Closed> {
        self.closed.into_inner()
    }

    /// Notes a file that could not be decrypted.
    pub(super) fn note(&self, closed: &Closed) {
        self.closed.borrow_mut().insert(closed.clone());
    }

    /// Reads the documents of `file`, decrypted; none where they cannot be, which is added to `errors`.
    pub(super) fn documents(&self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Documents {
        let before = errors.len();
        let mut documents = yaml::documents(file, errors);
        let seal = if errors.len() > before {
            Ok(None)
        } else {
            sops::open(file, &mut documents, self.identities)
        };
        let seal = seal.unwrap_or_else(|error| {
            errors.push(error);
            documents.clear();
            None
        });
        if let Some(closed) = seal.as_ref().and_then(Seal::closed) {
            self.note(closed);
        }
        Documents { documents, seal }
    }

    /// The bytes of the file that is called `shown`, and whether they are, or hold, what must not be shown.
    pub(super) fn content(&self, shown: &str, bytes: Vec<u8>) -> Result<(Vec<u8>, bool)> {
        Ok(match sops::content(shown, bytes, self.identities)? {
            Content::Plain(bytes) => (bytes, false),
            Content::Opened(bytes) => (bytes, true),
            Content::Closed(bytes, closed) => {
                self.note(&closed);
                (bytes, true)
            }
        })
    }
}
