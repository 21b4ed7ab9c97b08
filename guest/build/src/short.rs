//! Short names where only a component itself sees them.
//!
//! A component that exports an interface holds another one, which is given each type and function
//! of the interface by a name of the encoder's choice, such as `import-type-claim-selector`. Names
//! of that kind, and sections that no program reads, make up two kilobytes of each policy.

use std::collections::HashMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent};
use wasm_encoder::{
    Component, ComponentImportSection, ComponentInstanceSection, reencode::component_utils as utils,
};
use wasmparser::{
    ComponentImportSectionReader, ComponentInstance, CustomSectionReader, Parser, Validator,
    WasmFeatures,
};

/// The same component, shorter.
pub(crate) fn shorten(component: &[u8]) -> Result<Vec<u8>, String> {
    let mut shorter = Component::new();
    Shortener::default()
        .parse_component(&mut shorter, Parser::new(0), component)
        .map_err(|error| error.to_string())?;
    let shorter = shorter.finish();
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(&shorter)
        .map_err(|error| error.to_string())?;
    Ok(shorter)
}

#[derive(Default)]
struct Shortener {
    /// How many components there are around the one at hand.
    depth: usize,
    short: HashMap<String, String>,
}

type Encoded<T> = Result<T, Error<Infallible>>;

impl Shortener {
    fn short(&mut self, name: &str) -> String {
        let next = format!("i{}", self.short.len());
        self.short.entry(name.to_owned()).or_insert(next).clone()
    }
}

impl Reencode for Shortener {
    type Error = Infallible;
}

impl ReencodeComponent for Shortener {
    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }

    fn parse_component_import_section(
        &mut self,
        imports: &mut ComponentImportSection,
        section: ComponentImportSectionReader<'_>,
    ) -> Encoded<()> {
        // Those of the component itself are its contract.
        if self.depth == 0 {
            return utils::parse_component_import_section(self, imports, section);
        }
        for import in section {
            let import = import?;
            let ty = self.component_type_ref(import.ty)?;
            imports.import(self.short(import.name.name).as_str(), ty);
        }
        Ok(())
    }

    fn parse_component_instance(
        &mut self,
        instances: &mut ComponentInstanceSection,
        instance: ComponentInstance<'_>,
    ) -> Encoded<()> {
        let ComponentInstance::Instantiate { component_index, args } = instance else {
            return utils::parse_component_instance(self, instances, instance);
        };
        let args: Vec<_> = args
            .iter()
            .map(|arg| {
                let index = self.component_external_index(arg.kind, arg.index);
                (self.short(arg.name), arg.kind.into(), index)
            })
            .collect();
        let args = args.iter().map(|(name, kind, index)| (name.as_str(), *kind, *index));
        instances.instantiate(self.component_index(component_index), args);
        Ok(())
    }

    fn parse_component_custom_section(
        &mut self,
        _: &mut Component,
        _: CustomSectionReader<'_>,
    ) -> Encoded<()> {
        Ok(())
    }
}
