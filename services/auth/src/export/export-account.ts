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
 * Exports the caller's account. Returns the export document as a stream of text. The stores are read while
 * the caller consumes the stream. For an unverified account, the document contains no mails, because the
 * address may belong to somebody else.
 * @param accessToken the caller's access token, with which auth requests the account's mails from the
 * notifier
 * @throws Refused (password_incorrect, rate_limited, overloaded), SentMailsUnavailable. The stream throws the
 * errors of the stores while it is consumed
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
 * Reads the first mail of `mails`, and returns an iterable with all mails, including the first. If the
 * notifier is unavailable, this function rejects, so the caller can still respond with an error.
 */
async function begun(mails: AsyncIterable<ExportedMail>): Promise<AsyncIterable<ExportedMail>> {
  const iterator = mails[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<ExportedMail> {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
  }
  return all();
}
