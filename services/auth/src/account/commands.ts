/**
 * The commands on an account. A command contains everything that comes from outside (the time, hashes, sealed
 * tokens, the owner of the address), so that `decide` is pure.
 */
import type { DataOf, Role, SealedToken } from '@latchkey/events';

/**
 * A new link. The journal keeps only its hash. Its token is sealed, so that only the notifier can read it.
 */
export interface LinkToMail {
  readonly hash: string;
  readonly sealed: SealedToken;
}

/**
 * A command whose outcome depends on who owns the address. `owner` is the id of the account that holds the
 * claim on the address, which may be this account or another one; undefined if the address has no owner. The
 * owner is looked up again on each retry.
 */
interface DependsOnAddressOwner {
  readonly owner: string | undefined;
}

/** Signs up an account and mails it a verification link. */
export interface RegisterAccountCommand extends DependsOnAddressOwner {
  readonly type: 'Register';
  readonly userId: string;
  readonly address: string;
  readonly email: string;
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale: string;
  readonly passwordHash: string;
  readonly link: LinkToMail;
}

/** A command that mails a link to an address. The number of mails to each address is limited. */
interface LimitedByMailBudget {
  /**
   * The current time, if the limit on mails to this address is reached; otherwise absent. If it is set, the
   * command sends a link only if the account has no link that is still valid at that time.
   */
  readonly unlessUsableAt?: Date;
}

/** Sends another verification link for this account. */
export interface RenewVerificationCommand extends DependsOnAddressOwner, LimitedByMailBudget {
  readonly type: 'RenewVerification';
  readonly link: LinkToMail;
}

/** A session or a sign-up cookie of the person who sends the command. */
export interface SessionOrSignUpCookie {
  /** The id of the account that the session or cookie belongs to. */
  readonly userId: string;
  /** The sequence of the account's last event when the session or cookie was issued. */
  readonly since: number;
}

/**
 * What a person must prove in addition to having the verification link. If the link alone were enough, the
 * owner of a mailbox could activate a password that somebody else has chosen.
 */
export type SignUpProof =
  | { readonly kind: 'password'; readonly passwordHash: string }
  | { readonly kind: 'holder'; readonly holders: readonly SessionOrSignUpCookie[] }
  /**
   * A new password, which replaces the password of the sign-up and ends all sessions and cookies issued
   * before.
   */
  | { readonly kind: 'new-password'; readonly passwordHash: string };

/**
 * Confirms a sign-up with the link from the verification mail, and a proof that the sender of the command
 * made the sign-up.
 */
export interface VerifyAccountCommand extends DependsOnAddressOwner {
  readonly type: 'Verify';
  readonly tokenHash: string;
  readonly now: Date;
  readonly proof: SignUpProof;
}

/** Rejects a sign-up ("This was not me"). Sent by the owner of the mailbox, with the verification link. */
export interface RejectRegistrationCommand {
  readonly type: 'RejectRegistration';
  readonly tokenHash: string;
  readonly now: Date;
}

/**
 * Ends the registration of an unverified account. Sent by auth's periodic clean-up when the registration has
 * expired, or when another account has verified the address.
 */
export interface EndRegistrationCommand extends DependsOnAddressOwner {
  readonly type: 'EndRegistration';
  readonly reason: 'expired' | 'superseded';
}

/** Mails a link for choosing a new password. */
export interface RequestPasswordResetCommand extends DependsOnAddressOwner, LimitedByMailBudget {
  readonly type: 'RequestPasswordReset';
  /**
   * The canonical address that the link is mailed to. Nothing happens if the account has a different address
   * by now.
   */
  readonly address: string;
  readonly link: LinkToMail;
}

/** Sets a new password, with the link of a password reset mail. */
export interface CompleteResetCommand extends DependsOnAddressOwner {
  readonly type: 'CompleteReset';
  readonly tokenHash: string;
  readonly now: Date;
  readonly passwordHash: string;
}

/** Changes the password. Sent by the signed-in owner, who has entered the current password. */
export interface ChangePasswordCommand {
  readonly type: 'ChangePassword';
  /**
   * The stored hash that the entered password matched. If the account has another hash by now, the command is
   * refused.
   */
  readonly checkedHash: string;
  readonly passwordHash: string;
}

/** Stores a hash of the same password, made with the current key and cost. */
export interface RehashPasswordCommand {
  readonly type: 'RehashPassword';
  /**
   * The stored hash that the password was checked against. If the account has another hash by now, the
   * command does nothing.
   */
  readonly checkedHash: string;
  readonly passwordHash: string;
}

/** Mails a link to a new address. The address changes once the link is confirmed. */
export interface RequestEmailChangeCommand extends DependsOnAddressOwner {
  readonly type: 'RequestEmailChange';
  /** The new address in canonical form, by which addresses are compared. */ readonly address: string;
  /** The new address in the spelling of the request, which is the address to which mails are sent. */
  readonly email: string;
  /**
   * The stored hash that the entered password matched. If the account has another hash by now, the command is
   * refused.
   */
  readonly checkedHash: string;
  /** The hash of the current password, salted with the new address. */
  readonly passwordHash: string;
  readonly link: LinkToMail;
  readonly now: Date;
}

/**
 * Confirms a change of address with the link to the new address, and proof of owning the account (ADR 35).
 */
export interface ConfirmEmailChangeCommand extends DependsOnAddressOwner {
  readonly type: 'ConfirmEmailChange';
  readonly tokenHash: string;
  readonly now: Date;
  readonly proof: Exclude<SignUpProof, { readonly kind: 'new-password' }>;
  /**
   * The link with which the owner of the previous address can undo the change; it is mailed to the previous
   * address.
   */
  readonly undo: LinkToMail;
}

/** Cancels a change of address that was not confirmed yet. Sent by an operator. */
export interface CancelEmailChangeCommand {
  readonly type: 'CancelEmailChange';
  readonly now: Date;
}

/**
 * Undoes a change of address and sets a new password. Sent by the owner of the previous address, with the
 * undo link.
 */
export interface UndoEmailChangeByOwnerCommand {
  readonly type: 'UndoEmailChangeByOwner';
  readonly tokenHash: string;
  readonly now: Date;
  /** The hash of the new password, salted with the previous address. */
  readonly passwordHash: string;
}

/**
 * Undoes a change of address. Sent by an operator. The owner of the previous address must then reset the
 * password.
 */
export interface UndoEmailChangeByOperatorCommand {
  readonly type: 'UndoEmailChangeByOperator';
  readonly now: Date;
}

/** Makes a change of address final. Sent by auth's periodic clean-up once the undo link has expired. */
export interface FinalizeEmailChangeCommand {
  readonly type: 'FinalizeEmailChange';
  readonly now: Date;
}

export interface ChangeProfileCommand {
  readonly type: 'ChangeProfile';
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
}

/**
 * What the rules must know about the other admins. This information is looked up again each time the command
 * is retried.
 */
export interface OtherAdminsCheck {
  /** Whether another active admin exists besides this account. */
  readonly exist: boolean;
  /**
   * The claim (a unique key) that the next commit that removes an admin must take. If two such commands run
   * concurrently, only one of their commits gets the claim. The other command is decided again, on the new
   * state.
   */
  readonly claim: string;
}

/**
 * A command that may remove an admin. If the account is an active admin, the command is refused unless
 * `otherAdmins` is set and another active admin exists.
 */
interface MayRemoveAdmin {
  readonly otherAdmins?: OtherAdminsCheck;
}

export interface ChangeRoleCommand extends MayRemoveAdmin {
  readonly type: 'ChangeRole';
  readonly role: Role;
  /** Who changes the role: the account id of an admin, or `ops` for an operator. */
  readonly by: string;
}

export interface DisableAccountCommand extends MayRemoveAdmin {
  readonly type: 'DisableAccount';
  readonly by: string;
  readonly reason?: string;
}

export interface EnableAccountCommand {
  readonly type: 'EnableAccount';
  readonly by: string;
  readonly reason?: string;
}

/** Disables the account immediately, and erases it at the given instant unless the request is canceled. */
export interface RequestErasureCommand extends MayRemoveAdmin {
  readonly type: 'RequestErasure';
  /**
   * Who requests the erasure: the id of the account itself or of an admin's account, or `ops` for an
   * operator.
   */
  readonly by: string;
  /** The time at which the account is to be erased (RFC 3339). */
  readonly eraseAt: string;
  /**
   * The link that cancels the requested erasure. Absent if the erasure is immediate, because there is then no
   * time to cancel it.
   */
  readonly link?: LinkToMail;
}

/** Cancels the erasure, with the link in the mail about the request. */
export interface CancelErasureCommand {
  readonly type: 'CancelErasure';
  readonly tokenHash: string;
  readonly now: Date;
}

/**
 * Erases the account if its erasure is due, or if its registration has ended without verification. Sent by
 * auth's job that erases accounts.
 */
export interface EraseAccountCommand {
  readonly type: 'Erase';
  readonly now: Date;
}

/** Ends one session or all sessions of an account. */
export interface RevokeSessionsCommand {
  readonly type: 'RevokeSessions';
  readonly reason: Extract<DataOf<'SessionsRevoked'>['reason'], 'logout-all' | 'refresh-reuse' | 'admin'>;
  /**
   * The sequence of the account's last event when the session was created. If all sessions of the account
   * have been revoked since then, the command does nothing.
   */
  readonly since?: number;
  /** The only session to end. Default: all sessions of the account. */
  readonly sessionId?: string;
  /**
   * Whether the owner gets a mail if the reason is `refresh-reuse` and the account is verified. Default:
   * true.
   */
  readonly notifies?: boolean;
}

/** Sends the owner of a verified account a mail about a suspicious event. */
export interface AlertOwnerCommand {
  readonly type: 'AlertOwner';
  readonly reason: DataOf<'OwnerAlerted'>['reason'];
  /** The client that caused the suspicious event, as far as it is known. */
  readonly from?: { readonly browser?: string; readonly system?: string; readonly network?: string };
}

export type AccountCommand =
  | AlertOwnerCommand
  | CancelEmailChangeCommand
  | CancelErasureCommand
  | EraseAccountCommand
  | RegisterAccountCommand
  | RenewVerificationCommand
  | VerifyAccountCommand
  | RejectRegistrationCommand
  | EndRegistrationCommand
  | RequestErasureCommand
  | RequestEmailChangeCommand
  | RequestPasswordResetCommand
  | CompleteResetCommand
  | ChangePasswordCommand
  | RehashPasswordCommand
  | ChangeProfileCommand
  | ConfirmEmailChangeCommand
  | ChangeRoleCommand
  | DisableAccountCommand
  | EnableAccountCommand
  | UndoEmailChangeByOwnerCommand
  | RevokeSessionsCommand
  | FinalizeEmailChangeCommand
  | UndoEmailChangeByOperatorCommand;
