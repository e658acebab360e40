import { type Flaw, type Path, renderPath } from '../admission/flaw.ts';
import type { NewObject } from '../store/types.ts';
import type { Mistake } from './manifest-error.ts';

/** An object as a file states it. */
export interface Manifest {
  object: NewObject;
  file: string;
  line(path: Path): number;
}

export const mistakesOf = (
  { file, line }: Pick<Manifest, 'file' | 'line'>,
  flaws: readonly Flaw[],
): Mistake[] =>
  flaws.flatMap(({ paths, message, details }) => {
    const [path = []] = paths;
    const others = paths.slice(1).map(renderPath);
    const also = others.length > 0 ? ` (also ${others.join(', ')})` : '';
    const text = `${message}${also}${details ? `: ${details}` : ''}`;
    return [{ file, line: line(path), ...(path.length > 0 && { path: renderPath(path) }), message: text }];
  });
