//! The authorizer: verifies, judges, and is told of other keys and bundles while it does.

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokenward::packed::Accepted;
use tokenward::{Authorizer, EngineConfig, Trust};
use tokenward_engine::Compilation;

use crate::border;
use crate::bundle::{BundleInfo, ReadBundle, unknown_flags};
use crate::call::Call;
use crate::constants::TOKENWARD_ACTIVATE_OLDER;
use crate::decision::Decided;
use crate::failure::Failure;
use crate::handle::{Given, Handle, Kind, Lent, mark_of};
use crate::input::{Bytes, Chars, ErrorSlot};
use crate::options::{Options, Wishes};
use crate::trust;

/// The process that made the first authorizer; 0 before. The engine has threads and locks that belong
/// to no authorizer alone: in a child of that process, making another could wait for ever.
static FIRST: AtomicU32 = AtomicU32::new(0);

/// An authorizer, and what it remembers beside.
pub(crate) struct Gate {
    authorizer: Authorizer,
    /// Runs the cases that a packed bundle brings along.
    tests: EngineConfig,
    /// Changes of the trust, one at a time.
    trust: Mutex<()>,
    /// The packed bundles that were activated, the newest of each name. Activations, one at a time.
    accepted: Mutex<Vec<Accepted>>,
    /// The process that made it. A fork takes none of its threads along, and may leave locks locked.
    process: u32,
}

impl Kind for Gate {
    const MARK: u64 = mark_of(*b"tokwauth");
    const NAME: &'static str = "authorizer";
}

impl Gate {
    fn new(trust: Trust, bundle: &ReadBundle, wishes: &Wishes) -> Result<Self, Failure> {
        let process = process::id();
        let first = FIRST.compare_exchange(0, process, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_err_and(|first| first != process) {
            return Err(Failure::other_process());
        }
        let engine = wishes.engine();
        let mut tests = EngineConfig { cache: engine.cache.clone(), ..EngineConfig::one_shot() };
        if tests.cache.is_none() {
            // Compiled for the tests alone.
            tests.compilation = Compilation::Quick;
        }
        let usable = bundle.usable(&[], &tests)?;
        let authorizer = Authorizer::builder()
            .engine(engine)
            .parse_limits(wishes.parse_limits())
            .remember_tokens(wishes.tokens())
            .build(trust, &usable)?;
        let accepted = Mutex::new(bundle.accepted().into_iter().collect());
        Ok(Self { authorizer, tests, trust: Mutex::new(()), accepted, process })
    }

    fn activate(&self, bundle: &ReadBundle, older: bool) -> Result<(), Failure> {
        let mut accepted = lock(&self.accepted);
        let usable = bundle.usable(if older { &[] } else { &accepted }, &self.tests)?;
        self.authorizer.activate(&usable)?;
        if let Some(new) = bundle.accepted() {
            // Going back makes no older one acceptable.
            match accepted.iter_mut().find(|known| known.name == new.name) {
                Some(known) if new.is_newer_than(known) => *known = new,
                Some(_) => {}
                None => accepted.push(new),
            }
        }
        Ok(())
    }

    fn is_of_this_process(&self) -> bool {
        self.process == process::id()
    }
}

/// What is guarded here is replaced as a whole, so that a panic leaves it as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The authorizer, if this process made it.
fn usable(gate: &Lent<Gate>) -> Result<&Gate, Failure> {
    let gate = gate.get()?;
    if gate.is_of_this_process() { Ok(gate) } else { Err(Failure::other_process()) }
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_new(
    trust: Lent<Trust>,
    bundle: Lent<ReadBundle>,
    options: Lent<Options>,
    error: ErrorSlot,
) -> *mut Handle<Gate> {
    border::reported(error, ptr::null_mut(), || {
        let (trust, bundle) = (trust.get()?.clone(), bundle.get()?);
        let gate = if options.is_null() {
            Gate::new(trust, bundle, &Wishes::default())
        } else {
            let wishes = options.get()?.parts()?;
            Gate::new(trust, bundle, &wishes)
        };
        Ok(Handle::owned(gate?))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_set_trust(
    authorizer: Lent<Gate>,
    trust: Lent<Trust>,
    error: ErrorSlot,
) -> bool {
    border::reported(error, false, || {
        let (gate, trust) = (usable(&authorizer)?, trust.get()?.clone());
        let _one_at_a_time = lock(&gate.trust);
        gate.authorizer.set_trust(trust);
        Ok(true)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_set_keys(
    authorizer: Lent<Gate>,
    issuer: Chars,
    issuer_size: usize,
    keys: Bytes,
    keys_size: usize,
    error: ErrorSlot,
) -> bool {
    border::reported(error, false, || {
        let gate = usable(&authorizer)?;
        let issuer = trust::issuer(&issuer, issuer_size)?;
        let keys = trust::keys(&keys, keys_size)?;
        let _one_at_a_time = lock(&gate.trust);
        gate.authorizer.set_trust(gate.authorizer.trust().with_keys(issuer, &keys)?);
        Ok(true)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_activate(
    authorizer: Lent<Gate>,
    bundle: Lent<ReadBundle>,
    flags: u32,
    error: ErrorSlot,
) -> bool {
    border::reported(error, false, || {
        let (gate, bundle) = (usable(&authorizer)?, bundle.get()?);
        match flags {
            0 => gate.activate(bundle, false)?,
            TOKENWARD_ACTIVATE_OLDER => gate.activate(bundle, true)?,
            _ => return Err(unknown_flags(flags, "TOKENWARD_ACTIVATE_OLDER")),
        }
        Ok(true)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_get_bundle(
    authorizer: Lent<Gate>,
    error: ErrorSlot,
) -> *mut Handle<BundleInfo> {
    border::reported(error, ptr::null_mut(), || {
        Ok(Handle::owned(BundleInfo::of(&usable(&authorizer)?.authorizer.active())))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_decide(
    authorizer: Lent<Gate>,
    call: Lent<Call>,
    error: ErrorSlot,
) -> *mut Handle<Decided> {
    border::reported(error, ptr::null_mut(), || {
        let gate = usable(&authorizer)?;
        let parts = call.get()?.parts()?;
        Ok(Handle::owned(Decided::new(gate.authorizer.decide(&parts.as_call()))))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_authorizer_free(authorizer: Given<Gate>) {
    border::or((), || {
        // Of another process, its locks may be locked by threads that are not here: it is left.
        if authorizer.get().ok()?.is_of_this_process() {
            authorizer.free();
        }
        Some(())
    });
}
