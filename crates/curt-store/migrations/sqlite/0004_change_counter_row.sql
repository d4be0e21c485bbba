insert into change_counter (id, seq) values (1, 0)
