/** Exports all data about the caller's own account. */
import { type ExportedMail, writeExportDocument } from '@latchkey/export';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { checkPassword, limitPasswordAttempts } from '../passwords/attempts.ts';
import { Refused } from '../refused.ts';
import { readAccountExportParts } from './account-parts.ts';

type Needs = Pick<
  UseCaseDeps,
  | 'accounts'
  | 'audit'
  | 'auditLog'
  | 'journal'
  | 'limits'
  | 'mails'
  | 'newId'
  | 'now'
  | 'passwords'
  | 'requests'
  | 'sessions'
  | 'trustedAddresses'
  | 'wakeWorker'
>;

/**
 * Returns the export of the caller's account as a stream of text, which reads the stores while it is
 * consumed. For an unverified account, the export contains no mails, because the address may belong to
 * somebody else.
 * @param accessToken the caller's access token, which is sent to the notifier
 * @throws Refused (password_incorrect, rate_limited, overloaded), SentMailsUnavailable. While the stream is
 * consumed, it throws the errors of the stores
 */
export async function exportOwnAccount(
  deps: Needs,
  { password }: { readonly password: string },
  { userId, state }: Caller,
  accessToken: string,
  context: UseCaseContext,
): Promise<AsyncIterable<string>> {
  const attempt = { address: state.address, accountId: userId, during: 'export', actor: userId } as const;
  const checkedHash = await limitPasswordAttempts(deps, attempt, context, () =>
    checkPassword(deps, password, state, context),
  );
  if (checkedHash === undefined) throw new Refused('password_incorrect');
  const { mails } = await runWithinLimits(deps, [{ limit: 'export-account', key: userId }], async () => ({
    repeated: false,
    mails: await begun(state.status === 'verified' ? deps.mails.toOwner(userId, accessToken) : noMails()),
  }));
  deps.audit.record({
    origin: context,
    occurrence: { type: 'DataExported', data: { actor: userId, accountId: userId } },
  });
  return writeExportDocument({ ...readAccountExportParts(deps, state), mails });
}

async function* noMails(): AsyncGenerator<ExportedMail> {}

/**
 * Returns the mails of an iterable whose first mail has already been read, so that an unavailable notifier is
 * noticed before the response begins.
 */
async function begun(mails: AsyncIterable<ExportedMail>): Promise<AsyncIterable<ExportedMail>> {
  const iterator = mails[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<ExportedMail> {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
  }
  return all();
}
