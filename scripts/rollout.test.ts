import { describe, expect, it } from 'vitest';
import { UsageError } from './command.ts';
import { readRollback } from './rollback.ts';
import { readRollout } from './rollout.ts';

const image = ['--image', 'dev.local/shop:v2'];

describe('kagari rollout', () => {
  it('reads its options with their units', () => {
    const given =
      '--steps 1,10,100 --interval 2m --max-error-rate 0.5% --max-p99 500ms --min-requests 7 --probe /catalog?x=1';
    expect(readRollout(['shop', ...image, ...given.split(' ')], {})).toMatchObject({
      name: 'shop',
      verb: 'begin',
      image: 'dev.local/shop:v2',
      place: { target: { home: '.kagari' }, namespace: 'kagari' },
      settings: {
        strategy: 'canary',
        steps: [1, 10, 100],
        intervalSeconds: 120,
        maxErrorRate: 0.005,
        maxP99: 0.5,
        minRequests: 7,
        probe: '/catalog?x=1',
      },
    });
    expect(readRollout(['shop', ...image, '--strategy', 'blue-green'], {})).toMatchObject({
      settings: { strategy: 'blue-green', steps: [100] },
    });
    expect(readRollout(['shop', ...image, '--by-key'], {})).toMatchObject({ settings: { byKey: true } });
    expect(readRollout(['abort', 'shop'], {})).toMatchObject({ verb: 'abort', name: 'shop' });
  });

  it('finds its cluster and its Prometheus', () => {
    const place = (...args: string[]) =>
      readRollout(['status', 'shop', ...args], { KAGARI_HOME: '/h' }).place;
    expect(place().target).toEqual({ home: '/h' });
    expect(place('--context', 'prod', '--kubectl', 'minikube kubectl --').target).toEqual({
      context: 'prod',
      kubectl: ['minikube', 'kubectl', '--'],
    });
    expect(place('--prometheus', 'http://localhost:9090/').prometheus).toEqual({
      url: 'http://localhost:9090',
    });
    expect(place('--prometheus', 'monitoring/prometheus:9090').prometheus).toEqual({
      proxy: '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy',
    });
  });

  it('refuses what it cannot mean', () => {
    const bad = [
      [],
      ['shop'],
      ['shop', '--image', 'Not An Image'],
      ['shop', 'more', ...image],
      ...['10,5', '5,5', '0,10', '50,101', '5,,10', 'five', ''].map((steps) => [
        'shop',
        ...image,
        '--steps',
        steps,
      ]),
      ...['30', '0s', '-1s', 's'].map((interval) => ['shop', ...image, `--interval=${interval}`]),
      ...['1', '101%', '%'].map((rate) => ['shop', ...image, '--max-error-rate', rate]),
      ['shop', ...image, '--min-requests', '0'],
      ['shop', ...image, '--probe', 'catalog'],
      ['shop', ...image, '--by-key', '--probe', '/catalog'],
      ['shop', ...image, '--by-key', '--strategy', 'blue-green'],
      ['status', 'shop', '--by-key'],
      ['shop', ...image, '--strategy', 'rolling'],
      ['shop', ...image, '--strategy', 'blue-green', '--steps', '5,10'],
      ['shop', ...image, '--home', 'a', '--context', 'b'],
      ['shop', ...image, '--prometheus', 'prometheus'],
      ['pause', 'shop', ...image],
    ];
    for (const args of bad) expect(() => readRollout(args, {}), args.join(' ')).toThrow(UsageError);
    for (const args of [[], ['a', 'b'], ['a', '--to', ''], ['a', '--prometheus', 'http://x']])
      expect(() => readRollback(args, {}), args.join(' ')).toThrow(UsageError);
  });
});
