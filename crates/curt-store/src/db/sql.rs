//! One SQL text per statement, with the dialect beside it where it differs.

use std::borrow::Cow;

/// One statement. Placeholders are `$1`, `$2`, … used once each and in order.
///
/// All texts are written in the source and none is assembled from input: that makes them safe.
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

    /// Spells the statement differently for MySQL, which for example lacks `on conflict`.
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
    /// SQLite does not need it: its one writer runs transactions one after the other.
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

    /// MySQL wants `?` in place of `$1`.
    pub(in crate::db) fn for_mysql(self) -> Cow<'static, str> {
        let text = self.mysql.unwrap_or(self.standard);
        if !text.contains('$') && !self.locking {
            return Cow::Borrowed(text);
        }
        let mut out = renumbered(text, |_| "?".to_owned());
        if self.locking {
            out.push_str(" for update");
        }
        Cow::Owned(out)
    }

    /// Turns the insert of one row into an insert of many, each with its own placeholders.
    pub(in crate::db) fn for_postgres_rows(self, count: usize) -> String {
        with_rows(self.standard, count, |number| format!("${number}"))
    }

    pub(in crate::db) fn for_mysql_rows(self, count: usize) -> String {
        with_rows(self.mysql.unwrap_or(self.standard), count, |_| "?".to_owned())
    }
}

/// Repeats the part after `values`. Placeholders occur only there.
fn with_rows(text: &str, count: usize, placeholder: impl Fn(usize) -> String) -> String {
    const VALUES: &str = "values (";
    let start = text.find(VALUES).map_or(text.len(), |at| at + VALUES.len() - 1);
    let end = text[start..].find(')').map_or(text.len(), |length| start + length + 1);
    let tuple = &text[start..end];
    let width = tuple.matches('$').count();
    let mut out = text[..start].to_owned();
    for row in 0..count {
        if 0 < row {
            out.push_str(", ");
        }
        out.push_str(&renumbered(tuple, |number| placeholder(row * width + number)));
    }
    out.push_str(&text[end..]);
    out
}

/// The text with each placeholder replaced by one made from its number.
fn renumbered(text: &str, placeholder: impl Fn(usize) -> String) -> String {
    let mut out = String::with_capacity(text.len() + " for update".len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // A dollar without a number belongs to the text, for example in a JSON path.
        if c != '$' || !rest.peek().is_some_and(char::is_ascii_digit) {
            out.push(c);
            continue;
        }
        let mut number = 0;
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            number = number * 10 + digit.to_digit(10).map_or(0, |digit| digit as usize);
        }
        out.push_str(&placeholder(number));
    }
    out
}

#[cfg(test)]
mod tests;
