import { findKind, kinds } from '../store/kinds.ts';
import type { NewObject } from '../store/types.ts';
import { readManifests } from './files.ts';
import type { Document } from './parse-yaml.ts';
import { fieldName, ManifestError, type ManifestProblem, problemAt } from './problem.ts';

export interface FieldProblem {
  path: readonly (string | number)[];
  message: string;
}

/** What admission finds wrong with an object by itself. */
export type Check = (object: NewObject) => readonly FieldProblem[];

/** The objects of a folder, all checked; throws ManifestError with everything that is wrong in any of them. */
export const loadManifests = async (place: string, check: Check): Promise<NewObject[]> => {
  const { manifests, problems } = await readManifests(place);
  const objects: NewObject[] = [];
  const seen = new Map<string, string>();
  for (const { document, namespace } of manifests) {
    const { file, lineOf } = document;
    const object = identified(document, problems);
    if (!object) continue;
    const info = findKind(object);
    if (!info) {
      problems.push(problemAt(file, lineOf(['kind']), 'kind', unknownKind(object)));
      continue;
    }
    if (info.namespaced) object.metadata.namespace = namespace ?? object.metadata.namespace ?? 'default';
    const name = `${info.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const place = `${file}:${lineOf(['metadata', 'name'])}`;
    const twin = seen.get(name);
    if (twin)
      problems.push(
        problemAt(
          file,
          lineOf(['metadata', 'name']),
          'metadata.name',
          `${object.kind} ${object.metadata.name} stands at ${twin} already`,
        ),
      );
    seen.set(name, place);
    for (const { path, message } of check(object))
      problems.push(problemAt(file, lineOf(path), fieldName(path), message));
    objects.push(object);
  }
  if (problems.length > 0) throw new ManifestError(problems);
  return objects;
};

const identified = (
  { value, file, lineOf }: Document,
  problems: ManifestProblem[],
): NewObject | undefined => {
  const object = value as Partial<NewObject>;
  const wrong = (path: string[], message: string) => {
    problems.push(problemAt(file, lineOf(path), fieldName(path), message));
    return undefined;
  };
  if (typeof value !== 'object' || Array.isArray(value))
    return wrong([], 'expected a Kubernetes object: apiVersion, kind, metadata');
  if (typeof object.apiVersion !== 'string')
    return wrong(['apiVersion'], 'expected a string, as serving.knative.dev/v1');
  if (typeof object.kind !== 'string') return wrong(['kind'], 'expected a string, as Service');
  if (typeof object.metadata?.name !== 'string') return wrong(['metadata', 'name'], 'expected a name');
  return object as NewObject;
};

const unknownKind = ({ apiVersion, kind }: NewObject): string => {
  const alike = kinds.find((info) => info.name.toLowerCase() === kind.toLowerCase());
  const meant = alike
    ? `: did you mean ${alike.name} of ${alike.group ? `${alike.group}/` : ''}${alike.version}?`
    : '';
  return `${kind} of ${apiVersion} is no kind that the local runtime serves${meant}`;
};
