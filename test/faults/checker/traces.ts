/** Finds personal data of erased people that is still in the stores. */
import type { PersonalDataTrace } from '../run-folder.ts';
import { normaliseAddress } from './commands.ts';
import { formatLogPosition, isErased } from './erasure-rules.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { TopicRecord } from './stored.ts';
import { EVENT_TOPICS } from './topic-rules.ts';

/** The personal fields that identify one person; first and last names are not unique. */
const IDENTIFYING = ['email', 'newEmail', 'previousEmail', 'revertedEmail', 'username'] as const;

function namesIn({ data: { person } }: JournalEvent): readonly string[] {
  const given = IDENTIFYING.flatMap((name) => person?.[name] ?? []);
  return [...given, ...given.map(normaliseAddress)];
}

/**
 * Maps each identifying string of an erased person to the account. Leaves out strings that also occur in the data of an
 * account that is not erased, because an address can be used again after an erasure.
 * @param journal as it was before the erasures
 */
export function findIdentifiersOfErasedPeople(journal: Journal): ReadonlyMap<string, string> {
  const accounts = listEventsByAccount(journal);
  const gone = accounts.filter(([, events]) => isErased(events));
  const others = accounts.filter(([, events]) => !isErased(events));
  const taken = others.flatMap(([, events]) => events.flatMap(namesIn)).join('\n');
  return new Map(
    gone.flatMap(([account, events]) =>
      events
        .flatMap(namesIn)
        .filter((name) => !taken.includes(name))
        .map((name) => [name, account] as const),
    ),
  );
}

/** Returns the erased accounts whose identifying strings occur in the bytes of a document. */
export function findErasedAccountsNamedIn(
  bytes: Buffer,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...names].filter(([name]) => bytes.includes(name)).map(([, account]) => account))];
}

/**
 * Returns the records that name an erased person. Leaves out the topics that may contain such records
 * (docs/erasure.md): mailings, dead letters, and the accounts topic, from which the broker removes the
 * original records only later.
 */
export function findTracesInRecords(
  records: readonly TopicRecord[],
  names: ReadonlyMap<string, string>,
): readonly PersonalDataTrace[] {
  return records
    .filter(({ topic }) => mustNotNameErasedPeople(topic))
    .flatMap((record) =>
      findErasedAccountsNamedIn(Buffer.from(JSON.stringify(record)), names).map((account) => ({
        account,
        place: `record ${formatLogPosition(record)}`,
      })),
    );
}

/** Returns whether records of a topic must never name an erased person. */
export function mustNotNameErasedPeople(topic: string): boolean {
  return !topic.startsWith('__') && !topic.includes('.dlq.') && !EVENT_TOPICS.some((name) => name === topic);
}

export function checkPersonalDataTraces(traces: readonly PersonalDataTrace[]): readonly Violation[] {
  return traces.flatMap(({ account, place }) =>
    createViolations('traces', `${place} names ${account}, who is erased`),
  );
}
