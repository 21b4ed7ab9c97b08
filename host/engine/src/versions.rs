//! The versions of the contract that the host speaks, and how a policy of each is asked.
//!
//! What a policy exports says which one it is of. All that a request needs has the same types in
//! all of them, and component types are equal where their structure is: so `evaluate` is called in
//! one way, and only what differs is told apart here.

use wasmtime::component::{ComponentType, Instance, InstancePre, Lift, TypedFunc};
use wasmtime::{AsContextMut, Store};

use crate::bindings::contract;
use crate::error::LoadError;
use crate::ready::StoreState;

/// What the name of the contract's interface begins with, of whatever version.
pub(crate) const INTERFACE: &str = "tokenward:policy/policy@";

/// A version of the contract that this host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 0.1 with any patch: patches only add documentation.
    V0_1,
    /// 0.2, of which there is a draft: a release candidate of it is none.
    V0_2,
}

impl Version {
    /// The version that an export of this name is of.
    pub(crate) fn of_export(name: &str) -> Option<Self> {
        let version = name.strip_prefix(INTERFACE)?;
        let patch = |prefix| {
            let patch = version.strip_prefix(prefix);
            patch.is_some_and(|p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
        };
        if patch("0.1.") {
            Some(Self::V0_1)
        } else if patch("0.2.") {
            Some(Self::V0_2)
        } else {
            None
        }
    }

    /// Whether a host that takes drafts, or takes none, takes it.
    pub(crate) fn is_accepted(self, drafts: Drafts) -> bool {
        self == Self::V0_1 || drafts == Drafts::Accepted
    }
}

/// Whether policies of a version of the contract that is not released are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Drafts {
    /// They are refused.
    #[default]
    Refused,
    /// They are taken: for whoever tries the next version. What a policy of a draft is built
    /// against changes without notice.
    Accepted,
}

impl Drafts {
    /// The versions that are accepted, as a person writes them.
    pub(crate) fn accepted_versions(self) -> &'static str {
        match self {
            Self::Refused => crate::ACCEPTED_CONTRACTS,
            Self::Accepted => "tokenward:policy@0.1, and the draft of tokenward:policy@0.2",
        }
    }
}

/// A descriptor of 0.2.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct DescriptorV02 {
    name: String,
    version: String,
    title: String,
    description: String,
    phases: contract::Phases,
    rules: Vec<contract::Rule>,
    #[component(name = "settings-schema")]
    settings_schema: String,
    reads: contract::Reads,
    deprecated: Option<String>,
}

/// What is called for each request, in every version.
type Evaluate<'a> = TypedFunc<(&'a contract::Input<'a>,), (contract::Verdict,)>;
/// What `configure` answers, in every version.
type Configured = Result<contract::Reads, Vec<contract::SettingError>>;

/// The functions that are called when a policy is loaded.
pub(crate) enum Functions {
    V0_1(contract::Guest),
    V0_2 {
        describe: TypedFunc<(), (DescriptorV02,)>,
        configure: TypedFunc<(String,), (Configured,)>,
    },
}

impl Functions {
    /// Those of an instance. All types are checked, those of `evaluate` too: whoever calls it later
    /// relies on that.
    pub(crate) fn of(
        version: Version,
        pre: &InstancePre<StoreState>,
        instance: &Instance,
        store: &mut Store<StoreState>,
    ) -> Result<Self, LoadError> {
        let wrong = LoadError::wasmtime("the component's exports do not fit the contract");
        let functions = match version {
            Version::V0_1 => contract::GuestIndices::new(pre)
                .and_then(|indices| indices.load(&mut *store, instance))
                .map(Self::V0_1),
            Version::V0_2 => Self::of_v0_2(pre, instance, store),
        };
        functions.map_err(wrong)
    }

    fn of_v0_2(
        pre: &InstancePre<StoreState>,
        instance: &Instance,
        store: &mut Store<StoreState>,
    ) -> wasmtime::Result<Self> {
        let component = pre.component();
        let types = component.component_type();
        let mut exports = types.exports(pre.engine());
        let name = exports.find(|(name, _)| Version::of_export(name) == Some(Version::V0_2));
        let interface = name.and_then(|(name, _)| component.get_export_index(None, name));
        let find = |name: &str| {
            let index = component.get_export_index(interface.as_ref(), name);
            index.ok_or_else(|| wasmtime::Error::msg(format!("there is no function `{name}`")))
        };
        let func = |store: &mut Store<StoreState>, name: &str| {
            let func = instance.get_func(&mut *store, find(name)?);
            func.ok_or_else(|| wasmtime::Error::msg(format!("`{name}` is no function")))
        };
        let _: Evaluate<'_> = func(store, "evaluate")?.typed(store.as_context_mut())?;
        Ok(Self::V0_2 {
            describe: func(store, "describe")?.typed(store.as_context_mut())?,
            configure: func(store, "configure")?.typed(store.as_context_mut())?,
        })
    }

    /// The description, and why the policy is not to be used any more, if it says so.
    pub(crate) fn describe(
        &self,
        store: &mut Store<StoreState>,
    ) -> wasmtime::Result<(contract::Descriptor, Option<String>)> {
        match self {
            Self::V0_1(guest) => Ok((guest.call_describe(store)?, None)),
            Self::V0_2 { describe, .. } => {
                let (raw,) = describe.call(store, ())?;
                let DescriptorV02 { name, version, title, description, phases, rules, .. } = raw;
                let (settings_schema, reads) = (raw.settings_schema, raw.reads);
                let descriptor = contract::Descriptor {
                    name,
                    version,
                    title,
                    description,
                    phases,
                    rules,
                    settings_schema,
                    reads,
                };
                Ok((descriptor, raw.deprecated))
            }
        }
    }

    pub(crate) fn configure(
        &self,
        store: &mut Store<StoreState>,
        settings: &str,
    ) -> wasmtime::Result<Configured> {
        match self {
            Self::V0_1(guest) => guest.call_configure(store, settings),
            Self::V0_2 { configure, .. } => Ok(configure.call(store, (settings.to_owned(),))?.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_by_the_export() {
        for (export, version) in [
            ("tokenward:policy/policy@0.1.0", Some(Version::V0_1)),
            ("tokenward:policy/policy@0.1.12", Some(Version::V0_1)),
            ("tokenward:policy/policy@0.2.0", Some(Version::V0_2)),
            ("tokenward:policy/policy@0.2.0-draft", None),
            ("tokenward:policy/policy@0.1.", None),
            ("tokenward:policy/policy@0.1.0+build", None),
            ("tokenward:policy/policy@0.3.0", None),
            ("tokenward:policy/policy@1.1.0", None),
            ("tokenward:policy/other@0.1.0", None),
            ("other:policy/policy@0.1.0", None),
        ] {
            assert_eq!(Version::of_export(export), version, "{export}");
        }
        assert!(Version::V0_1.is_accepted(Drafts::Refused));
        assert!(!Version::V0_2.is_accepted(Drafts::Refused));
        assert!(Version::V0_2.is_accepted(Drafts::Accepted));
    }
}
