//! Bundles, keys, an activator in a folder, and a server that gives bytes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tokenward::mint::PrivateKey;
use tokenward::packed::{BundleTrust, KeySigner, PackedBundle};
use tokenward::{
    Algorithm, Bundle, BundleManifest, EngineConfig, Object, Outcome, RequestFacts, Signals, Trust,
    UnixTime,
};
use tokenward_activation::{Activator, Source, Verification};

pub(crate) const NOW: i64 = 1_800_000_000;

/// A case that passes with [`bundle`].
pub(crate) const CASE: &str = r#"
[[case]]
name = "over an old TLS"
claims = { sub = "u-1" }
tls = { version = "1.0" }
expect = "deny"
findings-include = ["transport old-tls"]
"#;

/// An engine for few requests, which compiles a component once for all tests.
pub(crate) fn engine() -> EngineConfig {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("activation-cache");
    let cache = tokenward::CompilationCache::in_folder(&folder).unwrap();
    EngineConfig { cache: Some(cache), ..EngineConfig::one_shot() }
}

/// Who signs bundles and who signs tokens.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) signer: PrivateKey,
    pub(crate) tokens: PrivateKey,
    pub(crate) now: Arc<AtomicI64>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            signer: PrivateKey::generate(Algorithm::EdDSA).unwrap(),
            tokens: PrivateKey::generate(Algorithm::ES256).unwrap(),
            now: Arc::new(AtomicI64::new(NOW)),
        }
    }

    pub(crate) fn verification(&self) -> Verification {
        verification(&self.signer)
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::key_only(self.tokens.key_set().unwrap())
    }

    pub(crate) fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    /// A bundle of this version, signed, as bytes.
    pub(crate) fn signed(&self, version: &str) -> Vec<u8> {
        signed(&self.signer, &bundle(version, "2099-01-01T00:00:00Z"), CASE)
    }

    /// An activator on the store, which starts with this source.
    pub(crate) fn start(
        &self,
        source: Option<&mut dyn Source>,
    ) -> Result<Arc<Activator>, tokenward_activation::ActivationError> {
        let now = Arc::clone(&self.now);
        let builder = Activator::builder(self.store(), self.verification())
            .engine(engine())
            .clock(move || UnixTime(now.load(Ordering::SeqCst)));
        builder.start(&self.trust(), source).map(Arc::new)
    }

    /// An activator that serves version 1.0.0.
    pub(crate) fn started(&self) -> Arc<Activator> {
        let mut source = Bytes(self.signed("1.0.0"));
        self.start(Some(&mut source)).unwrap()
    }

    /// What the active bundle says of a request over TLS 1.3.
    pub(crate) fn outcome(&self, activator: &Activator) -> Outcome {
        let claims = tokenward::json::parse_strict(
            br#"{"sub":"u-1","iat":1800000000,"exp":1800000600}"#,
            &tokenward::json::JsonLimits::default(),
        );
        let claims: Object = claims.unwrap().as_object().unwrap().clone();
        let token = self.tokens.mint(None, &claims).unwrap();
        let request = RequestFacts::new("GET", "https://api.example/orders").unwrap().with_tls(
            tokenward::Tls { version: Some("1.3".into()), cipher: None, client_certificate: false },
        );
        let now = UnixTime(NOW);
        let authorizer = activator.authorizer();
        authorizer.authorize_at(token.as_bytes(), &request, &Signals::none(), now).outcome()
    }
}

pub(crate) fn verification(signer: &PrivateKey) -> Verification {
    let key = signer.key_set().unwrap().keys().next().unwrap().clone();
    Verification::Signed(BundleTrust::of_key("release", key).unwrap())
}

/// The bundle `acme`, which judges the transport.
pub(crate) fn bundle(version: &str, expires: &str) -> Bundle {
    let text = format!(
        "name='acme'\nversion='{version}'\ntitle='Acme'\nexpires='{expires}'\n\
         [[policy]]\nmodule='transport'\n"
    );
    Bundle::from_manifest(BundleManifest::parse(&text, "bundle.toml").unwrap(), None).unwrap()
}

pub(crate) fn signed(signer: &PrivateKey, bundle: &Bundle, case: &str) -> Vec<u8> {
    let cases = vec![("own.toml".to_owned(), case.to_owned())];
    let mut packed = PackedBundle::pack(bundle, cases).unwrap();
    let signer = PrivateKey::parse(&signer.private_jwk()).unwrap();
    packed.sign(&KeySigner::new(signer).unwrap()).unwrap();
    packed.to_bytes().unwrap()
}

/// A source that always gives these bytes.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Source for Bytes {
    fn name(&self) -> &'static str {
        "bytes"
    }
    fn fetch(
        &mut self,
    ) -> Result<tokenward_activation::Fetched, tokenward_activation::SourceError> {
        Ok(tokenward_activation::Fetched::Bundle(self.0.clone()))
    }
    fn forget(&mut self) {}
}

/// What a server got: the first line and the headers, in lower case.
pub(crate) type Request = Vec<String>;
type Answer = Box<dyn Fn(&Request) -> Vec<u8> + Send>;

/// A server on this machine that answers each request as it is told to.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    pub(crate) fn new(answer: impl Fn(&Request) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(answer)));
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let server = Self { port, requests: Arc::clone(&requests), answer: Arc::clone(&answer) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&stream);
                requests.lock().unwrap().push(request.clone());
                let bytes = (answer.lock().unwrap())(&request);
                let _ = (&stream).write_all(&bytes);
            }
        });
        server
    }

    pub(crate) fn answers(&self, answer: impl Fn(&Request) -> Vec<u8> + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn read(stream: &TcpStream) -> Request {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line.to_ascii_lowercase()).collect()
}

/// An HTTP answer.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
