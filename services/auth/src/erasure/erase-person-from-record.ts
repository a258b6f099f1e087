import type { ReplaceRecord } from '@latchkey/bus';
import { parseJson } from '@latchkey/process';

/** The header of the salt, without which the digest of a person reveals nothing. */
const SALT = 'ce_personsalt';

/**
 * Returns a record without its personal data, and without the salt of the data's digest. The hash and the signature of
 * the record still verify. If the record cannot be read (it may be a dead letter), its whole value is removed.
 */
export const erasePersonFromRecord: ReplaceRecord = ({ value, headers: { [SALT]: _, ...headers } }) => {
  if (value === null) return undefined;
  const data = parseJson(value.toString());
  if (typeof data !== 'object' || data === null) return { value: null, headers };
  if (!('person' in data) || data.person === null) return undefined;
  return { value: Buffer.from(JSON.stringify({ ...data, person: null })), headers };
};
