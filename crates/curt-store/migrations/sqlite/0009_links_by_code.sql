create unique index links_by_code on links (domain_id, code)
