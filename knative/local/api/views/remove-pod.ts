import { conflict } from '../../store/status-error.ts';
import type { Log } from '../../store/types.ts';
import type { Pods } from '../ports.ts';
import { presentObject } from '../verbs/present.ts';
import { standing } from '../verbs/read.ts';
import type { Remove } from '../verbs/remove.ts';

/** DELETE of a pod: its process drains and ends; the answer is the pod as it goes. */
export const removePod =
  (pods: Pods, log: Log): Remove =>
  async (call, { uid, resourceVersion, graceSeconds, dryRun }) => {
    const { resource } = call;
    const { name } = call.path;
    const before = standing(call);
    const { metadata } = before;
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
    if (graceSeconds !== undefined)
      call.request.warn(
        'gracePeriodSeconds is not honoured: a pod has the time that its requests in hand need',
      );
    if (dryRun) return presentObject(call, before);
    // Answered while it goes, as a cluster does.
    pods.kill(name).catch((error) => log.warn({ error, pod: name }, 'a pod could not be ended'));
    return presentObject(call, call.source.get(call.path.namespace, name) ?? before);
  };
