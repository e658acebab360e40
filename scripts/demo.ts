#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { readBase } from './demo/base.ts';
import { signUpCustomer } from './demo/customer.ts';
import { expected, followOrders, kinds } from './demo/orders.ts';
import { printForPeople } from './demo/report.ts';

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const say = values.json ? () => undefined : (line: string) => console.log(line);
  const base = readBase(process.env);
  const customer = await signUpCustomer(base);
  say(
    `${customer.email} signed up at ${base} and orders ${kinds.length} times, one for each kind of payment\n`,
  );
  const orders = await followOrders(customer, say);
  const payments = await Promise.all(orders.map(({ id }) => customer.payment(id)));
  const mails = await customer.mailsOnceThereAre(orders.length);
  const effects = {
    charges: payments.reduce((sum, payment) => sum + payment.captures, 0),
    mails: mails.filter(({ type }) => type.startsWith('order-')).length,
  };
  if (values.json) console.log(JSON.stringify({ orders, effects }));
  else await printForPeople(customer, orders, effects);
  const allAsExpected = orders.every(({ kind, status }) => status === expected[kind].status);
  return allAsExpected && effects.charges === 3 && effects.mails === 5 ? 0 : 1;
};

process.exitCode = await main().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  return 1;
});
