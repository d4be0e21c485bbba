create unique index ip_blocks_by_network on ip_blocks (network, kind)
