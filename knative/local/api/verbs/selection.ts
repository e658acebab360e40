import type { KubeObject } from '../../store/types.ts';
import { parseFieldSelector } from '../select/field-selector.ts';
import { selectableFields } from '../select/fields.ts';
import { parseLabelSelector } from '../select/label-selector.ts';
import type { Call } from './call.ts';

export interface Selection {
  matches(object: KubeObject): boolean;
  /** It lets everything through. */
  everything: boolean;
}

/** What a query's labelSelector and fieldSelector choose, and a name in the path. */
export const selectionOf = ({ request: { query }, resource, path }: Call): Selection => {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  const byLabels = parseLabelSelector(labels);
  const byFields = parseFieldSelector(fields, selectableFields(resource.kind));
  const { name, namespace } = path;
  return {
    matches: (object) =>
      (name === undefined || object.metadata.name === name) &&
      (namespace === undefined || object.metadata.namespace === namespace) &&
      byLabels(object.metadata.labels) &&
      byFields(object),
    everything: labels === '' && fields === '' && name === undefined,
  };
};
