import * as z from 'zod';

/** `?limit=1..100&cursor=`: a page of a list, newest first. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[\w-]{22}$/, 'a nextCursor of this list')
    .optional(),
});

/** The id that a page starts below; above all ids where it is the first page. */
export const startOf = ({ cursor }: { cursor?: string | undefined }): string =>
  cursor === undefined ? 'ffffffff-ffff-ffff-ffff-ffffffffffff' : uuidOf(cursor);

/**
 * A page of rows that were read below `startOf(query)` by descending UUIDv7, one more than the limit. The cursor is the
 * last id, so that rows that come or go move nothing.
 */
export const pageOf = <Row extends { id: string }>(
  rows: readonly Row[],
  { limit }: { limit: number },
): { items: Row[]; nextCursor: string | null } => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? cursorOf(last.id) : null };
};

const cursorOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

const uuidOf = (cursor: string) =>
  Buffer.from(cursor, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
