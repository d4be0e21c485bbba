create index journal_marks_by_end on journal_marks (finished_at)
