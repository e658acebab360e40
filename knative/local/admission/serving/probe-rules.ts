import { type Flaw, flawed, invalidValue, noneOf, outOfBounds, severalOf } from '../flaw.ts';
import type { Probe } from './pod-schema.ts';

const most = 2_147_483_647;

/** serving's validateProbe; `portName` is the container port's. */
export const probeFlaws = (probe: Probe | undefined, portName: string): Flaw[] => {
  if (!probe) return [];
  const handlers = (['httpGet', 'tcpSocket', 'exec', 'grpc'] as const).filter((handler) => probe[handler]);
  const ports = { httpGet: probe.httpGet?.port, tcpSocket: probe.tcpSocket?.port };
  return [
    ...(handlers.length === 0 ? [noneOf(['httpGet'], ['tcpSocket'], ['exec'], ['grpc'])] : []),
    ...(handlers.length > 1 ? [severalOf(...handlers.map((handler) => [handler]))] : []),
    ...Object.entries(ports).flatMap(([handler, port]) =>
      typeof port === 'string' && port !== '' && port !== portName
        ? [invalidValue(port, [handler, 'port'], 'Probe port must match container port')]
        : [],
    ),
  ];
};

/** serving's validateReadinessProbe: a period of 0 is Knative's own, as fast as it can. */
export const readinessFlaws = (probe: Probe | undefined, portName: string): Flaw[] => {
  if (!probe) return [];
  const { periodSeconds = 0, failureThreshold = 0, timeoutSeconds = 0 } = probe;
  const atLeast = (
    field:
      | 'periodSeconds'
      | 'initialDelaySeconds'
      | 'successThreshold'
      | 'timeoutSeconds'
      | 'failureThreshold',
    least: number,
  ) => {
    const value = probe[field] ?? 0;
    return value < least ? [outOfBounds(value, least, most, [field])] : [];
  };
  const timing =
    periodSeconds === 0
      ? [
          ...(failureThreshold
            ? [flawed('failureThreshold is disallowed when periodSeconds is zero', ['failureThreshold'])]
            : []),
          ...(timeoutSeconds
            ? [flawed('timeoutSeconds is disallowed when periodSeconds is zero', ['timeoutSeconds'])]
            : []),
        ]
      : [...atLeast('timeoutSeconds', 1), ...atLeast('failureThreshold', 1)];
  return [
    ...probeFlaws(probe, portName),
    ...atLeast('periodSeconds', 0),
    ...atLeast('initialDelaySeconds', 0),
    ...atLeast('successThreshold', 1),
    ...timing,
  ];
};
