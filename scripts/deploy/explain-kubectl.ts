import { lastLine } from './tools.ts';

const unreachable =
  /connection to the server .* was refused|unable to connect to the server|no such host|i\/o timeout|no route to host|network is unreachable|context deadline exceeded|Client\.Timeout|TLS handshake timeout/i;
const unauthorized =
  /Unauthorized|must be logged in|asked for the client to provide credentials|getting credentials|token (has|is) expired|AADSTS|reauth/i;

const calledWebhook = /failed calling webhook "([^"]+)"/;
const unknownKind = /resource mapping not found .*/;

/** What kubectl said, as one message that says what to do. */
export class ClusterError extends Error {
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(message);
    this.stderr = stderr;
  }
}

export const explainKubectl = (stderr: string, context: string): ClusterError => {
  const said = tellingLine(stderr).replace(/^error: /i, '');
  const say = (message: string) => new ClusterError(message, stderr);
  const [, webhook] = calledWebhook.exec(stderr) ?? [];
  // What keeps the API server from its webhook sounds like what keeps kubectl from the API server.
  if (webhook !== undefined)
    return say(`the webhook ${webhook} does not answer (${said}): ${lookAt(stderr, context)}`);
  if (/context .*(was not found|does not exist)/i.test(stderr))
    return say(`there is no context ${context}: kubectl config get-contexts lists those there are`);
  if (unauthorized.test(stderr))
    return say(
      `not logged in to the cluster of context ${context} (${said}): log in as its provider says, and check with: kubectl --context ${context} auth whoami`,
    );
  if (/x509|certificate/i.test(stderr))
    return say(
      `the cluster of context ${context} shows a certificate that its kubeconfig does not trust (${said})`,
    );
  if (unreachable.test(stderr))
    return say(
      `no cluster answers in context ${context} (${said}): start it, or choose another with: kubectl config use-context NAME`,
    );
  if (/\bforbidden\b/i.test(stderr) && !/exceeded quota/.test(stderr))
    return say(`the cluster of context ${context} does not allow it: ${said}`);
  return say(`kubectl: ${said}`);
};

/** The line that names the cause, which need not be the last. */
const tellingLine = (stderr: string): string => {
  const [unknown] = unknownKind.exec(stderr) ?? [];
  if (unknown !== undefined) return `${unknown}: ${lastLine(stderr)}`;
  return stderr.split('\n').find((line) => calledWebhook.test(line)) ?? lastLine(stderr);
};

/** Where the pods of a webhook are seen: its URL is that of its Service. */
const lookAt = (stderr: string, context: string): string => {
  const kubectl = `kubectl --context ${context}`;
  const [, service, namespace] = /https:\/\/([\w-]+)\.([\w-]+)\.svc\b/.exec(stderr) ?? [];
  return service === undefined
    ? `${kubectl} get validatingwebhookconfigurations,mutatingwebhookconfigurations`
    : `${kubectl} -n ${namespace} get pods, and: ${kubectl} -n ${namespace} logs service/${service}`;
};
