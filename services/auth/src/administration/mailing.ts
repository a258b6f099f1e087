/** A mail to a list of addresses, requested by an admin. */
import type { DataOf } from '@latchkey/events';
import { commandIdOf } from '../command-id.ts';
import type { Caller, Context, Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';

export interface Mailing {
  readonly recipients: readonly string[];
  readonly template: DataOf<'MailRequested'>['template'];
}

/** All or nothing. @returns the mailing's id. @throws Refused (rate_limited, conflict) */
export async function sendMail(
  { accounts, limits, newId }: Pick<Deps, 'accounts' | 'limits' | 'newId'>,
  { recipients, template }: Mailing,
  { userId }: Caller,
  context: Context,
): Promise<string> {
  const { idempotencyKey } = context;
  const commandId =
    idempotencyKey === undefined ? undefined : commandIdOf(idempotencyKey, 'send-mail', userId);
  const earlier = commandId === undefined ? undefined : await accounts.carriedOut(commandId);
  if (earlier !== undefined) return earlier.stream;
  assertAllowed(await limits.take('mailing-admin', userId, recipients.length));
  const mailingId = newId();
  const origin = { ...context, ...(commandId !== undefined && { commandId }) };
  const { stream } = await accounts.open(mailingId, origin, [
    {
      type: 'MailRequested',
      data: { mailingId, template, requestedBy: userId, person: { recipients: [...recipients] } },
    },
  ]);
  return stream;
}
