import { posix } from 'node:path';
import {
  detailed,
  disallowed,
  type Flaw,
  flawed,
  invalidValue,
  missing,
  noneOf,
  outOfBounds,
  severalOf,
  via,
} from '../flaw.ts';
import { dns1123Label, dns1123Subdomain } from '../names.ts';
import { imageProblem } from './image-reference.ts';
import type { Container, RevisionSpec, Volume } from './pod-schema.ts';
import { probeFlaws, readinessFlaws } from './probe-rules.ts';

const reservedNames = new Set(['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION']);
const reservedPorts = new Set([8008, 8012, 8013, 8022, 9090, 9091]);
const reservedPaths = new Set(['/', '/dev', '/dev/log']);

/** serving.ValidatePodSpec, for the one container that the runtime serves. */
export const podFlaws = (spec: RevisionSpec): Flaw[] => {
  const { containers = [], volumes = [], serviceAccountName } = spec;
  const [only, ...others] = containers;
  return [
    ...(only ? via(['containers', 0], containerFlaws(only, volumes)) : [missing(['containers'])]),
    ...(others.length > 0
      ? [
          flawed('exactly one container is served: put what the others do into Services of their own', [
            'containers',
          ]),
        ]
      : []),
    ...via(['volumes'], volumeFlaws(volumes, only)),
    ...(spec.automountServiceAccountToken ? [disallowed(['automountServiceAccountToken'])] : []),
    ...(serviceAccountName
      ? dns1123Subdomain(serviceAccountName).map((wrong) =>
          invalidValue(serviceAccountName, ['serviceAccountName'], wrong),
        )
      : []),
  ];
};

const containerFlaws = (container: Container, volumes: Volume[]): Flaw[] => {
  const { image, name, env = [], envFrom = [], ports = [], terminationMessagePolicy } = container;
  const port = ports[0]?.name ?? '';
  const problem = image ? imageProblem(image) : undefined;
  return [
    ...(image ? [] : [missing(['image'])]),
    ...(problem
      ? [
          detailed(
            'Failed to parse image reference',
            ['image'],
            `image: ${JSON.stringify(image)}, error: ${problem}`,
          ),
        ]
      : []),
    ...(name === 'queue-proxy' ? [flawed(`"${name}" is a reserved container name`, ['name'])] : []),
    ...env.flatMap((variable, index) => via(['env', index], variableFlaws(variable))),
    ...envFrom.flatMap((source, index) => via(['envFrom', index], envFromFlaws(source))),
    ...portFlaws(ports),
    ...via(['readinessProbe'], readinessFlaws(container.readinessProbe, port)),
    ...via(['livenessProbe'], probeFlaws(container.livenessProbe, port)),
    ...via(['startupProbe'], probeFlaws(container.startupProbe, port)),
    ...via(['volumeMounts'], mountFlaws(container.volumeMounts ?? [], volumes)),
    ...(terminationMessagePolicy && !['File', 'FallbackToLogsOnError'].includes(terminationMessagePolicy)
      ? [invalidValue(terminationMessagePolicy, ['terminationMessagePolicy'])]
      : []),
  ];
};

const variableFlaws = ({ name, value, valueFrom }: NonNullable<Container['env']>[number]): Flaw[] => {
  const sources = Object.entries(valueFrom ?? {}).filter(([, source]) => source !== undefined);
  return [
    ...(name ? [] : [missing(['name'])]),
    ...(reservedNames.has(name) ? [flawed(`"${name}" is a reserved environment variable`, ['name'])] : []),
    ...(name.includes('=')
      ? [invalidValue(name, ['name'], "a valid environment variable name may not contain '='")]
      : []),
    ...(value && valueFrom ? [flawed('may not be specified when `value` is not empty', ['valueFrom'])] : []),
    ...(valueFrom && sources.length === 0
      ? [noneOf(['valueFrom', 'secretKeyRef'], ['valueFrom', 'configMapKeyRef'])]
      : []),
    ...(sources.length > 1 ? [severalOf(...sources.map(([source]) => ['valueFrom', source]))] : []),
  ];
};

const envFromFlaws = ({ configMapRef, secretRef }: NonNullable<Container['envFrom']>[number]): Flaw[] => {
  if (configMapRef && secretRef) return [severalOf(['configMapRef'], ['secretRef'])];
  return configMapRef || secretRef ? [] : [noneOf(['configMapRef'], ['secretRef'])];
};

const portFlaws = (ports: NonNullable<Container['ports']>): Flaw[] => {
  const [port, ...others] = ports;
  if (!port) return [];
  const { containerPort = 0, protocol, name } = port;
  return [
    ...(others.length > 0 ? [flawed('more than one container port is set', ['ports'])] : []),
    ...(reservedPorts.has(containerPort)
      ? [
          invalidValue(
            `${containerPort} is a reserved port`,
            ['ports', 'containerPort'],
            `${containerPort} is a reserved port, please use a different value`,
          ),
        ]
      : []),
    ...(containerPort < 0 || containerPort > 65_535
      ? [outOfBounds(containerPort, 0, 65_535, ['ports', 'containerPort'])]
      : []),
    ...(protocol && protocol !== 'TCP' ? [invalidValue(protocol, ['ports', 'protocol'])] : []),
    ...(name && name !== 'h2c' && name !== 'http1'
      ? [
          detailed(
            `Port name ${name} is not allowed`,
            ['ports'],
            "Name must be empty, or one of: 'h2c', 'http1'",
          ),
        ]
      : []),
  ];
};

const mountFlaws = (mounts: NonNullable<Container['volumeMounts']>, volumes: Volume[]): Flaw[] => {
  const paths = mounts.map(({ mountPath }) => cleanPath(mountPath));
  return mounts.flatMap(({ name, mountPath, readOnly }, index) => {
    const volume = volumes.find((volume) => volume.name === name);
    const path = paths[index];
    const taken = path !== undefined && paths.indexOf(path) < index;
    return via(
      [index],
      [
        ...(volume ? [] : [flawed('volumeMount has no matching volume', ['name'])]),
        ...mountPathFlaws(mountPath, path, taken),
        ...(volume?.emptyDir || readOnly
          ? []
          : [flawed('volume mount should be readOnly for this type of volume', ['readOnly'])]),
        ...(volume?.emptyDir && path !== '/tmp'
          ? [
              flawed("an emptyDir is served at /tmp only, where it is the pod's private TMPDIR", [
                'mountPath',
              ]),
            ]
          : []),
      ],
    );
  });
};

const cleanPath = (path: string | undefined): string | undefined =>
  path && posix.normalize(path).replace(/(.)\/$/, '$1');

const mountPathFlaws = (given: string | undefined, path: string | undefined, taken: boolean): Flaw[] => {
  if (!path) return [missing(['mountPath'])];
  if (reservedPaths.has(path)) return [flawed(`mountPath "${path}" is a reserved path`, ['mountPath'])];
  if (!posix.isAbsolute(path)) return [invalidValue(given, ['mountPath'])];
  return taken ? [invalidValue(`"${given}" must be unique`, ['mountPath'])] : [];
};

const volumeFlaws = (volumes: Volume[], container: Container | undefined): Flaw[] => {
  const mounted = new Set(container?.volumeMounts?.map((mount) => mount.name));
  return volumes.flatMap((volume, index) => {
    const { name = '', secret, configMap, projected, emptyDir } = volume;
    const sources = Object.entries({ secret, configMap, projected, emptyDir }).flatMap(([kind, source]) =>
      source ? [kind] : [],
    );
    const duplicate = volumes.findIndex((other) => other.name === name) < index;
    return via(
      [index],
      [
        ...(name
          ? dns1123Label(name)
              .slice(0, 1)
              .map(() => invalidValue(name, ['name']))
          : [missing(['name'])]),
        ...(duplicate ? [flawed(`duplicate volume name "${name}"`, ['name'])] : []),
        ...(name && !mounted.has(name) ? [flawed(`volume with name "${name}" not mounted`, ['name'])] : []),
        ...(sources.length === 0 ? [noneOf(['secret'], ['configMap'], ['projected'], ['emptyDir'])] : []),
        ...(sources.length > 1 ? [severalOf(...sources.map((source) => [source]))] : []),
        ...(secret && !secret.secretName ? [missing(['secret', 'secretName'])] : []),
        ...(configMap && !configMap.name ? [missing(['configMap', 'name'])] : []),
        ...itemFlaws(['secret'], secret?.items),
        ...itemFlaws(['configMap'], configMap?.items),
        ...(projected?.sources ?? []).flatMap((source, at) =>
          via(['projected', 'sources', at], projectionFlaws(source)),
        ),
      ],
    );
  });
};

type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

const projectionFlaws = ({ secret, configMap }: Projection): Flaw[] => {
  if (secret && configMap) return [severalOf(['secret'], ['configMap'])];
  const [field, source] = secret ? ['secret', secret] : ['configMap', configMap];
  if (!source) return [noneOf(['secret'], ['configMap'])];
  return [
    ...(source.name ? [] : [missing([field as string, 'name'])]),
    ...itemFlaws([field as string], source.items),
  ];
};

const itemFlaws = (path: string[], items: { path: string }[] = []): Flaw[] =>
  items.flatMap(({ path: file }, index) =>
    posix.isAbsolute(file) || file.split('/').includes('..')
      ? [invalidValue(file, [...path, 'items', index, 'path'], "must be a relative path without '..'")]
      : [],
  );
