//! Lists, maps and variants.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::deserializer::Deserializer;
use crate::{Error, Value};

/// The items of a list.
pub(super) struct Items<'c, 'd> {
    pub(super) of: Deserializer<'c, 'd>,
    pub(super) items: std::slice::Iter<'d, Value>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items
            .next()
            .map(|item| seed.deserialize(self.of.child(item)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The key of an entry: a member's name, or a dictionary's key.
pub(super) enum Key<'d> {
    Name(&'d str),
    Value(&'d Value),
}

/// The members of an object, or the entries of a dictionary.
pub(super) struct Entries<'c, 'd> {
    pub(super) of: Deserializer<'c, 'd>,
    pub(super) entries: std::vec::IntoIter<(Key<'d>, &'d Value)>,
    pub(super) value: Option<(String, &'d Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        let (name, key) = match key {
            Key::Name(name) => (name.to_owned(), seed.deserialize(StrDeserializer::new(name))),
            Key::Value(key) => ("Value".to_owned(), seed.deserialize(self.of.child(key))),
        };
        self.value = Some((name, value));
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((name, value)) = self.value.take() else {
            return Err(Error::invalid_type(Unexpected::Map, &"a key before its value"));
        };
        seed.deserialize(self.of.child(value))
            .map_err(|error| error.within(&name))
    }
}

/// A name as a variant without content.
pub(super) struct Variant<'t>(pub(super) &'t str);

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(StrDeserializer::<Error>::new(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(StrDeserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::invalid_type(
            Unexpected::UnitVariant,
            &"a variant with several values",
        ))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Err(Error::invalid_type(
            Unexpected::UnitVariant,
            &"a variant with fields",
        ))
    }
}
