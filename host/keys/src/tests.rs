//! The keeper in time, which stands still unless nothing else is to be done: a
//! provider that is not on a network, and no moment left to chance but jitter.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokenward_token::mint::PrivateKey;
use tokenward_token::{
    Algorithm, Issuer, Json, KeySet, Object, ParseLimits, Trust, UnixTime, UnverifiedToken,
};
use tokio::time::{Instant, sleep, sleep_until};

use crate::http::{Answer, Answering, Ask, Transport};
use crate::{Builder, FetchError, IssuerStatus, Keeper, Outcome, Settings, Source, Sources};

const ISSUER: &str = "https://idp.example";
const NOW: i64 = 1_700_000_000;

static A: LazyLock<PrivateKey> = LazyLock::new(|| key("a"));
static B: LazyLock<PrivateKey> = LazyLock::new(|| key("b"));

/// What the provider does.
#[derive(Clone)]
enum Does {
    /// Publishes this key, fresh for so long, if it says.
    Publishes(&'static LazyLock<PrivateKey>, Option<u64>),
    /// Answers 503, with `Retry-After`, if it says.
    Fails(Option<u64>),
    /// Takes so long for each answer, and publishes `a` then.
    Takes(Duration),
    /// Has the transport panic.
    Panics,
}

struct Provider {
    does: Mutex<Does>,
    /// When what was asked for, and whether with an `ETag`.
    asked: Mutex<Vec<(Instant, String, bool)>>,
}

impl Provider {
    fn new(does: Does) -> Arc<Self> {
        Arc::new(Self { does: Mutex::new(does), asked: Mutex::default() })
    }

    fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn last(&self) -> (Instant, String, bool) {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    /// Seconds between what was asked for, one after the other.
    fn pauses(&self) -> Vec<f64> {
        let asked = self.asked.lock().unwrap();
        let pairs = asked.iter().zip(asked.iter().skip(1));
        pairs.map(|((a, ..), (b, ..))| (*b - *a).as_secs_f64()).collect()
    }
}

impl Transport for Provider {
    fn get<'a>(&'a self, ask: Ask<'a>) -> Answering<'a> {
        let path = ask.url.path().to_owned();
        self.asked.lock().unwrap().push((Instant::now(), path.clone(), ask.etag.is_some()));
        let does = self.does.lock().unwrap().clone();
        Box::pin(async move {
            let (key, fresh) = match does {
                Does::Publishes(key, fresh) => (key, fresh),
                Does::Fails(retry_after) => {
                    let address = ask.url.to_string();
                    return Err(FetchError::Status { address, status: 503, retry_after });
                }
                Does::Takes(time) => {
                    sleep(time).await;
                    (&A, None)
                }
                Does::Panics => panic!("the transport of a test panics"),
            };
            let body = if path.contains("well-known") {
                format!("{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":\"{ISSUER}/jwks\"}}")
            } else {
                format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap())
            };
            let fresh = fresh.map(Duration::from_secs);
            let etag = HeaderValue::from_str(&format!("\"{}\"", key.kid())).ok();
            let known = etag.as_ref() == ask.etag;
            Ok(Answer { body: (!known).then(|| body.into_bytes()), etag, fresh })
        })
    }
}

fn key(kid: &str) -> PrivateKey {
    PrivateKey::generate(Algorithm::ES256).unwrap().with_kid(kid).unwrap()
}

fn trust() -> Trust {
    let issuer = Issuer::new(ISSUER, KeySet::unavailable(), ["api"]);
    Trust::builder().issuer(issuer).build().unwrap()
}

fn builder(provider: &Arc<Provider>) -> Builder {
    let source = Source::jwks("https://idp.example/jwks").unwrap();
    let sources = Sources::from([(ISSUER.to_owned(), source)]);
    let start = Instant::now();
    let clock = move || UnixTime(NOW).plus(i64::try_from(start.elapsed().as_secs()).unwrap());
    Keeper::builder(trust(), sources).transport(provider.clone()).clock(Arc::new(clock))
}

async fn keeper(provider: &Arc<Provider>) -> Keeper {
    builder(provider).start().await.unwrap()
}

fn verdict(trust: &Trust, key: &PrivateKey) -> &'static str {
    let mut claims = Object::from_pairs([("iss", ISSUER), ("sub", "alice"), ("aud", "api")]);
    claims.set("exp", Json::Integer(NOW + 300));
    let token = key.mint(None, &claims).unwrap();
    UnverifiedToken::parse(token.as_bytes(), &ParseLimits::default())
        .and_then(|token| token.verify(trust, UnixTime(NOW)))
        .map_or_else(|error| error.code(), |_| "accepted")
}

fn status(keeper: &Keeper) -> IssuerStatus {
    keeper.status().issuers.remove(0)
}

/// Lets time pass until what was to be done at its end is done.
async fn pass(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_ahead_of_time() {
    for (fresh, least, most) in
        [(None, 270.0, 300.0), (Some(10), 67.5, 75.0), (Some(600), 540.0, 600.0)]
    {
        let provider = Provider::new(Does::Publishes(&A, fresh));
        let keeper = keeper(&provider).await;
        pass(6000).await;
        let pauses = provider.pauses();
        assert!(pauses.len() >= 9, "{pauses:?}");
        // The timer is of milliseconds.
        let within = |pause: &f64| (least - 0.01..=most + 0.01).contains(pause);
        assert!(pauses.iter().all(within), "{fresh:?}: {pauses:?}");
        assert!(!status(&keeper).stale);
        // A rotation is found without anyone asking.
        provider.does(Does::Publishes(&B, None));
        pass(600).await;
        assert_eq!(verdict(&keeper.trust(), &B), "accepted");
        assert_eq!(verdict(&keeper.trust(), &A), "key_not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_less_and_less_often() {
    let provider = Provider::new(Does::Fails(None));
    let keeper = keeper(&provider).await;
    pass(600).await;
    let pauses = provider.pauses();
    for (pause, most) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]) {
        assert!((most / 2.0 - 0.01..=most + 0.01).contains(pause), "{pauses:?}");
    }
    assert!((8..30).contains(&pauses.len()), "{pauses:?}");
    assert_eq!(status(&keeper).failures_in_a_row as usize, provider.count());
    assert_eq!(status(&keeper).failing_since, Some(UnixTime(NOW)));
    // As the server wants it.
    provider.does(Does::Fails(Some(200)));
    pass(61).await;
    let (count, (last, ..)) = (provider.count(), provider.last());
    sleep_until(last + Duration::from_secs(199)).await;
    assert_eq!(provider.count(), count);
    pass(2).await;
    assert_eq!(provider.count(), count + 1);
    // And when it is well, all is forgotten.
    provider.does(Does::Publishes(&A, None));
    pass(201).await;
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
    assert_eq!((status(&keeper).failures_in_a_row, status(&keeper).failing_since), (0, None));
}

#[tokio::test(start_paused = true)]
async fn stale_keys_serve_until_they_are_too_old() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let handed = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&handed);
    let on_change = move |trust: Trust| all.lock().unwrap().push(verdict(&trust, &A));
    let settings = Settings { max_stale: Duration::from_secs(1000), ..Settings::default() };
    let keeper = builder(&provider).settings(settings).on_change(on_change).start().await.unwrap();
    let confirmed = provider.last().0;
    provider.does(Does::Fails(None));
    sleep_until(confirmed + Duration::from_secs(998)).await;
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
    let stale = status(&keeper);
    assert!(stale.available && stale.stale && stale.failures_in_a_row > 5);
    assert!((NOW + 270..=NOW + 300).contains(&stale.failing_since.unwrap().0), "{stale:?}");
    assert!((NOW + 999..=NOW + 1000).contains(&stale.expires.unwrap().0), "{stale:?}");
    assert_eq!(stale.last_success, Some(UnixTime(NOW)));
    pass(3).await;
    assert_eq!(verdict(&keeper.trust(), &A), "keys_unavailable");
    let gone = status(&keeper);
    assert!(!gone.available && !gone.stale && gone.keys.is_empty() && gone.expires.is_none());
    assert_eq!(*handed.lock().unwrap(), ["accepted", "keys_unavailable"]);
    // What it had is asked for anew: nobody says of it that it has not changed.
    provider.does(Does::Publishes(&A, None));
    pass(61).await;
    assert!(!provider.last().2);
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
    assert_eq!(*handed.lock().unwrap(), ["accepted", "keys_unavailable", "accepted"]);
    // That they have not changed confirms them.
    pass(5000).await;
    assert!(provider.last().2);
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
    assert_eq!(handed.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn unknown_kids_cause_one_fetch_per_cooldown() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let keeper = keeper(&provider).await;
    let mut fetches = 0;
    for second in 0..240_u64 {
        match keeper.unknown_key(ISSUER).await {
            Outcome::Unchanged => fetches += 1,
            outcome => assert_eq!(outcome, Outcome::CoolingDown, "{second}"),
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!((fetches, provider.count()), (8, 9), "every 30 s of 240, and the start");
    // A fetch that began by itself is shared, and leaves the cooldown alone.
    provider.does(Does::Takes(Duration::from_secs(4)));
    while provider.count() == 9 {
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::Unchanged);
    assert_eq!(provider.count(), 10);
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::Unchanged);
    assert_eq!(provider.count(), 11);
    assert_eq!(keeper.unknown_key(ISSUER).await, Outcome::CoolingDown);
}

#[tokio::test(start_paused = true)]
async fn unknown_kids_do_not_put_off_what_is_due() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let keeper = keeper(&provider).await;
    let next = |keeper: &Keeper| status(keeper).next_refresh.unwrap();
    let before = next(&keeper);
    provider.does(Does::Fails(Some(300)));
    assert!(matches!(keeper.unknown_key(ISSUER).await, Outcome::Failed(_)));
    assert!(next(&keeper) <= before);
}

#[tokio::test(start_paused = true)]
async fn the_whole_fetch_has_one_limit() {
    let provider = Provider::new(Does::Takes(Duration::from_secs(3)));
    let sources = Sources::from([(ISSUER.to_owned(), Source::Discovery)]);
    let began = Instant::now();
    let keeper = Keeper::builder(trust(), sources).transport(provider.clone());
    let keeper = keeper.start().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 5, "metadata and keys take six");
    let error = status(&keeper).error.unwrap();
    assert_eq!(error.code, "timeout");
    assert!(error.message.contains("`https://idp.example` took longer than 5000 ms"));
    provider.does(Does::Publishes(&A, None));
    pass(2).await;
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
}

#[tokio::test(start_paused = true)]
async fn metadata_is_asked_for_again() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let sources = Sources::from([(ISSUER.to_owned(), Source::Discovery)]);
    let keeper = Keeper::builder(trust(), sources).transport(provider.clone());
    let keeper = keeper.start().await.unwrap();
    let asked = || {
        let asked = provider.asked.lock().unwrap();
        asked.iter().filter(|(_, path, _)| path.contains("well-known")).count()
    };
    assert_eq!(asked(), 1);
    pass(3500).await;
    assert_eq!(asked(), 1, "of {}", provider.count());
    pass(600).await;
    assert_eq!(asked(), 2);
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
}

#[tokio::test(start_paused = true)]
async fn a_fault_costs_no_keys_and_no_keeping() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let on_change = |trust: Trust| {
        assert_eq!(verdict(&trust, &B), "key_not_found", "a caller's fault");
    };
    let keeper = builder(&provider).on_change(on_change).start().await.unwrap();
    provider.does(Does::Panics);
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Failed(FetchError::Internal));
    assert_eq!(status(&keeper).error.unwrap().code, "internal");
    assert_eq!(verdict(&keeper.trust(), &A), "accepted");
    provider.does(Does::Publishes(&B, None));
    pass(2).await;
    assert_eq!(verdict(&keeper.trust(), &B), "accepted", "what is told of it panics");
    provider.does(Does::Publishes(&A, None));
    assert_eq!(keeper.refresh(ISSUER).await, Outcome::Changed);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_cut_off_leaves_nothing_behind() {
    let provider = Provider::new(Does::Takes(Duration::from_secs(3)));
    let begun = tokio::time::timeout(Duration::from_secs(1), builder(&provider).start()).await;
    assert!(begun.is_err());
    pass(600).await;
    assert_eq!(provider.count(), 1);
    assert_eq!(Arc::strong_count(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_ends() {
    let provider = Provider::new(Does::Publishes(&A, None));
    let keeper = keeper(&provider).await;
    drop(keeper);
    pass(6000).await;
    assert_eq!(provider.count(), 1);
    assert_eq!(Arc::strong_count(&provider), 1, "no task holds what the keeper held");
}

#[test]
fn every_code_of_a_fetch_is_in_the_table_of_the_documentation() {
    let table = include_str!("lib.rs");
    let rows = table.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), FetchError::ALL_CODES);
}
