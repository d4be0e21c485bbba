-- Links that lead to a host, or to a host under it, whose reversed names begin alike.
create index links_by_target_host on links (target_host collate "C")
