/**
 * A small run without any fault, which tests break in one place. Ada has verified her address and changed her
 * password, Bob has requested a second link, Eve has signed up with Ada's address, and there was a mailing.
 */
import type { CommandLine, MailLine } from '../../run-folder.ts';
import { journalOf } from '../journal.ts';
import { owedMails } from '../owed-mails.ts';
import type { RecordedRun } from '../read-run.ts';
import type { Commit, CommitEvent, EventData, StoredDelivery, Stores, TopicRecord } from '../stored.ts';

export const ADA = '01900000-0000-7000-8000-00000000000a';
export const BOB = '01900000-0000-7000-8000-00000000000b';
export const EVE = '01900000-0000-7000-8000-00000000000e';
export const MAILING = '01900000-0000-7000-8000-0000000000ff';

/** Returns a minute of the day as an instant. */
export function at(minute: number, second = 0): string {
  return new Date(Date.UTC(2026, 0, 1, 0, minute, second)).toISOString();
}

/** After everything is over. */
export const NOW = new Date(at(59));

function link(until: number) {
  return { sealed: 'a sealed token', expiresAt: at(until) };
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

const commits: readonly Commit[] = [
  commitOf(ADA, [1, 1], 'ada-1', [registered(ADA, at(0), 'ada', link(60))]),
  commitOf(
    ADA,
    [2, 2],
    'ada-2',
    [eventOf('AccountVerified', at(2), { userId: ADA, locale, person: person('ada') })],
    { claims: ['address:ada@example.com'] },
  ),
  commitOf(ADA, [3, 3], 'ada-3', [
    eventOf('PasswordChanged', at(3), { userId: ADA, how: 'change', locale, person: person('ada') }),
    eventOf('SessionsRevoked', at(3), { userId: ADA, reason: 'password-changed' }),
  ]),
  commitOf(ADA, [4, 5], 'ada-4', [
    eventOf('ProfileChanged', at(4), { userId: ADA, person: { firstName: 'Augusta' } }),
  ]),
  commitOf(BOB, [1, 1], 'bob-1', [registered(BOB, at(1), 'bob', link(60))], {
    registration: { address: 'bob@example.com' },
  }),
  commitOf(BOB, [2, 2], 'bob-2', [
    eventOf('VerificationRequested', at(5), {
      userId: BOB,
      locale,
      person: person('bob'),
      verification: link(65),
    }),
  ]),
  commitOf(EVE, [1, 1], 'eve-1', [
    eventOf(
      'UserRegistered',
      at(6),
      { userId: EVE, role: 'user', locale, person: { email: 'ada@example.com', username: 'eve' } },
      { private: { address: 'ada@example.com', passwordHash: 'secret' } },
    ),
  ]),
  commitOf(EVE, [2, 2], 'sweep-1', [
    eventOf('RegistrationEnded', at(30), { userId: EVE, reason: 'expired' }),
    eventOf('SessionsRevoked', at(30), { userId: EVE, reason: 'ended' }),
  ]),
  commitOf(MAILING, [1, 1], 'ada-5', [
    eventOf('MailRequested', at(7), {
      mailingId: MAILING,
      template: 'welcome',
      requestedBy: ADA,
      person: { recipients: ['carol@example.com', 'dave@example.com'] },
    } as EventData),
  ]),
];

function recordsOf(commit: Commit, start: number): readonly TopicRecord[] {
  return commit.events.map(({ id, type, time, data }, index) => ({
    topic: type === 'MailRequested' ? 'mailings.events.v1' : 'accounts.events.v1',
    partition: 0,
    offset: start + index,
    key: commit.stream,
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
    },
    payload: JSON.stringify(data),
  }));
}

const owed = owedMails(journalOf(commits));

/** Bob's first link was superseded while it waited. */
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
    attempts: isCancelled(mail) ? [] : [{ at: soonAfter(mail.event.time), ms: 5, result: 'accepted' }],
  };
}

function arrivalOf({ id, to, event, expiresAt }: (typeof owed)[number]): MailLine {
  return {
    at: soonAfter(event.time).toISOString(),
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
    sentAt: at(0),
    answeredAt: at(0, 1),
    request: {},
    status: 200,
    code: null,
    answer: {},
    accountSequence: null,
    ...more,
  };
}

const history: readonly CommandLine[] = [
  aCommand('ada-1', 'sign-up', { request: person('ada'), status: 201 }),
  aCommand('ada-2', 'verify', { accountSequence: `${ADA}:2` }),
  aCommand('ada-3', 'change-password', { accountSequence: `${ADA}:4` }),
  aCommand('ada-4', 'profile', { request: { firstName: 'Augusta' }, accountSequence: `${ADA}:5` }),
  aCommand('ada-5', 'mailing', {
    request: { addresses: ['dave@example.com', 'carol@example.com'] },
    status: 202,
    answer: { mailingId: MAILING },
  }),
  aCommand('bob-1', 'sign-up', { request: person('bob'), status: 201 }),
  aCommand('bob-2', 'verification-request', { status: 202, accountSequence: `${BOB}:2` }),
  aCommand('eve-1', 'sign-up', {
    request: { email: 'ada@example.com', username: 'eve' },
    status: null,
    answeredAt: null,
  }),
];

export const goodStores: Stores = {
  commits,
  records: commits.flatMap((commit, index) => recordsOf(commit, index * 10)),
  deadLetters: [],
  lags: [{ group: 'user', topic: 'accounts.events.v1', lag: 0 }],
  profiles: [
    {
      _id: ADA,
      sequence: 5,
      profile: {
        ...profile(ADA, 'ada', at(0)),
        firstName: 'Augusta',
        isVerified: true,
        passwordChangedAt: at(3),
        revokedAt: 4,
        sequence: 5,
        updatedAt: at(4),
      },
      search: { email: 'ada@example.com', username: 'ada' },
    },
    {
      _id: BOB,
      sequence: 2,
      profile: { ...profile(BOB, 'bob', at(1)), sequence: 2, updatedAt: at(5) },
      search: { email: 'bob@example.com', username: 'bob' },
    },
    { _id: EVE, sequence: 3, profile: { ended: true, id: EVE, sequence: 3 } },
  ],
  deliveries: owed.map(deliveryOf),
  cutoffs: [
    { _id: ADA, before: { verification: 3, reset: 3 } },
    { _id: BOB, before: { verification: 2 } },
    { _id: EVE, before: { everything: 2 } },
  ],
  leases: [{ _id: 'sweep', until: new Date(at(60)) }],
  requests: [],
};

export const goodRun: RecordedRun = {
  run: {
    seed: 1,
    startedAt: at(0),
    endedAt: at(50),
    settings: {},
    servers: { KAFKA_BROKERS: '', MONGO_URL: '' },
  },
  history,
  mails: owed.filter((mail) => !isCancelled(mail)).map(arrivalOf),
  faults: [],
};

/** Returns the id of the n-th delivery (from 0) of a kind of mail to an account. */
export function deliveryIdOf(subject: string, mail: string, nth = 0): string {
  return owed.filter((each) => each.event.subject === subject && each.mail === mail)[nth]?.id ?? '';
}
