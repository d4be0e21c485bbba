-- How many of a link's max_clicks are used. The row comes with the first limit and stays when the
-- limit is lifted, so that setting it again does not begin anew.
create table link_limits (
    link_id integer not null primary key,
    used integer not null
) strict
