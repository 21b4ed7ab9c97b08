//! A packed bundle in an OCI registry, as an artifact of one layer.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tokenward::packed::{PACKED_LIMIT, PackedBundle};
use tokio::io::AsyncWrite;
use tokio::runtime::{Builder, Runtime};

use super::{Fetched, Source, SourceError};

/// The `artifactType` of the manifest (OCI image specification 1.1).
pub const ARTIFACT_TYPE: &str = "application/vnd.tokenward.bundle.v1";
/// The media type of its one layer, the packed bundle.
pub const LAYER_TYPE: &str = "application/vnd.tokenward.bundle.v1+tar";
/// The configuration of an artifact that has none.
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
const EMPTY: &[u8] = b"{}";

/// The longest time for connecting, and for silence.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
/// The longest time for a whole exchange.
const WHOLE: Duration = Duration::from_mins(5);

/// Who asks a registry.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum RegistryLogin {
    /// Nobody.
    #[default]
    Anonymous,
    /// A user with a password, or a token in its place.
    User {
        /// The user.
        name: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for RegistryLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::User { name, .. } => write!(f, "User({name:?})"),
        }
    }
}

/// A packed bundle in an OCI registry, by tag or by digest. What a digest names
/// cannot be exchanged there; what a tag names can, and is verified all the same.
///
/// A registry may send elsewhere for what it keeps elsewhere: what comes from there is
/// checked by its digest.
pub struct OciSource {
    registry: Registry,
    last: Option<String>,
}

impl fmt::Debug for OciSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OciSource").field("name", &self.registry.name).finish_non_exhaustive()
    }
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// `REGISTRY/NAME@sha256:HEX`: names this bundle and no other.
    pub pinned: String,
}

impl OciSource {
    /// `REGISTRY/NAME:TAG` or `REGISTRY/NAME@sha256:HEX`.
    ///
    /// # Errors
    ///
    /// [`SourceError::Address`].
    pub fn new(reference: &str, login: &RegistryLogin) -> Result<Self, SourceError> {
        Ok(Self { registry: Registry::new(reference, login)?, last: None })
    }

    /// `REGISTRY/NAME@sha256:HEX` of what was fetched last.
    #[must_use]
    pub fn pinned(&self) -> Option<String> {
        self.last.as_ref().map(|digest| self.registry.pinned(digest))
    }
}

impl Source for OciSource {
    fn name(&self) -> &str {
        &self.registry.name
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let registry = &self.registry;
        let pulled = registry.run(async {
            let digest =
                registry.client.fetch_manifest_digest(&registry.reference, &registry.login).await?;
            if self.last.as_ref() == Some(&digest) {
                return Ok(Pulled::Unchanged);
            }
            registry.pull().await
        })?;
        match pulled {
            Pulled::Unchanged => Ok(Fetched::Unchanged),
            Pulled::Other(reason) => {
                Err(SourceError::OtherArtifact { source_name: registry.name.clone(), reason })
            }
            Pulled::TooLarge(bytes) => Err(SourceError::TooLarge {
                source_name: registry.name.clone(),
                bytes,
                limit: PACKED_LIMIT,
            }),
            Pulled::Bundle(digest, bytes) => {
                self.last = Some(digest);
                Ok(Fetched::Bundle(bytes))
            }
        }
    }

    fn forget(&mut self) {
        self.last = None;
    }
}

/// Pushes a packed bundle: `REGISTRY/NAME:TAG`.
///
/// # Errors
///
/// [`SourceError`].
pub fn push(
    bundle: &PackedBundle,
    reference: &str,
    login: &RegistryLogin,
) -> Result<Pushed, SourceError> {
    let registry = Registry::new(reference, login)?;
    if registry.reference.digest().is_some() {
        return Err(address(reference, "a digest names what is there already; give a tag"));
    }
    let bytes = bundle.to_bytes()?;
    let manifest = manifest(bundle, &bytes);
    let digest = registry.run(async {
        let Registry { client, reference, login, .. } = &registry;
        client.auth(reference, login, oci_client::RegistryOperation::Push).await?;
        for (descriptor, content) in
            [(&manifest.config, EMPTY.to_vec()), (&manifest.layers[0], bytes)]
        {
            client.push_blob(reference, content, &descriptor.digest).await?;
        }
        client.push_manifest(reference, &OciManifest::Image(manifest.clone())).await?;
        client.fetch_manifest_digest(reference, login).await
    })?;
    Ok(Pushed { pinned: registry.pinned(&digest) })
}

fn manifest(bundle: &PackedBundle, bytes: &[u8]) -> OciImageManifest {
    let descriptor = |media_type: &str, bytes: &[u8]| OciDescriptor {
        media_type: media_type.to_owned(),
        digest: tokenward::component_digest(bytes),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    };
    let about = bundle.manifest();
    let annotations = BTreeMap::from([
        ("org.opencontainers.image.title".to_owned(), about.name.clone()),
        ("org.opencontainers.image.version".to_owned(), about.version.clone()),
    ]);
    OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        artifact_type: Some(ARTIFACT_TYPE.to_owned()),
        config: descriptor(EMPTY_TYPE, EMPTY),
        layers: vec![descriptor(LAYER_TYPE, bytes)],
        annotations: Some(annotations),
        ..OciImageManifest::default()
    }
}

/// A reference, and who asks for it.
struct Registry {
    name: String,
    reference: Reference,
    client: Client,
    login: RegistryAuth,
    runtime: Runtime,
}

/// What came of a pull.
enum Pulled {
    Unchanged,
    Other(String),
    TooLarge(u64),
    /// The manifest's digest, and the layer.
    Bundle(String, Vec<u8>),
}

impl Registry {
    fn new(text: &str, login: &RegistryLogin) -> Result<Self, SourceError> {
        let text = text.strip_prefix("oci://").unwrap_or(text);
        // What stands before an `@`, but for that of a digest, may be a password, which no error is
        // to show.
        let (named, digest) = match text.rsplit_once('@') {
            Some((named, digest)) if digest.starts_with("sha256:") => (named, digest),
            _ => (text, ""),
        };
        if let Some((_, after)) = named.rsplit_once('@') {
            let at = if digest.is_empty() { "" } else { "@" };
            return Err(address(
                &format!("{after}{at}{digest}"),
                "it names a user, who is given apart from it (`authorization-file` of a server, \
                 TOKENWARD_REGISTRY_USER and TOKENWARD_REGISTRY_PASSWORD of a command)",
            ));
        }
        // Without a registry or a tag, others mean a registry and a tag of their own.
        let (host, rest) = text.split_once('/').unwrap_or(("", text));
        if !(host.contains(['.', ':']) || host == "localhost") {
            return Err(address(text, "it names no registry"));
        }
        if !rest.contains([':', '@']) {
            return Err(address(text, "it names neither a tag nor a digest"));
        }
        let reference: Reference =
            text.parse().map_err(|error| address(text, &format!("{error}")))?;
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let this_machine = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
        let protocol = if this_machine {
            ClientProtocol::HttpsExcept(vec![host.to_owned()])
        } else {
            ClientProtocol::Https
        };
        let client = Client::try_from(ClientConfig {
            protocol,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: concat!("tokenward/", env!("CARGO_PKG_VERSION")),
            platform_resolver: None,
            ..ClientConfig::default()
        })
        .map_err(|error| SourceError::Unreachable {
            source_name: text.to_owned(),
            reason: error.to_string(),
        })?;
        let login = match login {
            RegistryLogin::Anonymous => RegistryAuth::Anonymous,
            RegistryLogin::User { name, password } => {
                RegistryAuth::Basic(name.clone(), password.clone())
            }
        };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
            SourceError::Unreachable { source_name: text.to_owned(), reason: error.to_string() }
        })?;
        Ok(Self { name: format!("oci {text}"), reference, client, login, runtime })
    }

    fn pinned(&self, digest: &str) -> String {
        format!("{}/{}@{digest}", self.reference.registry(), self.reference.repository())
    }

    async fn pull(&self) -> Result<Pulled, OciDistributionError> {
        let (manifest, digest) = self.client.pull_manifest(&self.reference, &self.login).await?;
        let OciManifest::Image(manifest) = manifest else {
            return Ok(Pulled::Other("it is an index of several".to_owned()));
        };
        let [layer] = manifest.layers.as_slice() else {
            return Ok(Pulled::Other(format!("it has {} layers", manifest.layers.len())));
        };
        if layer.media_type != LAYER_TYPE {
            let media_type: String = layer.media_type.chars().take(100).collect();
            let media_type = media_type.escape_debug();
            return Ok(Pulled::Other(format!("its layer is `{media_type}`, not `{LAYER_TYPE}`")));
        }
        let size = u64::try_from(layer.size).unwrap_or(u64::MAX);
        if size > PACKED_LIMIT {
            return Ok(Pulled::TooLarge(size));
        }
        // Where it is to be had is for the registry to say, not for the manifest.
        let layer = OciDescriptor { urls: None, ..layer.clone() };
        let mut bytes = Bounded { bytes: Vec::new(), limit: size };
        self.client.pull_blob(&self.reference, &layer, &mut bytes).await?;
        Ok(Pulled::Bundle(digest, bytes.bytes))
    }

    fn run<T>(
        &self,
        work: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, SourceError> {
        let source_name = self.name.clone();
        match self.runtime.block_on(async { tokio::time::timeout(WHOLE, work).await }) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(told(source_name, error)),
            Err(_) => {
                let reason = format!("it took longer than {} s", WHOLE.as_secs());
                Err(SourceError::Unreachable { source_name, reason })
            }
        }
    }
}

/// What a registry says is shown in one line, and not at any length.
fn told(source_name: String, error: OciDistributionError) -> SourceError {
    use OciDistributionError as E;
    if let E::RegistryError { envelope, .. } = &error
        && let Some(status) = status_of(envelope)
    {
        return SourceError::Answer { source_name, status };
    }
    match error {
        E::ServerError { code, .. } => SourceError::Answer { source_name, status: code },
        E::UnauthorizedError { .. } => SourceError::Answer { source_name, status: 401 },
        E::ImageManifestNotFoundError(_) => SourceError::Answer { source_name, status: 404 },
        E::DigestError(error) => {
            SourceError::OtherArtifact { source_name, reason: error.to_string() }
        }
        // Addresses of blobs may be signed for whoever has them.
        E::RequestError(error) => {
            let reason = super::http::causes(&error.without_url());
            SourceError::Unreachable { source_name, reason }
        }
        other => {
            let text: String = other.to_string().chars().take(300).collect();
            let reason = text.split_whitespace().collect::<Vec<_>>().join(" ");
            SourceError::Unreachable { source_name, reason }
        }
    }
}

/// The status that goes with what the registry says, where it says no more than that.
fn status_of(envelope: &OciEnvelope) -> Option<u16> {
    envelope.errors.iter().find_map(|error| match error.code {
        OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::BlobUnknown => {
            Some(404)
        }
        OciErrorCode::Unauthorized => Some(401),
        OciErrorCode::Denied => Some(403),
        OciErrorCode::Toomanyrequests => Some(429),
        _ => None,
    })
}

fn address(address: &str, reason: &str) -> SourceError {
    let address: String = address.chars().take(200).flat_map(char::escape_debug).collect();
    SourceError::Reference { address, reason: reason.to_owned() }
}

/// Takes no more bytes than the manifest says.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return Poll::Ready(Err(io::Error::other("it is larger than its manifest says")));
        }
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
