//! The `serde` side: values for a settings type.
//!
//! These methods are compiled once for each type that they read, so they do
//! little: what can be done without knowing the type is in the reader.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::error::Error;
use super::number::Number;
use super::reader::{Kind, Reader};

type Result<T> = core::result::Result<T, Error>;

/// Several methods of [`Deserializer`] that do what one other does.
macro_rules! same {
    ($($method:ident),+ => $other:ident) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.$other(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind()? {
            Kind::Null => self.deserialize_unit(visitor),
            Kind::Boolean => self.deserialize_bool(visitor),
            Kind::Number => self.deserialize_f64(visitor),
            Kind::Text => self.deserialize_str(visitor),
            Kind::List => self.deserialize_seq(visitor),
            Kind::Object => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.require(Kind::Boolean, &visitor)?;
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.any_number(&visitor)? {
            Number::Unsigned(integer) => visitor.visit_u64(integer),
            Number::Signed(integer) => visitor.visit_i64(integer),
            Number::Other(text) => Err(not_an_integer(text, &visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.any_number(&visitor)? {
            Number::Unsigned(integer) => visitor.visit_u64(integer),
            Number::Signed(integer) => visitor.visit_i64(integer),
            Number::Other(text) => visitor.visit_f64(decimal(text)?),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.require(Kind::Text, &visitor)?;
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.kind()? == Kind::List {
            return self.deserialize_seq(visitor);
        }
        self.require(Kind::Text, &visitor)?;
        visitor.visit_bytes(self.text()?.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.kind()? == Kind::Null {
            self.null()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.require(Kind::Null, &visitor)?;
        self.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.require(Kind::List, &visitor)?;
        self.open();
        let value = visitor.visit_seq(Items { reader: self, index: 0 })?;
        self.close(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.require(Kind::Object, &visitor)?;
        self.open();
        let members = Members { reader: self, first: true, name: Cow::Borrowed("") };
        let value = visitor.visit_map(members)?;
        self.close(b'}')?;
        Ok(value)
    }

    /// From an object only: a list of the values in the order of the fields,
    /// which `serde` would take as well, changes its meaning with the policy's code.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self.variant(variants)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.skip(super::DEPTH)?;
        visitor.visit_unit()
    }

    same!(deserialize_i8, deserialize_i16, deserialize_i32 => deserialize_i64);
    same!(deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64 => deserialize_i64);
    same!(deserialize_f32 => deserialize_f64);
    same!(deserialize_char, deserialize_string, deserialize_identifier => deserialize_str);
    same!(deserialize_byte_buf => deserialize_bytes);
}

impl<'de> Reader<'de> {
    fn any_number(&mut self, expected: &dyn Expected) -> Result<Number<'de>> {
        self.require(Kind::Number, expected)?;
        self.number()
    }

    /// A variant: its name alone, or an object whose one member has its name.
    fn variant(&mut self, variants: &[&str]) -> Result<Variant<'_, 'de>> {
        let (name, form) = match self.kind()? {
            Kind::Text => (self.text()?, Form::Name),
            Kind::Object => {
                self.open();
                match self.next_name(true)? {
                    Some(name) => (name, Form::Object),
                    None => return Err(Error::no_variant("an empty object", variants)),
                }
            }
            other => return Err(Error::no_variant(other.name(), variants)),
        };
        Ok(Variant { reader: self, name, form })
    }
}

fn not_an_integer(text: &str, expected: &dyn Expected) -> Error {
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    Error::is_not(if whole { "out of range" } else { "a decimal number" }, expected)
}

fn decimal(text: &str) -> Result<f64> {
    Number::exact(text).ok_or_else(|| {
        Error::new(
            "is a number that cannot be read exactly; accepted: a number of at most 15 digits, \
             times a power of ten from -22 to 22"
                .into(),
        )
    })
}

struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.next_item(self.index)? {
            return Ok(None);
        }
        let value = seed.deserialize(&mut *self.reader).map_err(|error| error.at(self.index))?;
        self.index += 1;
        Ok(Some(value))
    }
}

struct Members<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    /// Of the member of which the value is next.
    name: Cow<'de, str>,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(name) = self.reader.next_name(self.first)? else { return Ok(None) };
        self.first = false;
        self.name = name;
        seed.deserialize(Name(&self.name)).map(Some).map_err(|error| error.under(&self.name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(&mut *self.reader).map_err(|error| error.under(&self.name))
    }
}

/// The name of a member, where it is data: a text, or the text of an integer.
struct Name<'a>(&'a str);

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(self.0)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let mut reader = Reader::new(self.0);
        match reader.number() {
            Ok(Number::Unsigned(integer)) if reader.is_done() => visitor.visit_u64(integer),
            Ok(Number::Signed(integer)) if reader.is_done() => visitor.visit_i64(integer),
            _ => Err(Error::is_not(Kind::Text.name(), &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let mut nothing = Reader::new("");
        let name = Cow::Owned(self.0.to_owned());
        visitor.visit_enum(Variant { reader: &mut nothing, name, form: Form::Name })
    }

    same!(deserialize_i8, deserialize_i16, deserialize_i32 => deserialize_i64);
    same!(deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64 => deserialize_i64);
    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

/// How a variant is written.
#[derive(PartialEq)]
enum Form {
    /// As its name alone.
    Name,
    /// As an object with one member, which is read up to its value.
    Object,
}

struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    name: Cow<'de, str>,
    form: Form,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        Ok((seed.deserialize(Name(&self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    #[inline(never)]
    fn unit_variant(self) -> Result<()> {
        match self.form {
            Form::Name => Ok(()),
            Form::Object => self.newtype_variant_seed(PhantomData::<()>),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.holds("newtype variant")?;
        let value = seed.deserialize(&mut *self.reader).map_err(|error| error.under(&self.name))?;
        self.reader.close(b'}')?;
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.holds("tuple variant")?;
        let value = self.reader.deserialize_seq(visitor);
        let value = value.map_err(|error| error.under(&self.name))?;
        self.reader.close(b'}')?;
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.holds("struct variant")?;
        let value = self.reader.deserialize_map(visitor);
        let value = value.map_err(|error| error.under(&self.name))?;
        self.reader.close(b'}')?;
        Ok(value)
    }
}

impl Variant<'_, '_> {
    /// An error where the variant is its name alone, and must hold something.
    fn holds(&self, expected: &'static str) -> Result<()> {
        if self.form == Form::Object {
            Ok(())
        } else {
            Err(Error::is_not("a name alone", &expected))
        }
    }
}
