/** Compares responses from the read model with the journal. */
import type { ShownProfile } from '../run-folder.ts';
import type { CommandCheckContext } from './commands.ts';
import { foldAccount } from './fold.ts';
import { eventsByAccount, type Journal } from './journal.ts';
import { type Violation, violationsOf } from './report.ts';

/** The fields of a profile that its owner can see, except the version of the profile. */
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
 * Checks that each response shows the profile as it was at the version in the response, and that this version is not
 * older than the sequence that the request named.
 */
export function checkProfileReads({ journal, history }: CommandCheckContext): readonly Violation[] {
  return history
    .filter((command) => command.op === 'me' && command.status === 200)
    .flatMap(({ id, request, answer }) => {
      const shown = (answer ?? {}) as Readonly<Record<string, unknown>>;
      const version = Number(shown['version']);
      const account = String(shown['id']);
      const profile = foldAccount(account, (journal.events.get(account) ?? []).slice(0, version));
      const [seenOf, seen] = String(request['after']).split(':');
      if (profile.sequence !== version)
        return violationsOf('reads', `me ${id} was shown a version that does not exist`);
      if (seenOf === account && version < Number(seen)) {
        return violationsOf('reads', `me ${id} was shown version ${version} after ${seen}`);
      }
      const wrong = SHOWN.filter((name) => shown[name] !== profile[name]);
      return wrong.length === 0
        ? []
        : violationsOf('reads', `me ${id} was shown a wrong ${wrong.join(', ')}`);
    });
}

/** Checks that an admin saw exactly the accounts of the journal that have not ended, with their current state. */
export function checkAdminProfileList(
  journal: Journal,
  shown: readonly ShownProfile[],
): readonly Violation[] {
  const found = new Map(shown.map((profile) => [String(profile['id']), profile]));
  const expected = eventsByAccount(journal)
    .map(([id, events]) => foldAccount(id, events))
    .filter(({ ended }) => !ended);
  const strangers = new Set(found.keys()).difference(new Set(expected.map(({ id }) => id)));
  return [
    ...expected.flatMap((profile) => {
      const its = found.get(profile.id);
      if (its === undefined) return violationsOf('shown profiles', `${profile.id} is not shown`);
      const wrong = SHOWN.filter((name) => its[name] !== profile[name]);
      return wrong.length === 0 && its['version'] === profile.sequence
        ? []
        : violationsOf(
            'shown profiles',
            `${profile.id} is shown with another ${wrong.join(', ') || 'version'}`,
          );
    }),
    ...[...strangers].flatMap((id) =>
      violationsOf('shown profiles', `${id} is shown, and is not in the journal`),
    ),
  ];
}
