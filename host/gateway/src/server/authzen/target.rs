//! Which URL a resource is. What is said of a part twice must be said alike.

use tokenward::Object;

use super::question::{Unreadable, text};
use super::wire::{Entity, shown};

/// The longest URL that is looked at.
const URL_BYTES: usize = 16_384;

const ID: &str = "resource.id";

/// The properties that say a part of the URL, in the standard's drafts for gateways by both names.
const PROPERTIES: [(&str, &str); 7] = [
    ("uri", "resource.properties.uri"),
    ("scheme", "resource.properties.scheme"),
    ("schema", "resource.properties.schema"),
    ("host", "resource.properties.host"),
    ("hostname", "resource.properties.hostname"),
    ("path", "resource.properties.path"),
    ("query", "resource.properties.query"),
];

/// The URL of a resource: absolute, or a path with query where its host is not known.
pub(super) fn url(resource: &Entity) -> Result<String, Unreadable> {
    let mut target = Target::default();
    match resource.kind.as_str() {
        "url" => target.say_url(&resource.id, ID)?,
        "route" => target.say_route(&resource.id)?,
        other => return Err(Unreadable::ResourceType(shown(other))),
    }
    if let Some(properties) = &resource.properties {
        target.say_properties(properties)?;
    }
    target.url()
}

/// Whether this can stand as host, with or without port, in a URL: nothing in it begins another part.
pub(super) fn is_host(host: &str) -> bool {
    let byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~[]:".contains(&b);
    !host.is_empty() && host.len() <= 512 && host.bytes().all(byte)
}

/// A part, and who said so.
type Part<'a> = Option<(&'a str, &'static str)>;

#[derive(Default)]
struct Target<'a> {
    scheme: Part<'a>,
    host: Part<'a>,
    path: Part<'a>,
    query: Part<'a>,
    template: Option<&'a str>,
}

impl<'a> Target<'a> {
    fn say_properties(&mut self, properties: &'a Object) -> Result<(), Unreadable> {
        for (name, path) in PROPERTIES {
            let Some(value) = text(properties, name, path)? else { continue };
            match name {
                "uri" => self.say_url(value, path)?,
                "scheme" | "schema" => self.say_scheme(value, path)?,
                "host" | "hostname" => self.say_host(value, path)?,
                "path" => self.say_path(value, path)?,
                _ => self.say_query(value, path)?,
            }
        }
        Ok(())
    }

    fn say_url(&mut self, url: &'a str, by: &'static str) -> Result<(), Unreadable> {
        let accepted = "an absolute URL, `https://host/path`";
        let refused = || Unreadable::Part { path: by, accepted };
        bounded(url, by)?;
        let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at_checked(end).ok_or_else(refused)?;
        self.say_scheme(scheme, by)?;
        self.say_host(host, by)?;
        match rest.chars().next() {
            None => Ok(()),
            Some('/') => self.say_path(rest, by),
            Some('?') => self.say_query(rest, by),
            Some(_) => Err(refused()),
        }
    }

    fn say_route(&mut self, route: &'a str) -> Result<(), Unreadable> {
        let path = route.split('?').next().unwrap_or_default();
        if !path.contains(['{', '}']) {
            return self.say_path(route, ID);
        }
        bounded(route, ID)?;
        if path.len() < route.len() || !path.starts_with('/') {
            let accepted = "a path, `/path?query`, or the template of one, `/users/{id}`";
            return Err(Unreadable::Part { path: ID, accepted });
        }
        self.template = Some(route);
        Ok(())
    }

    fn say_scheme(&mut self, scheme: &'a str, by: &'static str) -> Result<(), Unreadable> {
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(Unreadable::Part { path: by, accepted: "the scheme `http` or `https`" });
        }
        say(&mut self.scheme, scheme, by, str::eq_ignore_ascii_case)
    }

    fn say_host(&mut self, host: &'a str, by: &'static str) -> Result<(), Unreadable> {
        if !is_host(host) {
            let accepted = "a host, with or without port, and without user";
            return Err(Unreadable::Part { path: by, accepted });
        }
        say(&mut self.host, host, by, same_host)
    }

    /// A path, with its query if it has one, as Envoy and others name it.
    fn say_path(&mut self, path: &'a str, by: &'static str) -> Result<(), Unreadable> {
        bounded(path, by)?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if !path.starts_with('/') {
            let accepted = "a path that begins with `/`";
            return Err(Unreadable::Part { path: by, accepted });
        }
        say(&mut self.path, path, by, |one, other| one == other)?;
        self.say_query(query, by)
    }

    /// An empty one is none.
    fn say_query(&mut self, query: &'a str, by: &'static str) -> Result<(), Unreadable> {
        bounded(query, by)?;
        let query = query.strip_prefix('?').unwrap_or(query);
        if query.is_empty() {
            return Ok(());
        }
        say(&mut self.query, query, by, |one, other| one == other)
    }

    fn url(self) -> Result<String, Unreadable> {
        let mut url = match (self.scheme, self.host) {
            (Some((scheme, _)), Some((host, _))) => format!("{scheme}://{host}"),
            (None, None) => String::new(),
            (Some(_), None) => return Err(Unreadable::Half { there: "scheme", missing: "host" }),
            (None, Some(_)) => return Err(Unreadable::Half { there: "host", missing: "scheme" }),
        };
        match (self.path, self.template) {
            (Some((path, by)), Some(template)) if !is_of(path, template) => {
                return Err(Unreadable::Differ { one: ID, other: by });
            }
            (Some((path, _)), _) => url.push_str(path),
            (None, Some(_)) => return Err(Unreadable::Template),
            (None, None) => url.push('/'),
        }
        if let Some((query, _)) = self.query {
            url.push('?');
            url.push_str(query);
        }
        bounded(&url, ID)?;
        Ok(url)
    }
}

fn say<'a>(
    part: &mut Part<'a>,
    text: &'a str,
    by: &'static str,
    alike: impl Fn(&str, &str) -> bool,
) -> Result<(), Unreadable> {
    match *part {
        Some((said, one)) if !alike(said, text) => Err(Unreadable::Differ { one, other: by }),
        Some(_) => Ok(()),
        None => {
            *part = Some((text, by));
            Ok(())
        }
    }
}

fn bounded(text: &str, by: &'static str) -> Result<(), Unreadable> {
    if text.len() > URL_BYTES {
        return Err(Unreadable::Part { path: by, accepted: "a URL of at most 16384 bytes" });
    }
    Ok(())
}

/// No rule sees a port, so that it may be left out; two ports differ.
fn same_host(one: &str, other: &str) -> bool {
    let ((name, port), (other_name, other_port)) = (split_port(one), split_port(other));
    let ports = port.is_none() || other_port.is_none() || port == other_port;
    ports && name.eq_ignore_ascii_case(other_name)
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// Whether a path is one of a template's, in which `{name}` stands for one segment.
fn is_of(path: &str, template: &str) -> bool {
    let is_name = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    let mut segments = path.split('/');
    let all = template.split('/').all(|expected| match segments.next() {
        Some(segment) => segment == expected || (is_name(expected) && !segment.is_empty()),
        None => false,
    });
    all && segments.next().is_none()
}
