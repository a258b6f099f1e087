/** The functions that auth provides to `ops` commands. They may run while instances of auth are running. */
import type { Store } from '@latchkey/backend';
import type { Role } from '@latchkey/events';
import { type ExportedMail, writeExportDocument } from '@latchkey/export';
import { parseSecretKeys } from '@latchkey/process';
import {
  createRecordMove,
  formatKeyUses,
  type KeyFingerprintStore,
  type RecordMove,
  type StorePreparation,
  updateKeyUsesAtStartup,
} from '@latchkey/store';
import type { JournalView } from '@latchkey/verify';
import { v7, validate } from 'uuid';
import {
  isLinkUnexpired,
  isLivingAccount,
  requireExistingAccount,
  type VerifiedAccount,
} from './account/index.ts';
import { parseEmail } from './addresses/email.ts';
import { findAddressOwnerId } from './addresses/owners.ts';
import { changeRole } from './administration/manage-accounts.ts';
import { toAuditEntry } from './audit/entry.ts';
import { runBestEffort } from './best-effort.ts';
import { releaseUnneededAddressClaims } from './email-change/release.ts';
import { requestErasureOfAccount } from './erasure/request-erasure.ts';
import { readAccountExportParts } from './export/account-parts.ts';
import { listRequiredKeys } from './keys/configured-keys.ts';
import { countPasswordHashes, type PasswordHashCount } from './keys/key-needs.ts';
import { type EventKeys, parseEventKeys, parseSealingKey } from './keys/keys.ts';
import type { Secrets } from './keys/secrets.ts';
import { createNoSuchAccountError, rethrowRefusalAsOperatorError } from './ops-refusals.ts';
import type { AuditEntry } from './ports/audit-log.ts';
import type { ErasureReceiptStore } from './ports/erasure-receipts.ts';
import type { ScheduledErasureStore } from './ports/erasures.ts';
import type { Journal } from './ports/journal.ts';
import type { MigrationTarget } from './ports/migration.ts';
import type { LinkSealer } from './ports/sealer.ts';
import { removeRevokedSessions } from './sessions/remove-revoked.ts';
import { openAuthStores } from './storage/index.ts';
import { createAccountCommandExecutor } from './streams/accounts.ts';
import { addMissingChainEntries } from './streams/chain-stream.ts';
import { createJournalView } from './streams/journal-view.ts';
import { createLinkTokenCodec } from './tokens/link-tokens.ts';
import { createLinkSealer } from './tokens/sealer.ts';

export { type EmailAddress, parseEmail } from './addresses/email.ts';
export { createSecurityEventIpMatcher } from './audit/client.ts';
export { auditSettingsSchema } from './audit/settings.ts';
export { createRecordRedactor } from './erasure/erase-person-from-record.ts';
export { computeOriginalEventsRemovalDeadline } from './erasure/removal.ts';
export { erasureSettingsSchema } from './erasure/settings.ts';
export type { EventKeys } from './keys/keys.ts';
export { importBreachedPasswords } from './passwords/breached.ts';
export { type ErasureRecord, findUnconfirmedConsumers } from './ports/erasure-receipts.ts';

/** Returns whether a text has the form of an account id. */
export function isAccountId(text: string): boolean {
  return validate(text);
}

/**
 * The functions of `ops keys` on auth's store: listing and forgetting the recorded keys, and counting the
 * stored data that still needs each key.
 */
export interface KeyOps extends Pick<KeyFingerprintStore, 'list' | 'forget'> {
  /** Counts the stored password hashes by key and cost. Reads the whole journal. @throws UnreadableCommit */
  countHashes(now: Date): Promise<readonly PasswordHashCount[]>;
  /**
   * Counts the sessions by the id of the key that signed their refresh token; undefined for a key without an
   * id.
   */
  countSessions(now: Date): Promise<ReadonlyMap<string | undefined, number>>;
}

/** The address of an account, and its changes of address that can still be confirmed or undone. */
export interface PendingEmailChange {
  readonly userId: string;
  /** The current email address of the account. */
  readonly email: string;
  /** The requested address, and the time until which its link can confirm it (RFC 3339). */
  readonly requested?: { readonly email: string; readonly until: string };
  /** The previous address, and the time until which its link can restore it (RFC 3339). */
  readonly previous?: { readonly email: string; readonly until: string };
}

/**
 * The functions that auth provides to `ops` commands. Every method may reject with StoreUnavailable. Methods
 * that change an account only append events; a running auth publishes them.
 */
export interface AuthOps extends StorePreparation {
  readonly journal: JournalView;
  readonly keys: KeyOps;
  /**
   * The records of erased accounts with their receipts, and the list of erasures that are due but not
   * finished.
   */
  readonly erasures: Pick<ErasureReceiptStore, 'find' | 'list' | 'noteCopies'> &
    Pick<ScheduledErasureStore, 'due'>;
  /**
   * Adds hash-chain entries to those events of a stream that have none, because release 0.1 appended them.
   * @param id the id of an account or a mailing
   * @throws UnreadableCommit if the events of the stream cannot be read
   */
  chain(id: string): Promise<void>;
  /**
   * Changes the role of the verified account with the given email address.
   * @returns the previous role
   * @throws Error with a one-line message if the address is invalid, if no verified account has the address,
   * or if the account is the last admin
   */
  changeRole(email: string, role: Role): Promise<Role>;
  /**
   * Requests the erasure of an account, to be carried out after `graceDays`.
   * @param account its id, or the address of a verified account
   * @param sealingKey SEALING_PUBLIC_KEY, which seals the link that cancels the request; not needed if
   * `graceDays` is 0
   * @returns the time at which the account will be erased, RFC 3339
   * @throws Error with a one-line message if there is no such account, the key is missing or invalid, or the
   * account is the last admin
   */
  requestErasure(
    account: string,
    options: { readonly graceDays: number; readonly sealingKey?: string | undefined },
  ): Promise<string>;
  /**
   * Returns the current address of an account, and its changes of address that can still be confirmed or
   * undone.
   * @throws Error with a one-line message if there is no such account
   */
  emailChange(account: string): Promise<PendingEmailChange>;
  /**
   * Cancels a requested change of address, so that its link no longer works.
   * @throws Error with a one-line message if there is no such account, or no change that can still be
   * confirmed
   */
  cancelEmailChange(account: string): Promise<void>;
  /**
   * Restores the previous address of an account, ends all sessions and cancels a pending erasure. The
   * password no longer works, so the owner must request a new one at the restored address.
   * @returns the restored address
   * @throws Error with a one-line message if there is no such account, or no change that can be undone
   */
  undoEmailChange(account: string): Promise<string>;
  /**
   * Exports an account, and records the export as a security event.
   * @param account its id, or the address of a verified account
   * @param mailsOf returns the mails of an account, which only the notifier stores
   * @returns the document as a stream. The stores are read while the caller consumes the stream, which then
   * throws the errors of the stores
   * @throws Error with a one-line message if there is no such account, or it was erased
   */
  exportAccount(
    account: string,
    mailsOf: (id: string) => AsyncIterable<ExportedMail>,
  ): Promise<AsyncIterable<string>>;
  /**
   * Returns the sequence of the last event of an account; 0 if it has no events.
   * @throws UnreadableCommit if its events cannot be read
   */
  lastSequence(userId: string): Promise<number>;
}

/** Opens auth's data in a store for `ops` commands. @throws DataFolderError */
export function openAuthOps(store: Store): AuthOps {
  const stores = openAuthStores(store);
  const { auditLog, journal, sessions, requirements, check } = stores;
  const accounts = createAccountCommandExecutor({
    ...stores,
    // Ops commands have no relay to notify. A running auth service regularly searches the outbox, finds the
    // appended events there and publishes them.
    nudge: () => undefined,
    now: () => new Date(),
    newId: () => v7(),
  });

  return {
    requirements,
    check,
    journal: createJournalView(stores.storedCommits),
    erasures: { ...stores.erasureReceipts, due: stores.erasures.due },
    async chain(id) {
      await addMissingChainEntries(journal, id);
    },
    keys: {
      ...stores.keyFingerprints,
      countHashes: (now) => countPasswordHashes(stores.storedCommits, now),
      countSessions: (now) => sessions.countByKey(now),
    },
    async changeRole(email, role) {
      const userId = await ownerNamed(journal, email);
      const before = await accounts.load(userId);
      const origin = { correlationId: `ops-${v7()}` };
      const target = { userId, by: 'ops', role };
      await changeRole({ accounts, journal, sessions }, target, origin).catch(
        rethrowRefusalAsOperatorError(email),
      );
      await runBestEffort(() => auditLog.add([actionOn(userId, 'ops role', origin)]));
      return requireExistingAccount(before).role;
    },
    async requestErasure(account, { graceDays, sealingKey }) {
      const userId = await idOf(journal, account);
      const origin = { correlationId: `ops-${v7()}` };
      const deps = {
        ...{ accounts, journal, sessions },
        linkTokens: createLinkTokenCodec(),
        sealer: sealerOf(sealingKey),
        settings: { erasureGraceDays: graceDays },
        now: () => new Date(),
        // Ops commands have no erasure job to wake. The job of a running auth service polls for erasures that
        // are due.
        wakeEraser: () => undefined,
      };
      const requested = await requestErasureOfAccount(deps, { userId, by: 'ops' }, origin).catch(
        rethrowRefusalAsOperatorError(account),
      );
      await runBestEffort(() => auditLog.add([actionOn(userId, 'ops erase', origin)]));
      return requested.eraseAt;
    },
    async emailChange(account) {
      const userId = await idOf(journal, account);
      const state = await accounts.load(userId);
      if (!isLivingAccount(state)) throw createNoSuchAccountError(account);
      const { emailChange, previous } = state.status === 'verified' ? state : {};
      const now = new Date();
      return {
        userId,
        email: state.email,
        ...(isOpen(emailChange, now) && { requested: openLinkOf(emailChange) }),
        ...(isOpen(previous, now) && { previous: openLinkOf(previous) }),
      };
    },
    async cancelEmailChange(account) {
      const userId = await idOf(journal, account);
      const origin = { correlationId: `ops-${v7()}` };
      const { refusal } = await accounts
        .execute(userId, origin, () => ({ type: 'CancelEmailChange', now: new Date() }))
        .catch(rethrowRefusalAsOperatorError(account));
      if (refusal === 'conflict') throw new Error(`${account} has no requested change of address`);
      if (refusal !== undefined) throw createNoSuchAccountError(account);
      await runBestEffort(() => auditLog.add([actionOn(userId, 'ops accounts email --cancel', origin)]));
    },
    async undoEmailChange(account) {
      const userId = await idOf(journal, account);
      const origin = { correlationId: `ops-${v7()}` };
      const { state, refusal } = await accounts
        .execute(userId, origin, () => ({ type: 'UndoEmailChangeByOperator', now: new Date() }))
        .catch(rethrowRefusalAsOperatorError(account));
      if (refusal === 'conflict') throw new Error(`${account} has no change of address that can be undone`);
      if (refusal !== undefined || !isLivingAccount(state)) throw createNoSuchAccountError(account);
      await removeRevokedSessions({ sessions }, state);
      await runBestEffort(() => releaseUnneededAddressClaims({ journal }, userId));
      await runBestEffort(() => auditLog.add([actionOn(userId, 'ops accounts email --undo', origin)]));
      return state.email;
    },
    async exportAccount(account, mailsOf) {
      const userId = await idOf(journal, account);
      const state = await accounts.load(userId);
      if (state.status === 'none') throw new Error(`there is no account ${account}`);
      if (state.status === 'ended' && state.erased)
        throw new Error(`${account} was erased: nothing is left to export`);
      await auditLog.add([exportOf(userId)]);
      const parts = readAccountExportParts({ auditLog, journal, sessions, now: () => new Date() }, state);
      return writeExportDocument({ ...parts, mails: mailsOf(userId) });
    },
    async lastSequence(userId) {
      const state = await accounts.load(userId);
      return state.status === 'none' ? 0 : state.sequence;
    },
  };
}

/**
 * Returns the id of the account that owns an email address.
 * @throws Error with a one-line message if the address is invalid or no verified account has it
 */
async function ownerNamed(journal: Journal, email: string): Promise<string> {
  const address = parseEmail(email);
  if (address === undefined) throw new Error(`${email} is not an email address`);
  const userId = await findAddressOwnerId({ journal }, address.canonical);
  if (userId === undefined) throw new Error(`no verified account has the address ${email}`);
  return userId;
}

/**
 * Returns the id of an account.
 * @param account its id, or the address of a verified account
 * @throws Error with a one-line message if there is no such account
 */
async function idOf(journal: Journal, account: string): Promise<string> {
  return isAccountId(account) ? account : await ownerNamed(journal, account);
}

type LinkedAddress = NonNullable<VerifiedAccount['previous']>;

function isOpen(linked: LinkedAddress | undefined, now: Date): linked is LinkedAddress {
  return linked !== undefined && isLinkUnexpired(linked.link, now);
}

function openLinkOf({ email, link }: LinkedAddress) {
  return { email, until: link.expiresAt };
}

/**
 * Creates a sealer that encrypts links to the given key. The key is checked only when a link is sealed.
 * @param key SEALING_PUBLIC_KEY
 * @throws Error from `seal`, with a one-line message if the key is missing or invalid
 */
function sealerOf(key: string | undefined): LinkSealer {
  return {
    async seal(content) {
      if (key === undefined)
        throw new Error('SEALING_PUBLIC_KEY: required for the link that undoes the erasure; or use --now');
      return await createLinkSealer(readKey('SEALING_PUBLIC_KEY', parseSealingKey, key)).seal(content);
    },
  };
}

function actionOn(accountId: string, action: string, origin: { readonly correlationId: string }): AuditEntry {
  return toAuditEntry({
    id: v7(),
    time: new Date().toISOString(),
    ...origin,
    type: 'AdminAction',
    data: { actor: 'ops', accountId, action, outcome: 'ok' },
  });
}

function exportOf(accountId: string): AuditEntry {
  return toAuditEntry({
    id: v7(),
    time: new Date().toISOString(),
    correlationId: `ops-${v7()}`,
    type: 'DataExported',
    data: { actor: 'ops', accountId },
  });
}

/** Reads EVENT_SIGNING_KEYS. @throws Error with a one-line message if the text contains no usable keys */
export function parseEventKeySetting(text: string): EventKeys {
  return readKey('EVENT_SIGNING_KEYS', parseEventKeys, text);
}

/** Parses the key in a setting. @throws Error with a one-line message that names the setting */
function readKey<T>(setting: keyof Secrets, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${setting}: ${inWords(error)}`);
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : 'cannot be read';
}

/** A move of auth's records to another store. */
export interface AuthDataMove extends Pick<MigrationTarget, 'end'> {
  /**
   * Begins the move. Auth refuses to start on the target until `end` is called.
   * @returns 'ended' if the same move was already completed
   * @throws Error with a one-line message if the accounts were created with different keys, or the target
   * contains other accounts
   */
  begin(): Promise<'begun' | 'ended'>;
  /**
   * The kinds of auth's records, in the order in which they must be moved. Commits must be moved last: a
   * moved commit is in the outbox of the target store, so it may be published at any time after that.
   */
  readonly kinds: readonly RecordMove[];
}

type StoredDataSecrets = Pick<Secrets, 'PASSWORD_SALT_KEY' | 'REFRESH_KEY'>;

/**
 * Prepares a move of auth's records from the store `from` to the store `to`. Auth must not run on either
 * store during the move.
 * @param keys the keys with which auth has used the store `from`
 * @throws Error with a one-line message if `ops move` does not support this combination of stores;
 * DataFolderError
 */
export function prepareAuthDataMove(from: Store, to: Store, keys: StoredDataSecrets): AuthDataMove {
  const [{ source }, { target }] = [openAuthStores(from), openAuthStores(to)];
  if (source === undefined || target === undefined)
    throw new Error(`STORE: records cannot be moved from ${from.kind} to ${to.kind}`);

  return {
    async begin() {
      const stored = await source.fingerprints();
      const given = listRequiredKeys({
        PASSWORD_SALT_KEY: parseSecretKeys(keys.PASSWORD_SALT_KEY),
        REFRESH_KEY: parseSecretKeys(keys.REFRESH_KEY),
      });
      const differing = Object.entries(given)
        .filter(([name, has]) => updateKeyUsesAtStartup(stored[name], has, new Date()) === undefined)
        .map(([name]) => name);
      if (differing.length > 0)
        throw new Error(
          `${differing.join(', ')}: differs from the value that the accounts of the data folder were created with`,
        );
      const own = Object.entries(given).map(
        ([name, { keys: has }]) => [name, formatKeyUses(has.map((key) => ({ key })))] as const,
      );
      return target.begin({ ...Object.fromEntries(own), ...stored });
    },
    end: target.end,
    kinds: [
      createRecordMove({ name: 'requests', lasting: false }, source.requests, target.requests),
      createRecordMove({ name: 'sessions', lasting: false }, source.sessions, target.sessions),
      createRecordMove({ name: 'erasures', lasting: true }, source.erasures, target.erasures),
      createRecordMove({ name: 'commits', lasting: true }, source.commits, target.commits),
    ],
  };
}
