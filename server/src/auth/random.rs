//! Chance from the operating system, and the refresh tokens made of it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Takes that many bytes of the system's entropy.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A refresh token: 256 random bits as text. Only its hash is stored.
pub(crate) struct RefreshToken(String);

impl RefreshToken {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        random_bytes::<32>().map(|bytes| Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub(crate) fn sent(text: String) -> Self {
        Self(text)
    }

    /// What is stored. The token has full entropy, so that no salt and no slow hash is needed.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}
