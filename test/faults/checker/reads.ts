/** Compares responses from the read model with the journal. */
import type { ProfileSeenByAdmin } from '../run-folder.ts';
import type { CommandCheckContext } from './commands.ts';
import { computeProfile } from './fold.ts';
import { type Journal, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';

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
 * Checks each response with a profile. The response must show the profile exactly as it was at the version
 * that the response names, and this version must be at least the sequence that the request required.
 */
export function checkProfileReads({ journal, history }: CommandCheckContext): readonly Violation[] {
  return history
    .filter((command) => command.op === 'me' && command.status === 200)
    .flatMap(({ id, request, answer }) => {
      const shown = (answer ?? {}) as Readonly<Record<string, unknown>>;
      const version = Number(shown['version']);
      const account = String(shown['id']);
      const profile = computeProfile(account, (journal.events.get(account) ?? []).slice(0, version));
      const [seenOf, seen] = String(request['after']).split(':');
      if (profile.sequence !== version)
        return createViolations('reads', `me ${id} was shown a version that does not exist`);
      if (seenOf === account && version < Number(seen)) {
        return createViolations('reads', `me ${id} was shown version ${version} after ${seen}`);
      }
      const wrong = SHOWN.filter((name) => shown[name] !== profile[name]);
      return wrong.length === 0
        ? []
        : createViolations('reads', `me ${id} was shown a wrong ${wrong.join(', ')}`);
    });
}

/** Checks that an admin saw exactly the accounts of the journal that have not ended, with their current state. */
export function checkAdminProfileList(
  journal: Journal,
  shown: readonly ProfileSeenByAdmin[],
): readonly Violation[] {
  const found = new Map(shown.map((profile) => [String(profile['id']), profile]));
  const expected = listEventsByAccount(journal)
    .map(([id, events]) => computeProfile(id, events))
    .filter(({ ended }) => !ended);
  const strangers = new Set(found.keys()).difference(new Set(expected.map(({ id }) => id)));
  return [
    ...expected.flatMap((profile) => {
      const its = found.get(profile.id);
      if (its === undefined) return createViolations('shown profiles', `${profile.id} is not shown`);
      const wrong = SHOWN.filter((name) => its[name] !== profile[name]);
      return wrong.length === 0 && its['version'] === profile.sequence
        ? []
        : createViolations(
            'shown profiles',
            `${profile.id} is shown with another ${wrong.join(', ') || 'version'}`,
          );
    }),
    ...[...strangers].flatMap((id) =>
      createViolations('shown profiles', `${id} is shown, and is not in the journal`),
    ),
  ];
}
