/**
 * What `decide` decides and the journal keeps: the published data of an event and, beside it, what stays
 * private. `toPublic` in relay/ makes the published form.
 */
import type { DataOf, EventType } from '@latchkey/events';

/** Fields that never leave the journal. Hashes of links are SHA-256(purpose ‖ token), base64url. */
export interface Private {
  UserRegistered: {
    readonly address: string;
    readonly passwordHash: string;
    readonly link?: { readonly hash: string; readonly expiresAt: string };
  };
  VerificationRequested: { readonly link?: { readonly hash: string; readonly expiresAt: string } };
  PasswordResetRequested: { readonly link?: { readonly hash: string; readonly expiresAt: string } };
  PasswordChanged: { readonly passwordHash: string };
}

type PrivateOf<T> = T extends keyof Private ? { readonly private: Private[T] } : { readonly private?: never };

/** One thing that happened, before the append gives it an id, a time and a sequence. */
export type FactOf<T extends EventType> = { readonly type: T; readonly data: DataOf<T> } & PrivateOf<T>;

/** Everything that can stand in the stream of an account. */
export type AccountFact = { [T in Exclude<EventType, 'MailRequested'>]: FactOf<T> }[Exclude<
  EventType,
  'MailRequested'
>];

/** Everything that can stand in the journal. */
export type Fact = AccountFact | FactOf<'MailRequested'>;
