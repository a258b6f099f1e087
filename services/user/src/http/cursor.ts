/**
 * Encodes and decodes cursors. A cursor is opaque text that says where a page of the list of accounts ended. Cursors
 * are not encrypted, because only callers who may list all accounts can use them.
 */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';
import type { ProfilePosition } from '../ports/profiles.ts';

const position = z.tuple([z.iso.datetime({ precision: 3 }), z.uuid()]);

export function encodeProfileCursor({ createdAt, id }: ProfilePosition): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** The schema of a query parameter that accepts only text from `encodeCursor`. */
export const profileCursorSchema = z
  .string()
  .max(200)
  .transform((text, context): ProfilePosition => {
    const parsed = position.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
    if (parsed.success) {
      const [createdAt, id] = parsed.data;
      if (encodeProfileCursor({ createdAt, id }) === text) return { createdAt, id };
    }
    context.addIssue({ code: 'custom', message: 'is not a cursor that was handed out' });
    return z.NEVER;
  });
