import { describe, expect, it } from 'vitest';
import { explainKubectl } from './explain-kubectl.ts';

const explain = (...lines: string[]) => explainKubectl(`${lines.join('\n')}\n`, 'there').message;
const internal = 'Error from server (InternalError): error when creating "STDIN": Internal error occurred:';
const calling = 'failed calling webhook "webhook.serving.knative.dev": failed to call webhook:';
const post = 'Post "https://webhook.knative-serving.svc:443/defaulting?timeout=10s":';

describe('what kubectl said', () => {
  it.each([
    ['context deadline exceeded'],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority'],
    ['dial tcp 10.43.0.7:443: connect: connection refused'],
    ['no endpoints available for service "webhook"'],
  ])('of a webhook (%s) is not taken for the cluster’s own silence', (why) => {
    const said = `${internal} ${calling} ${post} ${why}`;
    expect(explain(said, 'something else')).toBe(
      `the webhook webhook.serving.knative.dev does not answer (${said}): ` +
        'kubectl --context there -n knative-serving get pods, ' +
        'and: kubectl --context there -n knative-serving logs service/webhook',
    );
  });

  it('of a webhook that is no Service of the cluster leads to the list of them', () => {
    const said = `${internal} failed calling webhook "policy.example.com": context deadline exceeded`;
    expect(explain(said)).toMatch(
      /^the webhook policy\.example\.com does not answer .*: kubectl .* get validatingwebhookconfigurations,/,
    );
  });

  it('of a kind that is not installed names the kind', () => {
    const mapping =
      'resource mapping not found for name: "default" namespace: "kagari" from "STDIN": no matches for kind "Broker" in version "eventing.knative.dev/v1"';
    expect(explain(`error: ${mapping}`, 'ensure CRDs are installed first')).toBe(
      `kubectl: ${mapping}: ensure CRDs are installed first`,
    );
  });

  it('of a cluster that is away, or not trusted, is still that', () => {
    expect(explain('Unable to connect to the server: context deadline exceeded')).toMatch(
      /^no cluster answers in context there/,
    );
    expect(explain('Unable to connect to the server: tls: x509: unknown authority')).toMatch(
      /^the cluster of context there shows a certificate/,
    );
  });
});
