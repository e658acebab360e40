import type { KubeObject } from '../../store/types.ts';
import type { Source } from '../ports.ts';
import { uuidOf } from '../views/uuid.ts';
import { fullName, type Resource, resources } from './resources.ts';

/** Knative's CustomResourceDefinitions as far as clients look at them: kn finds the kinds of sources by their labels. */
export const definitionSource = (since: Date): Source => {
  const objects = resources
    .filter(({ definition }) => definition)
    .map((resource) => definitionOf(resource, since))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return {
    get: (_, name) => objects.find(({ metadata }) => metadata.name === name),
    list: () => objects,
    revision: () => '1',
    watch: () => () => {},
  };
};

const definitionOf = (resource: Resource, since: Date): KubeObject => {
  const { group, version, plural, singular, name: kind, shortNames, categories, definition } = resource;
  const name = fullName(resource);
  const names = { plural, singular, kind, listKind: `${kind}List`, shortNames, categories };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name,
      uid: uuidOf('crd', name),
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: `${since.toISOString().slice(0, 19)}Z`,
      labels: { 'knative.dev/crd-install': 'true', ...definition },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names,
      conversion: { strategy: 'None' },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
    status: {
      acceptedNames: names,
      storedVersions: [version],
      conditions: ['NamesAccepted', 'Established'].map((type) => ({
        type,
        status: 'True',
        reason: type,
        message: '',
      })),
    },
  };
};
