export interface ManifestProblem {
  file: string;
  line: number;
  /** `spec.template.spec.containers[0].image`; empty for the document as a whole. */
  field: string;
  message: string;
}

/** Everything that is wrong with the manifests; nothing of them was applied. */
export class ManifestError extends Error {
  readonly problems: readonly ManifestProblem[];
  constructor(problems: readonly ManifestProblem[]) {
    super(
      problems
        .map(({ file, line, field, message }) => `${file}:${line}: ${field && `${field}: `}${message}`)
        .join('; '),
    );
    this.name = 'ManifestError';
    this.problems = problems;
  }
}

export const problemAt = (file: string, line: number, field: string, message: string): ManifestProblem => ({
  file,
  line,
  field,
  message,
});

/** `['spec', 'containers', 0, 'image']` as `spec.containers[0].image`. */
export const fieldName = (path: readonly (string | number)[]): string =>
  path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${name}[${part}]`;
    return name === '' ? part : `${name}.${part}`;
  }, '');
