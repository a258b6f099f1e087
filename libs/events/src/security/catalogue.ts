/**
 * The security events, which record who attempted what, for the operator's monitoring. They are not part of
 * an account's history. They have no sequence, some of them may be missing, and no state may be derived from
 * them. All personal data of an event is in `data.person`, which is `null` once it was erased.
 */
import { z } from 'zod';
import { id, personalDataField } from '../fields.ts';
import { SAMPLE_ADMIN_ID, SAMPLE_SESSION_ID, SAMPLE_USER_ID } from '../sample-values.ts';
import { defineSecurityEvent } from './define-security-event.ts';

const actor = z
  .union([id, z.enum(['unknown', 'ops', 'process'])])
  .describe(
    'Who acted: the id of a signed-in account; `unknown` without one; `ops`, an operator by a command; `process`, auth itself.',
  );

const accountId = id.describe('The account that the event is about.');
const accountIfAny = id
  .optional()
  .describe('The verified account that the event is about; absent if there is none.');

/**
 * The client that sent a request. Depending on the setting AUDIT_IP, the IP address is complete (`ip`),
 * shortened (`ipPrefix`), hashed with a key (`ipHmac`) or absent.
 */
const client = personalDataField({
  ip: z.string().optional(),
  ipPrefix: z.string().optional(),
  ipHmac: z.string().optional(),
  userAgent: z.string(),
});

/** The operation for which a person had to enter the password. */
const during = z
  .enum(['login', 'password-change', 'verification', 'email-change', 'erasure', 'export'])
  .describe('What a password was checked for.');

const CLIENT = { ipPrefix: '192.0.2.0/24', userAgent: 'Mozilla/5.0' } as const;

const LoginSucceeded = defineSecurityEvent({
  type: 'LoginSucceeded',
  description: 'Somebody signed in with the password.',
  data: { actor, accountId, sessionId: id, person: client },
  samples: {
    'with the prefix of the IP': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      person: CLIENT,
    },
    'with the IP': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      person: { ip: '192.0.2.1', userAgent: 'Mozilla/5.0' },
    },
    'with an HMAC of the IP': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      person: { ipHmac: '3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', userAgent: 'Mozilla/5.0' },
    },
    'person erased': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      person: null,
    },
  },
});

const LoginFailed = defineSecurityEvent({
  type: 'LoginFailed',
  description:
    'A password was wrong, or it was right but the account is disabled. Other requests than a login require the password, too; `during` says which request it was.',
  data: {
    actor,
    accountId: accountIfAny,
    reason: z.enum(['password', 'disabled']),
    during,
    person: client,
  },
  samples: {
    'wrong password': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      reason: 'password',
      during: 'login',
      person: CLIENT,
    },
    'address of nobody': { actor: 'unknown', reason: 'password', during: 'login', person: CLIENT },
    'person erased': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      reason: 'disabled',
      during: 'login',
      person: null,
    },
  },
});

const LoginLocked = defineSecurityEvent({
  type: 'LoginLocked',
  description:
    'A password was not even checked, because there were too many failures for the address or from the IP. The event is written at most once a minute for each address and IP.',
  data: { actor, accountId: accountIfAny, limit: z.enum(['address', 'ip']), during, person: client },
  samples: {
    address: {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      limit: 'address',
      during: 'login',
      person: CLIENT,
    },
    ip: { actor: 'unknown', limit: 'ip', during: 'login', person: CLIENT },
    'person erased': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      limit: 'address',
      during: 'login',
      person: null,
    },
  },
});

const RefreshTokenRepeated = defineSecurityEvent({
  type: 'RefreshTokenRepeated',
  description:
    'The previous refresh token of a session was used again and got the current one: its response was lost, two tabs refreshed at the same time, or two clients share the session. The event is written at most once a minute for each session and kind of network.',
  data: {
    actor,
    accountId,
    sessionId: id,
    network: z
      .enum(['same', 'other'])
      .describe('Whether the client is in the network that used the session last.'),
    person: client,
  },
  samples: {
    'another network': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      network: 'other',
      person: CLIENT,
    },
    'person erased': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      network: 'same',
      person: null,
    },
  },
});

const RefreshTokenReused = defineSecurityEvent({
  type: 'RefreshTokenReused',
  description:
    'A refresh token was used again. The session of the token has ended, or every session of the account if a second client was seen.',
  data: { actor, accountId, sessionId: id, ended: z.enum(['session', 'all']), person: client },
  samples: {
    session: {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      ended: 'session',
      person: CLIENT,
    },
    'person erased': {
      actor: 'unknown',
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      ended: 'all',
      person: null,
    },
  },
});

const SessionEnded = defineSecurityEvent({
  type: 'SessionEnded',
  description:
    'A single session was ended: by a sign-out with its refresh token, or from the list of sessions. If all sessions of an account end, that is an account event instead.',
  data: {
    actor,
    accountId,
    sessionId: id,
    by: z
      .enum(['logout', 'list'])
      .describe(
        '`logout`: somebody who had its refresh token. `list`: another session of the account, or itself.',
      ),
    person: client,
  },
  samples: {
    'signed out': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      by: 'logout',
      person: CLIENT,
    },
    'ended from the list': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      by: 'list',
      person: CLIENT,
    },
    'person erased': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      sessionId: SAMPLE_SESSION_ID,
      by: 'list',
      person: null,
    },
  },
});

const AccessDenied = defineSecurityEvent({
  type: 'AccessDenied',
  description:
    'A request was refused by the policy of its route: the account lacks the role or is not verified, or the page may not use the cookie. The event is written at most once a minute for each account, route and reason.',
  data: {
    actor,
    accountId: accountIfAny,
    action: z.string().describe('The method and the route.'),
    reason: z.string().describe('The code of the problem in the response.'),
    person: client,
  },
  samples: {
    'missing role': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      action: 'PUT /api/v1/auth/accounts/:id/role',
      reason: 'insufficient_permission',
      person: CLIENT,
    },
    'person erased': {
      actor: SAMPLE_USER_ID,
      accountId: SAMPLE_USER_ID,
      action: 'PUT /api/v1/auth/accounts/:id/role',
      reason: 'insufficient_permission',
      person: null,
    },
  },
});

const AdminAction = defineSecurityEvent({
  type: 'AdminAction',
  description:
    'An admin used a route for admins, or an operator ran a command on an account. The events of the account with the same correlation id contain the change.',
  data: {
    actor,
    accountId: id.optional().describe('The account that the request or command is about, if any.'),
    action: z.string().describe('The method and the route, or the command.'),
    outcome: z.string().describe('`ok`, or the code of the problem in the response.'),
    person: client.optional(),
  },
  samples: {
    'an admin': {
      actor: SAMPLE_ADMIN_ID,
      accountId: SAMPLE_USER_ID,
      action: 'POST /api/v1/auth/accounts/:id/disable',
      outcome: 'ok',
      person: CLIENT,
    },
    'an operator': { actor: 'ops', accountId: SAMPLE_USER_ID, action: 'ops role', outcome: 'ok' },
    'person erased': {
      actor: SAMPLE_ADMIN_ID,
      accountId: SAMPLE_USER_ID,
      action: 'POST /api/v1/auth/accounts/:id/disable',
      outcome: 'conflict',
      person: null,
    },
  },
});

const DataExported = defineSecurityEvent({
  type: 'DataExported',
  description: 'Everything that is stored about an account was exported: by its owner, or by an operator.',
  data: { actor, accountId, person: client.optional() },
  samples: {
    'the owner': { actor: SAMPLE_USER_ID, accountId: SAMPLE_USER_ID, person: CLIENT },
    'an operator': { actor: 'ops', accountId: SAMPLE_USER_ID },
    'person erased': { actor: SAMPLE_USER_ID, accountId: SAMPLE_USER_ID, person: null },
  },
});

const ProcessStarted = defineSecurityEvent({
  type: 'ProcessStarted',
  description:
    'A process of auth, or a standalone with all services, has started with these settings. For a secret, the event only says that it is set.',
  data: { actor, settings: z.record(z.string(), z.string()) },
  samples: {
    settings: {
      actor: 'process',
      settings: { LATCHKEY_ENV: 'production', LIMITS: 'true', SIGNING_KEYS: '(set)' },
    },
  },
});

/** The contract of each security event type, in the order in which the documentation lists them. */
export const securityCatalogue = {
  LoginSucceeded,
  LoginFailed,
  LoginLocked,
  RefreshTokenRepeated,
  RefreshTokenReused,
  SessionEnded,
  AccessDenied,
  AdminAction,
  DataExported,
  ProcessStarted,
};

/** The name of a security event type, such as `LoginFailed`. */
export type SecurityEventType = keyof typeof securityCatalogue;
/** The data of a security event type, in its current version. */
export type SecurityDataOf<T extends SecurityEventType> = z.infer<(typeof securityCatalogue)[T]['schema']>;

/** Returns whether a string is the name of a security event type. */
export function isSecurityEventType(text: string): text is SecurityEventType {
  return Object.hasOwn(securityCatalogue, text);
}

/** Every security event type, in the order of the catalogue. */
export const securityEventTypes: readonly SecurityEventType[] =
  Object.keys(securityCatalogue).filter(isSecurityEventType);

/** The fields that identify a security event. */
export interface SecurityEnvelope {
  /** The id of the event: a UUIDv7. */
  readonly id: string;
  /** The time of the event: RFC 3339, UTC. */
  readonly time: string;
  /** Id of the request (`X-Request-Id`). */
  readonly correlationId: string;
}

/** A security event of one type: its envelope and its data. */
export type SecurityEventOf<T extends SecurityEventType> = SecurityEnvelope & {
  readonly type: T;
  readonly data: SecurityDataOf<T>;
};
/** A security event of any type. A switch over `type` narrows `data`. */
export type SecurityEvent = { [T in SecurityEventType]: SecurityEventOf<T> }[SecurityEventType];
