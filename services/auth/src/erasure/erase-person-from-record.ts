import type { BusRecord, ReplaceRecord } from '@latchkey/bus';
import { subjectOfKey } from '@latchkey/events';
import { parseJson } from '@latchkey/process';

/**
 * The name of the header with the salt of the digest of `person`. Without the salt, the digest does not
 * reveal the personal data.
 */
const SALT = 'ce_personsalt';

/**
 * Creates a function that removes personal data from a record, if the key or the value of the record contains
 * the id of one of these accounts. The function also removes the salt of the data's digest. The hash and
 * signature of the record stay valid. If the function cannot parse the value of the record, which may be a
 * dead letter, it removes the whole value.
 */
export function createRecordRedactor(accounts: readonly string[]): ReplaceRecord {
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
 * Returns whether the `person` of a record belongs to one of the accounts. This is the case if the record is
 * an event of the account, reports an action of the account, or reports the delivery of a mail to the
 * account.
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
