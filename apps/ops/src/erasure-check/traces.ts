/** Pure predicates that decide whether a stored row, document or record is a trace of a person. */
import { parseJson } from '@latchkey/process';

/** Returns whether a stored item is a trace of the person. @param stored the fields of the item */
export type PersonalDataTracePredicate = (stored: Readonly<Record<string, unknown>>) => boolean;

/**
 * The names of fields that contain personal data, normalised by `plain`, because stores spell these names
 * differently.
 */
const PERSONAL = new Set(
  [
    ...[
      'person',
      'email',
      'newEmail',
      'address',
      'username',
      'firstName',
      'lastName',
      'recipient',
      'to',
      'hint',
    ],
    ...['content', 'ip', 'ipPrefix', 'ipHmac', 'userAgent', 'sources', 'passwordHash'],
  ].map(plain),
);

/**
 * Patterns for the character before an address, and for the characters after it. If one of the patterns
 * matches, the address that was found is only a part of a longer, different address.
 */
const [BEFORE, AFTER] = ["[\\w!#$%&'*+/=?^`{|}~.-]", '(?:[a-z\\d-]|\\.[a-z\\d])'];

/** Returns a predicate for an email address. A trace is a string that contains the address, in upper or lower case. */
export function createAddressTracePredicate(address: string): PersonalDataTracePredicate {
  const pattern = new RegExp(`(?<!${BEFORE})${RegExp.escape(address.toLowerCase())}(?!${AFTER})`);
  return (stored) => textsIn(stored).some((text) => pattern.test(text.toLowerCase()));
}

/**
 * The normalised names of fields that contain the id of the account or mailing that an item is about. If an
 * item has several of these fields, the field that comes first in this list is used.
 */
const SUBJECTS = ['stream', 'userid', 'mailingid', 'subject'];

/**
 * Returns a predicate for an account. An item is a trace if it contains the account's id together with
 * personal data of this account. The id alone is not a trace, because Latchkey keeps the ids of erased
 * accounts. The id together with the personal data of another account is not a trace either. Such items are
 * events of accounts that this account changed as an admin, and security events about actions of another
 * admin on this account.
 */
export function createAccountTracePredicate(account: string): PersonalDataTracePredicate {
  return (stored) => {
    const read = parsed(stored);
    return textsIn(read).some((text) => text.includes(account)) && holdsPerson(read, account);
  };
}

function holdsPerson(value: unknown, account: string): boolean {
  if (Array.isArray(value)) return value.some((each) => holdsPerson(each, account));
  if (typeof value !== 'object' || value === null) return false;
  const person = personIn(value);
  if (person !== undefined && person !== account) return false;
  return Object.entries(value).some(
    ([name, field]) => (PERSONAL.has(plain(name)) && !isEmpty(field)) || holdsPerson(field, account),
  );
}

/**
 * Returns the id of the account whose personal data an object contains. In a security event, this is the
 * account that acted; otherwise, it is the account that the object is about. Undefined if the object names no
 * account.
 */
function personIn(value: object): unknown {
  if ('actor' in value && 'accountId' in value) return isId(value.actor) ? value.actor : value.accountId;
  const fields = new Map(Object.entries(value).map(([name, field]) => [plain(name), field]));
  return SUBJECTS.map((name) => fields.get(name)).find((field) => typeof field === 'string');
}

function isId(actor: unknown): boolean {
  return actor === 'ops' || (typeof actor === 'string' && /^[\da-f-]{36}$/.test(actor));
}

/** Normalises the name of a field: `first_name` becomes `firstname`. */
function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/**
 * Returns whether a field contains no personal data. The digest of personal data is not personal data,
 * because the digest reveals nothing without its salt.
 */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (typeof value !== 'object') return false;
  return Object.keys(value).every((name) => name === 'digest');
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]);
}

/** Parses a string that contains JSON, and also the strings with JSON inside the parsed value. */
function parsed(value: unknown): unknown {
  if (value instanceof Uint8Array) return parsed(Buffer.from(value).toString());
  if (typeof value === 'string') return /^[[{]/.test(value) ? parsed(parseJson(value) ?? [value]) : value;
  if (Array.isArray(value)) return value.map((each) => (typeof each === 'string' ? each : parsed(each)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, parsed(each)]));
}
