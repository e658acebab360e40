import type { KubeObject } from '../../knative/local/store/types.ts';
import type { Kubectl } from './kubectl.ts';
import { noteCallers } from './missing.ts';
import { readConfig } from './readable.ts';

/** Whether Knative's ingress is Kourier, by its ConfigMap config-network. */
export const isKourier = (network: KubeObject | undefined): boolean =>
  (network?.data?.['ingress-class'] ?? network?.data?.['ingress.class'] ?? 'kourier').includes('kourier');

/**
 * A line where Kourier hands X-Forwarded-For on as its caller wrote it, and does not add the address that it sees: then
 * what the gateway reads there is the caller's choice.
 */
export const callerNotice = async (kubectl: Kubectl): Promise<string[]> => {
  const [network, kourier] = await Promise.all([
    readConfig(kubectl, 'config-network'),
    readConfig(kubectl, 'config-kourier'),
  ]);
  if (!kourier || !isKourier(network) || notesCallers(kourier)) return [];
  return [
    `warning: callers choose the address that limits count them by, since Kourier passes on what they say of it; to have it add what it sees: ${noteCallers(kubectl.words)}`,
  ];
};

/** The proxy protocol brings the address, too. */
const notesCallers = ({ data }: KubeObject): boolean =>
  [data?.['use-remote-address'], data?.['enable-proxy-protocol']].some((value) =>
    /^(1|t|true)$/i.test(value ?? ''),
  );
