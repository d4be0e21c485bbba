-- How far each segment of a click journal is counted. Moved in the transaction that counts, so that
-- no click counts twice, whoever reads the segment and how often. A mark stays when its segment is
-- gone, for copies of it that turn up later.
create table journal_marks (
    segment_id text not null primary key,
    records integer not null,
    dropped integer not null,
    lost integer not null,
    finished_at integer
) strict
