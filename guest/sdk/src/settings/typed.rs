//! What the reader offers to those who implement `FromSettings`.

use core::ops::RangeInclusive;

use super::error::{WrongSetting, list};
use super::from::FromSettings;
use super::number::Number;
use super::reader::{Kind, SettingReader};
use super::value::{Decimal, Setting};

impl<'a> SettingReader<'a> {
    /// Takes a value of any form; a list or an object stays where it is, for
    /// [`Self::items`], [`Self::members`] or [`Self::entries`] to take.
    ///
    /// # Errors
    ///
    /// If there is no value: one was taken twice.
    #[inline(never)]
    pub fn take(&mut self) -> Result<Setting<'a>, WrongSetting> {
        Ok(match self.kind()? {
            Kind::Null => {
                self.null()?;
                Setting::Null
            }
            Kind::Boolean => Setting::Boolean(self.boolean()?),
            Kind::Number => match self.number()? {
                Number::Unsigned(integer) => Setting::Unsigned(integer),
                Number::Negative(integer) => Setting::Negative(integer),
                Number::Other(text) => Setting::Decimal(Decimal(text)),
            },
            Kind::Text => Setting::Text(self.text()?),
            Kind::List => Setting::List,
            Kind::Object => Setting::Object,
        })
    }

    /// Takes an integer within the range. `accepted` says what is, as in
    /// [`Setting::refused`].
    ///
    /// # Errors
    ///
    /// If it is anything else.
    pub fn integer(
        &mut self,
        range: RangeInclusive<u64>,
        accepted: &str,
    ) -> Result<u64, WrongSetting> {
        self.unsigned(*range.start(), *range.end(), accepted)
    }

    /// Takes an integer within the range, or a word in place of any: none then.
    ///
    /// # Errors
    ///
    /// If it is anything else.
    #[inline(never)]
    pub fn integer_or(
        &mut self,
        word: &str,
        range: RangeInclusive<u64>,
        accepted: &str,
    ) -> Result<Option<u64>, WrongSetting> {
        match self.take()? {
            Setting::Unsigned(integer) if range.contains(&integer) => Ok(Some(integer)),
            Setting::Text(text) if text == word => Ok(None),
            other => Err(other.refused(accepted)),
        }
    }

    /// Takes one of these words, and answers its index.
    ///
    /// # Errors
    ///
    /// If it is none of them.
    #[inline(never)]
    pub fn word(&mut self, words: &[&str]) -> Result<usize, WrongSetting> {
        let kind = self.kind()?;
        if kind != Kind::Text {
            return Err(WrongSetting::is_not(kind.name(), &list(words)));
        }
        let text = self.text()?;
        find(words, &text).ok_or_else(|| WrongSetting::unknown("value", &text, words))
    }

    /// Takes a list: `each` takes an item.
    ///
    /// # Errors
    ///
    /// If it is no list, and what `each` answers.
    #[inline(never)]
    pub fn items(
        &mut self,
        each: &mut dyn FnMut(&mut Self) -> Result<(), WrongSetting>,
    ) -> Result<(), WrongSetting> {
        self.require(Kind::List, "a list")?;
        self.open();
        let mut index = 0;
        while self.next_item(index)? {
            each(self).map_err(|wrong| wrong.at(index))?;
            index += 1;
        }
        Ok(())
    }

    /// Takes an object whose members have these names: `each` is given the
    /// index of one, and takes its value. A name comes once at most.
    ///
    /// # Errors
    ///
    /// If it is no object, or has a member of another name, and what `each` answers.
    #[inline(never)]
    pub fn members(
        &mut self,
        names: &[&str],
        each: &mut dyn FnMut(usize, &mut Self) -> Result<(), WrongSetting>,
    ) -> Result<(), WrongSetting> {
        self.entries(&mut |name, reader| match find(names, name) {
            Some(index) => each(index, reader),
            None => Err(WrongSetting::unknown("setting", name, names)),
        })
    }

    /// Takes an object whose names are data: `each` is given a name, and takes
    /// the value. A name comes once at most.
    ///
    /// # Errors
    ///
    /// If it is no object, and what `each` answers.
    #[inline(never)]
    pub fn entries(
        &mut self,
        each: &mut dyn FnMut(&str, &mut Self) -> Result<(), WrongSetting>,
    ) -> Result<(), WrongSetting> {
        self.require(Kind::Object, "an object")?;
        self.open();
        let mut first = true;
        while let Some(name) = self.next_name(first)? {
            each(&name, self).map_err(|wrong| wrong.under(&name))?;
            first = false;
        }
        Ok(())
    }

    /// Takes a value in place of the one that is there: what a derived
    /// `FromSettings` does for a field.
    ///
    /// # Errors
    ///
    /// Those of the type.
    #[doc(hidden)]
    #[inline(never)]
    pub fn read_into<T: FromSettings>(&mut self, field: &mut T) -> Result<(), WrongSetting> {
        *field = T::read(self)?;
        Ok(())
    }

    /// The same for a field without default.
    ///
    /// # Errors
    ///
    /// Those of the type.
    #[doc(hidden)]
    #[inline(never)]
    pub fn read_required<T: FromSettings>(
        &mut self,
        field: &mut Option<T>,
    ) -> Result<(), WrongSetting> {
        *field = Some(T::read(self)?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn unsigned(
        &mut self,
        least: u64,
        most: u64,
        accepted: &str,
    ) -> Result<u64, WrongSetting> {
        self.require(Kind::Number, accepted)?;
        match self.take()? {
            Setting::Unsigned(integer) if least <= integer && integer <= most => Ok(integer),
            other => Err(other.refused(accepted)),
        }
    }

    #[inline(never)]
    pub(super) fn signed(
        &mut self,
        least: i64,
        most: i64,
        accepted: &str,
    ) -> Result<i64, WrongSetting> {
        self.require(Kind::Number, accepted)?;
        let value = self.take()?;
        let integer = match value {
            Setting::Unsigned(integer) => i64::try_from(integer).ok(),
            Setting::Negative(integer) => Some(integer),
            _ => None,
        };
        integer
            .filter(|integer| (least..=most).contains(integer))
            .ok_or_else(|| value.refused(accepted))
    }

    /// Takes `null`, if that comes.
    #[inline(never)]
    pub(super) fn take_null(&mut self) -> Result<bool, WrongSetting> {
        let null = self.kind()? == Kind::Null;
        if null {
            self.null()?;
        }
        Ok(null)
    }
}

#[inline(never)]
fn find(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|known| *known == name)
}
