import * as z from 'zod';
import { via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { authorFlaws, withAuthor } from './author.ts';
import { metadataRules, ownerLabelFlaws } from './owned.ts';
import { sameNameFlaws, template, templateFlaws, templateWarnings } from './template.ts';
import { defaultTemplate } from './template-defaults.ts';

export const configuration = defineKind({
  schema: kubeObject('serving.knative.dev/v1', 'Configuration', {
    spec: z.strictObject({ template: template.optional() }).optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object, { old, user }) => {
    const spec = { template: defaultTemplate(object.spec?.template, old?.spec?.template) };
    const owned = object.metadata.ownerReferences !== undefined;
    return owned ? { ...object, spec } : withAuthor({ ...object, spec }, old, user);
  },
  rules: (object, { old }) => [
    ...metadataRules(object.metadata),
    ...ownerLabelFlaws(object.metadata, 'serving.knative.dev/service', 'Service'),
    ...via(['spec', 'template'], templateFlaws(object.spec?.template ?? {}, object.metadata.name ?? '')),
    ...(object.metadata.ownerReferences ? [] : authorFlaws(object, old)),
    ...sameNameFlaws(object.spec?.template, old?.spec?.template),
  ],
  warnings: ({ metadata, spec }) => (metadata.ownerReferences ? [] : templateWarnings(spec?.template ?? {})),
});
