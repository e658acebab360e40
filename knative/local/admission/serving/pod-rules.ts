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
import { dns1123Subdomain } from '../names.ts';
import { imageProblem } from './image-reference.ts';
import type { Container, RevisionSpec, Volume } from './pod-schema.ts';
import { probeFlaws, readinessFlaws } from './probe-rules.ts';
import { mountFlaws, volumeFlaws } from './volume-rules.ts';

const reservedNames = new Set(['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION']);
const reservedPorts = new Set([8008, 8012, 8013, 8022, 9090, 9091]);

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
