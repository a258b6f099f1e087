import type { AccountState } from '../account/index.ts';
import type { Journal } from '../ports/journal.ts';
import type { Limits } from '../ports/limits.ts';
import type { Passwords } from '../ports/passwords.ts';
import type { Registrations } from '../ports/registrations.ts';
import type { Requests } from '../ports/requests.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { AccessTokens, LinkTokens, RefreshTokens } from '../ports/tokens.ts';
import type { TrustedAddresses } from '../ports/trusted-addresses.ts';
import type { Accounts } from './accounts.ts';

/** What the use cases work with; each takes what it needs of it. */
export interface Deps {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly registrations: Registrations;
  readonly sessions: Sessions;
  readonly requests: Requests;
  readonly limits: Limits;
  readonly trustedAddresses: TrustedAddresses;
  readonly passwords: Passwords;
  readonly linkTokens: LinkTokens;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly sealer: Sealer;
  readonly settings: Settings;
  /** The worker has something to do. */
  wakeWorker(): void;
  now(): Date;
  /** A UUIDv7. */
  newId(): string;
}

export interface Settings {
  readonly verificationMinutes: number;
  readonly resetMinutes: number;
  readonly refreshDays: number;
  /** Answer a sign-up for a verified address with 409 instead of as if it were new. */
  readonly revealExisting: boolean;
}

/** What is known of the request behind a command. */
export interface Context {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly ip: string;
  readonly userAgent: string;
  /** The client's, for requests that may be repeated after a lost answer. */
  readonly idempotencyKey?: string | undefined;
  /** Whether anybody waits for the answer: what takes a processor is begun only then. Where it is not said, somebody does. */
  readonly isAwaited?: () => boolean;
}

/** Who calls, as the guard found it. */
export interface Signed {
  readonly userId: string;
  readonly sessionId: string;
  readonly state: AccountState;
}
