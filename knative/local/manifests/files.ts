import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { type Document, parseYaml } from './parse-yaml.ts';
import { fieldName, type ManifestProblem, problemAt } from './problem.ts';

/** The part of kustomize that needs no rendering. */
const Kustomization = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.literal('Kustomization').optional(),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
});

export interface Manifest {
  document: Document;
  /** Set on objects that name none, and over what they name, as kustomize does. */
  namespace: string | undefined;
}

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** The documents of a folder or a file: a kustomization's resources, or all YAML files in order of their names. */
export const readManifests = async (
  place: string,
): Promise<{ manifests: Manifest[]; problems: ManifestProblem[] }> => {
  const problems: ManifestProblem[] = [];
  const manifests = await read(resolve(place), undefined, problems, new Set());
  if (manifests.length + problems.length === 0)
    problems.push(problemAt(shown(resolve(place)), 1, '', 'no manifest here: name a folder of YAML with -f'));
  return { manifests, problems };
};

const read = async (
  place: string,
  namespace: string | undefined,
  problems: ManifestProblem[],
  entered: Set<string>,
): Promise<Manifest[]> => {
  const found = await stat(place).catch(() => undefined);
  if (!found) {
    problems.push(problemAt(shown(place), 1, '', 'there is no such file or folder'));
    return [];
  }
  if (found.isFile()) return readFileAt(place, namespace, problems);
  if (entered.has(place)) {
    problems.push(
      problemAt(shown(place), 1, 'resources', 'these kustomizations name each other in a circle'),
    );
    return [];
  }
  const files = (await readdir(place)).sort();
  const kustomization = names.find((name) => files.includes(name));
  if (kustomization)
    return readKustomization(place, kustomization, namespace, problems, new Set([...entered, place]));
  const all: Manifest[] = [];
  for (const file of files.filter((name) => /\.ya?ml$/.test(name))) {
    all.push(...(await readFileAt(join(place, file), namespace, problems)));
  }
  return all;
};

const readKustomization = async (
  folder: string,
  name: string,
  outer: string | undefined,
  problems: ManifestProblem[],
  entered: Set<string>,
): Promise<Manifest[]> => {
  const file = join(folder, name);
  const [document] = await documentsOf(file, problems);
  if (!document) return [];
  const { success, data, error } = Kustomization.safeParse(document.value);
  if (!success) {
    for (const issue of error.issues) problems.push(describe(document, issue));
    return [];
  }
  const all: Manifest[] = [];
  for (const [i, resource] of data.resources.entries()) {
    const before = problems.length;
    all.push(...(await read(join(folder, resource), outer ?? data.namespace, problems, entered)));
    const [missing] = problems.slice(before);
    if (missing?.message.startsWith('there is no such')) {
      problems[before] = problemAt(
        document.file,
        document.lineOf(['resources', i]),
        `resources[${i}]`,
        `${resource}: ${missing.message}`,
      );
    }
  }
  return all;
};

const describe = (document: Document, issue: z.core.$ZodIssue): ManifestProblem => {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const advice = 'the local runtime does not render this: start with the output of `kubectl kustomize`';
    return problemAt(document.file, document.lineOf([key]), key, advice);
  }
  const path = issue.path as (string | number)[];
  return problemAt(document.file, document.lineOf(path), fieldName(path), issue.message);
};

const readFileAt = async (
  file: string,
  namespace: string | undefined,
  problems: ManifestProblem[],
): Promise<Manifest[]> => (await documentsOf(file, problems)).map((document) => ({ document, namespace }));

const documentsOf = async (file: string, problems: ManifestProblem[]): Promise<Document[]> => {
  const parsed = parseYaml(shown(file), await readFile(file, 'utf8'));
  problems.push(...parsed.problems);
  return parsed.documents;
};

const shown = (path: string): string => {
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
};
