import { join } from 'node:path';
import { installProgram, type Missing } from './missing.ts';
import { CommandFailed, lastLine, type Tools } from './tools.ts';

export interface Builder {
  /** For messages. */
  name: string;
  /** The cluster has what it builds: nothing is to be loaded or pushed. */
  delivers: boolean;
  build(name: string, reference: string): Promise<void>;
  push(reference: string): Promise<void>;
  /** Writes an archive that kind and minikube load. */
  save(reference: string, file: string): Promise<void>;
}

const known = ['docker', 'podman', 'buildah'] as const;
type Known = (typeof known)[number];

/** The builder that was asked for, or the first that works here; else what is missing. */
export const chooseBuilder = async (
  tools: Tools,
  root: string,
  asked: string | undefined,
): Promise<Builder | Missing> => {
  const words = asked?.split(/\s+/).filter(Boolean) ?? [];
  const [first = ''] = words;
  if (asked !== undefined && (words.length > 1 || !isKnown(first))) {
    if (!tools.find(first))
      return { what: `${first}, the first word of --builder, is not on PATH`, mend: 'name another builder' };
    return ownBuilder(tools, root, words);
  }
  const silent: string[] = [];
  for (const program of isKnown(first) ? [first] : known) {
    if (!tools.find(program)) continue;
    if (await works(tools, program)) return knownBuilder(tools, root, program);
    silent.push(program);
  }
  if (silent.length > 0)
    return {
      what: `${silent.join(' and ')} cannot build: ${silent[0]} info fails`,
      mend: silent[0] === 'docker' ? 'sudo systemctl start docker' : `${silent[0]} info`,
    };
  return {
    what: `nothing here builds images (${first || known.join(', ')})`,
    mend: installProgram('buildah'),
  };
};

const isKnown = (word: string): word is Known => known.some((program) => program === word);

/** docker answers only when its engine runs. */
const works = async (tools: Tools, program: Known): Promise<boolean> => {
  try {
    await tools.run(program, ['info']);
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return false;
    throw error;
  }
};

const argumentsFor = (root: string, name: string, reference: string): string[] => [
  ...['-t', reference, '--build-arg', `FUNCTION=${name}`, '-f', join(root, 'Dockerfile'), root],
];

const knownBuilder = (tools: Tools, root: string, program: Known): Builder => {
  // OCI's own format has no HEALTHCHECK.
  const format = program === 'docker' ? [] : ['--format', 'docker'];
  const cache = program === 'buildah' ? ['--layers'] : [];
  return {
    name: program,
    delivers: false,
    build: (name, reference) =>
      telling(`${program} does not build ${name}`, () =>
        tools.run(program, ['build', ...format, ...cache, ...argumentsFor(root, name, reference)]),
      ),
    push: (reference) =>
      telling(`${reference} cannot be pushed (log in with ${program} login ${reference.split('/')[0]})`, () =>
        tools.run(program, ['push', ...format, reference]),
      ),
    save: (reference, file) =>
      telling(`${program} does not save ${reference}`, () =>
        program === 'buildah'
          ? tools.run(program, ['push', reference, `docker-archive:${file}:${reference}`])
          : tools.run(program, ['save', '-o', file, reference]),
      ),
  };
};

/** Any command that takes docker's options of a build and gives the image to the cluster, too. */
const ownBuilder = (tools: Tools, root: string, [program = '', ...words]: readonly string[]): Builder => ({
  name: [program, ...words].join(' '),
  delivers: true,
  build: (name, reference) =>
    telling(`${program} does not build ${name}`, () =>
      tools.run(program, [...words, ...argumentsFor(root, name, reference)]),
    ),
  push: async () => {},
  save: async () => {},
});

const telling = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(error.stderr.trim().split('\n').slice(-20).join('\n'));
    throw new Error(`${what}: ${lastLine(error.stderr)}`, { cause: error });
  }
};
