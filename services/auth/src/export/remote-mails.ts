/** Reads the mails of an account from a notifier in another process. */
import { type ExportedMail, exportedMailSchema } from '@latchkey/export';
import { readAllPages } from '@latchkey/store';
import { z } from 'zod';
import { type SentMails, SentMailsUnavailable } from '../ports/mails.ts';

const TIMEOUT_MS = 5000;

const answer = z.object({ mails: z.array(exportedMailSchema) });

/**
 * Creates a client that requests the mails of an account from the notifier, for the export of the account's
 * data.
 * @param url NOTIFIER_URL
 * @param ask replaces `fetch` in tests
 */
export function createSentMailsClient(url: string | undefined, ask: typeof fetch = fetch): SentMails {
  async function page(accessToken: string, last: ExportedMail | undefined): Promise<readonly ExportedMail[]> {
    if (url === undefined) throw new SentMailsUnavailable('NOTIFIER_URL is not set.');
    const target = new URL('/api/v1/mails', url);
    if (last !== undefined) target.search = String(new URLSearchParams({ at: last.at, after: last.id }));
    try {
      const response = await ask(target, {
        headers: { authorization: `Bearer ${accessToken}` },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`The notifier answered ${response.status}.`);
      return answer.parse(await response.json()).mails;
    } catch (cause) {
      throw new SentMailsUnavailable('The notifier cannot be asked for mails.', { cause });
    }
  }
  return {
    async *toOwner(_account, accessToken) {
      const all = readAllPages<ExportedMail>((last) => page(accessToken, last));
      for await (const mails of all) yield* mails;
    },
  };
}
