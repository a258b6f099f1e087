/** A person who uses the system, and what they know about their own account. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';

export interface Person {
  /**
   * The name given at the sign-up. It never changes, so it identifies the mails of one sign-up among those to an
   * address.
   */
  readonly signUpName: string;
  email: string;
  /** An address that they may have instead: a change was not answered. */
  otherEmail?: string;
  /** The address before the last change, while they can undo that. */
  previousEmail?: string;
  /** Whether another person has signed up with this address, too. */
  sharesAddress: boolean;
  /** Possible passwords, the likeliest first: after a change without a response it may be either. */
  passwords: readonly string[];
  id?: string;
  /** As far as the responses show. */
  verified: boolean;
  disabled: boolean;
  /** Has asked for the erasure of the account, or for another address: at the end it is checked what became of it. */
  asked: boolean;
  /** Does nothing any more: the account is erased, or waits for that. */
  gone: boolean;
  accessToken?: string;
  refreshToken?: string;
  /** The last Account-Sequence that they received. */
  sequence?: string;
  /** How many things they are doing at the moment. */
  inHand: number;
}

const FIRST_NAMES = ['Ada', 'Grace', 'Jürgen', 'Zoë', 'Nguyễn', "Ma'at"] as const;
const LAST_NAMES = ['Lovelace', 'Hopper', 'Müller-Lüdenscheidt', 'O’Neill', 'Trần'] as const;
/** All English, because the sink reads the expiry of links in English. */
const LOCALES = ['en', 'en-GB', 'en-US'] as const;

export function newPassword(): string {
  return `correct horse ${randomUUID()}`;
}

/** Returns the address of a mailbox that nobody has yet. */
export function newAddress(): string {
  return `p${randomUUID().replaceAll('-', '').slice(0, 20)}@example.com`;
}

/** Creates a person. @param email the address of an existing mailbox; by default a new one */
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

export interface Names {
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

/** Returns at least one of the names. */
export function someNames(random: Random): Names {
  const names: Names = {
    ...(random.chance(0.3) && { username: `n${randomUUID().replaceAll('-', '').slice(0, 20)}` }),
    ...(random.chance(0.5) && { firstName: random.pick(FIRST_NAMES) }),
    ...(random.chance(0.5) && { lastName: random.pick(LAST_NAMES) }),
    ...(random.chance(0.3) && { locale: random.pick(LOCALES) }),
  };
  return Object.keys(names).length > 0 ? names : { firstName: random.pick(FIRST_NAMES) };
}
