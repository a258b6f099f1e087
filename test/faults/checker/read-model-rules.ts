/** Compares the read model with the profiles that the journal's events produce. */
import { isDeepStrictEqual } from 'node:util';
import { toProfileDocument } from './fold.ts';
import { type Journal, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { StoredProfile } from './stored.ts';

/** Checks that the read model has exactly the accounts of the journal, and compares them field by field. */
export function checkReadModel(journal: Journal, stored: readonly StoredProfile[]): readonly Violation[] {
  const expected = new Map(
    listEventsByAccount(journal).map(([id, events]) => [id, toProfileDocument(id, events)]),
  );
  const found = new Map(stored.map((document) => [document._id, document]));
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((id) =>
    differences(expected.get(id), found.get(id)).flatMap((what) =>
      createViolations('read model', `${id}: ${what}`),
    ),
  );
}

export function checkNoParkedAccounts(stored: readonly StoredProfile[]): readonly Violation[] {
  return stored.flatMap(({ _id, parked }) =>
    parked === undefined
      ? []
      : createViolations('parked', `${_id} after event ${parked.after}: ${parked.cause}`),
  );
}

function differences(
  expected: StoredProfile | undefined,
  found: StoredProfile | undefined,
): readonly string[] {
  if (expected === undefined) return ['is not in the journal'];
  if (found === undefined) return ['is missing'];
  if (expected.sequence !== found.sequence) {
    return [`has reached event ${found.sequence} of ${expected.sequence}`];
  }
  const [wanted, got] = [fieldsOf(expected), fieldsOf(found)];
  return [...new Set([...wanted.keys(), ...got.keys()])]
    .filter((name) => !isDeepStrictEqual(wanted.get(name), got.get(name)))
    .map((name) => `another ${name} than the journal's`);
}

function fieldsOf({ profile, search }: StoredProfile): ReadonlyMap<string, unknown> {
  return new Map([
    ...Object.entries(profile ?? {}),
    ...Object.entries(search ?? {}).map(([name, value]): [string, unknown] => [`search.${name}`, value]),
  ]);
}
