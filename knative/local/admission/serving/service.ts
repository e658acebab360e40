import * as z from 'zod';
import { via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { authorFlaws, withAuthor } from './author.ts';
import { metadataRules, metadataWarnings } from './owned.ts';
import { sameNameFlaws, template, templateFlaws, templateWarnings } from './template.ts';
import { defaultTemplate } from './template-defaults.ts';
import { defaultTraffic, trafficFlaws, trafficTarget } from './traffic.ts';

export const service = defineKind({
  schema: kubeObject('serving.knative.dev/v1', 'Service', {
    spec: z
      .strictObject({ template: template.optional(), traffic: z.array(trafficTarget).optional() })
      .optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object, { old, user }) => {
    const spec = {
      template: defaultTemplate(object.spec?.template, old?.spec?.template),
      traffic: defaultTraffic(object.spec?.traffic, true),
    };
    return withAuthor({ ...object, spec }, old, user);
  },
  rules: (object, { old }) => [
    ...metadataRules(object.metadata),
    ...via(['spec', 'template'], templateFlaws(object.spec?.template ?? {}, object.metadata.name ?? '')),
    ...via(['spec', 'traffic'], trafficFlaws(object.spec?.traffic ?? [], true)),
    ...authorFlaws(object, old),
    ...sameNameFlaws(object.spec?.template, old?.spec?.template),
  ],
  warnings: ({ metadata, spec }) => [
    ...metadataWarnings(metadata),
    ...templateWarnings(spec?.template ?? {}),
  ],
});
