/**
 * A small run without violations. Each test breaks it in one place. Ada has verified her address and changed her
 * password. Bob has requested a second link and signed out everywhere. Eve has signed up with Ada's address. There was
 * a mailing. Dan's account was erased. Fay has changed her address, and has canceled the erasure of her account. A
 * record was forged. At the end, there were logins to the accounts of Dan and Fay.
 */
import type { CommandLine, MailLine } from '../../run-folder.ts';
import { FORGED } from '../forged-rules.ts';
import { journalOf } from '../journal.ts';
import { owedMails } from '../owed-mails.ts';
import type { RecordedRun } from '../read-run.ts';
import type { Commit, CommitEvent, EventData, StoredDelivery, Stores, TopicRecord } from '../stored.ts';

export const ADA = '01900000-0000-7000-8000-00000000000a';
export const BOB = '01900000-0000-7000-8000-00000000000b';
export const EVE = '01900000-0000-7000-8000-00000000000e';
export const DAN = '01900000-0000-7000-8000-00000000000d';
export const FAY = '01900000-0000-7000-8000-00000000000f';
export const MAILING = '01900000-0000-7000-8000-0000000000ff';

/** Returns a minute of the run as an RFC 3339 time. */
export function minuteOfRun(minute: number, second = 0): string {
  return new Date(Date.UTC(2026, 0, 1, 0, minute, second)).toISOString();
}

/** A time after the end of the run. */
export const NOW = new Date(minuteOfRun(59));

function link(until: number) {
  return { sealed: 'a sealed token', expiresAt: minuteOfRun(until) };
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

export function eventOf(type: string, time: string, data: EventData, more?: object): CommitEvent {
  return {
    id: newId(),
    type,
    time,
    version: 1,
    data,
    ...more,
  };
}

export function commitOf(
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
  return eventOf(
    'UserRegistered',
    time,
    { userId, role: 'user', locale, person: person(name), ...(verification && { verification }) },
    { private: { address: `${name}@example.com`, passwordHash: 'secret' } },
  );
}

/** Maps each erased commit to the commit as it was before. */
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
  commitOf(DAN, [1, 1], 'dan-1', [registered(DAN, minuteOfRun(10), 'dan', link(70))]),
  commitOf(
    DAN,
    [2, 2],
    'dan-2',
    [eventOf('AccountVerified', minuteOfRun(11), { userId: DAN, locale, person: person('dan') })],
    { claims: ['address:dan@example.com'] },
  ),
  commitOf(DAN, [3, 3], 'dan-3', [
    eventOf('AccountErasureRequested', minuteOfRun(12), {
      userId: DAN,
      requestedBy: DAN,
      eraseAt: minuteOfRun(12),
      person: {},
    }),
    eventOf('SessionsRevoked', minuteOfRun(12), { userId: DAN, reason: 'disabled' }),
  ]),
  commitOf(DAN, [4, 5], 'sweep-2', [eventOf('AccountErased', minuteOfRun(ERASED_AT), { userId: DAN })]),
];

const moved = { email: 'fay@elsewhere.example', username: 'fay' };

const fays: readonly Commit[] = [
  commitOf(FAY, [1, 1], 'fay-1', [registered(FAY, minuteOfRun(14), 'fay', link(74))]),
  commitOf(
    FAY,
    [2, 2],
    'fay-2',
    [eventOf('AccountVerified', minuteOfRun(15), { userId: FAY, locale, person: person('fay') })],
    { claims: ['address:fay@example.com'] },
  ),
  commitOf(FAY, [3, 3], 'fay-3', [
    eventOf(
      'EmailChangeRequested',
      minuteOfRun(16),
      {
        userId: FAY,
        locale,
        person: { ...person('fay'), newEmail: moved.email },
        confirmation: link(76),
      },
      { private: { address: moved.email } },
    ),
  ]),
  commitOf(
    FAY,
    [4, 4],
    'fay-4',
    [
      eventOf(
        'EmailChanged',
        minuteOfRun(17),
        { userId: FAY, locale, person: { ...moved, previousEmail: 'fay@example.com' }, undo: link(100) },
        { private: { address: moved.email } },
      ),
    ],
    { claims: [`address:${moved.email}`, `release:${minuteOfRun(100)}:${FAY}:4`] },
  ),
  commitOf(FAY, [5, 5], 'fay-5', [
    eventOf('AccountErasureRequested', minuteOfRun(18), {
      userId: FAY,
      requestedBy: FAY,
      locale,
      eraseAt: minuteOfRun(100),
      person: { ...moved, undo: link(100) },
    }),
    eventOf('SessionsRevoked', minuteOfRun(18), { userId: FAY, reason: 'disabled' }),
  ]),
  commitOf(FAY, [6, 7], 'fay-6', [
    eventOf('AccountErasureCanceled', minuteOfRun(19), { userId: FAY, canceledBy: FAY, disabled: false }),
  ]),
];

const commits: readonly Commit[] = [
  ...dans.map(erased),
  ...fays,
  commitOf(ADA, [1, 1], 'ada-1', [registered(ADA, minuteOfRun(0), 'ada', link(60))]),
  commitOf(
    ADA,
    [2, 2],
    'ada-2',
    [eventOf('AccountVerified', minuteOfRun(2), { userId: ADA, locale, person: person('ada') })],
    { claims: ['address:ada@example.com'] },
  ),
  commitOf(ADA, [3, 3], 'ada-3', [
    eventOf('PasswordChanged', minuteOfRun(3), { userId: ADA, how: 'change', locale, person: person('ada') }),
    eventOf('SessionsRevoked', minuteOfRun(3), { userId: ADA, reason: 'password-changed' }),
  ]),
  commitOf(ADA, [4, 5], 'ada-4', [
    eventOf('ProfileChanged', minuteOfRun(4), { userId: ADA, person: { firstName: 'Augusta' } }),
  ]),
  commitOf(BOB, [1, 1], 'bob-1', [registered(BOB, minuteOfRun(1), 'bob', link(60))], {
    registration: { address: 'bob@example.com' },
  }),
  commitOf(BOB, [2, 2], 'bob-2', [
    eventOf('VerificationRequested', minuteOfRun(5), {
      userId: BOB,
      locale,
      person: person('bob'),
      verification: link(65),
    }),
  ]),
  commitOf(BOB, [3, 3], 'bob-3', [
    eventOf('SessionsRevoked', minuteOfRun(9, 30), { userId: BOB, reason: 'logout-all' }),
  ]),
  commitOf(EVE, [1, 1], 'eve-1', [
    eventOf(
      'UserRegistered',
      minuteOfRun(6),
      { userId: EVE, role: 'user', locale, person: { email: 'ada@example.com', username: 'eve' } },
      { private: { address: 'ada@example.com', passwordHash: 'secret' } },
    ),
  ]),
  commitOf(EVE, [2, 2], 'sweep-1', [
    eventOf('RegistrationEnded', minuteOfRun(30), { userId: EVE, reason: 'expired' }),
    eventOf('SessionsRevoked', minuteOfRun(30), { userId: EVE, reason: 'ended' }),
  ]),
  commitOf(MAILING, [1, 1], 'ada-5', [
    eventOf('MailRequested', minuteOfRun(7), {
      mailingId: MAILING,
      template: 'welcome',
      requestedBy: ADA,
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

const owed = owedMails(journalOf(commits.map((commit) => original.get(commit) ?? commit)));

/** Returns whether a mail was cancelled: Bob's first link was superseded before it was sent. */
function isCancelled({ event }: (typeof owed)[number]): boolean {
  return event.subject === BOB && event.type === 'UserRegistered';
}

function soonAfter(time: string): Date {
  return new Date(Date.parse(time) + 1000);
}

function deliveryOf(mail: (typeof owed)[number]): StoredDelivery {
  return {
    _id: mail.id,
    eventId: mail.event.id,
    subject: mail.event.subject,
    state: isCancelled(mail) ? 'cancelled' : 'sent',
    endedAt: soonAfter(mail.event.time),
    attempts:
      isCancelled(mail) || mail.event.subject === DAN
        ? []
        : [{ at: soonAfter(mail.event.time), ms: 5, result: 'accepted' }],
  };
}

function arrivalOf({ id, to, event, expiresAt }: (typeof owed)[number]): MailLine {
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

export function aCommand(id: string, op: string, more: Partial<CommandLine>): CommandLine {
  return {
    id,
    op,
    sentAt: minuteOfRun(0),
    answeredAt: minuteOfRun(0, 1),
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
export function accessToken(sub: string, sid: string, seq: number): string {
  const claims = { sub, sid, seq, exp: Date.parse(minuteOfRun(120)) / 1000 };
  return ['{}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}

/** The n-th refresh token of a session. */
export function refreshToken(sid: string, n: number): string {
  return `${sid} ${n}`;
}

export const ADAS = { first: 'the first password of Ada', second: 'the second password of Ada' } as const;
export const BOBS = 'the password of Bob';

/** Returns the body of a response to a login or a refresh. */
export function tokens(name: string, sub: string, sid: string, seq: number, n: number) {
  return {
    accessToken: accessToken(sub, sid, seq),
    refreshToken: refreshToken(sid, n),
    user: { id: sub, email: `${name}@example.com` },
  };
}

/** Returns the times of a command with a response after one second. */
export function times(minute: number, second = 0) {
  return { sentAt: minuteOfRun(minute, second), answeredAt: minuteOfRun(minute, second + 1) };
}

export const DANS = 'the password of Dan';
export const FAYS = 'the password of Fay';

const history: readonly CommandLine[] = [
  aCommand('dan-1', 'sign-up', {
    ...times(10),
    request: { ...person('dan'), password: DANS },
    status: 201,
  }),
  aCommand('dan-2', 'verify', {
    ...times(11),
    request: { accountId: DAN },
    accountSequence: `${DAN}:2`,
  }),
  aCommand('dan-login', 'login', {
    ...times(11, 10),
    request: { email: 'dan@example.com', password: DANS },
    answer: tokens('dan', DAN, 'dan-s', 2, 0),
  }),
  aCommand('dan-3', 'erase', {
    ...times(12),
    request: { accountId: DAN, password: DANS },
    status: 202,
    answer: { eraseAt: minuteOfRun(12) },
    accessToken: accessToken(DAN, 'dan-s', 2),
    accountSequence: `${DAN}:4`,
  }),
  aCommand('fay-1', 'sign-up', {
    ...times(14),
    request: { ...person('fay'), password: FAYS },
    status: 201,
  }),
  aCommand('fay-2', 'verify', {
    ...times(15),
    request: { accountId: FAY },
    accountSequence: `${FAY}:2`,
  }),
  aCommand('fay-login', 'login', {
    ...times(15, 10),
    request: { email: 'fay@example.com', password: FAYS },
    answer: tokens('fay', FAY, 'fay-s', 2, 0),
  }),
  aCommand('fay-3', 'change-email', {
    ...times(16),
    request: { accountId: FAY, newEmail: moved.email, password: FAYS },
    status: 202,
    accessToken: accessToken(FAY, 'fay-s', 2),
    accountSequence: `${FAY}:3`,
  }),
  aCommand('fay-4', 'confirm-email', {
    ...times(17),
    request: { accountId: FAY, newEmail: moved.email, password: FAYS },
    accountSequence: `${FAY}:4`,
  }),
  aCommand('fay-5', 'erase', {
    ...times(18),
    request: { accountId: FAY, password: FAYS },
    status: 202,
    answer: { eraseAt: minuteOfRun(100) },
    accessToken: accessToken(FAY, 'fay-s', 2),
    accountSequence: `${FAY}:6`,
  }),
  aCommand('fay-6', 'keep-account', {
    ...times(19),
    request: { accountId: FAY },
    accountSequence: `${FAY}:7`,
  }),
  aCommand('dan-finally', 'final-login', {
    ...times(55),
    request: { email: 'dan@example.com', password: DANS },
    status: 401,
    code: 'invalid_credentials',
    answer: null,
  }),
  aCommand('fay-finally', 'final-login', {
    ...times(55),
    request: { email: moved.email, password: FAYS },
    answer: { ...tokens('fay', FAY, 'fay-t', 7, 0), user: { id: FAY, email: moved.email } },
  }),
  aCommand('ada-1', 'sign-up', {
    request: { ...person('ada'), password: ADAS.first },
    status: 201,
  }),
  aCommand('ada-2', 'verify', {
    ...times(2),
    request: { accountId: ADA },
    accountSequence: `${ADA}:2`,
  }),
  aCommand('ada-login', 'login', {
    ...times(2, 10),
    request: { email: 'Ada@example.com', password: ADAS.first },
    answer: tokens('ada', ADA, 'ada-s', 2, 0),
  }),
  aCommand('ada-3', 'change-password', {
    ...times(3),
    request: { accountId: ADA, currentPassword: ADAS.first, newPassword: ADAS.second },
    accessToken: accessToken(ADA, 'ada-s', 2),
    accountSequence: `${ADA}:4`,
  }),
  aCommand('ada-refresh', 'refresh', {
    ...times(3, 10),
    request: { refreshToken: refreshToken('ada-s', 0) },
    answer: tokens('ada', ADA, 'ada-s', 4, 1),
  }),
  aCommand('ada-4', 'profile', {
    ...times(4),
    request: { firstName: 'Augusta' },
    accessToken: accessToken(ADA, 'ada-s', 4),
    accountSequence: `${ADA}:5`,
  }),
  aCommand('ada-5', 'mailing', {
    ...times(7),
    request: { addresses: ['dave@example.com', 'carol@example.com'] },
    status: 202,
    answer: { mailingId: MAILING },
    accessToken: accessToken(ADA, 'ada-s', 4),
  }),
  aCommand('bob-1', 'sign-up', {
    ...times(1),
    request: { ...person('bob'), password: BOBS },
    status: 201,
  }),
  aCommand('bob-typo', 'login', {
    ...times(1, 10),
    request: { email: 'bob@example.com', password: 'a typo' },
    status: 401,
    code: 'invalid_credentials',
    answer: null,
  }),
  aCommand('bob-login', 'login', {
    ...times(1, 20),
    request: { email: 'bob@example.com', password: BOBS },
    answer: tokens('bob', BOB, 'bob-s', 1, 0),
  }),
  aCommand('bob-2', 'verification-request', {
    ...times(5),
    request: { accountId: BOB },
    status: 202,
    accessToken: accessToken(BOB, 'bob-s', 1),
    accountSequence: `${BOB}:2`,
  }),
  aCommand('bob-login-again', 'login', {
    ...times(8),
    request: { email: 'bob@example.com', password: BOBS },
    answer: tokens('bob', BOB, 'bob-t', 2, 0),
  }),
  aCommand('bob-logout', 'logout', {
    ...times(8, 30),
    request: { refreshToken: refreshToken('bob-s', 0) },
    status: 204,
  }),
  aCommand('bob-too-late', 'refresh', {
    ...times(8, 40),
    request: { refreshToken: refreshToken('bob-s', 0) },
    status: 401,
    code: 'refresh_token_invalid',
    answer: null,
  }),
  aCommand('bob-3', 'logout-all', {
    ...times(9, 30),
    status: 204,
    accessToken: accessToken(BOB, 'bob-t', 2),
    accountSequence: `${BOB}:3`,
  }),
  aCommand('bob-out', 'verification-request', {
    ...times(9, 40),
    request: { accountId: BOB },
    status: 401,
    code: 'unauthenticated',
    answer: null,
    accessToken: accessToken(BOB, 'bob-t', 2),
  }),
  aCommand('eve-1', 'sign-up', {
    request: { email: 'ada@example.com', username: 'eve' },
    sentAt: minuteOfRun(6),
    status: null,
    answeredAt: null,
  }),
];

const forged: TopicRecord = {
  topic: 'accounts.events.v1',
  partition: 0,
  offset: 5,
  key: ADA,
  headers: { [FORGED]: 'the first', ce_id: newId(), ce_type: 'RoleChanged', ce_sequence: '0000000006' },
  payload: JSON.stringify({ userId: ADA, role: 'admin' }),
};

export const goodStores: Stores = {
  commits,
  records: [
    ...commits.flatMap((commit, index) => recordsOf(original.get(commit) ?? commit, index * 10)),
    forged,
  ],
  deadLetters: ['user', 'notifier'].map((group) => ({
    ...forged,
    topic: `${forged.topic}.dlq.${group}`,
    headers: { ...forged.headers, dlq_cause: 'forged: it is not signed' },
  })),
  lags: [{ group: 'user', topic: 'accounts.events.v1', lag: 0 }],
  profiles: [
    {
      _id: ADA,
      sequence: 5,
      profile: {
        ...profile(ADA, 'ada', minuteOfRun(0)),
        firstName: 'Augusta',
        isVerified: true,
        passwordChangedAt: minuteOfRun(3),
        revokedAt: 4,
        sequence: 5,
        updatedAt: minuteOfRun(4),
      },
      search: { email: 'ada@example.com', username: 'ada' },
    },
    {
      _id: BOB,
      sequence: 3,
      profile: {
        ...profile(BOB, 'bob', minuteOfRun(1)),
        sequence: 3,
        updatedAt: minuteOfRun(9, 30),
        revokedAt: 3,
      },
      search: { email: 'bob@example.com', username: 'bob' },
    },
    { _id: EVE, sequence: 3, profile: { ended: true, id: EVE, sequence: 3 } },
    { _id: DAN, sequence: 5, profile: { ended: true, id: DAN, sequence: 5 } },
    {
      _id: FAY,
      sequence: 7,
      profile: {
        ...profile(FAY, 'fay', minuteOfRun(14)),
        ...moved,
        isVerified: true,
        sequence: 7,
        updatedAt: minuteOfRun(19),
        revokedAt: 6,
      },
      search: moved,
    },
  ],
  rebuiltProfiles: [],
  deliveries: owed.map(deliveryOf),
  cutoffs: [
    { _id: ADA, before: { verification: 3, reset: 3, 'email-change': 3 } },
    { _id: BOB, before: { verification: 2 } },
    { _id: EVE, before: { everything: 2 } },
    { _id: DAN, before: { verification: 2, everything: 5 } },
    {
      _id: FAY,
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
  leases: [{ _id: 'sweep', until: new Date(minuteOfRun(60)) }],
  requests: [],
};

export const goodRun: RecordedRun = {
  run: {
    seed: 1,
    startedAt: minuteOfRun(0),
    endedAt: minuteOfRun(50),
    settings: {},
    shown: goodStores.profiles.flatMap(({ profile: its, sequence: version }) => {
      const { ended, sequence: _, revokedAt: __, ...shown } = its ?? {};
      return ended === true ? [] : [{ ...shown, version }];
    }),
    traces: [],
    minimums: {
      sent: 1,
      acknowledged: { 'sign-up': 2, verify: 1 },
      hits: {},
      kindsOfFaults: 0,
      duplicates: 0,
    },
    servers: { KAFKA_BROKERS: '', MONGO_URL: '' },
  },
  history,
  mails: owed.filter((mail) => !isCancelled(mail)).map(arrivalOf),
  faults: [],
  removed: [],
};

/** Returns the id of the n-th delivery, counted from 0, of a kind of mail to an account. */
export function deliveryIdOf(subject: string, mail: string, nth = 0): string {
  return owed.filter((each) => each.event.subject === subject && each.mail === mail)[nth]?.id ?? '';
}
