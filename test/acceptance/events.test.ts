import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flood } from './support/flood.ts';
import { isInMemory } from './support/kube.ts';
import { toBroker, watchingTrigger } from './support/objects.ts';
import type { DeadLetter } from './support/shop.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const placed = 'dev.kagari.order.placed.v1';
const subjects = (letters: DeadLetter[]) => new Set(letters.map(({ event }) => event.subject));

/** An event of a new PingSource, once two have come. */
const pinged = async (spec: object): Promise<DeadLetter> => {
  const desk = await world.openDesk();
  const name = world.fresh('ping');
  const type = 'dev.knative.sources.ping';
  const source = `/apis/v1/namespaces/kagari/pingsources/${name}`;
  await world.make('trigger', watchingTrigger(name, name, [{ exact: { type, source } }]));
  await world.kube.listening(name);
  await world.make('ping', {
    kind: 'PingSource',
    metadata: { name },
    spec: { ...spec, sink: toBroker('default') },
  });
  await world.kube.ready('ping', name);
  return until('two came', async () => {
    const [letter, another] = await desk.letters(type, name);
    return another && letter;
  });
};

describe('events', () => {
  it('reach every trigger whose filter matches, and no other', async () => {
    const [customer, desk] = await Promise.all([world.shop.signUp(), world.openDesk()]);
    const name = world.fresh('filters');
    const matching = {
      exact: [{ exact: { type: placed } }],
      prefix: [{ prefix: { type: 'dev.kagari.order.' } }, { suffix: { type: '.placed.v1' } }],
      any: [{ any: [{ exact: { type: 'never' } }, { exact: { source: '/orders' } }] }],
      cesql: [{ cesql: `type = '${placed}' AND LENGTH(RIGHT(partitionkey, 2)) = 2` }],
    };
    const others = {
      not: [{ not: { exact: { source: '/orders' } } }],
      never: [{ exact: { type: 'never' } }],
      missing: [{ cesql: `type = '${placed}' AND nosuchthing != 'x'` }],
    };
    for (const [kind, filters] of Object.entries({ ...matching, ...others })) {
      await world.make('trigger', watchingTrigger(`${name}-${kind}`, `${name}-${kind}`, filters));
      await world.kube.listening(`${name}-${kind}`);
    }
    const id = await customer.place();
    for (const kind of Object.keys(matching))
      await until(`${kind} has it`, async () =>
        subjects(await desk.letters(placed, `${name}-${kind}`)).has(id),
      );
    for (const kind of Object.keys(others))
      expect([kind, (await desk.letters(placed, `${name}-${kind}`)).length]).toEqual([kind, 0]);
  });

  it('are all delivered while their trigger changes and others come and go', async ({ skip }) => {
    if (isInMemory(await world.kube.get('broker', 'default')))
      skip('a channel in memory loses what it holds when it is restarted, and this load has it restarted');
    const [customer, desk] = await Promise.all([world.shop.signUp(), world.openDesk()]);
    const name = world.fresh('changing');
    const version = (number: number) =>
      watchingTrigger(name, `${name}-${number % 2}`, [
        number % 2 ? { prefix: { type: placed } } : { exact: { type: placed } },
      ]);
    await world.make('trigger', version(0));
    await world.kube.listening(name);
    const load = flood(30, () => customer.send(customer.orderRequest('tok_ok')));
    for (let number = 1; number <= 6 || load.answered() < 60; number++) {
      const passing = `${name}-passing-${number}`;
      await world.make('broker', {
        kind: 'Broker',
        metadata: { name: passing },
        spec: (await world.kube.get('broker', 'default')).spec,
      });
      await world.make('trigger', watchingTrigger(passing, passing, [{ exact: { type: placed } }]));
      await world.kube.patch('trigger', name, { spec: version(number).spec });
      await world.kube.ready('trigger', name);
      await world.kube.ready('trigger', passing);
      await world.kube.ready('broker', passing);
      await world.kube.remove('trigger', passing);
      await world.kube.remove('broker', passing);
    }
    const { failed, replies } = await load.end();
    expect(failed).toEqual([]);
    const ids = replies.map((reply) => reply.json<{ id: string }>().id);
    expect(ids.length).toBeGreaterThanOrEqual(60);
    await until(
      `all ${ids.length} are delivered`,
      async () => {
        const seen = subjects([
          ...(await desk.letters(placed, `${name}-0`)),
          ...(await desk.letters(placed, `${name}-1`)),
        ]);
        const missing = ids.filter((id) => !seen.has(id));
        if (missing.length > 0) throw new Error(`not delivered: ${missing.join(' ')}`);
        return true;
      },
      60_000,
    );
    for (const id of ids) await customer.rightlyEnded(id);
  });

  it('come from a PingSource on its schedule, seconds included', async () => {
    const { event } = await pinged({
      schedule: '*/2 * * * * *',
      contentType: 'application/json',
      data: '{"beat":1}',
    });
    expect(event).toMatchObject({ data: { beat: 1 } });
  });

  it('come from a PingSource with bytes and attributes of its own', async () => {
    const { event } = await pinged({
      schedule: '*/2 * * * * *',
      contentType: 'application/octet-stream',
      dataBase64: 'AAH/',
      ceOverrides: { extensions: { mark: 'own' } },
    });
    expect(event).toMatchObject({
      mark: 'own',
      datacontenttype: 'application/octet-stream',
      data_base64: 'AAH/',
    });
  });

  it('come from a PingSource in its time zone', async ({ skip }) => {
    // 5:45 ahead of UTC: the clock shows these two hours only there.
    const timezone = 'Asia/Kathmandu';
    const hour = Number(
      new Intl.DateTimeFormat('en-GB', { hour: '2-digit', timeZone: timezone }).format(Date.now()),
    );
    const schedule = `*/2 * ${hour},${(hour + 1) % 24} * * *`;
    const letter = await pinged({ schedule, timezone, data: '{}' }).catch((error: Error) => {
      if (!error.message.includes('unknown time zone')) throw error;
    });
    if (!letter) skip('its webhook knows no time zones: it was built without their data');
  });

  it('have their address in K_SINK of a Service that a SinkBinding names, and only as long as it does', async () => {
    const name = world.fresh('bound');
    await world.make('binding', {
      kind: 'SinkBinding',
      metadata: { name },
      spec: {
        subject: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name },
        sink: toBroker('default'),
      },
    });
    await world.serve(name);
    await world.kube.ready('binding', name);
    const { status } = await world.kube.get('broker', 'default');
    const sink = async () => {
      const { spec } = await world.kube.get('ksvc', name);
      const { env = [] } = spec.template.spec.containers[0];
      return env.find((one: { name: string }) => one.name === 'K_SINK')?.value;
    };
    await until('K_SINK is there', async () => (await sink()) === status.address.url);
    expect(status.address.url).toMatch(/\/kagari\/default$/);
    await world.kube.remove('binding', name);
    await until('K_SINK is gone', async () => (await sink()) === undefined);
    await world.kube.ready('ksvc', name);
  });
});

describe('dead letters', () => {
  it('come with the reason, and a redriven event has its effect once', async () => {
    const [customer, desk] = await Promise.all([world.shop.signUp(), world.openDesk()]);
    // Delivered to who refuses it, and besides to those who take it.
    const name = world.fresh('refused');
    await world.make('trigger', watchingTrigger(name, name, [{ exact: { type: placed } }]));
    await world.kube.listening(name);
    const id = await customer.place();
    // Others order, too, and are heard.
    const mine = async () => (await desk.letters(placed, name)).filter(({ event }) => event.subject === id);
    const letter = await until('it lies on the desk', async () => (await mine())[0]);
    expect(letter).toMatchObject({ code: 405, state: 'open', event: { subject: id, source: '/orders' } });
    await customer.settled(id);
    expect((await desk.redrive(letter.id)).status).toBe(202);
    expect((await desk.redrive(letter.id)).status).toBe(409);
    await until('it came once more, and failed again', async () => (await mine()).length === 2);
    expect((await customer.order(id)).history.map(({ status }) => status)).toEqual(['pending', 'paid']);
    expect(await customer.payment(id)).toMatchObject({ captures: 1 });
    expect((await customer.mails()).filter(({ type }) => type === 'order-paid').length).toBe(1);
  });

  it('are what a broken function has missed: mended and redriven, the order ends', async () => {
    const [customer, desk] = await Promise.all([world.shop.signUp(), world.openDesk()]);
    const trigger = 'orders-payment-succeeded';
    const { spec } = await world.kube.get('trigger', trigger);
    const type = 'dev.kagari.payment.succeeded.v1';
    const change = async (filters: object[]) => {
      await world.kube.patch('trigger', trigger, { spec: { filters } });
      await world.kube.ready('trigger', trigger);
    };

    /** The letter of an order whose payment, of all orders' alone, orders does not hear of. */
    const goAstray = async (tries = 3): Promise<{ id: string; letter: DeadLetter }> => {
      // Paid after three seconds: there is time to break the way of this one.
      const id = await customer.place('tok_late');
      const name = world.fresh('astray');
      await world.make('trigger', watchingTrigger(name, name, [{ exact: { type, partitionkey: id } }]));
      await change([...spec.filters, { not: { exact: { partitionkey: id } } }]);
      await world.kube.ready('trigger', name);
      const letter = await until('the payment went astray, or was too fast, or too late', async () => {
        if ((await customer.order(id)).status !== 'pending') return 'none';
        return (await desk.letters(type, name))[0];
      });
      if (letter !== 'none') return { id, letter };
      if (tries === 1) throw new Error('three payments were faster than the change of a Trigger');
      return goAstray(tries - 1);
    };

    try {
      const { id, letter } = await goAstray();
      expect((await customer.order(id)).status).toBe('pending');
      await change(spec.filters);
      expect((await desk.redrive(letter.id)).status).toBe(202);
      expect((await customer.settled(id)).status).toBe('paid');
    } finally {
      await change(spec.filters);
    }
  });
});
