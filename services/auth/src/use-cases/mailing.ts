/** A mail to a list of addresses, asked for by an admin: a stream of its own, one mail per recipient. */
import type { DataOf } from '@latchkey/events';
import { commandIdOf } from './command-id.ts';
import type { Context, Deps, Signed } from './deps.ts';
import { assertAllowed } from './guard.ts';

/** @returns the mailing's id. @throws Refused (rate_limited, unavailable); all or nothing. */
export function sendMail({ accounts, limits, newId }: Pick<Deps, 'accounts' | 'limits' | 'newId'>) {
  return async (
    { userId }: Signed,
    {
      recipients,
      template,
    }: { readonly recipients: readonly string[]; readonly template: DataOf<'MailRequested'>['template'] },
    context: Context,
  ): Promise<string> => {
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
  };
}
