import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import {
  isKustomization,
  type Kustomization,
  kustomizationNames,
  readKustomization,
} from './kustomization.ts';
import type { Mistake } from './manifest-error.ts';
import { parseYaml, type YamlDocument } from './yaml-documents.ts';

/** What a folder holds: documents, each with the kustomizations it came through, innermost first. */
export interface Reading {
  documents: { document: YamlDocument; through: Kustomization[] }[];
  mistakes: Mistake[];
}

/** A file, a folder with a kustomization.yaml (its resources, recursively), or a folder's *.yaml and *.yml by name. */
export const readFolder = (path: string): Promise<Reading> => read(path, []);

const read = async (path: string, above: readonly string[]): Promise<Reading> => {
  const found = await stat(path).catch(() => undefined);
  if (!found) return wrong(path, 'no such file or folder');
  if (!found.isDirectory()) return readOne(path);
  if (above.includes(resolve(path))) return wrong(path, 'these kustomizations include each other');
  const names = (await readdir(path)).sort();
  const kustomizations = names.filter((name) => kustomizationNames.includes(name));
  const [kustomization, ...others] = kustomizations;
  if (others.length > 0) return wrong(path, `only one of ${kustomizations.join(', ')} can be`);
  if (kustomization) return readKustomized(path, join(path, kustomization), [...above, resolve(path)]);
  if (above.length > 0)
    return wrong(path, `a folder among resources needs one of ${kustomizationNames.join(', ')}`);
  const files = names.filter((name) => /\.ya?ml$/.test(name));
  if (files.length === 0) return wrong(path, 'no kustomization.yaml and no *.yaml here');
  return merge(await Promise.all(files.map((name) => readOne(join(path, name)))));
};

const readOne = async (file: string): Promise<Reading> => {
  const { documents, mistakes } = parseYaml(file, await readFile(file, 'utf8'));
  return { documents: documents.map((document) => ({ document, through: [] })), mistakes };
};

const readKustomized = async (folder: string, file: string, above: readonly string[]): Promise<Reading> => {
  const { documents, mistakes } = parseYaml(file, await readFile(file, 'utf8'));
  const [document, second] = documents;
  if (mistakes.length > 0) return { documents: [], mistakes };
  if (!document || !isKustomization(document.value)) return wrong(file, 'expected a Kustomization');
  if (second) return wrong(file, 'expected one document');
  const { kustomization, mistakes: misread } = readKustomization(document, folder);
  if (!kustomization) return { documents: [], mistakes: misread };
  const parts = kustomization.resources.map(async ({ path, line }) => {
    const target = join(folder, path);
    const outside = relative(folder, target).startsWith('..');
    const isFolder = (await stat(target).catch(() => undefined))?.isDirectory() ?? false;
    const at = { file, line, path: 'resources' };
    if (outside && !isFolder)
      return { documents: [], mistakes: [{ ...at, message: `${path} is not in or below ${folder}` }] };
    const part = await read(target, above);
    const missing = part.mistakes.find((mistake) => mistake.file === target && mistake.line === undefined);
    return missing ? { documents: [], mistakes: [{ ...at, message: `${path}: ${missing.message}` }] } : part;
  });
  const inner = merge(await Promise.all(parts));
  return {
    documents: inner.documents.map(({ document, through }) => ({
      document,
      through: [...through, kustomization],
    })),
    mistakes: inner.mistakes,
  };
};

const wrong = (file: string, message: string): Reading => ({ documents: [], mistakes: [{ file, message }] });

const merge = (readings: Reading[]): Reading => ({
  documents: readings.flatMap((reading) => reading.documents),
  mistakes: readings.flatMap((reading) => reading.mistakes),
});
