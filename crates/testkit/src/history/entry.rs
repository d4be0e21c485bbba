//! One link, as its writer knows it and as the API lists it.

/// The fields that writers set and a check compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub target: String,
    pub title: String,
}

/// What the API shows of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Deleted, or never created.
    Gone,
    Live(Content),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revision {
    Exactly(u64),
    /// Operations whose answers omit the link may have raised it.
    AtLeast(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub id: u64,
    pub code: String,
}

/// One link, as its writer knows it.
#[derive(Debug)]
pub(super) struct Entry {
    /// Absent while its create is unanswered.
    pub identity: Option<Identity>,
    /// The state after the last acknowledged operation.
    pub acknowledged: State,
    /// The state after an operation that was sent and not answered.
    pub unanswered: Option<State>,
    /// The last acknowledged content; a restore of the deleted link gives it back.
    pub content: Content,
    /// The content before the last edit.
    pub replaced: Option<Content>,
    pub revision: Revision,
}

impl Entry {
    /// A link that is about to be created.
    pub(super) fn new(content: Content) -> Self {
        Self {
            identity: None,
            acknowledged: State::Gone,
            unanswered: Some(State::Live(content.clone())),
            content,
            replaced: None,
            revision: Revision::AtLeast(1),
        }
    }

    /// Records the answer to the operation that was sent last.
    pub(super) fn acknowledge(&mut self, answer: Option<Listed>) -> Result<(), String> {
        let state = self.unanswered.take().expect("it is noted before it is sent");
        let told = answer.as_ref().map_or(State::Gone, |link| State::Live(link.content.clone()));
        if told != state {
            return Err(format!("answered {told:?} in place of {state:?}: {self:?}"));
        }
        self.revision = match (&answer, self.revision) {
            (Some(link), _) => Revision::Exactly(link.revision),
            (None, Revision::Exactly(before) | Revision::AtLeast(before)) => {
                Revision::AtLeast(before)
            }
        };
        if let Some(link) = answer {
            self.identity = Some(link.identity);
        }
        self.becomes(state);
        Ok(())
    }

    /// Compares with the state after a crash, which decides an unanswered operation.
    pub(super) fn settle(&mut self, found: Option<Listed>) -> Result<(), String> {
        let seen = found.as_ref().map_or(State::Gone, |link| State::Live(link.content.clone()));
        let was_carried_out = self.unanswered.as_ref() == Some(&seen);
        if seen != self.acknowledged && !was_carried_out {
            return Err(format!("found {seen:?} in place of {self:?}"));
        }
        if let Some(link) = found {
            let plausible = match self.revision {
                Revision::Exactly(revision) if !was_carried_out => revision == link.revision,
                Revision::Exactly(revision) | Revision::AtLeast(revision) => {
                    revision <= link.revision
                }
            };
            if !plausible {
                return Err(format!("found revision {} of {self:?}", link.revision));
            }
            self.revision = Revision::Exactly(link.revision);
            self.identity = Some(link.identity);
        }
        self.unanswered = None;
        self.becomes(seen);
        Ok(())
    }

    fn becomes(&mut self, state: State) {
        if let State::Live(content) = &state
            && *content != self.content
        {
            self.replaced = Some(std::mem::replace(&mut self.content, content.clone()));
        }
        self.acknowledged = state;
    }
}

/// A link as the API lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) identity: Identity,
    pub(super) content: Content,
    pub(super) revision: u64,
}
