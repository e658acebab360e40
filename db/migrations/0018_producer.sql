-- The producer appends to topics of the embedded log, and to no Broker's: an event enters a Broker at its ingress alone.
-- The log's owner passes by these policies, so that brokers and sources pay nothing for them.
alter table log.topics enable row level security;
alter table log.partitions enable row level security;
alter table log.records enable row level security;

create policy read_all on log.topics for select to :role(api) using (true);
create policy read_all on log.partitions for select to :role(api) using (true);
create policy read_all on log.records for select to :role(api) using (true);

create policy no_brokers on log.topics for select to :role(producer) using (not starts_with(name, 'knative-broker-'));
-- The topics that the role sees, by the policy above.
create policy of_seen_topics on log.partitions for select to :role(producer)
  using (topic in (select id from log.topics));
create policy of_seen_topics_take on log.partitions for update to :role(producer)
  using (topic in (select id from log.topics)) with check (topic in (select id from log.topics));
create policy of_seen_topics on log.records for insert to :role(producer)
  with check (topic in (select id from log.topics));

grant usage on schema log to :role(producer);
grant select on log.topics, log.partitions to :role(producer);
grant update (next_offset) on log.partitions to :role(producer);
grant insert on log.records to :role(producer);
-- Whether another process must be told of new records.
grant select on log.members to :role(producer);
