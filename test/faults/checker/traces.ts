/** What is left of erased people in the stores, although nothing may be. */
import type { Trace } from '../run-folder.ts';
import { lower } from './commands.ts';
import { isErased } from './erasure-rules.ts';
import { accountsIn, type Journal, type JournalEvent } from './journal.ts';
import { broken, type Violation } from './report.ts';

/** Fields of a person that nobody else has: first and last names are shared. */
const IDENTIFYING = ['email', 'newEmail', 'previousEmail', 'revertedEmail', 'username'] as const;

function namesIn({ data: { person } }: JournalEvent): readonly string[] {
  const given = IDENTIFYING.flatMap((name) => person?.[name] ?? []);
  return [...given, ...given.map(lower)];
}

/**
 * Returns what identifies erased people, with their accounts. What an account that is not erased has, too, is left out:
 * an address is free again after an erasure. @param journal as it was before the erasures
 */
export function namesOfErased(journal: Journal): ReadonlyMap<string, string> {
  const accounts = accountsIn(journal);
  const gone = accounts.filter(([, events]) => isErased(events));
  const others = accounts.filter(([, events]) => !isErased(events));
  const taken = new Set(others.flatMap(([, events]) => events.flatMap(namesIn)));
  return new Map(
    gone.flatMap(([account, events]) =>
      events
        .flatMap(namesIn)
        .filter((name) => !taken.has(name))
        .map((name) => [name, account] as const),
    ),
  );
}

/** Returns the accounts whose people a store names. @param bytes everything in it */
export function accountsNamedIn(bytes: Buffer, names: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...names].filter(([name]) => bytes.includes(name)).map(([, account]) => account))];
}

export function checkTraces(traces: readonly Trace[]): readonly Violation[] {
  return traces.flatMap(({ account, place }) => broken('traces', `${place} names ${account}, who is erased`));
}
