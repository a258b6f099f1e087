import { randomBytes } from 'node:crypto';
import { createUniquePerson, type Person } from '../../test/support/people.ts';

/**
 * The number of random bytes in a password. 12 bytes give a password of 16 characters, a length that password managers
 * generate. Longer passwords take longer to check.
 */
const PASSWORD_BYTES = 12;

/** Returns a new person with a random password like those that password managers generate. */
export function createPersonWithGeneratedPassword(): Person {
  return { ...createUniquePerson(), password: randomBytes(PASSWORD_BYTES).toString('base64url') };
}
