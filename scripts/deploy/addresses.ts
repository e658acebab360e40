import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';
import type { Kubectl } from './kubectl.ts';
import { isService } from './overlay.ts';
import type { Target } from './target.ts';

/** Where the platform answers, and how to get at it, as lines. */
export const addressLines = async ({
  kubectl,
  kind,
}: Pick<Target, 'kubectl' | 'kind'>): Promise<string[]> => {
  const found = await kubectl.list('services.serving.knative.dev,domainmappings.serving.knative.dev', [
    '-n',
    namespace,
  ]);
  const urls = found
    .filter((object) => !isService(object) || isPublic(object))
    .map(({ metadata, status }) => `  ${metadata.name}   ${status?.url}`);
  return [
    ...urls,
    ...(kind === 'current'
      ? []
      : [
          '  this machine reaches them through a tunnel, by their names in the Host header:',
          `  ${kubectl.words} -n kourier-system port-forward service/kourier 8080:80`,
        ]),
    '  the operator’s login:',
    `  ${loginCommand(kubectl)}`,
  ];
};

/** The command that shows the operator's login. */
export const loginCommand = ({ words }: Pick<Kubectl, 'words'>): string =>
  `${words} -n ${namespace} get secret operator-bootstrap -o go-template='{{.data.email | base64decode}} {{.data.password | base64decode}}{{"\\n"}}'`;

const isPublic = ({ metadata }: KubeObject) =>
  metadata.labels?.['networking.knative.dev/visibility'] !== 'cluster-local';
