import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aKafkaSource } from './objects.fixture.ts';
import { kafkaOf } from './source-kafka.ts';

const reads = (bootstrapServers: string[], own?: string[], net?: object) => {
  const { servers, flaw } = kafkaOf(aKafkaSource('in', { spec: { bootstrapServers, net } }), own);
  return flaw ? flaw.message : (servers ?? 'own');
};

describe('which Kafka a KafkaSource reads', () => {
  it.each([
    ['a Service of the cluster', ['kafka.kagari.svc.cluster.local:9092'], 'own'],
    ['one by its shorter name', ['b-1.kafka.svc:9092', 'b-2.kafka.svc:9092'], 'own'],
    [
      'a host, beside the cluster’s own name for it',
      ['kafka.shop.svc:9092', 'localhost:29092'],
      ['localhost:29092'],
    ],
    ['hosts in any order, each once', ['b:2', 'a:1', 'b:2'], ['a:1', 'b:2']],
    ['several in one entry', ['b:2, a:1'], ['a:1', 'b:2']],
    [
      'a host whose name only begins like a Service’s',
      ['kafka.svc.example.com:9092'],
      ['kafka.svc.example.com:9092'],
    ],
    ['what may be a short name, and may be none', ['kafka.shop:9092'], ['kafka.shop:9092']],
  ])('%s', (_, servers, expected) => {
    expect(reads(servers)).toEqual(expected);
  });

  it('is the platform’s own where it names a server of KAFKA_BROKERS', () => {
    expect(reads(['b:2', 'c:3'], ['a:1', 'b:2'])).toBe('own');
    expect(reads(['c:3'], ['a:1', 'b:2'])).toEqual(['c:3']);
    expect(reads(['kafka.kagari.svc:9092'], ['a:1'])).toBe('own');
  });

  it.each(['kafka', 'kafka:0', 'kafka:port', 'http://kafka:9092', '', 'a:1,,b:2'])(
    'is none for “%s”',
    (server) => {
      expect(reads([server])).toMatch(/^spec.bootstrapServers: .*must be host:port/);
    },
  );

  it('is none where TLS or SASL is asked for, unless it is the platform’s own', () => {
    for (const net of [{ tls: { enable: true } }, { sasl: { enable: true } }]) {
      expect(reads(['b:2'], undefined, net)).toMatch(/^spec.net: b:2 is not dialled/);
      expect(reads(['kafka.kagari.svc:9092'], undefined, net)).toBe('own');
    }
    expect(reads(['b:2'], undefined, { tls: { enable: false }, sasl: {} })).toEqual(['b:2']);
  });

  it('is the platform’s own only where a list says so, and whatever the order is the same one', () => {
    const host = fc.constantFrom<string[]>('a:1', 'b:2', 'c.example.com:3');
    const service = fc.constantFrom('kafka.kagari.svc:9092', 'kafka.kagari.svc.cluster.local:9092');
    const lists = fc.array(fc.oneof(host, service), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lists, fc.array(host, { maxLength: 2 }), fc.gen(), (named, own, gen) => {
        const servers = reads(named, own);
        const hosts = named.filter((server) => !server.includes('.svc'));
        expect(servers === 'own').toBe(hosts.length === 0 || hosts.some((server) => own.includes(server)));
        if (servers !== 'own') expect(new Set(servers)).toEqual(new Set(hosts));
        const shuffled = gen(fc.shuffledSubarray, named, { minLength: named.length });
        expect(reads(shuffled, own)).toEqual(servers);
      }),
    );
  });
});
