import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { explainKubectl } from './explain-kubectl.ts';
import { CommandFailed, type Tools } from './tools.ts';

/** kubectl in one context, whatever becomes of the current one meanwhile; its errors say what to do. */
export interface Kubectl {
  /** How a user writes it, for messages. */
  readonly words: string;
  run(args: readonly string[], input?: string): Promise<string>;
  /** `resources` as kubectl takes them: `pods,ksvc`. */
  list(resources: string, where?: readonly string[]): Promise<KubeObject[]>;
  /** Whether it is one of the caller's own objects or somebody else's decides kubectl: three-way merge. */
  apply(objects: readonly NewObject[]): Promise<void>;
}

/** The command that kubectl is, in words: `['kubectl']`, or `['minikube', 'kubectl', '--']`. */
export type KubectlCommand = readonly [string, ...string[]];

export const createKubectl = (tools: Tools, command: KubectlCommand, context: string): Kubectl => {
  const [program, ...lead] = command;
  const run = async (args: readonly string[], input?: string): Promise<string> => {
    try {
      return await tools.run(
        program,
        [...lead, '--context', context, ...args],
        input === undefined ? {} : { input },
      );
    } catch (error) {
      if (error instanceof CommandFailed) throw explainKubectl(error.stderr, context);
      throw error;
    }
  };
  return {
    words: [...command, '--context', context].join(' '),
    run,
    async list(resources, where = []) {
      const found = JSON.parse(
        await run(['get', resources, ...where, '-o', 'json', `--request-timeout=30s`]),
      );
      return found.items;
    },
    async apply(objects) {
      if (objects.length > 0) await run(['apply', '-f', '-'], asList(objects));
    },
  };
};

export const asList = (objects: readonly NewObject[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
