//! One SQL text per statement, with the dialect spelled out beside it where it differs.

use std::borrow::Cow;

/// One statement. Placeholders are `$1`, `$2`, … used once each and in order.
///
/// Every text is written by us and none is assembled from input: that is what makes it safe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    standard: &'static str,
    sqlite: Option<&'static str>,
    mysql: Option<&'static str>,
    locking: bool,
}

impl Sql {
    pub(crate) const fn new(standard: &'static str) -> Self {
        Self { standard, sqlite: None, mysql: None, locking: false }
    }

    /// Spells the statement differently for MySQL, which lacks `on conflict` for one.
    #[must_use]
    pub(crate) const fn on_mysql(self, mysql: &'static str) -> Self {
        Self { mysql: Some(mysql), ..self }
    }

    #[must_use]
    pub(crate) const fn on_sqlite(self, sqlite: &'static str) -> Self {
        Self { sqlite: Some(sqlite), ..self }
    }

    /// For a read that decides a write: keeps the rows locked until the transaction ends.
    ///
    /// SQLite needs none of it: its one writer runs transactions one after the other.
    #[must_use]
    pub(crate) const fn locking(self) -> Self {
        Self { locking: true, ..self }
    }

    pub(in crate::db) fn for_sqlite(self) -> &'static str {
        self.sqlite.unwrap_or(self.standard)
    }

    pub(in crate::db) fn for_postgres(self) -> Cow<'static, str> {
        if self.locking {
            Cow::Owned(format!("{} for update", self.standard))
        } else {
            Cow::Borrowed(self.standard)
        }
    }

    /// MySQL wants `?` where the others take `$1`.
    pub(in crate::db) fn for_mysql(self) -> Cow<'static, str> {
        let text = self.mysql.unwrap_or(self.standard);
        if !text.contains('$') && !self.locking {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len() + " for update".len());
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            // A dollar without a number belongs to the text, in the path of a JSON value for one.
            if c != '$' || !rest.peek().is_some_and(char::is_ascii_digit) {
                out.push(c);
                continue;
            }
            out.push('?');
            while rest.next_if(char::is_ascii_digit).is_some() {}
        }
        if self.locking {
            out.push_str(" for update");
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests;
