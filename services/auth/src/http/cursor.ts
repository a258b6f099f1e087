/**
 * The parameters `limit` and `cursor` of lists that are returned page by page. A cursor encodes the position
 * at which a page ended; it is opaque to clients, but not secret.
 */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';
import type { SessionPosition } from '../ports/sessions.ts';
import type { HistoryPosition } from '../profile/history.ts';
import type { OwnHistoryPosition } from '../profile/own-history.ts';

const LONGEST_CURSOR = 200;

/** Creates the schema of the query parameter `limit`: a whole number from 1 to 100. */
export function createPageLimitSchema(fallback: number) {
  return z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .prefault(String(fallback))
    .meta({ description: `The maximum number of items: 1 to 100. Default: ${fallback}.` });
}

export const nextCursorSchema = z
  .string()
  .nullable()
  .meta({ description: 'For the next page, as `cursor`; null on the last one.' });

function write(fields: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/**
 * Creates the schema of the query parameter `cursor`. The schema accepts only texts that encode a position
 * exactly as the API itself encodes it.
 */
function cursorOf<Fields extends readonly unknown[], Place>(
  schema: z.ZodType<Fields>,
  placeOf: (fields: Fields) => Place,
) {
  return z
    .string()
    .max(LONGEST_CURSOR)
    .transform((text, context): Place => {
      const parsed = schema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
      if (parsed.success && write(parsed.data) === text) return placeOf(parsed.data);
      context.addIssue({ code: 'custom', message: 'is not the nextCursor of an earlier answer' });
      return z.NEVER;
    });
}

export const sessionCursorSchema = cursorOf(
  z.tuple([z.iso.datetime({ precision: 3 }), z.uuid()]),
  ([createdAt, id]): SessionPosition => ({ createdAt: new Date(createdAt), id }),
);

export function encodeSessionCursor({ createdAt, id }: SessionPosition): string {
  return write([createdAt.toISOString(), id]);
}

export const historyCursorSchema = cursorOf(
  z.tuple([z.int().positive(), z.int().positive()]),
  ([number, sequence]): HistoryPosition => ({ number, sequence }),
);

export function encodeHistoryCursor({ number, sequence }: HistoryPosition): string {
  return write([number, sequence]);
}

export const ownHistoryCursorSchema = cursorOf(
  z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.union([z.uuid(), z.literal('')])]),
  ([number, sequence, signIn]): OwnHistoryPosition => ({ number, sequence, signIn }),
);

export function encodeOwnHistoryCursor({ number, sequence, signIn }: OwnHistoryPosition): string {
  return write([number, sequence, signIn]);
}
