import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { createWorld } from '../../test/flow/support/world.ts';
import { connect } from '../kit/database.ts';
import { createChargeStore } from './charge-store.ts';
import { outcomeOf } from './outcomes.ts';

test('the statement that charges is planned once, not anew for each charge', async () => {
  const world = await createWorld();
  const database = connect(world.database.url('bank'), { max: 2 });
  const charges = createChargeStore(database);
  const charge = { amount: 1290, currency: 'EUR', token: 'tok_ok' };
  for (let n = 0; n < 8; n++)
    await charges.insert({ paymentId: uuidv7(), ...charge }, outcomeOf(charge.token), 1);
  const [planned] = await database.sql<{ generic: boolean }[]>`
    select generic_plans > 0 as generic from pg_prepared_statements where statement ~ 'insert into bank.charges'`;
  expect(planned).toEqual({ generic: true });
  await database.close();
  await world.close();
});
