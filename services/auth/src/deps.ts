import type { LivingAccount } from './account/index.ts';
import type { OneAtATimeRunner } from './one-at-a-time.ts';
import type { PasswordRules } from './passwords/rules.ts';
import type { AuditSink } from './ports/audit.ts';
import type { AuditLog } from './ports/audit-log.ts';
import type { ScheduledErasureStore } from './ports/erasures.ts';
import type { IdempotencyKeyStore } from './ports/idempotency-keys.ts';
import type { Journal } from './ports/journal.ts';
import type { KnownSignInSourceStore } from './ports/known-sources.ts';
import type { RateLimits } from './ports/limits.ts';
import type { SentMails } from './ports/mails.ts';
import type { PasswordHasher } from './ports/passwords.ts';
import type { PersonalDataEraser } from './ports/personal-data.ts';
import type { OpenRegistrationStore } from './ports/registrations.ts';
import type { MailRequestQueue } from './ports/requests.ts';
import type { LinkSealer } from './ports/sealer.ts';
import type { SessionStore } from './ports/sessions.ts';
import type {
  AccessTokenIssuer,
  ComputeBodyDigest,
  LinkTokenCodec,
  RefreshTokenIssuer,
  SignUpTokenIssuer,
} from './ports/tokens.ts';
import type { TrustedAddressStore } from './ports/trusted-addresses.ts';
import type { AccountCommandExecutor } from './streams/accounts.ts';
import type { MailingCommandExecutor } from './streams/mailings.ts';

/** The dependencies of auth's use cases. Each use case picks the ones that it needs. */
export interface UseCaseDeps {
  readonly accounts: AccountCommandExecutor;
  readonly mailings: MailingCommandExecutor;
  readonly journal: Journal;
  readonly registrations: OpenRegistrationStore;
  readonly erasures: ScheduledErasureStore;
  readonly personalData: PersonalDataEraser;
  readonly sessions: SessionStore;
  readonly requests: MailRequestQueue;
  readonly idempotencyKeys: IdempotencyKeyStore;
  readonly knownSources: KnownSignInSourceStore;
  readonly limits: RateLimits;
  readonly mails: SentMails;
  readonly trustedAddresses: TrustedAddressStore;
  readonly passwords: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly linkTokens: LinkTokenCodec;
  readonly accessTokens: AccessTokenIssuer;
  readonly refreshTokens: RefreshTokenIssuer;
  readonly signUpTokens: SignUpTokenIssuer;
  readonly bodyDigest: ComputeBodyDigest;
  readonly oneAtATime: OneAtATimeRunner;
  readonly audit: AuditSink;
  readonly auditLog: AuditLog;
  readonly sealer: LinkSealer;
  readonly settings: UseCaseSettings;
  /** Notifies the worker that a request was recorded, so that the worker processes it soon. */
  wakeWorker(): void;
  /** Notifies the job that erases accounts that an erasure is due. */
  wakeEraser(): void;
  now(): Date;
  /** Returns a new UUIDv7. */
  newId(): string;
}

/** The settings of auth that use cases need. */
export interface UseCaseSettings {
  readonly verificationMinutes: number;
  readonly resetMinutes: number;
  /** How long an erasure can be canceled, in days; 0 erases immediately. */
  readonly erasureGraceDays: number;
  readonly refreshDays: number;
  /**
   * How long the previous refresh token is still accepted if the current one has not been used, in minutes.
   */
  readonly refreshReuseMinutes: number;
  /** How long a session may stay unused before it ends, in days. */
  readonly idleDays: number;
  readonly sessionsPerAccount: number;
  /**
   * Whether a sign-up with an already verified address gets a response with the status 409. If false, it gets
   * the same response as any other sign-up.
   */
  readonly revealExisting: boolean;
}

/** The idempotency key and the body of a request that the client may repeat. */
export interface IdempotentRequest {
  /** The value of the request's Idempotency-Key header, chosen by the client. */
  readonly key: string;
  /** The request body in canonical form: equivalent bodies give equal strings. */
  readonly body: string;
}

/** What use cases need to know about the request that they serve. */
export interface UseCaseContext {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly ip: string;
  readonly userAgent: string;
  /** Set if the client may repeat the request: a request with the same key and body has no further effect. */
  readonly idempotency?: IdempotentRequest | undefined;
  /**
   * Returns false once the client has disconnected, so that expensive work is skipped. Default: always true.
   */
  readonly isAwaited?: () => boolean;
}

/** The account and session that an access token was issued for. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly state: LivingAccount;
}
