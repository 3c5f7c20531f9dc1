//! The cryptography of `wss`.

/// Makes sure that TLS finds its cryptography where a program links more than one. A program that has chosen keeps its
/// choice.
pub(crate) fn install_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may be first; then there is one, which is all that matters.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
