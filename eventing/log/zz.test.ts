import postgres from 'postgres';
import { it } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.ts';
import { readNewest } from './newest.ts';
import { createPostgresLog } from './postgres.ts';

it('bench', async () => {
  const db = await freshDatabase();
  const log = createPostgresLog({ url: db.adminUrl });
  await log.createTopic('m', { partitions: 12 });
  const sql = postgres(db.adminUrl, { max: 1 });
  await sql`insert into log.records (topic, partition, "offset", at, key, headers, value) select t.id, n % 12, n / 12, now() - (1000000 - n) * interval '1 ms', null, '{}', convert_to(repeat('x', 200) || n, 'utf8') from log.topics t, generate_series(0, 999999) n`;
  await sql`update log.partitions p set next_offset = (select max("offset") + 1 from log.records r where r.topic = p.topic and r.partition = p.partition)`;
  await sql`analyze log.records`;
  await sql.end();
  for (const limit of [20, 100, 1000]) {
    const times: number[] = [];
    let reads = 0,
      records = 0;
    const counting = {
      offsets: log.offsets,
      read: async (...a: Parameters<typeof log.read>) => {
        const r = await log.read(...a);
        reads++;
        records += r.length;
        return r;
      },
    };
    for (let i = 0; i < 30; i++) {
      const t = performance.now();
      await readNewest(counting, 'm', { limit });
      times.push(performance.now() - t);
    }
    times.sort((a, b) => a - b);
    console.log(
      limit,
      'p50',
      times[15]!.toFixed(1),
      'min',
      times[0]!.toFixed(1),
      'reads',
      reads / 30,
      'records',
      records / 30,
    );
  }
  await log.close();
  await db.drop();
}, 300_000);
