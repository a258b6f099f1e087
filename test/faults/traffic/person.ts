/** A simulated person who uses the system, and what this person knows about their own account. */
import { randomUUID } from 'node:crypto';
import type { RandomGenerator } from '../random.ts';

export interface Person {
  /**
   * The username that the person signed up with; a later change of the username does not change this field.
   * If several people sign up with one address, it shows to whom a mail belongs.
   */
  readonly signUpName: string;
  email: string;
  /**
   * The address that the account may have instead of `email`, if the outcome of an address change is unknown.
   */
  otherEmail?: string;
  /** The address before the last change, while that change can be undone. */
  previousEmail?: string;
  /** Whether a second person has signed up with the same address. */
  sharesAddress: boolean;
  /**
   * The passwords that the account may have, the likeliest first. If the outcome of a password change is
   * unknown, there are several.
   */
  passwords: readonly string[];
  id?: string;
  /** Whether a response has shown that the address is verified. */
  verified: boolean;
  disabled: boolean;
  /**
   * Whether the person has requested an erasure or a change of the address. If so, the run checks the final
   * state of the account.
   */
  asked: boolean;
  /** Whether the person takes no further actions, because the account is erased or about to be erased. */
  gone: boolean;
  accessToken?: string;
  refreshToken?: string;
  /** The last value of the header Account-Sequence that the person received. */
  sequence?: string;
  /** The number of actions of this person that are in progress. */
  inHand: number;
}

const FIRST_NAMES = ['Ada', 'Grace', 'Jürgen', 'Zoë', 'Nguyễn', "Ma'at"] as const;
const LAST_NAMES = ['Lovelace', 'Hopper', 'Müller-Lüdenscheidt', 'O’Neill', 'Trần'] as const;
/**
 * The locales that people choose. They are English, because the mail server of a run can read the time at
 * which a link expires only from English mails.
 */
const LOCALES = ['en', 'en-GB', 'en-US'] as const;

export function generateRandomPassword(): string {
  return `correct horse ${randomUUID()}`;
}

/** Returns an address that no other person has. */
export function createUniqueAddress(): string {
  return `p${randomUUID().replaceAll('-', '').slice(0, 20)}@example.com`;
}

/**
 * Creates a person with random names and a random locale.
 * @param email the address of another person; by default a new one
 */
export function createSimulatedPerson(email?: string): Person {
  const unique = randomUUID().replaceAll('-', '').slice(0, 20);
  return {
    signUpName: `p${unique}`,
    email: email ?? `p${unique}@example.com`,
    sharesAddress: email !== undefined,
    passwords: [generateRandomPassword()],
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

/** Returns a random selection of a person's names (first name, last name, username), at least one. */
export function chooseRandomNames(random: RandomGenerator): PersonNames {
  const names: PersonNames = {
    ...(random.chance(0.3) && { username: `n${randomUUID().replaceAll('-', '').slice(0, 20)}` }),
    ...(random.chance(0.5) && { firstName: random.pick(FIRST_NAMES) }),
    ...(random.chance(0.5) && { lastName: random.pick(LAST_NAMES) }),
    ...(random.chance(0.3) && { locale: random.pick(LOCALES) }),
  };
  return Object.keys(names).length > 0 ? names : { firstName: random.pick(FIRST_NAMES) };
}
