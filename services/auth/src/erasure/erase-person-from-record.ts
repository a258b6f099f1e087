import type { BusRecord, ReplaceRecord } from '@latchkey/bus';
import { subjectOfKey } from '@latchkey/events';
import { parseJson } from '@latchkey/process';

/** The header of the salt, without which the digest of a person reveals nothing. */
const SALT = 'ce_personsalt';

/**
 * Returns a function for records with the id of one of these accounts in their key or value. It removes the personal data
 * of the accounts' persons, and the salt of the data's digest. The hash and the signature of the record still verify. If
 * a record cannot be read (it may be a dead letter), its whole value is removed.
 */
export function createPersonEraser(accounts: readonly string[]): ReplaceRecord {
  const erased: ReadonlySet<unknown> = new Set(accounts);
  return ({ key, value, headers: { [SALT]: _, ...headers } }) => {
    if (value === null) return undefined;
    const data = parseJson(value.toString());
    if (!isObject(data)) return { value: null, headers };
    if (!isOf(erased, key, data) || data['person'] === undefined || data['person'] === null) return undefined;
    return { value: Buffer.from(JSON.stringify({ ...data, person: null })), headers };
  };
}

/**
 * Whether the person of a record is that of one of the accounts: an event about the account, an action of the account,
 * or a report about a mail to it.
 */
function isOf(
  accounts: ReadonlySet<unknown>,
  key: BusRecord['key'],
  { actor, cause }: Readonly<Record<string, unknown>>,
): boolean {
  const subjects = [subjectOfKey(key), actor, isObject(cause) && cause['subject']];
  return subjects.some((subject) => accounts.has(subject));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
