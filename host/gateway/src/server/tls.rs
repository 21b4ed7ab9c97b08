//! TLS of a listener: certificates that are read again, and clients that must have one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::config::TlsFiles;

/// Why the files of a TLS listener are refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM of what it should hold.
    #[error("`{}` has no {what} in PEM: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not supported.
    #[error("`{}` and its key are not accepted: {reason}", path.display())]
    Certificate {
        /// The file of the certificate.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The TLS of a listener. Connections that are there keep what they have when it is read again.
pub(crate) struct Tls {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let current = ArcSwap::from_pointee(read(files)?);
        Ok(Self { files: files.clone(), current })
    }

    /// Reads the files again. If one is not accepted, what is in use stays.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::File {
        path: files.key.clone(),
        what: "private key",
        reason: error.to_string(),
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let of = |reason: String| TlsError::Certificate { path: files.certificate.clone(), reason };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| of(error.to_string()))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            let refused = |reason: String| TlsError::Certificate { path: path.clone(), reason };
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| refused(error.to_string()))?;
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| refused(error.to_string()))?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| of(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refused =
        |reason: String| TlsError::File { path: path.to_owned(), what: "certificate", reason };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))?;
    let all: Result<Vec<_>, _> = read.collect();
    let all = all.map_err(|error| refused(error.to_string()))?;
    if all.is_empty() {
        return Err(refused("there is none".to_owned()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::ClientConfig;
    use rustls_pki_types::ServerName;
    use tokio_rustls::TlsConnector;

    use super::*;

    /// An authority, and a folder for what it issues.
    struct World {
        folder: tempfile::TempDir,
        authority: CertifiedIssuer<'static, KeyPair>,
    }

    impl World {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let authority = CertifiedIssuer::self_signed(params, key).unwrap();
            Self { folder: tempfile::tempdir().unwrap(), authority }
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        }

        /// A certificate for this name, with its key, in files of that name.
        fn issue(&self, file: &str, host: &str) -> (PathBuf, PathBuf) {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &self.authority).unwrap();
            let certificate = self.write(&format!("{file}.pem"), &certificate.pem());
            (certificate, self.write(&format!("{file}.key"), &key.serialize_pem()))
        }

        fn authority(&self) -> PathBuf {
            self.write("ca.pem", &self.authority.pem())
        }

        /// Connects as a client with this certificate. Answers the server's certificate.
        async fn connect(
            &self,
            tls: &Tls,
            own: Option<&(PathBuf, PathBuf)>,
        ) -> std::io::Result<Vec<u8>> {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

            let mut roots = RootCertStore::empty();
            roots.add(self.authority.der().clone()).unwrap();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let builder = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots);
            let config = match own {
                None => builder.with_no_client_auth(),
                Some((certificate, key)) => builder
                    .with_client_auth_cert(
                        certificates(certificate).unwrap(),
                        PrivateKeyDer::from_pem_file(key).unwrap(),
                    )
                    .unwrap(),
            };
            let (client, server) = tokio::io::duplex(64 << 10);
            let acceptor = tls.acceptor();
            let serving = async move {
                let mut stream = acceptor.accept(server).await?;
                stream.write_all(b"hello").await?;
                stream.shutdown().await
            };
            let asking = async {
                let name = ServerName::try_from("gate.example").unwrap();
                let mut stream = TlsConnector::from(Arc::new(config)).connect(name, client).await?;
                let mut said = Vec::new();
                stream.read_to_end(&mut said).await?;
                assert_eq!(said, b"hello");
                let shown = stream.get_ref().1.peer_certificates().unwrap().first().unwrap();
                Ok(shown.to_vec())
            };
            let (done, shown) = tokio::join!(serving, asking);
            done.and(shown)
        }
    }

    #[tokio::test]
    async fn certificates_are_read_again() {
        let world = World::new();
        let (certificate, key) = world.issue("server", "gate.example");
        let files = TlsFiles { certificate, key, client_ca: None };
        let tls = Tls::load(&files).unwrap();
        let first = world.connect(&tls, None).await.unwrap();
        world.issue("server", "gate.example");
        assert_eq!(world.connect(&tls, None).await.unwrap(), first);
        tls.reload().unwrap();
        let second = world.connect(&tls, None).await.unwrap();
        assert_ne!(second, first);
        // What is not accepted changes nothing.
        world.write("server.key", "no key");
        assert!(tls.reload().unwrap_err().to_string().contains("no private key in PEM"));
        assert_eq!(world.connect(&tls, None).await.unwrap(), second);
    }

    #[tokio::test]
    async fn clients_show_a_certificate_of_the_authority() {
        let world = World::new();
        let (certificate, key) = world.issue("server", "gate.example");
        let files = TlsFiles { certificate, key, client_ca: Some(world.authority()) };
        let tls = Tls::load(&files).unwrap();
        let own = world.issue("client", "gateway.example");
        assert!(world.connect(&tls, Some(&own)).await.is_ok());
        assert!(world.connect(&tls, None).await.is_err());
        let stranger = World::new();
        let theirs = stranger.issue("client", "gateway.example");
        assert!(world.connect(&tls, Some(&theirs)).await.is_err());
    }

    #[test]
    fn files_that_are_not_accepted_are_named() {
        let world = World::new();
        let (certificate, key) = world.issue("server", "gate.example");
        let (_, other_key) = world.issue("other", "other.example");
        let empty = world.write("empty.pem", "");
        let files = TlsFiles { certificate, key, client_ca: None };
        for (wrong, expected) in [
            (
                TlsFiles { certificate: empty.clone(), ..files.clone() },
                "empty.pem` has no certificate",
            ),
            (TlsFiles { key: empty.clone(), ..files.clone() }, "empty.pem` has no private key"),
            (TlsFiles { key: other_key, ..files.clone() }, "server.pem` and its key are not"),
            (TlsFiles { client_ca: Some(empty), ..files.clone() }, "empty.pem` has no certificate"),
            (TlsFiles { certificate: "none".into(), ..files }, "`none` has no certificate"),
        ] {
            let error = Tls::load(&wrong).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
