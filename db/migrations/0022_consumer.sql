-- What the consumer has taken of each partition; the inbox (0002) sees to it that a record counts once.
create table consumer.partitions (
  topic text not null,
  partition int not null,
  count bigint not null check (count > 0),
  last_offset bigint not null check (last_offset >= 0),
  primary key (topic, partition)
);
