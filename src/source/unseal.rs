//! Decrypts what SOPS encrypted, and remembers the files that could not be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};
use crate::sops::{self, Closed, Content, Identities, Seal, Sealed};
use crate::yaml::{self, Document};

/// Decrypts the files of one directory.
#[derive(Debug)]
pub struct Unsealer<'a> {
    identities: &'a Identities,
    closed: Mutex<BTreeSet<Closed>>,
    /// The files that were decrypted, as people name them.
    opened: Mutex<BTreeSet<String>>,
}

/// The documents of a file.
pub(super) struct Unsealed {
    /// The file to show places of: where something in it is encrypted, a confidential one.
    pub(super) file: Arc<SourceFile>,
    pub(super) documents: Vec<Document>,
    /// How their encrypted values are read, if they have any.
    pub(super) seal: Option<Seal>,
}

impl<'a> Unsealer<'a> {
    /// Begins a directory, of which no file was read.
    pub fn new(identities: &'a Identities) -> Self {
        Self {
            identities,
            closed: Mutex::default(),
            opened: Mutex::default(),
        }
    }

    /// The files that could not be decrypted.
    pub(super) fn into_closed(self) -> BTreeSet<Closed> {
        self.closed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, closed: &Closed) {
        locked(&self.closed).insert(closed.clone());
    }

    fn note_opened(&self, file: &str) {
        locked(&self.opened).insert(file.to_owned());
    }

    /// What is told of an error: nothing of what was decrypted but its place, since the words may quote it; and
    /// of what could not be decrypted how it can be.
    pub(super) fn without_secrets(&self, error: Error) -> Error {
        error.map(|error| {
            let closed = locked(&self.closed);
            let is_of = |place: &Place, file: &str| place.file.path() == file && is_sealed(place);
            let mut files = error.places().iter().map(|(place, _)| place);
            let closed = files.find_map(|place| closed.iter().find(|closed| is_of(place, &closed.file)));
            if let Some(closed) = closed {
                let file = &closed.file;
                return error.hint(format!(
                    "{file} is encrypted, and no identity decrypts it: pass --age-key-file"
                ));
            }
            let opened = locked(&self.opened);
            let quotes = |place: &Place| opened.contains(place.file.path()) && is_sealed(place);
            if !error.places().iter().any(|(place, _)| quotes(place)) {
                return error;
            }
            let hidden = Error::new("what is encrypted here is not valid: (hidden)");
            let places = error.places().iter();
            places.fold(hidden, |hidden, (place, _)| hidden.at(place.clone(), ""))
        })
    }

    /// Reads the documents of `file`, decrypted; none where they cannot be, which is added to `errors`. No error
    /// about what was decrypted is told in words from now on.
    pub(super) fn documents(&self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Unsealed {
        let unsealed = self.parameters(file, errors);
        if let Some(Seal::Open(_)) = unsealed.seal {
            self.note_opened(file.path());
        }
        unsealed
    }

    /// The content of a file of parameters. What was decrypted is secret parameters, and no error quotes those.
    pub(super) fn parameters(&self, file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Unsealed {
        let before = errors.len();
        let mut documents = yaml::documents(file, errors);
        let sealed = if errors.len() > before {
            Ok(None)
        } else {
            sops::open(file, &mut documents, self.identities)
        };
        let sealed = sealed.unwrap_or_else(|error| {
            errors.push(error);
            documents.clear();
            None
        });
        let Some(Sealed { seal, file, .. }) = sealed else {
            let file = Arc::clone(file);
            return Unsealed {
                file,
                documents,
                seal: None,
            };
        };
        if let Seal::Closed(closed) = &seal {
            self.note(closed);
        }
        Unsealed {
            file,
            documents,
            seal: Some(seal),
        }
    }

    /// The bytes of the file that is called `shown`, and whether they are, or hold, what must not be shown.
    pub(super) fn content(&self, shown: &str, bytes: Vec<u8>) -> Result<(Vec<u8>, bool)> {
        Ok(match sops::content(shown, bytes, self.identities)? {
            Content::Plain(bytes) => (bytes, false),
            Content::Opened(bytes) => {
                self.note_opened(shown);
                (bytes, true)
            }
            Content::Closed(bytes, closed) => {
                self.note(&closed);
                (bytes, true)
            }
        })
    }
}

/// What several files of a directory that are read at once have noted so far.
fn locked<T>(notes: &Mutex<T>) -> MutexGuard<'_, T> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the lines of a place hold what is encrypted: a value, or the whole file.
fn is_sealed(place: &Place) -> bool {
    let text = place.file.text();
    let before = text.get(..place.span.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let after = text.get(place.span.end..).unwrap_or_default();
    let end = after.find('\n').map_or(text.len(), |newline| place.span.end + newline);
    // A file that is encrypted whole is held decrypted.
    !place.file.has_encrypted() || place.file.is_encrypted_within(&(start..end))
}
