//! Which route a request is: patterns of methods, hosts and paths, and the most
//! specific of those that cover it.
//!
//! A policy that asks different things of different routes reads each with
//! [`Cover::parse`], gives it to a [`RoutesBuilder`] with what it asks there, and
//! asks the finished [`Routes`] for each request.
//!
//! ```
//! use tokenward_route::{Asked, Cover, RoutesBuilder, Spec};
//!
//! let mut routes = RoutesBuilder::default();
//! for (index, (path, scope)) in [("/records/**", "read"), ("/records/export", "all")].iter().enumerate() {
//!     let spec = Spec { methods: &[], host: None, path };
//!     let cover = Cover::parse(&spec, &mut |member, message| panic!("{member} {message}"));
//!     routes.add(index, cover.unwrap(), *scope);
//! }
//! let routes = routes.build(&mut |index, message| panic!("route {index} {message}"));
//! let asked = Asked { method: None, host: None, path: Some("/records/export") };
//! assert_eq!(routes.find(&asked), Ok(Some(&"all")));
//! ```
//!
//! # Patterns
//!
//! In a path, `{name}` and `*` stand for one segment, and `**` at the end for any
//! number of segments, none included. A host `*.example.com` stands for every
//! host below `example.com`, not for it. No methods, or no host, stand for any.
//!
//! # Order
//!
//! The most specific route counts, wherever it stands: an exact host before `*.`
//! (the longer first) before any host; then, segment by segment, literal text
//! before a wildcard, before the end of the path, before `**`; then named methods
//! before any. Two routes that this order cannot tell apart and that share a
//! request are refused. A route for GET covers HEAD (RFC 9110 section 9.3.2),
//! unless HEAD has a route with the same path and host.
//!
//! # No second spelling
//!
//! Percent-encoding is taken off within a segment, empty segments, a trailing
//! slash and a trailing dot of the host are of no account, and methods match in
//! any case of letters.

mod cover;
mod pattern;
mod routes;
#[cfg(test)]
mod tests;
mod text;

pub use cover::{Cover, Spec};
pub use routes::{Asked, MOST_ROUTES, Routes, RoutesBuilder, Unknown};
