/**
 * The header `Account-Sequence: <account id>:<n>`. The response to a change contains this header. If the
 * client sends it with a later request, the response to that request already reflects the change.
 */
import { Problem, standardProblems } from '@latchkey/http';
import { z } from 'zod';

export interface AccountSequence {
  readonly account: string;
  readonly sequence: number;
}

const header = z
  .string()
  .regex(/^[^:]+:\d{1,15}$/)
  .transform((text) => {
    const [account = '', sequence = ''] = text.split(':');
    return { account: account.toLowerCase(), sequence: Number(sequence) };
  })
  .pipe(z.object({ account: z.uuid(), sequence: z.number().int() }));

/** The schema of the request header `Account-Sequence`, for the OpenAPI document. */
export const accountSequenceHeaderSchema = z.object({
  'Account-Sequence': z
    .string()
    .optional()
    .describe(
      'From the response to a change: the response to this request then includes that change, or later ones.',
    ),
});

/**
 * Parses the header `Account-Sequence`.
 * @throws Problem (validation_failed) if the header is present and malformed
 */
export function parseAccountSequence(text: string | undefined): AccountSequence | undefined {
  if (text === undefined) return undefined;
  const parsed = header.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Problem(standardProblems.validation_failed, {
    detail: 'The header Account-Sequence is malformed.',
    errors: [
      { pointer: '#/header/Account-Sequence', code: 'invalid', message: 'must be <account id>:<sequence>' },
    ],
  });
}
