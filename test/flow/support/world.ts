import type { Limits } from '../../../eventing/outbox/limits.ts';
import {
  startTestSink,
  type TestIdentity,
  type TestSink,
  type TestWorld,
  testBase,
  testIdentity,
} from '../../../functions/kit/testing.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

export interface FlowWorld {
  database: TestDatabase;
  sink: TestSink;
  identity: TestIdentity;
  /** What a function's startTestApp takes; its events go to `sink` unless another address is given. */
  of(fn: string, sink?: URL): TestWorld;
  close(): Promise<void>;
}

/** A fresh database, a signing key and a sink that takes every event. `limits` are those of every outbox. */
export const createWorld = async (limits: Partial<Limits> = {}): Promise<FlowWorld> => {
  const [database, sink, identity] = await Promise.all([freshDatabase(), startTestSink(), testIdentity()]);
  return {
    database,
    sink,
    identity,
    of: (fn, to = sink.url) => ({
      base: { ...testBase(fn), verify: identity.verify },
      identity,
      databaseUrl: database.url(fn),
      sink: to,
      limits,
    }),
    close: async () => {
      await sink.close();
      await database.drop();
    },
  };
};
