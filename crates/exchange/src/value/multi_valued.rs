use crate::argument::{Argue, Argument};

/// The new value of a property that holds several: all of them, or what to add and to remove.
///
/// ```
/// use psbridge_exchange::MultiValued;
///
/// let owners = MultiValued::replace(["ann@corp.example"]);
/// let addresses = MultiValued::change().adding(["smtp:ann.b@corp.example"]).removing(["smtp:ann.a@corp.example"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MultiValued {
    /// These take the place of the present ones; none empties the property.
    Replace(Vec<String>),
    /// The present ones stay but for these changes.
    Change {
        /// Values to add.
        add: Vec<String>,
        /// Values to remove.
        remove: Vec<String>,
    },
}

impl MultiValued {
    /// These values and no others.
    #[must_use]
    pub fn replace(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Replace(values.into_iter().map(Into::into).collect())
    }

    /// A change that changes nothing yet.
    #[must_use]
    pub fn change() -> Self {
        Self::Change {
            add: Vec::new(),
            remove: Vec::new(),
        }
    }

    /// Adds values.
    #[must_use]
    pub fn adding(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let (Self::Replace(list) | Self::Change { add: list, .. }) = &mut self;
        list.extend(values.into_iter().map(Into::into));
        self
    }

    /// Removes values.
    #[must_use]
    pub fn removing(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter().map(Into::into);
        match &mut self {
            Self::Replace(list) => {
                let gone: Vec<String> = values.collect();
                list.retain(|value| !gone.contains(value));
            }
            Self::Change { remove, .. } => remove.extend(values),
        }
        self
    }
}

impl<T: Into<String>> From<Vec<T>> for MultiValued {
    fn from(values: Vec<T>) -> Self {
        Self::replace(values)
    }
}

impl Argue for MultiValued {
    fn argument(&self) -> Option<Argument> {
        Some(match self {
            Self::Replace(values) => Argument::List(values.clone()),
            Self::Change { add, remove } => Argument::Change {
                add: add.clone(),
                remove: remove.clone(),
            },
        })
    }
}
