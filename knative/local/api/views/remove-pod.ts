import { conflict, notFound } from '../../store/status-error.ts';
import type { Pods } from '../ports.ts';
import { presentObject } from '../verbs/present.ts';
import { standing } from '../verbs/read.ts';
import type { Remove } from '../verbs/remove.ts';

/** DELETE of a pod: its process drains and ends; the answer is the pod as it goes. */
export const removePod =
  (pods: Pods): Remove =>
  async (call, { uid, resourceVersion, graceSeconds, dryRun }) => {
    const { resource } = call;
    const { name } = call.path;
    const { metadata } = standing(call);
    if (uid !== undefined && uid !== metadata.uid)
      throw conflict(
        resource,
        name,
        `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`,
      );
    if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
      throw conflict(
        resource,
        name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion})`,
      );
    const before = standing(call);
    if (dryRun) return presentObject(call, before);
    if (!pods.kill(name, graceSeconds)) throw notFound(resource, name);
    return presentObject(call, call.source.get(call.path.namespace, name) ?? before);
  };
