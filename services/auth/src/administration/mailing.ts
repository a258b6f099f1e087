/** A mail to a list of addresses, requested by an admin. */
import type { DataOf } from '@latchkey/events';
import { commandIdOf } from '../command-id.ts';
import type { Caller, Context, Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';
import { Refused } from '../refused.ts';

export interface Mailing {
  readonly recipients: readonly string[];
  readonly template: DataOf<'MailRequested'>['template'];
}

/** All or nothing. @returns the mailing's id. @throws Refused (rate_limited, conflict) */
export async function sendMail(
  { mailings, limits, newId }: Pick<Deps, 'mailings' | 'limits' | 'newId'>,
  { recipients, template }: Mailing,
  { userId }: Caller,
  context: Context,
): Promise<string> {
  const { idempotencyKey } = context;
  const commandId =
    idempotencyKey === undefined ? undefined : commandIdOf(idempotencyKey, 'send-mail', userId);
  const earlier = commandId === undefined ? undefined : await mailings.carriedOut(commandId);
  if (earlier !== undefined) return earlier.stream;
  assertAllowed(await limits.take('mailing-admin', userId, recipients.length));
  const mailingId = newId();
  const origin = { ...context, ...(commandId !== undefined && { commandId }) };
  const { facts, refusal } = await mailings.create(mailingId, origin, () => ({
    type: 'RequestMail',
    mailingId,
    template,
    requestedBy: userId,
    recipients,
  }));
  if (refusal) throw new Refused(refusal);
  // The same request may have been carried out meanwhile, under another id.
  return facts[0]?.data.mailingId ?? mailingId;
}
