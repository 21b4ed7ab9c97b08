//! The gate: an inquiry is judged, recorded, and answered.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenward::{
    Authorizer, BundleVersion, Decision, Json, ParseLimits, Refusal, TokenError, Trust, Undecided,
    UnixTime, UnverifiedToken,
};
use tokenward_activation::Activator;
use tokenward_audit::{DecisionLog, Receipt};
use tokenward_keys::Keeper;

use crate::identity::Identity;
use crate::inquiry::{Inquiry, InquiryError, Origin, SignalHeaders};
use crate::record::{Malformed, Record};
use crate::reply::{Reasons, Reply};

/// A decision, and what it is in HTTP.
#[derive(Debug)]
pub struct Judged {
    /// The decision, with every reason.
    pub decision: Decision,
    /// The answer.
    pub reply: Reply,
    /// The time that judging took, with waiting for keys and for the log.
    pub elapsed: Duration,
}

impl Judged {
    /// The verified subject (`sub`, RFC 7519 section 4.1.2) of a request that may pass, unless the
    /// bundle withholds it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.decision.permit().ok()?.subject()
    }
}

/// Sees every judgement: for metrics and traces.
pub trait Observer: Send + Sync {
    /// It was judged. What takes long is not to be done here.
    fn judged(&self, inquiry: &Inquiry, judged: &Judged);

    /// It could not be judged, as it is malformed, and was refused by this active bundle's gate.
    fn refused(&self, bundle: &BundleVersion, code: &'static str) {
        let _ = (bundle, code);
    }
}

/// Judges inquiries. Share it in an `Arc`.
pub struct Gate {
    decider: Decider,
    identity: Identity,
    reasons: Reasons,
    signals: SignalHeaders,
    keys: Option<Arc<Keeper>>,
    patience: Option<Duration>,
    log: Option<Arc<DecisionLog>>,
    observers: Vec<Box<dyn Observer>>,
}

enum Decider {
    /// By a bundle that whoever made it replaces.
    Fixed(Arc<Authorizer>),
    /// By the active bundle of an activator, with the shadow beside it.
    Activated(Arc<Activator>),
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("bundle", &self.authorizer().active()).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate over this authorizer.
    pub fn new(authorizer: impl Into<Arc<Authorizer>>) -> Self {
        Self::of(Decider::Fixed(authorizer.into()))
    }

    /// A gate over this activator: what it tries in the shadow sees the requests.
    pub fn activated(activator: impl Into<Arc<Activator>>) -> Self {
        Self::of(Decider::Activated(activator.into()))
    }

    /// Tells upstreams this of who asks.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Tells clients this of why they are refused.
    #[must_use]
    pub fn reasons(mut self, reasons: Reasons) -> Self {
        self.reasons = reasons;
        self
    }

    /// Takes these headers for signals and facts. Whoever is in front must set or strip each.
    #[must_use]
    pub fn signals(mut self, signals: SignalHeaders) -> Self {
        self.signals = signals;
        self
    }

    /// For a token with a key that is not known, asks this keeper for the issuer's keys, and decides
    /// again if there are others. The keeper's `on_change` is to be [`Authorizer::set_trust`].
    #[must_use]
    pub fn keys(mut self, keeper: Arc<Keeper>) -> Self {
        self.keys = Some(keeper);
        self
    }

    /// Waits no longer than this for an issuer's keys; then the decision stands that was made without
    /// them. Without it, the keeper's own limits count.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Records every decision here. Where the log refuses what it cannot keep, there is no
    /// decision without a record: the answer is a fault then, `not_recorded`.
    #[must_use]
    pub fn log(mut self, log: Arc<DecisionLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// Shows every judgement to this observer too.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// The headers that are taken for signals.
    #[must_use]
    pub fn signal_headers(&self) -> &SignalHeaders {
        &self.signals
    }

    /// The authorizer, which holds the trusted keys and the active bundle.
    #[must_use]
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        match &self.decider {
            Decider::Fixed(authorizer) => authorizer,
            Decider::Activated(activator) => activator.authorizer(),
        }
    }

    /// Judges an inquiry now. A judgement that is given up meanwhile, as whoever asked has gone, is
    /// recorded and observed as far as it came.
    pub async fn judge(&self, inquiry: &Inquiry) -> Judged {
        let started = Instant::now();
        let before = self.authorizer().trust();
        let mut judged = self.answered(inquiry);
        let mut pending =
            Pending { gate: self, inquiry, judged: &mut judged, started, recorded: false };
        if lacks_key(&pending.judged.decision) && self.keys_changed(inquiry, &before).await {
            *pending.judged = self.answered(inquiry);
        }
        if let Some(receipt) = pending.record()
            && let Err(fault) = kept(receipt).await
        {
            pending.judged.reply = fault;
        }
        drop(pending);
        judged
    }

    /// Refuses a request that cannot be judged, and records that.
    pub async fn refuse(&self, error: &InquiryError, origin: &Origin) -> Reply {
        self.refused(Reply::malformed(error), error.code(), origin).await
    }

    /// Records that a request was refused by this answer, before it could be judged.
    pub(crate) async fn refused(
        &self,
        mut reply: Reply,
        code: &'static str,
        origin: &Origin,
    ) -> Reply {
        let bundle = self.authorizer().active();
        for observer in &self.observers {
            observer.refused(&bundle, code);
        }
        if let Some(log) = &self.log {
            let receipt = log.append(&Malformed::of(&reply, origin, &bundle));
            if let Err(fault) = kept(receipt).await {
                reply = fault;
            }
        }
        reply
    }

    /// A decision, and the answer that it makes. The time is told when the judgement ends.
    fn answered(&self, inquiry: &Inquiry) -> Judged {
        let decision = self.decide(inquiry);
        let mut reply = Reply::of(&decision, &self.identity, self.reasons);
        if let Ok(permit) = decision.permit()
            && !inquiry.is_about(permit.token())
        {
            reply = Reply::subject_mismatch();
        }
        Judged { decision, reply, elapsed: Duration::ZERO }
    }

    fn decide(&self, inquiry: &Inquiry) -> Decision {
        let call = inquiry.call(UnixTime::now());
        match &self.decider {
            Decider::Fixed(authorizer) => authorizer.decide(&call),
            Decider::Activated(activator) => activator.decide(&call),
        }
    }

    /// Has the keys of the issuer that the token names fetched, and answers whether there are
    /// others than before: also if another request had them fetched meanwhile.
    async fn keys_changed(&self, inquiry: &Inquiry, before: &Arc<Trust>) -> bool {
        let Some(keys) = &self.keys else { return false };
        // It parsed before. Nothing is known to be true of it: its issuer picks whom to ask.
        let limits = ParseLimits { max_bytes: inquiry.bearer().len(), ..ParseLimits::default() };
        let Ok(token) = UnverifiedToken::parse(inquiry.bearer(), &limits) else { return false };
        let Some(issuer) = token.claims().get("iss").and_then(Json::as_str) else { return false };
        let asked = keys.unknown_key(issuer);
        match self.patience {
            // Who waits in vain gets what was decided without them.
            Some(patience) => drop(tokio::time::timeout(patience, asked).await),
            None => drop(asked.await),
        }
        !Arc::ptr_eq(before, &self.authorizer().trust())
    }

    fn of(decider: Decider) -> Self {
        Self {
            decider,
            identity: Identity::default(),
            reasons: Reasons::default(),
            signals: SignalHeaders::none(),
            keys: None,
            patience: None,
            log: None,
            observers: Vec::new(),
        }
    }
}

/// A judgement that is under way. Given up, it is observed as far as it came, and recorded, unless
/// the log is full and nobody waits for a place in it.
struct Pending<'a> {
    gate: &'a Gate,
    inquiry: &'a Inquiry,
    judged: &'a mut Judged,
    started: Instant,
    recorded: bool,
}

impl Pending<'_> {
    fn record(&mut self) -> Option<Receipt> {
        self.recorded = true;
        let log = self.gate.log.as_ref()?;
        Some(log.append(&Record::of(self.inquiry, self.judged)))
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.recorded {
            // Nobody is there any more to wait for it.
            drop(self.record());
        }
        self.judged.elapsed = self.started.elapsed();
        for observer in &self.gate.observers {
            observer.judged(self.inquiry, self.judged);
        }
    }
}

/// Waits until a record is kept; or answers what stands in the place of a decision that cannot be
/// recorded.
async fn kept(receipt: Receipt) -> Result<(), Reply> {
    receipt.await.map(drop).map_err(|error| {
        tracing::debug!(%error, "a decision could not be recorded");
        Reply::fault("not_recorded")
    })
}

/// Whether the issuer's keys might say otherwise, if they were fetched again.
fn lacks_key(decision: &Decision) -> bool {
    matches!(
        decision.permit(),
        Err(Refusal::Token(TokenError::KeyNotFound) | Refusal::Fault(Undecided::KeysUnavailable))
    )
}
