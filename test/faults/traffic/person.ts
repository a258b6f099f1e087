/** A person who uses the system, and what they know about their own account. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';

export interface Person {
  /** The name at the sign-up. It never changes, so it distinguishes the mails of several sign-ups with one address. */
  readonly signUpName: string;
  email: string;
  /** The other address that the account may have, after a change whose outcome is unknown. */
  otherEmail?: string;
  /** The address before the last change, while that change can be undone. */
  previousEmail?: string;
  /** Whether a second person has signed up with the same address. */
  sharesAddress: boolean;
  /** The possible passwords, the likeliest first: after a change whose outcome is unknown there are several. */
  passwords: readonly string[];
  id?: string;
  /** Whether a response has shown that the address is verified. */
  verified: boolean;
  disabled: boolean;
  /** Whether the person has requested an erasure or another address. If so, the final state of the account is checked. */
  asked: boolean;
  /** Whether the person has stopped acting, because the account is erased or about to be erased. */
  gone: boolean;
  accessToken?: string;
  refreshToken?: string;
  /** The last Account-Sequence that the person received. */
  sequence?: string;
  /** The number of actions in progress. */
  inHand: number;
}

const FIRST_NAMES = ['Ada', 'Grace', 'Jürgen', 'Zoë', 'Nguyễn', "Ma'at"] as const;
const LAST_NAMES = ['Lovelace', 'Hopper', 'Müller-Lüdenscheidt', 'O’Neill', 'Trần'] as const;
/**
 * Only English locales, because the mail server of a run can parse only English mails for the time at which a
 * link expires.
 */
const LOCALES = ['en', 'en-GB', 'en-US'] as const;

export function newPassword(): string {
  return `correct horse ${randomUUID()}`;
}

/** Returns an address that no other person has. */
export function createNewAddress(): string {
  return `p${randomUUID().replaceAll('-', '').slice(0, 20)}@example.com`;
}

/**
 * Creates a person.
 * @param email the address of another person; by default a new one
 */
export function newPerson(email?: string): Person {
  const unique = randomUUID().replaceAll('-', '').slice(0, 20);
  return {
    signUpName: `p${unique}`,
    email: email ?? `p${unique}@example.com`,
    sharesAddress: email !== undefined,
    passwords: [newPassword()],
    verified: false,
    disabled: false,
    asked: false,
    gone: false,
    inHand: 0,
  };
}

export interface PersonNames {
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

/** Returns a random selection of names, at least one. */
export function chooseRandomNames(random: Random): PersonNames {
  const names: PersonNames = {
    ...(random.chance(0.3) && { username: `n${randomUUID().replaceAll('-', '').slice(0, 20)}` }),
    ...(random.chance(0.5) && { firstName: random.pick(FIRST_NAMES) }),
    ...(random.chance(0.5) && { lastName: random.pick(LAST_NAMES) }),
    ...(random.chance(0.3) && { locale: random.pick(LOCALES) }),
  };
  return Object.keys(names).length > 0 ? names : { firstName: random.pick(FIRST_NAMES) };
}
