import * as z from 'zod';
import { reference, referenceFlaws } from '../destination.ts';
import { flawed, missing, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain, fullyQualifiedName } from '../names.ts';
import { authorFlaws, withAuthor } from './author.ts';

const clusterDomain = 'cluster.local';

export const domainMapping = defineKind({
  schema: kubeObject('serving.knative.dev/v1beta1', 'DomainMapping', {
    spec: z
      .strictObject({ ref: reference.optional(), tls: z.strictObject({ secretName: z.string() }).optional() })
      .optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object, { old, user }) => {
    const { ref, ...rest } = object.spec ?? {};
    const namespace = ref?.namespace || object.metadata.namespace;
    const spec = { ...rest, ...(ref && { ref: { ...ref, namespace } }) };
    return withAuthor({ ...object, spec }, old, user);
  },
  rules: (object, { old }) => {
    const { name = '', namespace } = object.metadata;
    const ref = object.spec?.ref;
    return [
      ...fullyQualifiedName(name).map((wrong) =>
        flawed(`invalid name "${name}": name: Invalid value: "${name}": ${wrong}`, ['metadata', 'name']),
      ),
      ...(name.endsWith(`.${clusterDomain}`)
        ? [
            flawed(
              `invalid name "${name}": must not be a subdomain of cluster local domain "${clusterDomain}"`,
              ['metadata', 'name'],
            ),
          ]
        : []),
      ...(ref
        ? via(['spec', 'ref'], referenceFlaws(ref, namespace))
        : [missing(['spec', 'ref', 'name'], ['spec', 'ref', 'kind'])]),
      ...authorFlaws(object, old),
    ];
  },
  warnings: ({ spec }) => (spec?.tls ? ['spec.tls is not honoured: the ingress speaks plain HTTP'] : []),
});
