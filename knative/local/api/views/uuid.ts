import { createHash } from 'node:crypto';

/** Always the same UUID (version 8) for the same words: the uid of something that is not stored. */
export const uuidOf = (...words: string[]): string => {
  const hex = createHash('sha256').update(words.join('\0')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
