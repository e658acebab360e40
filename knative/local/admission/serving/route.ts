import * as z from 'zod';
import { via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { authorFlaws, withAuthor } from './author.ts';
import { metadataRules, metadataWarnings, ownerLabelFlaws } from './owned.ts';
import { defaultTraffic, trafficFlaws, trafficTarget } from './traffic.ts';

export const route = defineKind({
  schema: kubeObject('serving.knative.dev/v1', 'Route', {
    spec: z.strictObject({ traffic: z.array(trafficTarget).optional() }).optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object, { old, user }) => {
    const spec = { traffic: defaultTraffic(object.spec?.traffic, false) };
    const owned = object.metadata.ownerReferences !== undefined;
    return owned ? { ...object, spec } : withAuthor({ ...object, spec }, old, user);
  },
  rules: (object, { old }) => [
    ...metadataRules(object.metadata),
    ...ownerLabelFlaws(object.metadata, 'serving.knative.dev/service', 'Service'),
    ...via(['spec', 'traffic'], trafficFlaws(object.spec?.traffic ?? [], false)),
    ...(object.metadata.ownerReferences ? [] : authorFlaws(object, old)),
  ],
  warnings: ({ metadata }) => (metadata.ownerReferences ? [] : metadataWarnings(metadata)),
});
