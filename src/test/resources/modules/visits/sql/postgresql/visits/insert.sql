insert into visits (name) values (:#${header.name})
