//! The task that keeps one issuer's keys.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::error::FetchError;
use crate::fetch::{Fetch, Fetched};
use crate::http::Transport;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::slot::{Next, Slot};

/// Fetches a slot's keys whenever it is time or somebody asks, and lets them go
/// when they are too old. It ends by being aborted alone.
pub(crate) async fn keep(shared: Arc<Shared>, slot: Arc<Slot>, mut fetch: Fetch) {
    loop {
        match slot.next(shared.settings.max_stale).await {
            Next::Expire => shared.expire(&slot, &mut fetch),
            Next::Fetch => {
                if slot.begin(shared.now()) {
                    fetch.rediscover();
                }
                let transport = Arc::clone(&shared.transport);
                let (back, result) = attempt(fetch, transport, shared.settings).await;
                fetch = back;
                shared.finish(&slot, &mut fetch, result);
                shared.inventory.save_soon();
            }
        }
    }
}

/// One fetch, in a task of its own: a fault in it is an error, and the keys are
/// kept on. Cut off, it ends.
pub(crate) async fn attempt(
    mut fetch: Fetch,
    transport: Arc<dyn Transport>,
    settings: Settings,
) -> (Fetch, Result<Fetched, FetchError>) {
    let anew = fetch.anew();
    let mut running = JoinSet::new();
    running.spawn(async move {
        let result = fetch.run(transport.as_ref(), &settings).await;
        (fetch, result)
    });
    match running.join_next().await {
        Some(Ok(ended)) => ended,
        _ => (anew, Err(FetchError::Internal)),
    }
}
