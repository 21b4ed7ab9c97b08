//! A gateway as small as can be: it follows a bundle in an OCI registry, and says what becomes of one
//! token, whenever that changes.
//!
//! ```text
//! follow REGISTRY/REPOSITORY:TAG BUNDLE-TRUST KEY STORE TOKEN
//! ```
//!
//! `BUNDLE-TRUST` is the trust file of bundles, and `KEY` the public key of the token. `STORE` is a
//! folder of its own, which survives a restart.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokenward::packed::BundleTrust;
use tokenward::{Binding, Call, Object, Outcome, Phase, Signals, Trust, UnixTime, load};
use tokenward_activation::{Activator, OciSource, RegistryLogin, Verification, Watch};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference, bundle_trust, key, store, token] = arguments.as_slice() else {
        return Err("usage: follow REGISTRY/REPOSITORY:TAG BUNDLE-TRUST KEY STORE TOKEN".into());
    };
    let verification = Verification::Signed(BundleTrust::from_file(Path::new(bundle_trust))?);
    let trust = Trust::key_only(load::key_file(Path::new(key))?);
    let mut source = OciSource::new(reference, &RegistryLogin::Anonymous)?;
    let activator = Activator::builder(store, verification).start(&trust, Some(&mut source))?;
    let activator = Arc::new(activator);
    let often = Watch { every: Duration::from_millis(500), ..Watch::default() };
    let _watching = activator.watch(Box::new(source), often)?;
    let mut last = String::new();
    loop {
        let call = Call {
            bearer: token.as_bytes(),
            phase: Phase::Use,
            request: None,
            signals: &Signals::none(),
            facts: &Object::new(),
            binding: Binding::None,
            encryption: None,
            now: now()?,
        };
        let decision = activator.decide(&call);
        let outcome = match decision.outcome() {
            Outcome::Permit => "PERMIT",
            Outcome::Deny => "DENY",
            Outcome::StepUp => "STEP UP",
            Outcome::Fault => "FAULT",
        };
        let says = format!("{} {outcome}", decision.bundle().version);
        if says != last {
            println!("{says}");
            last = says;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn now() -> Result<UnixTime, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(UnixTime(i64::try_from(since.as_secs())?))
}
