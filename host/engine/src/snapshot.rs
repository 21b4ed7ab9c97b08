//! Snapshots a configured component: `configure` runs once, when a bundle is
//! loaded, and every later instance starts from the memory it left.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::Store;
use wasmtime::component::{Instance, Lift, WasmList};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use crate::error::LoadError;
use crate::ready::StoreState;

/// A component with what a snapshot needs to see added to its exports.
pub(crate) struct Instrumented<'a> {
    context: ComponentContext<'a>,
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Instrumented<'a> {
    pub(crate) fn new(component: &'a [u8]) -> Result<Self, LoadError> {
        let instrumented = unless_it_panics(|| Wizer::new().instrument_component(component))?;
        let (context, bytes) =
            instrumented.map_err(LoadError::wasmtime("the component cannot be snapshotted"))?;
        Ok(Self { context, bytes })
    }

    /// The component as it was, but with the memory and globals of `instance`.
    pub(crate) fn snapshot(
        &self,
        store: &mut Store<StoreState>,
        instance: Instance,
    ) -> Result<Vec<u8>, LoadError> {
        let mut state = State { store, instance, error: None };
        let snapshot = unless_it_panics(|| {
            finish(Wizer::new().snapshot_component(&self.context, &mut state))
        })?;
        match (state.error, snapshot) {
            (None, Some(Ok(bytes))) => Ok(bytes),
            (Some(error), _) | (None, Some(Err(error))) => {
                Err(LoadError::wasmtime("the configured state cannot be read")(error))
            }
            (None, None) => Err(LoadError::Wasmtime {
                context: "the configured state cannot be read",
                reason: "the snapshot did not finish".into(),
            }),
        }
    }
}

/// Wizer asserts what it takes for granted about a component, and a component
/// is what somebody sent: a panic of its is an error like any other. What it
/// was working on is thrown away with it.
fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| LoadError::Wasmtime {
        context: "the component cannot be snapshotted",
        reason: "its core modules are not laid out as a policy's are".into(),
    })
}

/// Runs a future that never waits.
fn finish<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct State<'a> {
    store: &'a mut Store<StoreState>,
    instance: Instance,
    /// The first thing that went wrong: the trait has no room for it.
    error: Option<wasmtime::Error>,
}

impl State<'_> {
    fn call<R: Lift + 'static>(&mut self, instance: &str, func: &str) -> Option<R> {
        let result = self.try_call(instance, func);
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }

    fn try_call<R: Lift + 'static>(&mut self, instance: &str, func: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::Error::msg("the instrumented component lacks an export");
        let outer = self.instance.get_export_index(&mut *self.store, None, instance);
        let outer = outer.ok_or_else(missing)?;
        let inner = self.instance.get_export_index(&mut *self.store, Some(&outer), func);
        let inner = inner.ok_or_else(missing)?;
        let func = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, inner)?;
        Ok(func.call(&mut *self.store, ())?.0)
    }
}

impl ComponentInstanceState for State<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        match self.call::<WasmList<u8>>(instance, func) {
            Some(list) => contents(list.as_le_slice(&self.store)),
            None => contents(&[]),
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.call::<f32>(instance, func).unwrap_or_default().to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.call::<f64>(instance, func).unwrap_or_default().to_bits()
    }
}
