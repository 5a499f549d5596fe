//! Makes the generated values of a Secret, and stores them under a field manager of their own.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};

use super::{Run, TRIES};
use crate::cluster::{Apply, Failure, Force, Persist, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::generate::{self, GeneratedForm};
use crate::object::{DesiredObject, LiveObject};
use crate::observe;

impl Run<'_> {
    /// Makes what is still to be made of a Secret that was just stored. The Secret as it then stands.
    pub(super) async fn generate(
        &self,
        desired: &DesiredObject,
        resource: &Resource,
        mut stored: LiveObject,
    ) -> Result<LiveObject> {
        for _ in 0..TRIES {
            let Some(due) = generate::due(desired, Some(&stored)) else {
                return Ok(stored);
            };
            let forms = due.make.clone();
            // An RSA key takes its time.
            let values = tokio::task::spawn_blocking(move || {
                let values = forms
                    .iter()
                    .map(|one| Ok((one.generated.key.clone(), value(&one.generated.form)?)));
                values.collect::<Result<BTreeMap<String, Vec<u8>>>>()
            });
            let failed = |error: tokio::task::JoinError| Error::new("failed to generate values").because(error);
            let values = values.await.map_err(failed)??;
            let _turn = self.requests.acquire().await;
            let cluster = &self.execution.cluster;
            let apply = Apply {
                object: &due.to_apply(&stored, &values),
                reference: &desired.reference,
                field_manager: generate::FIELD_MANAGER,
                // Exactly this version was read: nothing unseen is taken.
                force: Force::Take,
                persist: Persist::Stored,
            };
            match cluster.apply(resource, &apply).await {
                Ok(answer) => return Ok(answer.object),
                Err(error) if error.failure == Failure::Conflict => {
                    let read = cluster.get(resource, &desired.reference).await;
                    let read = read.map_err(|error| observe::failed(&format!("read {}", desired.reference), error))?;
                    stored = read.ok_or_else(|| {
                        Error::new(format!("{} went while its values were generated", desired.reference))
                            .hint("sync again")
                    })?;
                }
                Err(error) => return Err(observe::refused(cluster.judge(), desired, error)),
            }
        }
        Err(Error::new(format!("{} changes faster than it can be written", desired.reference)).hint("sync again"))
    }
}

/// A new value. What is random comes from a generator that the operating system seeds.
fn value(form: &GeneratedForm) -> Result<Vec<u8>> {
    let mut random = rand::rng();
    let mut bytes = |count: usize| {
        let mut bytes = vec![0; count];
        random.fill(&mut bytes[..]);
        bytes
    };
    Ok(match form {
        GeneratedForm::Bytes(count) => bytes(*count),
        GeneratedForm::Fernet => URL_SAFE.encode(bytes(32)).into_bytes(),
        GeneratedForm::Text { length, alphabet } => {
            let characters = (0..*length).filter_map(|_| alphabet.choose(&mut random));
            characters.collect::<String>().into_bytes()
        }
        GeneratedForm::Rsa(bits) => {
            let failed = |error: &dyn std::error::Error| {
                Error::new(format!("failed to generate an RSA key of {bits} bits")).because(error.to_string())
            };
            let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, *bits).map_err(|error| failed(&error))?;
            let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
            pem.as_bytes().to_vec()
        }
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;

    use super::*;

    fn text(form: &GeneratedForm) -> String {
        String::from_utf8(value(form).expect("it is made")).expect("it is text")
    }

    #[test]
    fn values_have_the_form_that_was_asked_for_and_differ() {
        let form = GeneratedForm::Text {
            length: 300,
            alphabet: vec!['a', 'é', '1'],
        };
        let one = text(&form);
        assert_eq!(one.chars().count(), 300);
        assert!(
            ['a', 'é', '1'].iter().all(|character| one.contains(*character)),
            "{one}"
        );
        assert!(one.chars().all(|character| "aé1".contains(character)), "{one}");
        assert_ne!(one, text(&form));
        assert_eq!(value(&GeneratedForm::Bytes(16)).map(|bytes| bytes.len()).ok(), Some(16));
        let key = text(&GeneratedForm::Fernet);
        assert_eq!(
            (key.len(), URL_SAFE.decode(&key).map(|key| key.len()).ok()),
            (44, Some(32))
        );
    }

    #[test]
    fn a_private_key_reads_back() {
        use rsa::pkcs8::DecodePrivateKey as _;
        use rsa::traits::PublicKeyParts as _;
        let key = RsaPrivateKey::from_pkcs8_pem(&text(&GeneratedForm::Rsa(2048))).expect("a private key");
        assert_eq!(key.size(), 256);
    }
}
