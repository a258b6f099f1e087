/**
 * What can be asked of an account. Everything from outside (clock, hashes, sealed tokens, who holds the
 * address) comes with the command, so that `decide` is pure.
 */
import type { DataOf, Role, SealedToken } from '@latchkey/events';

/** A fresh link: what the journal keeps of it, and the sealed token that goes to the notifier. */
export interface NewLink {
  readonly hash: string;
  readonly sealed: SealedToken;
}

/** Who holds the claim on the address: the account itself, another one, or nobody. Looked up again on each try. */
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

/** Whether the address has used up its mail budget. */
interface Budgeted {
  /** If a link that was mailed before still works at this instant, nothing happens. */
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

/**
 * Proof that comes with a verification link. The link alone is not enough: a mailbox must not activate a password
 * that somebody else has chosen.
 */
export type Proof =
  | { readonly kind: 'password'; readonly passwordHash: string }
  | { readonly kind: 'holder'; readonly holders: readonly Holder[] }
  /** A new password. It replaces the password of the sign-up and ends everything that was issued before. */
  | { readonly kind: 'new-password'; readonly passwordHash: string };

/** Somebody with the link and a proof confirms the sign-up. */
export interface Verify extends OnAddress {
  readonly type: 'Verify';
  readonly tokenHash: string;
  readonly now: Date;
  readonly proof: Proof;
}

/** "This was not me": the owner of the mailbox rejects the sign-up. */
export interface RejectRegistration {
  readonly type: 'RejectRegistration';
  readonly tokenHash: string;
  readonly now: Date;
}

/** Ends a registration: sent by the sweep, or because another account has verified the address. */
export interface EndRegistration extends OnAddress {
  readonly type: 'EndRegistration';
  readonly reason: 'expired' | 'superseded';
}

export interface RequestPasswordReset extends OnAddress, Budgeted {
  readonly type: 'RequestPasswordReset';
  /** The canonical address that the link is mailed to. If the account has another address by now, nothing happens. */
  readonly address: string;
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

/** Stores a hash of the same password, made with the current key and cost. */
export interface RehashPassword {
  readonly type: 'RehashPassword';
  /** The stored hash that the password was checked against. If the account has another hash by now, nothing happens. */
  readonly checkedHash: string;
  readonly passwordHash: string;
}

export interface RequestEmailChange extends OnAddress {
  readonly type: 'RequestEmailChange';
  /** Canonical. */
  readonly address: string;
  /** As it was typed. */
  readonly email: string;
  /** The hash that the current password was checked against. */
  readonly checkedHash: string;
  /** Hash of the same password for the new address. */
  readonly passwordHash: string;
  readonly link: NewLink;
  readonly now: Date;
}

/** Somebody with the link to the new address, and with proof of owning the account, confirms the change (ADR 35). */
export interface ConfirmEmailChange extends OnAddress {
  readonly type: 'ConfirmEmailChange';
  readonly tokenHash: string;
  readonly now: Date;
  readonly proof: Exclude<Proof, { readonly kind: 'new-password' }>;
  /** The link that undoes the change; mailed to the previous address. */
  readonly undo: NewLink;
}

/** An operator cancels a change that waits for its confirmation. */
export interface CancelEmailChange {
  readonly type: 'CancelEmailChange';
  readonly now: Date;
}

/** The holder of the previous address takes the account back. */
export interface RevertEmailChange {
  readonly type: 'RevertEmailChange';
  readonly tokenHash: string;
  readonly now: Date;
  /** Hash of the new password, salted for the previous address. */
  readonly passwordHash: string;
}

/** An operator takes the account back for the holder of the previous address, who then resets the password. */
export interface UndoEmailChange {
  readonly type: 'UndoEmailChange';
  readonly now: Date;
}

/** Sent by the sweep once the undo link of the last change has expired. */
export interface SettleEmailChange {
  readonly type: 'SettleEmailChange';
  readonly now: Date;
}

export interface ChangeProfile {
  readonly type: 'ChangeProfile';
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

/** The other admins, looked up on each try. */
export interface OtherAdmins {
  /** Whether another account is an admin that is not disabled. */
  readonly exist: boolean;
  /**
   * The claim that the next commit that takes an admin away must take. Of two concurrent commands, one fails to
   * take it and is decided again.
   */
  readonly claim: string;
}

/** Needed if the account is an admin that is not disabled: without it, the command is refused. */
interface AmongAdmins {
  readonly otherAdmins?: OtherAdmins;
}

export interface ChangeRole extends AmongAdmins {
  readonly type: 'ChangeRole';
  readonly role: Role;
  /** The admin's account id, or `ops`. */
  readonly by: string;
}

export interface DisableAccount extends AmongAdmins {
  readonly type: 'DisableAccount';
  readonly by: string;
  readonly reason?: string;
}

export interface EnableAccount {
  readonly type: 'EnableAccount';
  readonly by: string;
  readonly reason?: string;
}

/** The account is disabled at once, and erased at the given instant unless the request is canceled. */
export interface RequestErasure extends AmongAdmins {
  readonly type: 'RequestErasure';
  /** The account's own id, an admin's, or `ops`. */
  readonly by: string;
  /** RFC 3339. */
  readonly eraseAt: string;
  /** Absent if there is no time to undo the request. */
  readonly link?: NewLink;
}

/** Sent with the link of the mail about the request. */
export interface CancelErasure {
  readonly type: 'CancelErasure';
  readonly tokenHash: string;
  readonly now: Date;
}

/** Sent by the sweep. Has an effect only if a request is due or the registration has ended. */
export interface Erase {
  readonly type: 'Erase';
  readonly now: Date;
}

export interface RevokeSessions {
  readonly type: 'RevokeSessions';
  readonly reason: Extract<DataOf<'SessionsRevoked'>['reason'], 'logout-all' | 'refresh-reuse' | 'admin'>;
  /** The account's sequence when the session was created. If the session was revoked since, nothing happens. */
  readonly since?: number;
  /** Ends this session alone; all sessions if omitted. */
  readonly sessionId?: string;
}

/** Tells the owner of a verified account about something suspicious. */
export interface AlertOwner {
  readonly type: 'AlertOwner';
  readonly reason: DataOf<'OwnerAlerted'>['reason'];
  /** Where it came from; only the parts that are known. */
  readonly from?: { readonly browser?: string; readonly system?: string; readonly network?: string };
}

export type Command =
  | AlertOwner
  | CancelEmailChange
  | CancelErasure
  | Erase
  | Register
  | RenewVerification
  | Verify
  | RejectRegistration
  | EndRegistration
  | RequestErasure
  | RequestEmailChange
  | RequestPasswordReset
  | CompleteReset
  | ChangePassword
  | RehashPassword
  | ChangeProfile
  | ConfirmEmailChange
  | ChangeRole
  | DisableAccount
  | EnableAccount
  | RevertEmailChange
  | RevokeSessions
  | SettleEmailChange
  | UndoEmailChange;
