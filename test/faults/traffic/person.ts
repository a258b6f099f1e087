/** Somebody who uses the system, and what they know of their own account. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';

export interface Person {
  /** As it was given at the sign-up, and stays: it tells mails to one address apart. */
  readonly signUpName: string;
  readonly email: string;
  /** Whether somebody else has signed up, too, with this address. */
  sharesAddress: boolean;
  /** The likeliest first: after a change that was never answered it may be either. */
  passwords: readonly string[];
  id?: string;
  /** Of what is known to have happened. */
  verified: boolean;
  disabled: boolean;
  accessToken?: string;
  refreshToken?: string;
  /** The last Account-Sequence that they were told. */
  sequence?: string;
  /** How many things they do at the moment. */
  inHand: number;
}

const FIRST_NAMES = ['Ada', 'Grace', 'Jürgen', 'Zoë', 'Nguyễn', "Ma'at"] as const;
const LAST_NAMES = ['Lovelace', 'Hopper', 'Müller-Lüdenscheidt', 'O’Neill', 'Trần'] as const;
/** English, all of them: the sink reads the expiry of links in that. */
const LOCALES = ['en', 'en-GB', 'en-US'] as const;

export function newPassword(): string {
  return `correct horse ${randomUUID()}`;
}

/** @param email of a mailbox that somebody has already; a new one where there is none */
export function newPerson(email?: string): Person {
  const unique = randomUUID().replaceAll('-', '').slice(0, 20);
  return {
    signUpName: `p${unique}`,
    email: email ?? `p${unique}@example.com`,
    sharesAddress: email !== undefined,
    passwords: [newPassword()],
    verified: false,
    disabled: false,
    inHand: 0,
  };
}

export interface Names {
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

/** At least one of them. */
export function someNames(random: Random): Names {
  const names: Names = {
    ...(random.chance(0.3) && { username: `n${randomUUID().replaceAll('-', '').slice(0, 20)}` }),
    ...(random.chance(0.5) && { firstName: random.pick(FIRST_NAMES) }),
    ...(random.chance(0.5) && { lastName: random.pick(LAST_NAMES) }),
    ...(random.chance(0.3) && { locale: random.pick(LOCALES) }),
  };
  return Object.keys(names).length > 0 ? names : { firstName: random.pick(FIRST_NAMES) };
}
