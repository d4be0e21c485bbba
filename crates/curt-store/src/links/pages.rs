//! Lists of links: filters, orders, and pages that begin where the last one ended.
//!
//! A page reads along the index of its order until it is full, so a page in the middle costs as
//! much as the first. A search by text or status has no index: it skips the rows that do not match.

use curt_domain::{Access, LinkRecord, LinkStatus, Tag, Timestamp, UserId};

use super::rows::{self, link_columns, record_columns, settings_columns};
use crate::{
    db::{Row, Sql, Value},
    error::{DbError, StoreError},
    pages::{
        Cursor, InvalidCursor, LinkSort, ListError, Order, PAGE_LEN_MAX, Position, search::pattern,
    },
    store::Store,
};

/// Which links, in which order, starting where.
#[derive(Debug, Clone)]
pub struct LinkQuery {
    /// Searched for in code, title, host and path, ignoring case.
    pub q: Option<String>,
    pub tag: Option<Tag>,
    pub status: Option<LinkStatus>,
    /// The owner; links of other users are not found.
    pub owner: Option<UserId>,
    /// Created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Created before this time.
    pub created_to: Option<Timestamp>,
    pub sort: LinkSort,
    /// At most [`PAGE_LEN_MAX`].
    pub limit: u32,
    /// The end of the previous page, in the same order.
    pub cursor: Option<Cursor>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPage {
    pub items: Vec<LinkRecord>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// The statements of one order: for all links, for those of a tag, and for those of a user.
///
/// A user's links have an index by time of creation. For another order all of them are read and
/// sorted, which for most users costs less than skipping the links of all others.
struct Walk {
    all: Sql,
    tagged: Sql,
    owned: Sql,
}

/// What all lists have in common. `$scope` takes `$1`; the bounds of `$order` start at `$10`. `$2`
/// says whether to filter by a tag in addition to the scope.
///
/// The plus in `+created_at` keeps that column's index from being used: the order has another one.
/// Bounds look like `created_at <= x and (created_at < x or id < y)`, because MySQL cannot start in
/// an index at `(created_at, id) < (x, y)`.
macro_rules! list {
    ($from:literal, $scope:literal, $order:literal) => {
        Sql::new(concat!(
            "select ",
            record_columns!(),
            " from ",
            $from,
            " left join link_totals on link_totals.link_id = links.id
              left join link_limits on link_limits.link_id = links.id
              where ",
            $scope,
            " = $1 and deleted_at is null
              and ($2 = '' or exists (select 1 from link_tags as carried
                  where carried.link_id = links.id and carried.tag_id = $3))
              and ($4 = '' or search_text like $5 escape '!')
              and ($6 = '' or case
                  when abuse_at is not null then 'blocked'
                  when disabled_at is not null then 'disabled'
                  when expires_at <= $7 then 'expired'
                  when max_clicks <= coalesce(used, 0) then 'exhausted'
                  when $8 < valid_from then 'scheduled'
                  else 'active' end = $9)
              and ",
            $order
        ))
    };
}

macro_rules! all {
    ($order:literal) => {
        list!("links", "links.workspace_id", $order)
    };
}

macro_rules! tagged {
    ($order:literal) => {
        list!("link_tags join links on links.id = link_tags.link_id", "link_tags.tag_id", $order)
    };
}

macro_rules! owned {
    ($order:literal) => {
        list!("links", "links.owner_id", $order)
    };
}

macro_rules! walk {
    ($order:literal) => {
        Walk { all: all!($order), tagged: tagged!($order), owned: owned!($order) }
    };
}

const OLDEST_FIRST: Walk = Walk {
    all: all!(
        "$10 <= created_at and created_at <= $11 and ($12 < created_at or $13 < id)
         order by created_at, id limit $14"
    ),
    tagged: tagged!(
        "$10 <= link_created_at and link_created_at <= $11
             and ($12 < link_created_at or $13 < link_tags.link_id)
         order by link_created_at, link_tags.link_id limit $14"
    ),
    owned: owned!(
        "$10 <= created_at and created_at <= $11 and ($12 < created_at or $13 < id)
         order by created_at, id limit $14"
    ),
};

const NEWEST_FIRST: Walk = Walk {
    all: all!(
        "$10 <= created_at and created_at <= $11 and (created_at < $12 or id < $13)
         order by created_at desc, id desc limit $14"
    ),
    tagged: tagged!(
        "$10 <= link_created_at and link_created_at <= $11
             and (link_created_at < $12 or link_tags.link_id < $13)
         order by link_created_at desc, link_tags.link_id desc limit $14"
    ),
    owned: owned!(
        "$10 <= created_at and created_at <= $11 and (created_at < $12 or id < $13)
         order by created_at desc, id desc limit $14"
    ),
};

const LEAST_CLICKED_FIRST: Walk = walk!(
    "$10 <= +created_at and +created_at <= $11 and 0 < human
         and $12 <= human and ($13 < human or $14 < link_totals.link_id)
     order by human, link_totals.link_id limit $15"
);

const MOST_CLICKED_FIRST: Walk = walk!(
    "$10 <= +created_at and +created_at <= $11 and 0 < human
         and human <= $12 and (human < $13 or link_totals.link_id < $14)
     order by human desc, link_totals.link_id desc limit $15"
);

/// Most links that were never followed have no row of totals, so they are sorted by link id.
const NEVER_CLICKED_OLDEST_FIRST: Walk = walk!(
    "$10 <= +created_at and +created_at <= $11 and coalesce(human, 0) = 0 and $12 < id
     order by id limit $13"
);

const NEVER_CLICKED_NEWEST_FIRST: Walk = walk!(
    "$10 <= +created_at and +created_at <= $11 and coalesce(human, 0) = 0 and id < $12
     order by id desc limit $13"
);

/// Here the plus keeps a user's list from walking along the codes of all users.
const BY_CODE: Walk = Walk {
    owned: owned!(
        "$10 <= +created_at and +created_at <= $11 and +domain_id = 0 and $12 < code
         order by code limit $13"
    ),
    ..walk!(
        "$10 <= +created_at and +created_at <= $11 and domain_id = 0 and $12 < code
         order by code limit $13"
    )
};

impl Store {
    /// A page of the caller's links that are not deleted; `now` decides their status.
    pub async fn links(
        &self,
        access: Access,
        query: &LinkQuery,
        now: Timestamp,
    ) -> Result<LinkPage, ListError> {
        let walks = walks(query)?;
        let page = self.page(access, query, walks, now).await;
        Ok(page.map_err(StoreError::while_doing("listing links"))?)
    }

    async fn page(
        &self,
        access: Access,
        query: &LinkQuery,
        walks: Walks<'_>,
        now: Timestamp,
    ) -> Result<LinkPage, DbError> {
        let nothing = LinkPage { items: Vec::new(), next: None };
        // No text of a link contains a control character, and PostgreSQL refuses NUL.
        if query.q.as_ref().is_some_and(|text| text.contains(char::is_control)) {
            return Ok(nothing);
        }
        let owner = match access {
            Access::All => query.owner,
            Access::Of(user) if query.owner.is_none_or(|owner| owner == user) => Some(user),
            Access::Of(_) => return Ok(nothing),
        };
        let tag_id = match &query.tag {
            None => None,
            Some(tag) => match self.tag_id(tag).await? {
                Some(id) => Some(id),
                None => return Ok(nothing),
            },
        };
        let filters = filters(query, owner, tag_id, now);
        let limit = query.limit.min(PAGE_LEN_MAX) as usize;
        let mut rows = Vec::new();
        for (walk, bounds) in walks {
            // One extra row tells whether another page follows.
            let wanted = limit + 1 - rows.len();
            if wanted == 0 {
                break;
            }
            let sql = match (owner, tag_id) {
                (Some(_), _) => walk.owned,
                (None, Some(_)) => walk.tagged,
                (None, None) => walk.all,
            };
            let values =
                filters.iter().cloned().chain(bounds).chain([Value::number(wanted as u64)]);
            rows.extend(self.db.rows(sql, &values.collect::<Vec<_>>()).await?);
        }
        self.end_page(rows, limit, |last| Some(end_at(last, query.sort))).await
    }

    /// Makes the page of the first rows; an extra row means that another page follows.
    pub(super) async fn end_page(
        &self,
        mut rows: Vec<Row>,
        limit: usize,
        end_at: impl FnOnce(&LinkRecord) -> Option<Cursor> + Send,
    ) -> Result<LinkPage, DbError> {
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let mut items = rows.iter().map(rows::record).collect::<Result<Vec<_>, _>>()?;
        self.add_tags(items.iter_mut().map(|record| &mut record.link)).await?;
        let next = items.last().filter(|_| !is_last).and_then(end_at);
        Ok(LinkPage { items, next })
    }
}

/// The statements that read a list, one after the other until the page is full, each with its
/// bounds.
type Walks<'q> = Vec<(&'static Walk, Vec<Value<'q>>)>;

fn walks(query: &LinkQuery) -> Result<Walks<'_>, InvalidCursor> {
    let order = Order::Links(query.sort);
    if query.cursor.as_ref().is_some_and(|cursor| cursor.order != order) {
        return Err(InvalidCursor);
    }
    let first = query.created_from.map_or(i64::MIN, Timestamp::as_millis);
    let last = query.created_to.map_or(i64::MAX, |end| end.as_millis() - 1);
    let after = query.cursor.as_ref().map(|cursor| &cursor.last);
    let number_and_id = |unbounded| match after {
        Some(Position::Number { number, id }) => (*number, *id),
        _ => (unbounded, unbounded),
    };
    let ints = |bounds: &[i64]| bounds.iter().copied().map(Value::from).collect();
    Ok(match query.sort {
        LinkSort::CreatedAt => {
            let (at, id) = number_and_id(i64::MIN);
            vec![(&OLDEST_FIRST, ints(&[first.max(at), last, at, id]))]
        }
        LinkSort::CreatedAtDesc => {
            let (at, id) = number_and_id(i64::MAX);
            vec![(&NEWEST_FIRST, ints(&[first, last.min(at), at, id]))]
        }
        LinkSort::Clicks => {
            let (clicks, id) = number_and_id(0);
            let clicked = (&LEAST_CLICKED_FIRST, ints(&[first, last, clicks, clicks, id]));
            if 0 < clicks {
                vec![clicked]
            } else {
                vec![(&NEVER_CLICKED_OLDEST_FIRST, ints(&[first, last, id])), clicked]
            }
        }
        LinkSort::ClicksDesc => {
            let (clicks, id) = number_and_id(i64::MAX);
            if 0 < clicks {
                vec![
                    (&MOST_CLICKED_FIRST, ints(&[first, last, clicks, clicks, id])),
                    (&NEVER_CLICKED_NEWEST_FIRST, ints(&[first, last, i64::MAX])),
                ]
            } else {
                vec![(&NEVER_CLICKED_NEWEST_FIRST, ints(&[first, last, id]))]
            }
        }
        LinkSort::ShortCode => {
            let code = match after {
                Some(Position::Code(code)) => code.as_str(),
                _ => "",
            };
            vec![(&BY_CODE, vec![first.into(), last.into(), code.into()])]
        }
    })
}

/// `$1` to `$9` of every list.
fn filters(
    query: &LinkQuery,
    owner: Option<UserId>,
    tag_id: Option<i64>,
    now: Timestamp,
) -> [Value<'_>; 9] {
    // Without an owner or a tag the scope is the workspace; so far there is only one.
    let scope = owner.map(Value::from).or(tag_id.map(Value::from)).unwrap_or(Value::from(0_i64));
    let besides = if owner.is_some() && tag_id.is_some() { "tag" } else { "" };
    let search = query.q.as_deref().unwrap_or_default();
    let status = query.status.map_or("", LinkStatus::as_str);
    [
        scope,
        besides.into(),
        tag_id.unwrap_or(0).into(),
        search.into(),
        pattern(search).into(),
        status.into(),
        now.into(),
        now.into(),
        status.into(),
    ]
}

fn end_at(record: &LinkRecord, sort: LinkSort) -> Cursor {
    let link = &record.link;
    let number = |number| Position::Number { number, id: link.id.get().cast_signed() };
    let last = match sort {
        LinkSort::CreatedAt | LinkSort::CreatedAtDesc => number(link.created_at.as_millis()),
        LinkSort::Clicks | LinkSort::ClicksDesc => number(record.clicks.human.cast_signed()),
        LinkSort::ShortCode => Position::Code(link.code.clone()),
    };
    Cursor { order: Order::Links(sort), last }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    OLDEST_FIRST.all,
    OLDEST_FIRST.tagged,
    OLDEST_FIRST.owned,
    NEWEST_FIRST.all,
    NEWEST_FIRST.tagged,
    NEWEST_FIRST.owned,
    LEAST_CLICKED_FIRST.all,
    LEAST_CLICKED_FIRST.tagged,
    LEAST_CLICKED_FIRST.owned,
    MOST_CLICKED_FIRST.all,
    MOST_CLICKED_FIRST.tagged,
    MOST_CLICKED_FIRST.owned,
    NEVER_CLICKED_OLDEST_FIRST.all,
    NEVER_CLICKED_OLDEST_FIRST.tagged,
    NEVER_CLICKED_OLDEST_FIRST.owned,
    NEVER_CLICKED_NEWEST_FIRST.all,
    NEVER_CLICKED_NEWEST_FIRST.tagged,
    NEVER_CLICKED_NEWEST_FIRST.owned,
    BY_CODE.all,
    BY_CODE.tagged,
    BY_CODE.owned,
];

#[cfg(test)]
mod tests;
