import { sameJson } from '../../store/json.ts';
import { flawed, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { nameFlaws, ownerLabelFlaws } from './owned.ts';
import { revisionSpec } from './pod-schema.ts';
import { scalingFlaws } from './scaling-rules.ts';
import { revisionSpecFlaws } from './template.ts';
import { defaultRevisionSpec } from './template-defaults.ts';

export const revision = defineKind({
  schema: kubeObject('serving.knative.dev/v1', 'Revision', {
    spec: revisionSpec.optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  // the spec is immutable: defaults of a later day are not for it
  defaults: (object, { old }) => (old ? object : { ...object, spec: defaultRevisionSpec(object.spec ?? {}) }),
  rules: (object, { old }) => [
    ...nameFlaws(object.metadata),
    ...via(['metadata', 'annotations'], scalingFlaws(object.metadata.annotations ?? {})),
    ...ownerLabelFlaws(object.metadata, 'serving.knative.dev/configuration', 'Configuration'),
    ...(old ? [] : via(['spec'], revisionSpecFlaws(object.spec ?? {}))),
    ...(old && !sameJson(old.spec, object.spec)
      ? [flawed('Immutable fields changed (-old +new)', ['spec'])]
      : []),
  ],
});
