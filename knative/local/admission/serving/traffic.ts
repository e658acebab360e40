import * as z from 'zod';
import {
  disallowed,
  type Flaw,
  flawed,
  invalidKey,
  invalidValue,
  noneOf,
  outOfBounds,
  severalOf,
  via,
} from '../flaw.ts';
import { dns1035Label, qualifiedName } from '../names.ts';

export const trafficTarget = z.strictObject({
  tag: z.string().optional(),
  revisionName: z.string().optional(),
  configurationName: z.string().optional(),
  latestRevision: z.boolean().optional(),
  percent: z.int().optional(),
  url: z.string().optional(),
});

export type TrafficTarget = z.infer<typeof trafficTarget>;

/** Of a Service, whose Configuration is its own; a Route without traffic stays without. */
export const defaultTraffic = (traffic: TrafficTarget[] | undefined, ofService: boolean): TrafficTarget[] => {
  const stated = traffic?.length || !ofService ? (traffic ?? []) : [{ percent: 100 }];
  return stated.map((target) => ({
    ...target,
    latestRevision: target.latestRevision ?? !target.revisionName,
    percent: target.percent ?? 0,
  }));
};

/** serving's validateTrafficList. */
export const trafficFlaws = (traffic: readonly TrafficTarget[], ofService: boolean): Flaw[] => {
  const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0);
  return [
    ...traffic.flatMap((target, index) => via([index], targetFlaws(target, ofService))),
    ...tagFlaws(traffic),
    ...(sum === 100 ? [] : [flawed(`Traffic targets sum to ${sum}, want 100`, [])]),
  ];
};

const targetFlaws = (target: TrafficTarget, ofService: boolean): Flaw[] => {
  const { revisionName, latestRevision, percent = 0, url } = target;
  const contradicts = latestRevision !== undefined && latestRevision === Boolean(revisionName);
  return [
    ...(contradicts
      ? [
          flawed(
            `may not set revisionName "${revisionName ?? ''}" when latestRevision is ${latestRevision}`,
            ['latestRevision'],
          ),
        ]
      : []),
    ...aimFlaws(target, ofService),
    ...(percent < 0 || percent > 100 ? [outOfBounds(percent, 0, 100, ['percent'])] : []),
    ...(url ? [disallowed(['url'])] : []),
  ];
};

const aimFlaws = ({ revisionName, configurationName }: TrafficTarget, ofService: boolean): Flaw[] => {
  if (ofService && configurationName) return [disallowed(['configurationName'])];
  if (revisionName && configurationName) return [severalOf(['revisionName'], ['configurationName'])];
  if (revisionName) return nameFlaws('revisionName', revisionName);
  if (configurationName) return nameFlaws('configurationName', configurationName);
  return ofService ? [] : [noneOf(['revisionName'], ['configurationName'])];
};

const nameFlaws = (field: string, name: string): Flaw[] => {
  const wrong = qualifiedName(name);
  return wrong.length > 0 ? [invalidKey(name, [field], wrong.join(', '))] : [];
};

const tagFlaws = (traffic: readonly TrafficTarget[]): Flaw[] => {
  const first = new Map<string, number>();
  return traffic.flatMap(({ tag }, index) => {
    if (!tag) return [];
    const before = first.get(tag);
    if (before === undefined) first.set(tag, index);
    const wrong = dns1035Label(tag);
    return [
      ...(wrong.length > 0
        ? [invalidValue(`not a DNS 1035 label: [${wrong.join(' ')}]`, [index, 'tag'])]
        : []),
      ...(before === undefined
        ? []
        : [flawed(`Multiple definitions for "${tag}"`, [index, 'tag'], [before, 'tag'])]),
    ];
  });
};
