/**
 * Rules about the person in events. A mail goes to the address in its event. If that address is outdated, the
 * mail goes to a stranger.
 */
import { applyEventToProfile, EMPTY_PROFILE, type Profile } from './fold.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';

/** The types of events that change the username. All other events repeat the username. */
const RENAMES: ReadonlySet<string> = new Set(['UserRegistered', 'ProfileChanged']);

/**
 * Checks that the person in each event has the address and the username that the account had at that time,
 * according to its earlier events. Two types of events have further addresses. EmailChanged must contain the
 * former and the new address. EmailChangeReverted must contain the address that the account loses and the one
 * that it gets back.
 */
export function checkPersonFields(journal: Journal): readonly Violation[] {
  return listEventsByAccount(journal).flatMap(([id, events]) => {
    let profile: Profile = { ...EMPTY_PROFILE, id };
    return events.flatMap((event, index) => {
      const wrong = wrongFieldsOf(event, profile, events.slice(0, index));
      profile = applyEventToProfile(profile, event);
      return wrong.flatMap((field) =>
        createViolations('people', `event ${event.sequence} (${event.type}) of ${id} has another ${field}`),
      );
    });
  });
}

function wrongFieldsOf(
  { type, data: { person } }: JournalEvent,
  { email, username }: Profile,
  earlier: readonly JournalEvent[],
): readonly string[] {
  if (!person || type === 'UserRegistered') return [];
  const expected = {
    ...(!RENAMES.has(type) && { username }),
    email: emailIn(type, email, earlier),
    ...(type === 'EmailChanged' && { previousEmail: email }),
    ...(type === 'EmailChangeReverted' && { revertedEmail: email }),
  };
  return Object.entries(expected)
    .filter(([field, value]) => {
      const got = person[field as keyof typeof expected];
      return got !== undefined && got !== value;
    })
    .map(([field]) => field);
}

/** Returns the address that an event must contain. */
function emailIn(
  type: string,
  email: string | null,
  earlier: readonly JournalEvent[],
): string | null | undefined {
  if (type === 'EmailChanged')
    return earlier.findLast((event) => event.type === 'EmailChangeRequested')?.data.person?.newEmail;
  if (type === 'EmailChangeReverted')
    return earlier.findLast((event) => event.type === 'EmailChanged')?.data.person?.previousEmail;
  return email;
}
