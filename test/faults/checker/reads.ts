/** Compares the responses of the read model with the journal. */
import type { CommandContext } from './commands.ts';
import { foldAccount } from './fold.ts';
import { broken, type Violation } from './report.ts';

/** The fields of a profile that its owner sees, besides its version. */
const SHOWN = [
  'id',
  'email',
  'username',
  'firstName',
  'lastName',
  'role',
  'isVerified',
  'disabled',
  'locale',
  'createdAt',
  'updatedAt',
  'passwordChangedAt',
] as const;

/**
 * Checks that everyone sees their profile as of the version that it shows, and nothing older than they have already
 * seen.
 */
export function checkReads({ journal, history }: CommandContext): readonly Violation[] {
  return history
    .filter((command) => command.op === 'me' && command.status === 200)
    .flatMap(({ id, request, answer }) => {
      const shown = (answer ?? {}) as Readonly<Record<string, unknown>>;
      const version = Number(shown['version']);
      const account = String(shown['id']);
      const profile = foldAccount(account, (journal.events.get(account) ?? []).slice(0, version));
      const [seenOf, seen] = String(request['after']).split(':');
      if (profile.sequence !== version)
        return broken('reads', `me ${id} was shown a version that there is not`);
      if (seenOf === account && version < Number(seen)) {
        return broken('reads', `me ${id} was shown version ${version} after ${seen}`);
      }
      const wrong = SHOWN.filter((name) => shown[name] !== profile[name]);
      return wrong.length === 0 ? [] : broken('reads', `me ${id} was shown another ${wrong.join(', ')}`);
    });
}
