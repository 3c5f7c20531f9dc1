//! Keys and passwords, kept out of logs.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A key, a password, a header that carries one. It prints as a mask; who really needs the text asks for
/// [`Secret::reveal`]. Its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// `text` with the secret, wherever it occurs, replaced by the mask. What is shorter than 6 characters is no secret
    /// and would tear ordinary words apart.
    pub(crate) fn redact(&self, text: String) -> String {
        let secret = self.reveal();
        if secret.len() < 6 || !text.contains(secret) {
            text
        } else {
            text.replace(secret, MASK)
        }
    }
}

const MASK: &str = "********";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
