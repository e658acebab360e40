import * as z from 'zod';
import { destination, destinationFlaws, withNamespace } from '../destination.ts';
import { type Flaw, invalidValue, missing, noneOf, severalOf, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject, strings } from '../metadata.ts';
import { dns1123Label, dns1123Subdomain, identifier, qualifiedName } from '../names.ts';
import { overrideFlaws, overrides } from './overrides.ts';

const subject = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  selector: z
    .strictObject({
      matchLabels: strings.optional(),
      matchExpressions: z
        .array(
          z.strictObject({
            key: z.string(),
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: z.array(z.string()).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

export const sinkBinding = defineKind({
  schema: kubeObject('sources.knative.dev/v1', 'SinkBinding', {
    spec: z
      .strictObject({
        subject: subject.optional(),
        sink: destination.optional(),
        ceOverrides: overrides.optional(),
      })
      .optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object) => {
    const { namespace } = object.metadata;
    const { subject, sink, ...rest } = object.spec ?? {};
    return {
      ...object,
      spec: {
        ...rest,
        ...(subject && { subject: { ...subject, namespace: subject.namespace || namespace } }),
        ...(sink && { sink: withNamespace(sink, namespace) }),
      },
    };
  },
  rules: ({ metadata, spec = {} }) => [
    ...via(['spec', 'subject'], subjectFlaws(spec.subject ?? {})),
    ...via(['spec', 'sink'], destinationFlaws(spec.sink)),
    ...via(['spec', 'ceOverrides'], overrideFlaws(spec.ceOverrides)),
    ...(spec.subject?.namespace && spec.subject.namespace !== metadata.namespace
      ? [invalidValue(spec.subject.namespace, ['spec', 'subject', 'namespace'])]
      : []),
  ],
  warnings: ({ spec }) =>
    spec?.subject?.kind && spec.subject.kind !== 'Service'
      ? [`spec.subject.kind ${spec.subject.kind} is never bound here: only Knative Services are`]
      : [],
});

/** tracker.Reference.Validate. */
const subjectFlaws = ({ apiVersion, kind, namespace, name, selector }: z.infer<typeof subject>): Flaw[] => {
  const field = (path: string, value: string | undefined, check: (value: string) => string[]): Flaw[] => {
    if (!value) return [missing([path])];
    const wrong = check(value);
    return wrong.length > 0 ? [invalidValue(wrong.join(', '), [path])] : [];
  };
  return [
    ...field('apiVersion', apiVersion, qualifiedName),
    ...field('kind', kind, identifier),
    ...field('namespace', namespace, dns1123Label),
    ...(selector && name ? [severalOf(['selector'], ['name'])] : []),
    ...(selector || name ? [] : [noneOf(['selector'], ['name'])]),
    ...(name ? field('name', name, dns1123Label) : []),
  ];
};
