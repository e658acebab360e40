import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { functionDatabases } from '../../db/functions.ts';
import { kubectl, unless } from '../acceptance/support/tools.ts';
import { isFunction, nameOf, podTemplates, type Rendered, references, render } from './render.ts';

const functionsFolder = join(import.meta.dirname, '../../functions');

/** What a deploy makes before it applies an overlay. */
const madeByDeploy = [
  ...functionDatabases.map((fn) => `Secret ${fn}-db/url`),
  'Secret database-admin/url',
  'Secret database-admin/password',
  'Secret auth-keys/private.jwk',
  'Secret bank-webhook/secret',
  'Secret operator-bootstrap/email',
  'Secret operator-bootstrap/password',
  'ConfigMap auth-jwks/jwks.json',
];
const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
const millis = (cpu: string) => (cpu.endsWith('m') ? Number.parseInt(cpu, 10) : Number(cpu) * 1000);

describe.skipIf(!kubectl).each(['kind', 'lab', 'production'])(
  `the overlay %s${unless(kubectl, 'KUBECTL')}`,
  (overlay) => {
    let base: Rendered[];
    let objects: Rendered[];
    const functions = () => objects.filter(isFunction);
    const the = (kind: string, name?: string) =>
      objects.find((object) => object.kind === kind && (!name || object.metadata.name === name)) as Rendered;
    beforeAll(async () => {
      [base, objects] = await Promise.all([render('base'), render(`overlays/${overlay}`)]);
    });

    it('has all of the base, but where there is no Kafka for what wants it', () => {
      const names = new Set(objects.map(nameOf));
      const missing = base.map(nameOf).filter((name) => !names.has(name));
      expect(missing.filter((name) => !/^(KafkaSource |ConfigMap kafka-broker-config$)/.test(name))).toEqual(
        [],
      );
      expect(missing.length > 0).toBe(overlay !== 'production');
      expect(overlay !== 'production' && objects.some(({ kind }) => kind === 'KafkaSource')).toBe(false);
      expect(functions().length).toBeGreaterThan(10);
    });

    it('holds no secret: no Secret, no login in an address, no value where a name says it is one', () => {
      expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
      expect(JSON.stringify(objects)).not.toMatch(/:\/\/[^/"\s]*:[^/"\s]*@|PRIVATE KEY|whsec_/);
      for (const { name, spec } of podTemplates(objects))
        for (const { env = [] } of spec.containers)
          for (const { name: variable, value } of env)
            if (/PASSWORD|SECRET|TOKEN|CREDENTIAL|DATABASE_URL/.test(variable) && !variable.endsWith('_FILE'))
              expect(value, `${name}: ${variable}`).toBeUndefined();
    });

    it('refers to no ConfigMap, Secret or key that neither it nor a deploy makes', () => {
      const known = new Set(madeByDeploy.flatMap((key) => [key, key.split('/')[0]]));
      for (const { kind, metadata, data } of objects)
        if (kind === 'ConfigMap')
          for (const name of ['', ...Object.keys(data).map((key) => `/${key}`)])
            known.add(`ConfigMap ${metadata.name}${name}`);
      const wanted = podTemplates(objects).flatMap(({ spec }) => references(spec));
      expect(wanted.filter(({ to, optional }) => !optional && !known.has(to))).toEqual([]);
    });

    it('gives the Job that migrates the URL of each function with a database', () => {
      const urls = (spec: Rendered['spec']) =>
        references(spec)
          .map(({ to }) => to)
          .filter((to) => to.endsWith('-db/url'));
      const mounted = urls(the('Job', 'migrate').spec.template.spec);
      expect(mounted).toEqual(expect.arrayContaining(functionDatabases.map((fn) => `Secret ${fn}-db/url`)));
      for (const { spec } of functions())
        expect(mounted).toEqual(expect.arrayContaining(urls(spec.template.spec)));
    });

    it('asks every function whether it is ready and alive, and lets none wait for kubelet to start', () => {
      for (const object of functions()) {
        const [{ startupProbe, readinessProbe, livenessProbe }] = object.spec.template.spec.containers;
        expect(startupProbe, nameOf(object)).toBeUndefined();
        // With a period queue-proxy would ask that seldom, too, where it now asks every 50 ms.
        expect(readinessProbe, nameOf(object)).toEqual({ httpGet: { path: '/live' } });
        expect(livenessProbe, nameOf(object)).toMatchObject({ httpGet: { path: '/live' } });
        expect(livenessProbe.initialDelaySeconds, nameOf(object)).toBeGreaterThanOrEqual(10);
      }
    });

    it('asks the database at its start, when it replays its log, and from then on', () => {
      const [postgres] = the('StatefulSet', 'postgres').spec.template.spec.containers;
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
        expect(postgres[probe].exec.command[0]).toBe('pg_isready');
    });

    it('bounds every container: requests and limits of processor and memory', () => {
      const bound = { cpu: expect.stringMatching(/^\d+m?$/), memory: expect.stringMatching(/^\d+(Mi|Gi)$/) };
      for (const { name, spec } of podTemplates(objects))
        for (const { resources } of spec.containers)
          expect(resources, name).toEqual({ requests: bound, limits: bound });
    });

    it('runs everything without root, privileges, a writable root file system or a token', () => {
      for (const { name, spec } of podTemplates(objects)) {
        expect(spec.automountServiceAccountToken, name).toBe(false);
        for (const { securityContext } of spec.containers) {
          expect(securityContext, name).toMatchObject(safe);
          expect({ ...spec.securityContext, ...securityContext }, name).toMatchObject({
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
          });
        }
      }
      for (const object of objects.filter(({ kind }) => kind === 'ServiceAccount'))
        expect(object.automountServiceAccountToken, nameOf(object)).toBe(false);
      expect(the('Namespace').metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    });

    it('names images with a tag that is not latest; ours are those that the Dockerfile builds', () => {
      for (const { name, spec } of podTemplates(objects))
        for (const { image } of spec.containers) {
          expect(image, name).toMatch(/^[\w./-]+:(?!latest$)[\w.-]+$/);
          const [, ours] = /^dev\.local\/(.*):/.exec(image) ?? [];
          if (ours && ours !== 'migrate')
            expect(existsSync(join(functionsFolder, ours, 'main.ts')), image).toBe(true);
        }
      expect(
        functions().every(({ spec }) => /^dev\.local\//.test(spec.template.spec.containers[0].image)),
      ).toBe(true);
    });

    it('shows the gateway to the world, under its domain, and nothing else', () => {
      const visible = functions().filter(
        ({ metadata }) => metadata.labels?.['networking.knative.dev/visibility'] !== 'cluster-local',
      );
      expect(visible.map(nameOf)).toEqual(['Service gateway']);
      const mapping = the('DomainMapping');
      expect(mapping.spec.ref).toEqual({
        apiVersion: 'serving.knative.dev/v1',
        kind: 'Service',
        name: 'gateway',
      });
      expect(the('ClusterDomainClaim')).toMatchObject({
        metadata: { name: mapping.metadata.name },
        spec: { namespace: 'kagari' },
      });
    });

    it('stays in its namespace', () => {
      const wide = objects.filter(({ metadata }) => metadata.namespace !== 'kagari');
      expect(wide.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
        ['Namespace', undefined],
        ['ClusterDomainClaim', undefined],
      ]);
    });

    it('binds sinks before it makes the Services they are injected into', () => {
      const kinds = objects.map((object) => (isFunction(object) ? 'function' : object.kind));
      expect(kinds.lastIndexOf('SinkBinding')).toBeLessThan(kinds.indexOf('function'));
      expect(kinds.indexOf('Broker')).toBeLessThan(kinds.indexOf('SinkBinding'));
    });

    it('has a Broker that is ready before any Service, with the delivery of the base', () => {
      const { metadata, spec } = the('Broker', 'default');
      const channels = overlay !== 'production';
      expect(metadata.annotations['eventing.knative.dev/broker.class']).toBe(
        channels ? 'MTChannelBasedBroker' : 'Kafka',
      );
      expect(spec.config).toMatchObject(
        channels
          ? { name: 'config-br-default-channel', namespace: 'knative-eventing' }
          : { name: 'kafka-broker-config', namespace: 'kagari' },
      );
      const { deadLetterSink, ...delivery } = (base.find(({ kind }) => kind === 'Broker') as Rendered).spec
        .delivery;
      const { ref, uri } = deadLetterSink;
      expect(spec.delivery).toEqual({
        ...delivery,
        deadLetterSink: { uri: `http://${ref.name}.kagari.svc.cluster.local${uri}` },
      });
    });

    it('has a channel, where its Broker stands on one, that answers before it delivers', () => {
      const channel = the('InMemoryChannel', 'default-kne-trigger');
      expect(channel?.metadata.annotations['messaging.knative.dev/async-handler']).toBe(
        overlay === 'production' ? undefined : 'true',
      );
      if (channel) expect(channel.spec.delivery).toEqual(the('Broker', 'default').spec.delivery);
      const kinds = objects.map(({ kind }) => kind);
      expect(kinds.indexOf('InMemoryChannel')).toBeLessThan(kinds.indexOf('Broker'));
    });

    it.skipIf(overlay === 'production')('asks of two processors and of memory no more than half', () => {
      const requests = podTemplates(objects).map(({ spec }) => spec.containers[0].resources.requests);
      expect(sum(requests.map(({ cpu }) => millis(cpu)))).toBeLessThan(1000);
      expect(sum(requests.map(({ memory }) => Number.parseInt(memory, 10)))).toBeLessThan(2048);
    });
  },
);
