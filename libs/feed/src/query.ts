import { z } from 'zod';
import { decodeFeedCursor } from './cursor.ts';

function whole(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,4}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
}

const cursor = z
  .string()
  .max(4000)
  .transform((text, context) => {
    const read = decodeFeedCursor(text);
    if (read !== undefined) return read;
    context.addIssue({ code: 'custom', message: 'is not a cursor that was handed out' });
    return z.NEVER;
  });

export const feedQueryParameters = z.object({
  after: cursor
    .optional()
    .describe('`Feed-Cursor` of the page before. Without it the feed begins with the first event.'),
  types: z
    .string()
    .min(1)
    .max(1000)
    .transform((text) => text.split(','))
    .optional()
    .describe('Only events of these types, comma-separated. The key must allow all of them.'),
  account: z.uuid().toLowerCase().optional().describe('Only events of this account.'),
  limit: whole(1, 1000).default(100).describe('How many events a page has at most.'),
  wait: whole(0, 30)
    .default(0)
    .describe('How many seconds to wait for an event if there is none yet (long poll).'),
  placeholders: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .default(false)
    .describe(
      'Whether events of other types come without their data, as type `Other`, so that sequences have no gap.',
    ),
});

export type FeedQueryParameters = z.infer<typeof feedQueryParameters>;
