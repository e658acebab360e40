/** One mistake in the files, at its place. */
export interface Mistake {
  file: string;
  /** From 1; absent where the file itself is the matter. */
  line?: number;
  /** `spec.traffic[0].percent` */
  path?: string;
  message: string;
}

/** All mistakes of all files: nothing of them has been applied. */
export class ManifestError extends Error {
  readonly mistakes: readonly Mistake[];
  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(renderMistake).join('; '));
    this.name = 'ManifestError';
    this.mistakes = mistakes;
  }
}

export const renderMistake = ({ file, line, path, message }: Mistake): string =>
  [line === undefined ? file : `${file}:${line}`, ...(path ? [path] : []), message].join(': ');
