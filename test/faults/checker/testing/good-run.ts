/**
 * A small run that violates no rule. Each test changes it in one place. In this run:
 * - Ada verified her address and changed her password.
 * - Bob requested a second verification link and signed out everywhere.
 * - Eve signed up with Ada's address.
 * - A mailing was sent.
 * - Dan's account was erased.
 * - Fay changed her address, and canceled the erasure of her account.
 * - A record was forged.
 * - At the end, there were logins to the accounts of Dan and Fay.
 *
 * The run was on a cluster. {@link goodStandaloneRun} is the same run on a standalone, and
 * {@link goodMovedRun} on a standalone that was moved to a cluster.
 */
import type { HistoryLine, MailLine } from '../../run-folder.ts';
import { SUBSCRIBER_NAMES } from '../../system/subscribers.ts';
import { FORGED_HEADER } from '../forged-rules.ts';
import { createJournal } from '../journal.ts';
import type { RecordedRun } from '../read-run.ts';
import { computeRequiredMails } from '../required-mails.ts';
import type {
  Commit,
  CommitEvent,
  EventData,
  StoreContents,
  StoredDelivery,
  TopicRecord,
} from '../stored.ts';

export const ADA_ID = '01900000-0000-7000-8000-00000000000a';
export const BOB_ID = '01900000-0000-7000-8000-00000000000b';
export const EVE_ID = '01900000-0000-7000-8000-00000000000e';
export const DAN_ID = '01900000-0000-7000-8000-00000000000d';
export const FAY_ID = '01900000-0000-7000-8000-00000000000f';
export const MAILING_ID = '01900000-0000-7000-8000-0000000000ff';

/** Returns a minute of the run as an RFC 3339 time. */
export function formatMinuteOfRun(minute: number, second = 0): string {
  return new Date(Date.UTC(2026, 0, 1, 0, minute, second)).toISOString();
}

/** A time after the end of the run, as an RFC 3339 time. */
export const TIME_AFTER_RUN = new Date(formatMinuteOfRun(59));

function link(until: number) {
  return { sealed: 'a sealed token', expiresAt: formatMinuteOfRun(until) };
}
function person(name: string) {
  return { email: `${name}@example.com`, username: name };
}
const locale = 'en';

let ids = 0;
function newId(): string {
  ids += 1;
  return `01900000-0000-7000-9000-${String(ids).padStart(12, '0')}`;
}

export function createEvent(type: string, time: string, data: EventData, more?: object): CommitEvent {
  return {
    id: newId(),
    type,
    time,
    version: 1,
    data,
    ...more,
  };
}

export function createCommit(
  stream: string,
  [number, sequence]: readonly [number, number],
  correlationId: string,
  events: readonly CommitEvent[],
  more: Partial<Commit> = {},
): Commit {
  return {
    _id: newId(),
    stream,
    number,
    sequence,
    correlationId,
    events,
    at: events[0]?.time ?? '',
    ...more,
  };
}

function registered(userId: string, time: string, name: string, verification?: ReturnType<typeof link>) {
  return createEvent(
    'UserRegistered',
    time,
    { userId, role: 'user', locale, person: person(name), ...(verification && { verification }) },
    { private: { address: `${name}@example.com`, passwordHash: 'secret' } },
  );
}

/** Maps each erased commit of this run to its original, that is, the commit before the erasure. */
const original = new Map<Commit, Commit>();

function erased(commit: Commit): Commit {
  const { claims: _, registration: __, ...rest } = commit;
  const events = commit.events.map(({ private: ___, data, ...event }) => ({
    ...event,
    data: data.person ? { ...data, person: null } : data,
  }));
  const left = { ...rest, events };
  original.set(left, commit);
  return left;
}

const ERASED_AT = 13;

const dans: readonly Commit[] = [
  createCommit(DAN_ID, [1, 1], 'dan-1', [registered(DAN_ID, formatMinuteOfRun(10), 'dan', link(70))]),
  createCommit(
    DAN_ID,
    [2, 2],
    'dan-2',
    [
      createEvent('AccountVerified', formatMinuteOfRun(11), {
        userId: DAN_ID,
        locale,
        person: person('dan'),
      }),
    ],
    { claims: ['address:dan@example.com'] },
  ),
  createCommit(DAN_ID, [3, 3], 'dan-3', [
    createEvent('AccountErasureRequested', formatMinuteOfRun(12), {
      userId: DAN_ID,
      requestedBy: DAN_ID,
      eraseAt: formatMinuteOfRun(12),
      person: {},
    }),
    createEvent('SessionsRevoked', formatMinuteOfRun(12), { userId: DAN_ID, reason: 'disabled' }),
  ]),
  createCommit(DAN_ID, [4, 5], 'sweep-2', [
    createEvent('AccountErased', formatMinuteOfRun(ERASED_AT), { userId: DAN_ID }),
  ]),
];

const moved = { email: 'fay@elsewhere.example', username: 'fay' };

const fays: readonly Commit[] = [
  createCommit(FAY_ID, [1, 1], 'fay-1', [registered(FAY_ID, formatMinuteOfRun(14), 'fay', link(74))]),
  createCommit(
    FAY_ID,
    [2, 2],
    'fay-2',
    [
      createEvent('AccountVerified', formatMinuteOfRun(15), {
        userId: FAY_ID,
        locale,
        person: person('fay'),
      }),
    ],
    { claims: ['address:fay@example.com'] },
  ),
  createCommit(FAY_ID, [3, 3], 'fay-3', [
    createEvent(
      'EmailChangeRequested',
      formatMinuteOfRun(16),
      {
        userId: FAY_ID,
        locale,
        person: { ...person('fay'), newEmail: moved.email, confirmation: link(76) },
      },
      { private: { address: moved.email } },
    ),
  ]),
  createCommit(
    FAY_ID,
    [4, 4],
    'fay-4',
    [
      createEvent(
        'EmailChanged',
        formatMinuteOfRun(17),
        { userId: FAY_ID, locale, person: { ...moved, previousEmail: 'fay@example.com', undo: link(100) } },
        { private: { address: moved.email } },
      ),
    ],
    { claims: [`address:${moved.email}`, `release:${formatMinuteOfRun(100)}:${FAY_ID}:4`] },
  ),
  createCommit(FAY_ID, [5, 5], 'fay-5', [
    createEvent('AccountErasureRequested', formatMinuteOfRun(18), {
      userId: FAY_ID,
      requestedBy: FAY_ID,
      locale,
      eraseAt: formatMinuteOfRun(100),
      person: { ...moved, undo: link(100) },
    }),
    createEvent('SessionsRevoked', formatMinuteOfRun(18), { userId: FAY_ID, reason: 'disabled' }),
  ]),
  createCommit(FAY_ID, [6, 7], 'fay-6', [
    createEvent('AccountErasureCanceled', formatMinuteOfRun(19), {
      userId: FAY_ID,
      canceledBy: FAY_ID,
      disabled: false,
    }),
  ]),
];

const commits: readonly Commit[] = [
  ...dans.map(erased),
  ...fays,
  createCommit(ADA_ID, [1, 1], 'ada-1', [registered(ADA_ID, formatMinuteOfRun(0), 'ada', link(60))]),
  createCommit(
    ADA_ID,
    [2, 2],
    'ada-2',
    [createEvent('AccountVerified', formatMinuteOfRun(2), { userId: ADA_ID, locale, person: person('ada') })],
    { claims: ['address:ada@example.com'] },
  ),
  createCommit(ADA_ID, [3, 3], 'ada-3', [
    createEvent('PasswordChanged', formatMinuteOfRun(3), {
      userId: ADA_ID,
      how: 'change',
      locale,
      person: person('ada'),
    }),
    createEvent('SessionsRevoked', formatMinuteOfRun(3), { userId: ADA_ID, reason: 'password-changed' }),
  ]),
  createCommit(ADA_ID, [4, 5], 'ada-4', [
    createEvent('ProfileChanged', formatMinuteOfRun(4), { userId: ADA_ID, person: { firstName: 'Augusta' } }),
  ]),
  createCommit(BOB_ID, [1, 1], 'bob-1', [registered(BOB_ID, formatMinuteOfRun(1), 'bob', link(60))], {
    registration: { address: 'bob@example.com' },
  }),
  createCommit(BOB_ID, [2, 2], 'bob-2', [
    createEvent('VerificationRequested', formatMinuteOfRun(5), {
      userId: BOB_ID,
      locale,
      person: person('bob'),
      verification: link(65),
    }),
  ]),
  createCommit(BOB_ID, [3, 3], 'bob-3', [
    createEvent('SessionsRevoked', formatMinuteOfRun(9, 30), { userId: BOB_ID, reason: 'logout-all' }),
  ]),
  createCommit(EVE_ID, [1, 1], 'eve-1', [
    createEvent(
      'UserRegistered',
      formatMinuteOfRun(6),
      { userId: EVE_ID, role: 'user', locale, person: { email: 'ada@example.com', username: 'eve' } },
      { private: { address: 'ada@example.com', passwordHash: 'secret' } },
    ),
  ]),
  createCommit(EVE_ID, [2, 2], 'sweep-1', [
    createEvent('RegistrationEnded', formatMinuteOfRun(30), { userId: EVE_ID, reason: 'expired' }),
    createEvent('SessionsRevoked', formatMinuteOfRun(30), { userId: EVE_ID, reason: 'ended' }),
  ]),
  createCommit(MAILING_ID, [1, 1], 'ada-5', [
    createEvent('MailRequested', formatMinuteOfRun(7), {
      mailingId: MAILING_ID,
      template: 'welcome',
      requestedBy: ADA_ID,
      person: { recipients: ['carol@example.com', 'dave@example.com'] },
    }),
  ]),
];

function recordsOf(commit: Commit, start: number): readonly TopicRecord[] {
  return commit.events.map(({ id, type, time, data }, index) => ({
    topic: type === 'MailRequested' ? 'mailings.events.v1' : 'accounts.events.v1',
    partition: 0,
    offset: start + index,
    key: type === 'MailRequested' ? commit.stream : `${commit.stream}/${commit.sequence + index}`,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: type,
      ce_source: '/latchkey/auth',
      ce_subject: commit.stream,
      ce_time: time,
      ce_dataschema: `urn:latchkey:event:${type}:1`,
      ce_sequence: String(commit.sequence + index).padStart(10, '0'),
      ce_correlationid: commit.correlationId,
      ce_causationid: commit._id,
      ce_hash: 'A'.repeat(43),
      ce_signature: `key.${'A'.repeat(86)}`,
    },
    payload: JSON.stringify(data),
  }));
}

const required = computeRequiredMails(createJournal(commits.map((commit) => original.get(commit) ?? commit)));

/**
 * Returns whether a required mail was canceled. Only Bob's first verification mail was, because his second
 * request superseded it before it was sent.
 */
function isCanceled({ event }: (typeof required)[number]): boolean {
  return event.subject === BOB_ID && event.type === 'UserRegistered';
}

function soonAfter(time: string): Date {
  return new Date(Date.parse(time) + 1000);
}

function deliveryOf(mail: (typeof required)[number]): StoredDelivery {
  return {
    _id: mail.id,
    eventId: mail.event.id,
    subject: mail.event.subject,
    state: isCanceled(mail) ? 'cancelled' : 'sent',
    endedAt: soonAfter(mail.event.time),
    attempts:
      isCanceled(mail) || mail.event.subject === DAN_ID
        ? []
        : [{ at: soonAfter(mail.event.time), ms: 5, result: 'accepted', sender: 'host:1' }],
  };
}

function arrivalOf({ id, to, event, expiresAt }: (typeof required)[number]): MailLine {
  return {
    at: soonAfter(event.time).toISOString(),
    answeredAt: soonAfter(event.time).toISOString(),
    by: 'notifier-1',
    messageId: `<${id}@example.com>`,
    to: [to],
    subject: 'a subject',
    correlationId: event.commit.correlationId,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    said: '250',
  };
}

function profile(id: string, name: string, createdAt: string) {
  return {
    ended: false,
    id,
    email: `${name}@example.com`,
    username: name,
    firstName: null,
    lastName: null,
    role: 'user',
    locale,
    isVerified: false,
    disabled: false,
    createdAt,
    passwordChangedAt: null,
    revokedAt: 0,
  };
}

export function createHistoryLine(id: string, op: string, more: Partial<HistoryLine>): HistoryLine {
  return {
    id,
    op,
    sentAt: formatMinuteOfRun(0),
    answeredAt: formatMinuteOfRun(0, 1),
    request: {},
    status: 200,
    code: null,
    answer: {},
    accountSequence: null,
    accessToken: null,
    by: 'auth-1',
    ...more,
  };
}

/** Returns an access token for use in commands; its signature is invalid, and the checker does not verify it. */
export function createFakeAccessToken(sub: string, sid: string, seq: number): string {
  const claims = { sub, sid, seq, exp: Date.parse(formatMinuteOfRun(120)) / 1000 };
  return ['{}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}

/** Returns the refresh token that a session has after `n` refreshes. */
export function createFakeRefreshToken(sid: string, n: number): string {
  return `${sid} ${n}`;
}

export const ADA_PASSWORDS = {
  first: 'the first password of Ada',
  second: 'the second password of Ada',
} as const;
export const BOB_PASSWORD = 'the password of Bob';

/** Returns the body of a response to a login or a refresh. */
export function createTokenResponse(name: string, sub: string, sid: string, seq: number, n: number) {
  return {
    accessToken: createFakeAccessToken(sub, sid, seq),
    refreshToken: createFakeRefreshToken(sid, n),
    user: { id: sub, email: `${name}@example.com` },
  };
}

/** Returns the time at which a command is sent, and the time of its response one second later. */
export function createCommandTimes(minute: number, second = 0) {
  return { sentAt: formatMinuteOfRun(minute, second), answeredAt: formatMinuteOfRun(minute, second + 1) };
}

export const DAN_PASSWORD = 'the password of Dan';
export const FAY_PASSWORD = 'the password of Fay';

const history: readonly HistoryLine[] = [
  createHistoryLine('dan-1', 'sign-up', {
    ...createCommandTimes(10),
    request: { ...person('dan'), password: DAN_PASSWORD },
    status: 201,
  }),
  createHistoryLine('dan-2', 'verify', {
    ...createCommandTimes(11),
    request: { accountId: DAN_ID },
    accountSequence: `${DAN_ID}:2`,
  }),
  createHistoryLine('dan-login', 'login', {
    ...createCommandTimes(11, 10),
    request: { email: 'dan@example.com', password: DAN_PASSWORD },
    answer: createTokenResponse('dan', DAN_ID, 'dan-s', 2, 0),
  }),
  createHistoryLine('dan-3', 'erase', {
    ...createCommandTimes(12),
    request: { accountId: DAN_ID, password: DAN_PASSWORD },
    status: 202,
    answer: { eraseAt: formatMinuteOfRun(12) },
    accessToken: createFakeAccessToken(DAN_ID, 'dan-s', 2),
    accountSequence: `${DAN_ID}:4`,
  }),
  createHistoryLine('fay-1', 'sign-up', {
    ...createCommandTimes(14),
    request: { ...person('fay'), password: FAY_PASSWORD },
    status: 201,
  }),
  createHistoryLine('fay-2', 'verify', {
    ...createCommandTimes(15),
    request: { accountId: FAY_ID },
    accountSequence: `${FAY_ID}:2`,
  }),
  createHistoryLine('fay-login', 'login', {
    ...createCommandTimes(15, 10),
    request: { email: 'fay@example.com', password: FAY_PASSWORD },
    answer: createTokenResponse('fay', FAY_ID, 'fay-s', 2, 0),
  }),
  createHistoryLine('fay-3', 'change-email', {
    ...createCommandTimes(16),
    request: { accountId: FAY_ID, newEmail: moved.email, password: FAY_PASSWORD },
    status: 202,
    accessToken: createFakeAccessToken(FAY_ID, 'fay-s', 2),
    accountSequence: `${FAY_ID}:3`,
  }),
  createHistoryLine('fay-4', 'confirm-email', {
    ...createCommandTimes(17),
    request: { accountId: FAY_ID, newEmail: moved.email, password: FAY_PASSWORD },
    accountSequence: `${FAY_ID}:4`,
  }),
  createHistoryLine('fay-5', 'erase', {
    ...createCommandTimes(18),
    request: { accountId: FAY_ID, password: FAY_PASSWORD },
    status: 202,
    answer: { eraseAt: formatMinuteOfRun(100) },
    accessToken: createFakeAccessToken(FAY_ID, 'fay-s', 2),
    accountSequence: `${FAY_ID}:6`,
  }),
  createHistoryLine('fay-6', 'keep-account', {
    ...createCommandTimes(19),
    request: { accountId: FAY_ID },
    accountSequence: `${FAY_ID}:7`,
  }),
  createHistoryLine('dan-finally', 'final-login', {
    ...createCommandTimes(55),
    request: { email: 'dan@example.com', password: DAN_PASSWORD },
    status: 401,
    code: 'invalid_credentials',
    answer: null,
  }),
  createHistoryLine('fay-finally', 'final-login', {
    ...createCommandTimes(55),
    request: { email: moved.email, password: FAY_PASSWORD },
    answer: {
      ...createTokenResponse('fay', FAY_ID, 'fay-t', 7, 0),
      user: { id: FAY_ID, email: moved.email },
    },
  }),
  createHistoryLine('ada-1', 'sign-up', {
    request: { ...person('ada'), password: ADA_PASSWORDS.first },
    status: 201,
  }),
  createHistoryLine('ada-2', 'verify', {
    ...createCommandTimes(2),
    request: { accountId: ADA_ID },
    accountSequence: `${ADA_ID}:2`,
  }),
  createHistoryLine('ada-login', 'login', {
    ...createCommandTimes(2, 10),
    request: { email: 'Ada@example.com', password: ADA_PASSWORDS.first },
    answer: createTokenResponse('ada', ADA_ID, 'ada-s', 2, 0),
  }),
  createHistoryLine('ada-3', 'change-password', {
    ...createCommandTimes(3),
    request: { accountId: ADA_ID, currentPassword: ADA_PASSWORDS.first, newPassword: ADA_PASSWORDS.second },
    accessToken: createFakeAccessToken(ADA_ID, 'ada-s', 2),
    accountSequence: `${ADA_ID}:4`,
  }),
  createHistoryLine('ada-refresh', 'refresh', {
    ...createCommandTimes(3, 10),
    request: { refreshToken: createFakeRefreshToken('ada-s', 0) },
    answer: createTokenResponse('ada', ADA_ID, 'ada-s', 4, 1),
  }),
  createHistoryLine('ada-4', 'profile', {
    ...createCommandTimes(4),
    request: { firstName: 'Augusta' },
    accessToken: createFakeAccessToken(ADA_ID, 'ada-s', 4),
    accountSequence: `${ADA_ID}:5`,
  }),
  createHistoryLine('ada-5', 'mailing', {
    ...createCommandTimes(7),
    request: { addresses: ['dave@example.com', 'carol@example.com'] },
    status: 202,
    answer: { mailingId: MAILING_ID },
    accessToken: createFakeAccessToken(ADA_ID, 'ada-s', 4),
  }),
  createHistoryLine('bob-1', 'sign-up', {
    ...createCommandTimes(1),
    request: { ...person('bob'), password: BOB_PASSWORD },
    status: 201,
  }),
  createHistoryLine('bob-typo', 'login', {
    ...createCommandTimes(1, 10),
    request: { email: 'bob@example.com', password: 'a typo' },
    status: 401,
    code: 'invalid_credentials',
    answer: null,
  }),
  createHistoryLine('bob-login', 'login', {
    ...createCommandTimes(1, 20),
    request: { email: 'bob@example.com', password: BOB_PASSWORD },
    answer: createTokenResponse('bob', BOB_ID, 'bob-s', 1, 0),
  }),
  createHistoryLine('bob-2', 'verification-request', {
    ...createCommandTimes(5),
    request: { accountId: BOB_ID },
    status: 202,
    accessToken: createFakeAccessToken(BOB_ID, 'bob-s', 1),
    accountSequence: `${BOB_ID}:2`,
  }),
  createHistoryLine('bob-login-again', 'login', {
    ...createCommandTimes(8),
    request: { email: 'bob@example.com', password: BOB_PASSWORD },
    answer: createTokenResponse('bob', BOB_ID, 'bob-t', 2, 0),
  }),
  createHistoryLine('bob-logout', 'logout', {
    ...createCommandTimes(8, 30),
    request: { refreshToken: createFakeRefreshToken('bob-s', 0) },
    status: 204,
  }),
  createHistoryLine('bob-too-late', 'refresh', {
    ...createCommandTimes(8, 40),
    request: { refreshToken: createFakeRefreshToken('bob-s', 0) },
    status: 401,
    code: 'refresh_token_invalid',
    answer: null,
  }),
  createHistoryLine('bob-3', 'logout-all', {
    ...createCommandTimes(9, 30),
    status: 204,
    accessToken: createFakeAccessToken(BOB_ID, 'bob-t', 2),
    accountSequence: `${BOB_ID}:3`,
  }),
  createHistoryLine('bob-out', 'verification-request', {
    ...createCommandTimes(9, 40),
    request: { accountId: BOB_ID },
    status: 401,
    code: 'unauthenticated',
    answer: null,
    accessToken: createFakeAccessToken(BOB_ID, 'bob-t', 2),
  }),
  createHistoryLine('eve-1', 'sign-up', {
    request: { email: 'ada@example.com', username: 'eve' },
    sentAt: formatMinuteOfRun(6),
    status: null,
    answeredAt: null,
  }),
];

const forged: TopicRecord = {
  topic: 'accounts.events.v1',
  partition: 0,
  offset: 5,
  key: ADA_ID,
  headers: {
    [FORGED_HEADER]: 'the first',
    ce_id: newId(),
    ce_type: 'RoleChanged',
    ce_sequence: '0000000006',
  },
  payload: JSON.stringify({ userId: ADA_ID, role: 'admin' }),
};

/**
 * The offset of the first copy of Dan's events. The erasure has published these copies without his personal
 * data.
 */
export const FIRST_COPY_OFFSET = 900;

export const goodStores: StoreContents = {
  commits,
  records: [
    ...commits.flatMap((commit, index) => recordsOf(original.get(commit) ?? commit, index * 10)),
    forged,
    ...dans.flatMap((commit, index) => recordsOf(erased(commit), FIRST_COPY_OFFSET + index * 10)),
  ],
  deadLetters: ['user', 'notifier'].map((group) => ({
    ...forged,
    topic: `${forged.topic}.dlq.${group}`,
    headers: { ...forged.headers, dlq_cause: 'forged: it is not signed' },
  })),
  lags: [{ group: 'user', topic: 'accounts.events.v1', lag: 0 }],
  profiles: [
    {
      _id: ADA_ID,
      sequence: 5,
      profile: {
        ...profile(ADA_ID, 'ada', formatMinuteOfRun(0)),
        firstName: 'Augusta',
        isVerified: true,
        passwordChangedAt: formatMinuteOfRun(3),
        revokedAt: 4,
        sequence: 5,
        updatedAt: formatMinuteOfRun(4),
      },
      search: { email: 'ada@example.com', username: 'ada' },
    },
    {
      _id: BOB_ID,
      sequence: 3,
      profile: {
        ...profile(BOB_ID, 'bob', formatMinuteOfRun(1)),
        sequence: 3,
        updatedAt: formatMinuteOfRun(9, 30),
        revokedAt: 3,
      },
      search: { email: 'bob@example.com', username: 'bob' },
    },
    { _id: EVE_ID, sequence: 3, profile: { ended: true, id: EVE_ID, sequence: 3 } },
    { _id: DAN_ID, sequence: 5, profile: { ended: true, id: DAN_ID, sequence: 5 } },
    {
      _id: FAY_ID,
      sequence: 7,
      profile: {
        ...profile(FAY_ID, 'fay', formatMinuteOfRun(14)),
        ...moved,
        isVerified: true,
        sequence: 7,
        updatedAt: formatMinuteOfRun(19),
        revokedAt: 6,
      },
      search: moved,
    },
  ],
  rebuiltProfiles: [],
  deliveries: required.map(deliveryOf),
  cutoffs: [
    { _id: ADA_ID, before: { verification: 3, reset: 3, 'email-change': 3 } },
    { _id: BOB_ID, before: { verification: 2 } },
    { _id: EVE_ID, before: { everything: 2 } },
    { _id: DAN_ID, before: { verification: 2, everything: 5 } },
    {
      _id: FAY_ID,
      before: {
        verification: 2,
        reset: 4,
        'email-change': 4,
        'email-undo': 4,
        everything: 5,
        erasure: 7,
      },
    },
  ],
  leases: [{ _id: 'sweep', until: new Date(formatMinuteOfRun(60)) }],
  requests: [],
  erasures: [
    {
      _id: DAN_ID,
      sequence: 5,
      expected: ['auth', 'user', 'notifier'],
      receipts: ['auth', 'user', 'notifier'].map((consumer) => ({
        consumer,
        confirmedAt: formatMinuteOfRun(ERASED_AT, 1),
      })),
      copies: {},
    },
  ],
};

export const goodRun: RecordedRun = {
  run: {
    seed: 1,
    startedAt: formatMinuteOfRun(0),
    endedAt: formatMinuteOfRun(50),
    settings: {},
    senders: { 'host:1': 'notifier-1', 'host:2': 'notifier-2' },
    shown: goodStores.profiles.flatMap(({ profile: its, sequence: version }) => {
      const { ended, sequence: _, revokedAt: __, ...shown } = its ?? {};
      return ended === true ? [] : [{ ...shown, version }];
    }),
    shownAfterSwitches: [],
    generations: [
      { by: 'user-1', active: 2, shown: 2 },
      { by: 'user-1', active: 1, shown: 1 },
    ],
    traces: [],
    searched: 1,
    subscribers: SUBSCRIBER_NAMES,
    minimums: {
      sent: 1,
      acknowledged: { 'sign-up': 2, verify: 1 },
      hits: {},
      hitsOnGroups: {},
      kindsOfFaults: 0,
      duplicates: 0,
      erased: 1,
    },
    servers: { KAFKA_BROKERS: '', MONGO_URL: '' },
  },
  history,
  mails: required.filter((mail) => !isCanceled(mail)).map(arrivalOf),
  faults: [],
  received: SUBSCRIBER_NAMES.flatMap((via) =>
    commits
      .filter(({ stream }) => stream !== MAILING_ID)
      .flatMap(({ stream, sequence, events }) =>
        events.map(({ id, time }, index) => ({
          via,
          at: time,
          account: stream,
          sequence: sequence + index,
          eventId: id,
        })),
      ),
  ),
  removed: [],
  replaced: { records: [], commits: [] },
};

/** The run on a standalone, which has replaced Dan's commits and records in place. */
export const goodStandaloneRun: RecordedRun = {
  ...goodRun,
  run: { ...goodRun.run, servers: { DATA_DIR: '' } },
  replaced: {
    commits: dans.filter(({ events }) => events.some(isPersonal)),
    records: goodStores.records.filter(
      (record) => record.headers['ce_subject'] === DAN_ID && record.payload?.includes('"person":{'),
    ),
  },
};

/** The stores of the run on a standalone. */
export const goodStandaloneStores: StoreContents = {
  ...goodStores,
  records: [...commits.flatMap((commit, index) => recordsOf(commit, index * 10)), forged],
};

/**
 * Like {@link goodStandaloneRun}, but the standalone was moved to a cluster after the erasure. The topics of
 * the cluster therefore never contained the personal data that the erasure removed. The stores of this run
 * are {@link goodStandaloneStores}.
 */
export const goodMovedRun: RecordedRun = { ...goodStandaloneRun, run: goodRun.run };

/**
 * Like {@link goodRun}, but a backup from before Ada's last event was restored, so `subscribe()` has parked
 * her account.
 */
export const goodRestoredRun = {
  ...goodRun,
  run: {
    ...goodRun.run,
    lostChange: { account: ADA_ID, firstName: 'Lost', next: 'Augusta', forked: [ADA_ID] },
  },
  received: goodRun.received.filter(
    ({ via, account, sequence }) => via !== 'subscribe' || account !== ADA_ID || sequence < 5,
  ),
} satisfies RecordedRun;

function isPersonal({ data }: CommitEvent): boolean {
  return data.person !== undefined;
}

/** Returns the id of the n-th delivery of a kind of mail to an account, counted from 0. */
export function computeDeliveryId(subject: string, mail: string, nth = 0): string {
  return required.filter((each) => each.event.subject === subject && each.mail === mail)[nth]?.id ?? '';
}
