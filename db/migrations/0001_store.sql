-- The objects of the local runtime's Kubernetes API. json, not jsonb: it keeps the order of keys and takes every string.
create table kagari.objects (
  kind text not null,
  namespace text not null,
  name text not null,
  revision bigint not null,
  object json not null,
  primary key (kind, namespace, name)
);

-- One row: the resourceVersion of the newest write and the store that may write. Every write moves the revision on
-- from the value it knows: a write of unknown outcome can be settled, and a second writer cannot write.
create table kagari.clock (
  only_row boolean primary key default true check (only_row),
  revision bigint not null,
  writer uuid
);

insert into kagari.clock (revision) values (1);
