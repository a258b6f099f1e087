/** A mail to a list of addresses, requested by an admin. */
import type { DataOf } from '@latchkey/events';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { bindIdempotencyKeyToBody, deriveCommandIdFromIdempotencyKey } from '../idempotency.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { Refused } from '../refused.ts';

/** The recipients and the template of a mailing. */
export interface MailingRequest {
  readonly recipients: readonly string[];
  readonly template: DataOf<'MailRequested'>['template'];
}

/**
 * Requests a mail to each recipient of a list. All of these mails are requested in one commit, so that either
 * all recipients or none get the mail.
 * @returns the mailing's id
 * @throws Refused (rate_limited, idempotency_key_reused, conflict)
 */
export async function sendMailing(
  deps: Pick<
    UseCaseDeps,
    'mailings' | 'limits' | 'idempotencyKeys' | 'bodyDigest' | 'oneAtATime' | 'now' | 'newId'
  >,
  { recipients, template }: MailingRequest,
  { userId }: Caller,
  context: UseCaseContext,
): Promise<string> {
  const commandId = deriveCommandIdFromIdempotencyKey(deps, { route: 'send-mail', userId }, context);
  const mailing = { recipients, template, requestedBy: userId };
  return await deps.oneAtATime(commandId, () => sendOnce(deps, mailing, { ...context, commandId }));
}

async function sendOnce(
  deps: Pick<UseCaseDeps, 'mailings' | 'limits' | 'idempotencyKeys' | 'bodyDigest' | 'now' | 'newId'>,
  mailing: MailingRequest & { readonly requestedBy: string },
  { commandId, ...context }: UseCaseContext & { readonly commandId: string | undefined },
): Promise<string> {
  const { mailings, newId } = deps;
  const earlier = commandId === undefined ? undefined : await mailings.carriedOut(commandId);
  if (earlier !== undefined) return earlier.stream;
  const { recipients, requestedBy } = mailing;
  const ofAdmin = { limit: 'mailing-admin', key: requestedBy, points: recipients.length } as const;
  const mailingId = newId();
  const origin = { ...context, ...(commandId !== undefined && { commandId }) };
  const { facts, refusal } = await runWithinLimits(deps, [ofAdmin], async () => {
    await bindIdempotencyKeyToBody(deps, { route: 'send-mail', userId: requestedBy }, context);
    return mailings.create(mailingId, origin, () => ({ type: 'RequestMail', mailingId, ...mailing }));
  });
  if (refusal) throw new Refused(refusal);
  // If the client has sent the request twice, both requests may have run at the same time, and the other one
  // may have created the mailing with a different id. Return the id of the stored mailing.
  return facts[0]?.data.mailingId ?? mailingId;
}
