//! Routes put in order, and found for a request.

use crate::cover::Cover;
use crate::pattern::{HostPattern, segments};
use crate::text::{push, push_number};

/// How many routes a policy should take at most. It bounds the work of a
/// request, and what each of them adds to a policy's memory.
pub const MOST_ROUTES: usize = 512;

/// Routes on their way into order.
#[derive(Debug)]
pub struct RoutesBuilder<T> {
    /// Most specific first.
    sorted: Vec<Route<T>>,
}

/// Routes, most specific first, each with what is asked there.
#[derive(Debug)]
pub struct Routes<T> {
    sorted: Vec<Route<T>>,
    /// How many segments of a path decide which route covers it.
    depth: usize,
    names_methods: bool,
    names_hosts: bool,
}

#[derive(Debug)]
struct Route<T> {
    /// Its place in the settings.
    index: usize,
    cover: Cover,
    value: T,
}

/// A request for which a route is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method, in any case of letters.
    pub method: Option<&'a str>,
    /// The host in lower case, without port.
    pub host: Option<&'a str>,
    /// The path, normalized, without query.
    pub path: Option<&'a str>,
}

/// A part of the request that the routes need and that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The path.
    Path,
    /// The method.
    Method,
    /// The host.
    Host,
}

impl Unknown {
    /// `path`, `method` or `host`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Method => "method",
            Self::Host => "host",
        }
    }
}

impl<T> Default for RoutesBuilder<T> {
    fn default() -> Self {
        Self { sorted: Vec::new() }
    }
}

impl<T> RoutesBuilder<T> {
    /// Takes a route; `index` is its place in the settings.
    pub fn add(&mut self, index: usize, cover: Cover, value: T) {
        let before = self.sorted.iter().rev();
        // Behind its equals, so that of two equal routes the later one is reported.
        let after = before.take_while(|earlier| earlier.cover.rank() > cover.rank()).count();
        self.sorted.push(Route { index, cover, value });
        // Down to its place, past one after the other; `Vec::insert` may panic, in more code.
        let mut at = self.sorted.len() - 1;
        for _ in 0..after {
            if let Some([earlier, new]) = self.sorted.get_mut(at - 1..=at) {
                core::mem::swap(earlier, new);
            }
            at -= 1;
        }
    }

    /// Puts the routes in order. A route that is as specific as an earlier one
    /// and shares a request with it is reported by its index, with what to do.
    pub fn build(self, report: &mut dyn FnMut(usize, String)) -> Routes<T> {
        let mut sorted = self.sorted;
        report_equal(&sorted, report);
        let names_methods = sorted.iter().any(|route| !route.cover.methods.is_empty());
        let names_hosts = sorted.iter().any(|route| route.cover.host != HostPattern::Any);
        let depth = sorted.iter().map(|route| route.cover.path.depth()).max().unwrap_or(0);
        let_get_cover_head(&mut sorted);
        Routes { sorted, depth, names_methods, names_hosts }
    }
}

/// Two routes that are equally specific and share a request would be a choice
/// by chance.
fn report_equal<T>(sorted: &[Route<T>], report: &mut dyn FnMut(usize, String)) {
    for (at, first) in sorted.iter().enumerate() {
        let from = sorted.iter().skip(at + 1);
        let rivals = from.take_while(|next| next.cover.rank() == first.cover.rank());
        for second in rivals {
            if first.cover.shares_methods(&second.cover) {
                let mut message = "covers the same requests as route ".to_owned();
                push_number(&mut message, first.index);
                push(
                    &mut message,
                    ", counted from 0; merge the two, or tell them apart by methods, path or host",
                );
                report(second.index, message);
            }
        }
    }
}

/// RFC 9110 section 9.3.2: HEAD answers what GET would, so that it needs the
/// same, unless a route of its own says otherwise.
fn let_get_cover_head<T>(sorted: &mut [Route<T>]) {
    for at in 0..sorted.len() {
        let Some(Route { cover, .. }) = sorted.get(at) else { return };
        let has_own = sorted.iter().any(|other| {
            other.cover.path == cover.path
                && other.cover.host == cover.host
                && other.cover.names("HEAD")
        });
        if cover.names("GET")
            && !has_own
            && let Some(route) = sorted.get_mut(at)
        {
            route.cover.methods.push("HEAD".to_owned());
        }
    }
}

impl<T> Routes<T> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether a route names methods, so that the request's must be known.
    #[must_use]
    pub fn names_methods(&self) -> bool {
        self.names_methods
    }

    /// Whether a route names a host, so that the request's must be known.
    #[must_use]
    pub fn names_hosts(&self) -> bool {
        self.names_hosts
    }

    /// What is asked on the most specific route that covers a request, if there is one.
    ///
    /// # Errors
    ///
    /// The part of the request that the routes need and that is not known:
    /// then no answer can be trusted.
    pub fn find(&self, asked: &Asked<'_>) -> Result<Option<&T>, Unknown> {
        let path = asked.path.ok_or(Unknown::Path)?;
        if self.names_methods && asked.method.is_none() {
            return Err(Unknown::Method);
        }
        if self.names_hosts && asked.host.is_none() {
            return Err(Unknown::Host);
        }
        let segments = segments(path, self.depth);
        let found =
            self.sorted.iter().find(|r| r.cover.matches(asked.method, asked.host, &segments));
        Ok(found.map(|route| &route.value))
    }
}
