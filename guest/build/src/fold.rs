//! A component of many modules, made one of a single module that imports nothing.
//!
//! The tools of JavaScript and Python bring an interpreter: several core modules around one memory,
//! and imports of WASI that the interpreter links to whether the policy uses them or not. A policy
//! imports nothing, and the host takes the state of one module. So the modules are linked as their
//! component would link them at every start: each import is the item that the component gives for
//! it. What only a host could give becomes a function that traps. A policy that calls for the
//! clock, for randomness or for a file is stopped there, every time, rather than given an answer
//! that differs between two runs.

mod link;
mod read;
mod spaces;
#[cfg(test)]
mod tests;
mod write;

use wasm_encoder::{CustomSection, Encode, Section};

use crate::{CONTRACT, WORLD};
use read::Linked;

/// What was folded.
pub(crate) struct Folded {
    /// The core module, with the contract's exports and the section that says of which world it is.
    pub(crate) module: Vec<u8>,
    /// What its component would import, and is stopped at now: interfaces, by name.
    pub(crate) stopped: Vec<String>,
}

/// Folds a component, or a core module that imports what a host has, into a module without imports.
pub(crate) fn fold(wasm: &[u8]) -> Result<Folded, String> {
    let linked = Linked::read(wasm)?;
    let mut module = write::write(&link::link(&linked)?)?;
    if !linked.says_its_world {
        append(&mut module, "component-type:tokenward", &metadata()?);
    }
    Ok(Folded { module, stopped: linked.host })
}

/// What `wit-component` needs to know to make a component of a module of the contract.
fn metadata() -> Result<Vec<u8>, String> {
    let told = |error: &dyn std::fmt::Display| format!("the contract: {error}");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", CONTRACT).map_err(|error| told(&error))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| told(&error))?;
    wit_component::metadata::encode(&resolve, world, wit_component::StringEncoding::UTF8, None)
        .map_err(|error| told(&error))
}

fn append(module: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection { name: name.into(), data: data.into() };
    module.push(section.id());
    section.encode(module);
}
