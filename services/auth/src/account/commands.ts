/**
 * What can be asked of an account. Everything from outside (clock, hashes, sealed tokens, who holds the
 * address) comes with the command, so that `decide` is pure.
 */
import type { DataOf, Role, SealedToken } from '@latchkey/events';

/** A fresh link: what the journal keeps of it, and what travels to the notifier. */
export interface NewLink {
  readonly hash: string;
  readonly sealed: SealedToken;
}

/** Whoever holds the claim on the address, looked up on each try: the account itself, another, or nobody. */
interface OnAddress {
  readonly owner: string | undefined;
}

export interface Register extends OnAddress {
  readonly type: 'Register';
  readonly userId: string;
  readonly address: string;
  readonly email: string;
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale: string;
  readonly passwordHash: string;
  readonly link: NewLink;
}

/** Over the mail budget of the address. */
interface Budgeted {
  /** Nothing happens if a link that was mailed before works at this instant. */
  readonly unlessUsableAt?: Date;
}

/** A newer verification link for this very account. */
export interface RenewVerification extends OnAddress, Budgeted {
  readonly type: 'RenewVerification';
  readonly link: NewLink;
}

/** A session or a sign-up cookie. */
export interface Holder {
  /** The account that it belongs to. */
  readonly userId: string;
  /** The account's sequence that it was issued at. */
  readonly since: number;
}

/** What comes with a verification link: the mailbox alone must not activate a password that somebody else has chosen. */
export type Proof =
  | { readonly kind: 'password'; readonly passwordHash: string }
  | { readonly kind: 'holder'; readonly holders: readonly Holder[] }
  /** Replaces the password of the sign-up, and ends everything that was issued before. */
  | { readonly kind: 'new-password'; readonly passwordHash: string };

/** Somebody who has the link and a proof confirms the sign-up. */
export interface Verify extends OnAddress {
  readonly type: 'Verify';
  readonly tokenHash: string;
  readonly now: Date;
  readonly proof: Proof;
}

/** "This was not me." */
export interface RejectRegistration {
  readonly type: 'RejectRegistration';
  readonly tokenHash: string;
  readonly now: Date;
}

/** From the sweep, or because another account has proven the address. */
export interface EndRegistration extends OnAddress {
  readonly type: 'EndRegistration';
  readonly reason: 'expired' | 'superseded';
}

export interface RequestPasswordReset extends OnAddress, Budgeted {
  readonly type: 'RequestPasswordReset';
  readonly link: NewLink;
}

export interface CompleteReset extends OnAddress {
  readonly type: 'CompleteReset';
  readonly tokenHash: string;
  readonly now: Date;
  readonly passwordHash: string;
}

export interface ChangePassword {
  readonly type: 'ChangePassword';
  /** The hash that the current password was checked against. */
  readonly checkedHash: string;
  readonly passwordHash: string;
}

export interface ChangeProfile {
  readonly type: 'ChangeProfile';
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

export interface ChangeRole {
  readonly type: 'ChangeRole';
  readonly role: Role;
  /** The admin's account id, or `ops`. */
  readonly by: string;
}

export interface DisableAccount {
  readonly type: 'DisableAccount';
  readonly by: string;
  readonly reason?: string;
}

export interface EnableAccount {
  readonly type: 'EnableAccount';
  readonly by: string;
  readonly reason?: string;
}

export interface RevokeSessions {
  readonly type: 'RevokeSessions';
  readonly reason: Extract<DataOf<'SessionsRevoked'>['reason'], 'logout-all' | 'refresh-reuse' | 'admin'>;
  /** What the session that gave the occasion was decided on: if that is revoked already, nothing happens. */
  readonly since?: number;
  /** Ends this session alone; all sessions if omitted. */
  readonly sessionId?: string;
}

export type Command =
  | Register
  | RenewVerification
  | Verify
  | RejectRegistration
  | EndRegistration
  | RequestPasswordReset
  | CompleteReset
  | ChangePassword
  | ChangeProfile
  | ChangeRole
  | DisableAccount
  | EnableAccount
  | RevokeSessions;
