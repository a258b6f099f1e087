/**
 * Plants faults in the record of a run, one at a time. Exactly one rule must detect each fault. The tests therefore
 * fail if a rule is removed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  FaultLine,
  HistoryLine,
  LostChange,
  MailLine,
  ProfileSeenByAdmin,
  Readiness,
  ReceivedEventLine,
} from '../run-folder.ts';
import { checkRecordedRun } from './check.ts';
import type { RecordedRun } from './read-run.ts';
import { type Rule, ruleDescriptions } from './report.ts';
import type {
  Commit,
  DeliveryAttempt,
  EventData,
  Person,
  ReplacedRows,
  StoreContents,
  StoredDelivery,
  StoredErasure,
  TopicRecord,
} from './stored.ts';
import {
  ADA_ID,
  ADA_PASSWORDS,
  BOB_ID,
  BOB_PASSWORD,
  computeDeliveryId,
  createCommandTimes,
  createFakeAccessToken,
  createFakeRefreshToken,
  createHistoryLine,
  createTokenResponse,
  DAN_ID,
  FAY_ID,
  FAY_PASSWORD,
  FIRST_COPY_OFFSET,
  formatMinuteOfRun,
  goodMovedRun,
  goodRestoredRun,
  goodRun,
  goodStandaloneRun,
  goodStandaloneStores,
  goodStores,
  TIME_AFTER_RUN,
} from './testing/good-run.ts';

interface Plant {
  readonly bug: string;
  readonly caughtBy: Rule;
  readonly run?: Partial<RecordedRun>;
  readonly stores?: Partial<StoreContents>;
}

function added(...commands: readonly HistoryLine[]): Pick<Plant, 'run'> {
  return { run: { history: [...goodRun.history, ...commands] } };
}
function changed(id: string, change: Partial<HistoryLine>): Pick<Plant, 'run'> {
  return {
    run: { history: goodRun.history.map((each) => (each.id === id ? { ...each, ...change } : each)) },
  };
}
function without(id: string): Pick<Plant, 'run'> {
  return { run: { history: goodRun.history.filter((each) => each.id !== id) } };
}
function commits(id: string, change: (commit: Commit) => readonly Commit[]): Pick<Plant, 'stores'> {
  return {
    stores: {
      commits: goodStores.commits.flatMap((each) => (each.correlationId === id ? change(each) : [each])),
    },
  };
}
function records(change: (record: TopicRecord) => readonly TopicRecord[]): Pick<Plant, 'stores'> {
  return { stores: { records: goodStores.records.flatMap(change) } };
}
function deliveries(id: string, change: Partial<StoredDelivery>): Pick<Plant, 'stores'> {
  return {
    stores: {
      deliveries: goodStores.deliveries.map((each) => (each._id === id ? { ...each, ...change } : each)),
    },
  };
}
function profile(id: string, change: object): Pick<Plant, 'stores'> {
  return {
    stores: {
      profiles: goodStores.profiles.map((each) => (each._id === id ? { ...each, ...change } : each)),
    },
  };
}

/**
 * Returns a planted fault: changes the person in all events of one type and account, both in the journal and
 * on the topic.
 */
function events(account: string, type: string, change: (person: Person) => Person): Pick<Plant, 'stores'> {
  function withChange<Data extends EventData>(data: Data): Data {
    return data.person ? { ...data, person: change(data.person) } : data;
  }
  return {
    stores: {
      commits: goodStores.commits.map((commit) => ({
        ...commit,
        events: commit.events.map((event) =>
          commit.stream === account && event.type === type
            ? { ...event, data: withChange(event.data) }
            : event,
        ),
      })),
      records: goodStores.records.map((record) =>
        isOf(record, account, type)
          ? { ...record, payload: JSON.stringify(withChange(JSON.parse(record.payload ?? ''))) }
          : record,
      ),
    },
  };
}

function erasure(change: Partial<StoredErasure>): Pick<Plant, 'stores'> {
  return { stores: { erasures: goodStores.erasures.map((each) => ({ ...each, ...change })) } };
}
const GOOD_RECEIPTS = goodStores.erasures.flatMap(({ receipts }) => receipts);

/** Returns a planted fault: changes the records of a standalone's run. */
function embedded(
  change: (record: TopicRecord) => readonly TopicRecord[],
  replaced: Partial<ReplacedRows> = {},
): Pick<Plant, 'run' | 'stores'> {
  return {
    run: { ...goodStandaloneRun, replaced: { ...goodStandaloneRun.replaced, ...replaced } },
    stores: { records: goodStandaloneStores.records.flatMap(change) },
  };
}

/** Returns a planted fault: changes the records of a run in which a standalone was moved to a cluster. */
function moved(change: (record: TopicRecord) => TopicRecord): Pick<Plant, 'run' | 'stores'> {
  return { run: goodMovedRun, stores: { records: goodStandaloneStores.records.map(change) } };
}
function isOf(record: TopicRecord, account: string, type: string): boolean {
  return record.headers['ce_subject'] === account && record.headers['ce_type'] === type;
}

/** Returns whether a record is an event of Dan's account that was published again after the erasure. */
function isCopy({ headers, offset }: TopicRecord): boolean {
  return headers['ce_subject'] === DAN_ID && offset >= FIRST_COPY_OFFSET;
}

/**
 * Returns a run in which a backup from before Ada's last event was restored.
 * @param change the fields to change in the run's record of the lost change
 */
function afterRestore(change: Partial<LostChange>): RecordedRun {
  const { run } = goodRestoredRun;
  return { ...goodRestoredRun, run: { ...run, lostChange: { ...run.lostChange, ...change } } };
}

function shown(change: (profile: ProfileSeenByAdmin) => readonly ProfileSeenByAdmin[]): Pick<Plant, 'run'> {
  return { run: { run: { ...goodRun.run, shown: goodRun.run.shown?.flatMap(change) ?? null } } };
}

const WELCOME = computeDeliveryId(ADA_ID, 'welcome');
const BOBS_FIRST = computeDeliveryId(BOB_ID, 'verify-email');
const MOVED = computeDeliveryId(FAY_ID, 'email-changed');
const BOBS_SECOND = computeDeliveryId(BOB_ID, 'verify-email', 1);

/** The first record of Dan's account as it was before the erasure. */
const DANS_FIRST = recordOf(DAN_ID, 'UserRegistered');

function recordOf(account: string, type: string): TopicRecord {
  const record = goodStores.records.find((each) => isOf(each, account, type));
  assert.ok(record);
  return record;
}

function mailOf(id: string): MailLine {
  const mail = goodRun.mails.find(({ messageId }) => messageId.includes(id));
  assert.ok(mail);
  return mail;
}
function copy(mail: MailLine, minute: number, by = mail.by): MailLine {
  return { ...mail, at: formatMinuteOfRun(minute), answeredAt: formatMinuteOfRun(minute), by };
}
function fault(line: Partial<FaultLine>): FaultLine {
  return {
    at: formatMinuteOfRun(2),
    fault: 'kill-notifier',
    target: 'notifier-1',
    until: formatMinuteOfRun(2, 2),
    ...line,
  };
}
const REDRIVE = fault({ fault: 'ops-redrive', target: 'ops-redrive' });
/** Changes the list of events of Ada's account that one of the subscribers has received. */
function received(
  via: ReceivedEventLine['via'],
  change: (lines: readonly ReceivedEventLine[]) => readonly ReceivedEventLine[],
  faults: readonly FaultLine[] = [],
): Pick<Plant, 'run'> {
  function isAdas(line: ReceivedEventLine): boolean {
    return line.via === via && line.account === ADA_ID;
  }
  const others = goodRun.received.filter((line) => !isAdas(line));
  return { run: { received: [...others, ...change(goodRun.received.filter(isAdas))], faults } };
}

function fullDisk(readiness: Readiness): FaultLine {
  return fault({ fault: 'full-disk', target: 'disk', at: formatMinuteOfRun(40), readiness });
}
/**
 * Returns a run with two copies of a mail. The mail server accepted the first one from notifier-1, which did
 * not record that. The second one, from notifier-2, is recorded as accepted.
 */
function twice(...faults: readonly FaultLine[]): Pick<Plant, 'run' | 'stores'> {
  return {
    run: { mails: [...goodRun.mails, copy(mailOf(WELCOME), 4, 'notifier-2')], faults },
    ...deliveries(WELCOME, { attempts: [acceptedFrom('host:2', formatMinuteOfRun(4))] }),
  };
}
function acceptedFrom(sender: string, at: string): DeliveryAttempt {
  return { at: new Date(at), ms: 5, result: 'accepted', sender };
}

/** Changes the time at which Dan's account is due to be erased. */
function dueAt(time: string): Pick<Plant, 'stores'> {
  const commits = goodStores.commits.map((commit) =>
    commit.correlationId === 'dan-3'
      ? {
          ...commit,
          events: commit.events.map((event) =>
            event.data.eraseAt === undefined ? event : { ...event, data: { ...event.data, eraseAt: time } },
          ),
        }
      : commit,
  );
  const records = goodStores.records.map((record) =>
    record.headers['ce_subject'] === DAN_ID
      ? {
          ...record,
          payload:
            record.payload?.replace(`"eraseAt":"${formatMinuteOfRun(12)}"`, `"eraseAt":"${time}"`) ?? null,
        }
      : record,
  );
  return { stores: { commits, records } };
}

/** Moves the events of a commit into the commit before it. */
function inOneCommit(first: string, second: string): Pick<Plant, 'stores'> {
  const [one, other] = [first, second].map((id) =>
    goodStores.commits.find(({ correlationId }) => correlationId === id),
  );
  assert.ok(one && other);
  return {
    stores: {
      commits: goodStores.commits.flatMap((commit) => {
        if (commit === one) return [{ ...one, events: [...one.events, ...other.events] }];
        return commit === other ? [] : [commit];
      }),
      records: goodStores.records.map((record) =>
        record.headers['ce_causationid'] === other._id
          ? {
              ...record,
              headers: { ...record.headers, ce_causationid: one._id, ce_correlationid: one.correlationId },
            }
          : record,
      ),
    },
  };
}

/**
 * An access token of Ada's that is valid at the end of the run: its sequence is 4, and her sessions were last
 * revoked at sequence 4.
 */
const ADAS_TOKEN = createFakeAccessToken(ADA_ID, 'ada-s', 4);
const BOBS_TOKEN = createFakeAccessToken(BOB_ID, 'bob-t', 2);
const ADAS_PROFILE = goodStores.profiles.find(({ _id }) => _id === ADA_ID)?.profile;
const BOBS_PROFILE = goodStores.profiles.find(({ _id }) => _id === BOB_ID)?.profile;

function bobSigned(id: string, minute: number, second: number, change: Partial<HistoryLine>): HistoryLine {
  return createHistoryLine(id, 'verification-request', {
    ...createCommandTimes(minute, second),
    accessToken: BOBS_TOKEN,
    ...change,
  });
}
function refused(id: string, op: string, code: string, more: Partial<HistoryLine>): HistoryLine {
  return createHistoryLine(id, op, { status: 401, code, answer: null, ...more });
}

/** Limits that are just high enough for the commands of the good run. */
const SUFFICIENT_LIMITS = {
  LIMIT_MAILS_PER_ADDRESS: '3',
  LIMIT_PROFILE_CHANGES: '2',
  LIMIT_LOGINS: '2',
  LIMIT_LOGOUTS_EVERYWHERE: '2',
  LIMIT_PASSWORD_CHANGES: '2',
  LIMIT_ERASURE_REQUESTS: '2',
  LIMIT_EMAIL_CHANGES: '2',
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: '2',
};
const ADAS_LOGIN = { email: 'ada@example.com', password: ADA_PASSWORDS.second };

function limited(settings: object, ...commands: readonly HistoryLine[]): Pick<Plant, 'run'> {
  return {
    run: {
      run: { ...goodRun.run, settings: { LIMITS: 'on', ...settings } },
      history: [...goodRun.history, ...commands],
    },
  };
}
/**
 * Returns a command that had no effect, because it was refused or failed. Ada has sent the command, and it
 * names her account and her address.
 */
function adaAsked(op: string, second: number, status: number, code: string | null = null): HistoryLine {
  return createHistoryLine(`x${second}`, op, {
    ...createCommandTimes(8, second),
    status,
    code,
    answer: null,
    request: { ...ADAS_LOGIN, accountId: ADA_ID, newEmail: 'ada@elsewhere.example' },
    accessToken: ADAS_TOKEN,
  });
}

const leftMark = commits('ada-1', (commit) => [{ ...commit, registration: { address: 'ada@example.com' } }]);

const FORKED = 'event 5 differs from the one that was applied: the history has forked';

/**
 * Returns a run in which an older copy of the journal was restored. The old fifth event of Ada's account was
 * lost, and a different one was appended in its place.
 * @param reported the accounts that `ops verify` reports
 * @param parked the parked accounts, each with the cause
 */
function restored(
  reported: readonly string[],
  parked: Readonly<Record<string, string>>,
): Pick<Plant, 'run' | 'stores'> {
  const removed = goodStores.records
    .filter((record) => isOf(record, ADA_ID, 'ProfileChanged'))
    .map((record) => ({
      ...record,
      offset: record.offset + 5,
      headers: { ...record.headers, ce_id: 'removed' },
    }));
  return {
    run: { run: { ...goodRun.run, restored: { reported } } },
    stores: {
      records: [...removed, ...goodStores.records],
      profiles: goodStores.profiles.map((each) => {
        const cause = parked[each._id];
        return cause === undefined ? each : { ...each, parked: { cause, after: each.sequence } };
      }),
    },
  };
}

test('a restore after which all forks are noticed violates no rule', () => {
  const { run, stores } = restored([ADA_ID], { [ADA_ID]: FORKED });
  const report = checkRecordedRun({ ...goodRun, ...run }, { ...goodStores, ...stores }, TIME_AFTER_RUN);
  assert.deepEqual(report.violations, []);
});

const plants: readonly Plant[] = [
  {
    bug: 'no command was ever sent',
    caughtBy: 'coverage',
    run: { history: [], mails: [], received: [], run: { ...goodRun.run, shown: [] } },
    stores: { commits: [], records: [], profiles: [], deliveries: [], cutoffs: [], erasures: [] },
  },
  {
    bug: 'the faults of a kind happened while nothing was in flight',
    caughtBy: 'coverage',
    run: {
      run: { ...goodRun.run, minimums: { ...goodRun.run.minimums, hits: { 'kill-auth': 1 } } },
      faults: [
        fault({
          fault: 'kill-auth',
          target: 'auth-1',
          at: formatMinuteOfRun(45),
          until: formatMinuteOfRun(46),
        }),
      ],
    },
  },
  {
    bug: 'the faults of a kind happened while only other targets had work',
    caughtBy: 'coverage',
    run: {
      run: { ...goodRun.run, minimums: { ...goodRun.run.minimums, hits: { 'kill-auth': 1 } } },
      // Both faults happen while Ada changes her password and the notifier sends the mail about it. Only the
      // fault of the mail server hits work in progress.
      faults: [
        fault({
          fault: 'kill-auth',
          target: 'auth-2',
          at: formatMinuteOfRun(3),
          until: formatMinuteOfRun(3, 2),
          hits: 0,
        }),
        fault({
          fault: 'smtp-stalls',
          target: 'smtp',
          at: formatMinuteOfRun(3),
          until: formatMinuteOfRun(3, 2),
          hits: 1,
        }),
      ],
    },
  },
  {
    bug: 'all faults that hit something hit the same group of targets',
    caughtBy: 'coverage',
    run: {
      run: {
        ...goodRun.run,
        minimums: { ...goodRun.run.minimums, hitsOnGroups: { brokers: 1, 'mail server': 1 } },
      },
      faults: [fault({ fault: 'smtp-stalls', target: 'smtp', hits: 3 })],
    },
  },
  {
    bug: 'too few commands were sent',
    caughtBy: 'coverage',
    run: { run: { ...goodRun.run, minimums: { ...goodRun.run.minimums, sent: 100 } } },
  },
  {
    bug: 'no send was ever repeated',
    caughtBy: 'coverage',
    run: { run: { ...goodRun.run, minimums: { ...goodRun.run.minimums, duplicates: 1 } } },
  },
  {
    bug: 'hardly any erasure was carried out',
    caughtBy: 'coverage',
    run: { run: { ...goodRun.run, searched: 2, minimums: { ...goodRun.run.minimums, erased: 2 } } },
  },
  {
    bug: 'no search for erased people was made',
    caughtBy: 'coverage',
    run: { run: { ...goodRun.run, searched: 0 } },
  },
  {
    bug: 'a change is acknowledged before it is stored',
    caughtBy: 'acknowledged commands',
    ...added(
      createHistoryLine('x', 'profile', {
        ...createCommandTimes(8),
        request: { lastName: 'King' },
        accessToken: ADAS_TOKEN,
        accountSequence: `${ADA_ID}:5`,
      }),
    ),
  },
  {
    bug: 'a request with a 202 response is lost',
    caughtBy: 'acknowledged commands',
    ...added(bobSigned('x', 8, 50, { status: 202 })),
  },
  {
    bug: 'a refused command takes effect nevertheless',
    caughtBy: 'one effect',
    ...changed('ada-4', { status: 400, accountSequence: null }),
  },
  {
    bug: 'a profile is shown with a value that it never had',
    caughtBy: 'reads',
    ...added(
      createHistoryLine('x', 'me', {
        ...createCommandTimes(8),
        answer: { ...ADAS_PROFILE, version: 5, lastName: 'King' },
        accessToken: ADAS_TOKEN,
      }),
    ),
  },
  {
    bug: 'a reader is shown an older state than it has already seen',
    caughtBy: 'reads',
    ...added(
      createHistoryLine('x', 'me', {
        ...createCommandTimes(8),
        request: { after: `${ADA_ID}:5` },
        answer: { ...ADAS_PROFILE, version: 4, firstName: null, updatedAt: formatMinuteOfRun(3) },
        accessToken: ADAS_TOKEN,
      }),
    ),
  },
  {
    bug: 'a person is shown the profile of another person',
    caughtBy: 'answering account',
    ...added(
      createHistoryLine('x', 'me', {
        ...createCommandTimes(8),
        answer: { ...BOBS_PROFILE, version: 3 },
        accessToken: ADAS_TOKEN,
      }),
    ),
  },
  {
    bug: 'a login returns the account of a different address',
    caughtBy: 'answering account',
    ...changed('bob-login', { request: { email: 'carol@example.com', password: BOB_PASSWORD } }),
  },
  {
    bug: 'two requests with one refresh token get two different ones',
    caughtBy: 'refresh tokens',
    ...added(
      createHistoryLine('x', 'refresh', {
        ...createCommandTimes(3, 10),
        request: { refreshToken: createFakeRefreshToken('ada-s', 0) },
        answer: { ...createTokenResponse('ada', ADA_ID, 'ada-s', 4, 1), refreshToken: 'another' },
      }),
    ),
  },
  {
    bug: 'an old password still works',
    caughtBy: 'account order',
    ...added(
      createHistoryLine('x', 'login', {
        ...createCommandTimes(8),
        request: { email: 'ada@example.com', password: ADA_PASSWORDS.first },
        answer: createTokenResponse('ada', ADA_ID, 'x', 5, 0),
      }),
    ),
  },
  {
    bug: 'the right password is refused',
    caughtBy: 'account order',
    ...added(
      refused('x', 'login', 'invalid_credentials', {
        ...createCommandTimes(8),
        request: { email: 'bob@example.com', password: BOB_PASSWORD },
      }),
    ),
  },
  {
    bug: 'an account that nobody has disabled cannot sign in',
    caughtBy: 'account order',
    ...added(
      createHistoryLine('x', 'login', {
        ...createCommandTimes(8),
        status: 403,
        code: 'account_disabled',
        answer: null,
        request: { email: 'bob@example.com', password: BOB_PASSWORD },
      }),
    ),
  },
  {
    bug: 'a session works after its logout',
    caughtBy: 'account order',
    ...changed('bob-too-late', {
      status: 200,
      code: null,
      answer: createTokenResponse('bob', BOB_ID, 'bob-s', 2, 1),
    }),
  },
  {
    bug: 'a session works after a logout everywhere',
    caughtBy: 'account order',
    ...added(
      createHistoryLine('x', 'refresh', {
        ...createCommandTimes(10),
        request: { refreshToken: createFakeRefreshToken('bob-t', 0) },
        answer: createTokenResponse('bob', BOB_ID, 'bob-t', 3, 1),
      }),
    ),
  },
  {
    bug: 'the session that changed the password ends with the others',
    caughtBy: 'account order',
    ...changed('ada-refresh', { status: 401, code: 'refresh_token_invalid', answer: null }),
  },
  {
    bug: 'a current refresh token is refused',
    caughtBy: 'account order',
    ...added(
      refused('x', 'refresh', 'refresh_token_invalid', {
        ...createCommandTimes(5),
        request: { refreshToken: createFakeRefreshToken('ada-s', 1) },
      }),
    ),
  },
  {
    bug: 'the parent of an unused refresh token is refused',
    caughtBy: 'account order',
    ...added(
      refused('x', 'refresh', 'refresh_token_invalid', {
        ...createCommandTimes(5),
        request: { refreshToken: createFakeRefreshToken('ada-s', 0) },
      }),
    ),
  },
  {
    bug: 'an access token works after a logout everywhere',
    caughtBy: 'account order',
    ...changed('bob-out', { status: 403, code: 'account_not_verified' }),
  },
  {
    bug: 'a valid access token is refused',
    caughtBy: 'account order',
    ...added(
      refused('x', 'profile', 'unauthenticated', { ...createCommandTimes(8), accessToken: ADAS_TOKEN }),
    ),
  },
  {
    bug: 'a login returns a state that only exists later',
    caughtBy: 'account order',
    ...changed('bob-login', { answer: createTokenResponse('bob', BOB_ID, 'bob-s', 2, 0) }),
  },
  {
    bug: 'sessions end although no command has requested it',
    caughtBy: 'revocations',
    ...without('bob-3'),
  },
  {
    bug: 'sessions end because of a reused token, although no token was used twice',
    caughtBy: 'revocations',
    ...changed('bob-3', {
      op: 'refresh',
      status: null,
      answeredAt: null,
      accessToken: null,
      accountSequence: null,
      request: { refreshToken: createFakeRefreshToken('bob-t', 0) },
    }),
    stores: {
      commits: goodStores.commits.map((commit) =>
        commit.correlationId === 'bob-3'
          ? {
              ...commit,
              events: commit.events.map((event) => ({
                ...event,
                data: { userId: BOB_ID, reason: 'refresh-reuse' },
              })),
            }
          : commit,
      ),
      records: goodStores.records.map((record) => ({
        ...record,
        payload: record.payload?.replace('logout-all', 'refresh-reuse') ?? null,
      })),
    },
  },
  {
    bug: 'the read model accepts a token that it shows as revoked',
    caughtBy: 'reader access',
    ...added(
      createHistoryLine('x', 'me', {
        ...createCommandTimes(8),
        answer: { ...ADAS_PROFILE, version: 5 },
        accessToken: createFakeAccessToken(ADA_ID, 'ada-s', 2),
      }),
    ),
  },
  {
    bug: 'the read model refuses a valid token',
    caughtBy: 'reader access',
    ...added(refused('x', 'me', 'unauthenticated', { ...createCommandTimes(8), accessToken: ADAS_TOKEN })),
  },
  {
    bug: 'an account is erased while its owner can still cancel the erasure',
    caughtBy: 'erasures',
    ...dueAt(formatMinuteOfRun(40)),
  },
  {
    bug: 'a store keeps the address of an erased person',
    caughtBy: 'traces',
    run: { run: { ...goodRun.run, traces: [{ account: DAN_ID, place: 'auth_limits x' }] } },
  },
  {
    bug: 'the events of an erased account are not published again',
    caughtBy: 'erased copies',
    ...records((record) => (isCopy(record) ? [] : [record])),
  },
  {
    bug: 'the events of an erased account are published again with the person',
    caughtBy: 'erased copies',
    ...records((record) =>
      isCopy(record) && record.headers['ce_type'] === 'AccountVerified'
        ? [{ ...recordOf(DAN_ID, 'AccountVerified'), offset: record.offset }]
        : [record],
    ),
  },
  {
    bug: 'the events of an erased account are published again with the salt of the digest',
    caughtBy: 'erased copies',
    ...records((record) => [
      isCopy(record) ? { ...record, headers: { ...record.headers, ce_personsalt: 'A'.repeat(22) } } : record,
    ]),
  },
  {
    bug: 'an event of an erased account is published again with the person, without a fault',
    caughtBy: 'erased copies',
    ...records((record) => (record === DANS_FIRST ? [record, { ...record, offset: 990 }] : [record])),
  },
  {
    bug: 'an event of an erased account is published again with the person, while a process was killed that publishes nothing',
    caughtBy: 'erased copies',
    ...records((record) => (record === DANS_FIRST ? [record, { ...record, offset: 990 }] : [record])),
    run: { faults: [fault({ at: formatMinuteOfRun(13), until: formatMinuteOfRun(14) })] },
  },
  {
    bug: 'the user service does not confirm an erasure',
    caughtBy: 'erasure receipts',
    ...erasure({ receipts: GOOD_RECEIPTS.filter(({ consumer }) => consumer !== 'user') }),
  },
  {
    bug: 'a consumer of another team does not confirm an erasure',
    caughtBy: 'erasure receipts',
    ...erasure({ expected: ['auth', 'user', 'notifier', 'books'] }),
  },
  {
    bug: 'a consumer confirms an erasure before it began',
    caughtBy: 'erasure receipts',
    ...erasure({
      receipts: GOOD_RECEIPTS.map((receipt) => ({ ...receipt, confirmedAt: formatMinuteOfRun(10) })),
    }),
  },
  {
    bug: 'receipts name a different event than the erasure',
    caughtBy: 'erasure receipts',
    ...erasure({ sequence: 4 }),
  },
  {
    bug: 'an erasure is not recorded',
    caughtBy: 'erasure receipts',
    stores: { erasures: [] },
  },
  {
    bug: 'receipts are stored for an account that is not erased',
    caughtBy: 'erasure receipts',
    stores: {
      erasures: goodStores.erasures.flatMap((each) => [each, { ...each, _id: FAY_ID }]),
    },
  },
  {
    bug: 'an erasure leaves a password hash in the journal',
    caughtBy: 'erased data',
    ...commits('dan-1', (commit) => [
      {
        ...commit,
        events: commit.events.map((event) => ({ ...event, private: { passwordHash: 'secret' } })),
      },
    ]),
  },
  {
    bug: 'an erasure leaves the salt of the digest in the journal',
    caughtBy: 'erased data',
    ...commits('dan-1', (commit) => [
      {
        ...commit,
        events: commit.events.map((event) => ({ ...event, chain: { person: { salt: 'salt' } } })),
      },
    ]),
  },
  {
    bug: 'an erasure leaves the person in a commit',
    caughtBy: 'erased data',
    ...commits('dan-2', (commit) => [
      {
        ...commit,
        events: commit.events.map((event) => ({
          ...event,
          data: { ...event.data, person: { email: 'dan@example.com', username: 'dan' } },
        })),
      },
    ]),
  },
  {
    bug: 'an erasure leaves the person in a record of the embedded log',
    caughtBy: 'erased data',
    ...embedded((record) => [DANS_FIRST.offset === record.offset ? DANS_FIRST : record]),
  },
  {
    bug: 'an erasure leaves the salt in a record of the embedded log',
    caughtBy: 'erased data',
    ...embedded((record) => [
      isOf(record, DAN_ID, 'UserRegistered')
        ? { ...record, headers: { ...record.headers, ce_personsalt: 'salt' } }
        : record,
    ]),
  },
  {
    bug: 'an erasure changes the role in a record of the embedded log',
    caughtBy: 'erased data',
    ...embedded((record) => [
      isOf(record, DAN_ID, 'UserRegistered')
        ? { ...record, payload: record.payload?.replace('"role":"user"', '"role":"admin"') ?? null }
        : record,
    ]),
  },
  {
    bug: 'an erasure drops a header of a record of the embedded log',
    caughtBy: 'erased data',
    ...embedded((record) => {
      if (!isOf(record, DAN_ID, 'UserRegistered')) return [record];
      const { ce_signature: _, ...headers } = record.headers;
      return [{ ...record, headers }];
    }),
  },
  {
    bug: 'the person of an account that is not erased is removed from the embedded log',
    caughtBy: 'erased data',
    ...embedded(
      (record) => [
        isOf(record, FAY_ID, 'AccountVerified')
          ? { ...record, payload: JSON.stringify({ ...JSON.parse(record.payload ?? ''), person: null }) }
          : record,
      ],
      {
        records: [
          ...goodStandaloneRun.replaced.records,
          ...goodStores.records.filter((record) => isOf(record, FAY_ID, 'AccountVerified')),
        ],
      },
    ),
  },
  {
    bug: 'an event of the embedded journal is changed and then erased',
    caughtBy: 'erased data',
    ...embedded((record) => [record], {
      commits: goodStandaloneRun.replaced.commits.flatMap((commit) => [
        commit,
        { ...commit, events: commit.events.map((event) => ({ ...event, time: formatMinuteOfRun(30) })) },
      ]),
    }),
  },
  {
    bug: 'the topic has an event of an erased account only without its person',
    caughtBy: 'originals',
    ...records((record) => [
      isOf(record, DAN_ID, 'AccountErasureRequested')
        ? { ...record, payload: record.payload?.replace('"person":{}', '"person":null') ?? null }
        : record,
    ]),
  },
  {
    bug: 'a standalone replaces a row that the run has not recorded',
    caughtBy: 'originals',
    ...embedded((record) => [record], {
      commits: goodStandaloneRun.replaced.commits.filter(({ number }) => number !== 3),
      records: goodStandaloneRun.replaced.records.filter(
        (record) => !isOf(record, DAN_ID, 'AccountErasureRequested'),
      ),
    }),
  },
  {
    bug: 'a standalone publishes a record with another person than the journal has, and then erases both',
    caughtBy: 'topic',
    ...embedded((record) => [record], {
      records: goodStandaloneRun.replaced.records.map((record) =>
        isOf(record, DAN_ID, 'AccountVerified')
          ? { ...record, payload: record.payload?.replace('"dan"', '"eve"') ?? null }
          : record,
      ),
    }),
  },
  {
    bug: 'a cluster publishes an event that a standalone has erased before the move with another role',
    caughtBy: 'topic',
    ...moved((record) =>
      isOf(record, DAN_ID, 'UserRegistered')
        ? { ...record, payload: record.payload?.replace('"role":"user"', '"role":"admin"') ?? null }
        : record,
    ),
  },
  {
    bug: 'a cluster publishes the personal data of a person that a standalone has erased before the move',
    caughtBy: 'erased copies',
    ...moved((record) => (record.offset === DANS_FIRST.offset ? DANS_FIRST : record)),
  },
  {
    bug: 'a move changes the time of an event that was erased before',
    caughtBy: 'erased data',
    run: {
      ...goodMovedRun,
      replaced: {
        ...goodMovedRun.replaced,
        commits: goodMovedRun.replaced.commits.flatMap((commit) => [
          commit,
          { ...commit, events: commit.events.map((event) => ({ ...event, time: formatMinuteOfRun(30) })) },
        ]),
      },
    },
    stores: { records: goodStandaloneStores.records },
  },
  {
    bug: 'an erased account can sign in',
    caughtBy: 'final logins',
    ...changed('dan-finally', {
      status: 200,
      code: null,
      answer: createTokenResponse('dan', DAN_ID, 'dan-t', 5, 0),
    }),
  },
  {
    bug: 'an account that was kept stays disabled',
    caughtBy: 'final logins',
    ...changed('fay-finally', { status: 403, code: 'account_disabled', answer: null }),
  },
  {
    bug: 'a login with the former address is still accepted',
    caughtBy: 'final logins',
    ...added(
      createHistoryLine('x', 'final-login', {
        ...createCommandTimes(56),
        request: { email: 'fay@example.com', password: FAY_PASSWORD },
        answer: createTokenResponse('fay', FAY_ID, 'x', 7, 0),
      }),
    ),
  },
  {
    bug: 'no final login checks an erased account',
    caughtBy: 'final logins',
    ...without('dan-finally'),
  },
  {
    bug: 'a login during the run is accepted with the former address',
    caughtBy: 'account order',
    ...added(
      createHistoryLine('x', 'login', {
        ...createCommandTimes(20),
        request: { email: 'fay@example.com', password: FAY_PASSWORD },
        answer: createTokenResponse('fay', FAY_ID, 'x', 7, 0),
      }),
    ),
  },
  {
    bug: 'a consumer accepts a forged record',
    caughtBy: 'forged records',
    stores: { deadLetters: goodStores.deadLetters.slice(1) },
  },
  {
    bug: 'a forged record is reported as unreadable instead of as forged',
    caughtBy: 'forged records',
    stores: {
      deadLetters: goodStores.deadLetters.map((record) => ({
        ...record,
        headers: { ...record.headers, dlq_cause: 'it is not JSON' },
      })),
    },
  },
  {
    bug: 'a change of address is acknowledged before it is stored',
    caughtBy: 'acknowledged commands',
    ...added(
      createHistoryLine('x', 'undo-email', {
        ...createCommandTimes(20),
        request: { accountId: FAY_ID, newPassword: FAY_PASSWORD },
        accountSequence: `${FAY_ID}:7`,
      }),
    ),
  },
  {
    bug: 'the previous address is free while the change can be undone',
    caughtBy: 'claims',
    ...commits('fay-2', ({ claims: _, ...commit }) => [commit]),
  },
  {
    bug: 'an erased account keeps its address',
    caughtBy: 'claims',
    ...commits('dan-2', (commit) => [{ ...commit, claims: ['address:dan@example.com'] }]),
  },
  {
    bug: 'an address that was released stays marked',
    caughtBy: 'claims',
    ...commits('fay-4', (commit) => [
      { ...commit, claims: [...(commit.claims ?? []), `release:0:${FAY_ID}:4`] },
    ]),
  },
  {
    bug: 'the mail about a new address is not sent to the previous one',
    caughtBy: 'mails',
    run: { mails: goodRun.mails.filter(({ messageId }) => !messageId.includes(MOVED)) },
  },
  {
    bug: 'an event contains another person',
    caughtBy: 'people',
    ...events(ADA_ID, 'PasswordChanged', (person) => ({ ...person, username: 'eve' })),
  },
  {
    bug: 'an event contains an address that the account does not have',
    caughtBy: 'people',
    ...events(FAY_ID, 'EmailChangeRequested', (person) => ({ ...person, email: 'eve@example.com' })),
  },
  {
    bug: 'the link that cancels an erasure works after it has expired',
    caughtBy: 'links',
    ...changed('fay-6', createCommandTimes(110)),
  },
  {
    bug: 'the journal skips a number',
    caughtBy: 'numbering',
    ...commits('ada-4', (commit) => [{ ...commit, number: 5 }]),
  },
  {
    bug: 'a commit has a combination of events that no command appends',
    caughtBy: 'whole commits',
    ...inOneCommit('eve-1', 'sweep-1'),
  },
  {
    bug: 'the claim of an address is released',
    caughtBy: 'claims',
    ...commits('ada-2', ({ claims: _, ...commit }) => [commit]),
  },
  {
    bug: 'a sign-up is not found by its address',
    caughtBy: 'address marks',
    ...commits('bob-1', ({ registration: _, ...commit }) => [commit]),
  },
  { bug: 'a sign-up that was verified is still marked', caughtBy: 'address marks', ...leftMark },
  {
    bug: 'a sign-up that was verified is still marked, while another process was killed',
    caughtBy: 'address marks',
    ...leftMark,
    run: { faults: [fault({ fault: 'kill-auth', target: 'auth-2' })] },
  },
  {
    bug: 'an event is not published',
    caughtBy: 'topic',
    ...records((record) => (record.headers['ce_type'] === 'ProfileChanged' ? [] : [record])),
  },
  {
    bug: 'a record has different data than the journal',
    caughtBy: 'topic',
    ...records((record) =>
      record.headers['ce_type'] === 'PasswordChanged'
        ? [{ ...record, payload: record.payload?.replace('"ada"', '"eve"') ?? null }]
        : [record],
    ),
  },
  {
    bug: 'an event is applied to the wrong field',
    caughtBy: 'read model',
    ...profile(ADA_ID, { profile: { ...ADAS_PROFILE, lastName: 'Augusta', firstName: null } }),
  },
  {
    bug: 'an account stays parked',
    caughtBy: 'parked',
    ...profile(ADA_ID, { parked: { cause: 'a gap', after: 5 } }),
  },
  {
    bug: 'a rebuilt read model lacks an account',
    caughtBy: 'read model',
    stores: { rebuiltProfiles: [goodStores.profiles.slice(1)] },
  },
  {
    bug: 'the API answers from a generation that is behind',
    caughtBy: 'shown profiles',
    ...shown((profile) => [{ ...profile, version: 1 }]),
  },
  {
    bug: 'the API leaves accounts out',
    caughtBy: 'shown profiles',
    ...shown(() => []),
  },
  ...(
    [
      ['LIMIT_LOGINS', 'login'],
      ['LIMIT_LOGOUTS_EVERYWHERE', 'logout-all'],
      ['LIMIT_PASSWORD_CHANGES', 'change-password'],
      ['LIMIT_ERASURE_REQUESTS', 'erase'],
      ['LIMIT_PROFILE_CHANGES', 'profile'],
      ['LIMIT_EMAIL_CHANGES', 'change-email'],
    ] as const
  ).map(
    ([setting, op]): Plant => ({
      bug: `${op} is allowed more often than ${setting}`,
      caughtBy: 'limits',
      ...limited({ [setting]: '0' }),
    }),
  ),
  ...(
    [
      'sign-up',
      'verification-request',
      'reset-request',
      'profile',
      'login',
      'logout-all',
      'change-password',
      'erase',
      'change-email',
      'verify',
      'confirm-email',
    ] as const
  ).map(
    (op): Plant => ({
      bug: `a limit of ${op} counts a command with a 503 response`,
      caughtBy: 'limits',
      ...limited(SUFFICIENT_LIMITS, adaAsked(op, 0, 503), adaAsked(op, 1, 503), adaAsked(op, 2, 429)),
    }),
  ),
  {
    bug: 'a wrong current password counts as a change of the password',
    caughtBy: 'limits',
    ...limited(
      SUFFICIENT_LIMITS,
      adaAsked('change-password', 0, 400, 'current_password_incorrect'),
      adaAsked('change-password', 1, 429),
    ),
  },
  {
    bug: 'a login that failed counts as a login',
    caughtBy: 'limits',
    ...limited(
      { ...SUFFICIENT_LIMITS, LIMIT_LOGIN_FAILURES_PER_ADDRESS: '9' },
      adaAsked('login', 0, 401, 'invalid_credentials'),
      adaAsked('login', 1, 401, 'invalid_credentials'),
      adaAsked('login', 2, 429),
    ),
  },
  {
    bug: 'a new password does not reset the count of logins',
    caughtBy: 'limits',
    ...limited(
      SUFFICIENT_LIMITS,
      createHistoryLine('x', 'login', {
        ...createCommandTimes(8),
        request: ADAS_LOGIN,
        answer: createTokenResponse('ada', ADA_ID, 'x', 5, 0),
      }),
      adaAsked('login', 10, 429),
    ),
  },
  {
    bug: 'a limit counts commands of another account',
    caughtBy: 'limits',
    ...limited({ ...SUFFICIENT_LIMITS, LIMIT_LOGOUTS_EVERYWHERE: '1' }, adaAsked('logout-all', 0, 429)),
  },
  {
    bug: 'a limit applies although limits are off',
    caughtBy: 'limits',
    ...limited({ LIMITS: 'off' }, adaAsked('role', 0, 429)),
  },
  {
    bug: 'the notifier loses a cutoff',
    caughtBy: 'cutoffs',
    stores: { cutoffs: goodStores.cutoffs.slice(1) },
  },
  {
    bug: 'a mail is recorded as sent, but was not sent',
    caughtBy: 'mails',
    run: { mails: goodRun.mails.filter(({ messageId }) => !messageId.includes(WELCOME)) },
  },
  {
    bug: 'a mail goes to a wrong recipient',
    caughtBy: 'mails',
    run: {
      mails: goodRun.mails.map((mail) =>
        mail.messageId.includes(WELCOME) ? { ...mail, to: ['eve@example.com'] } : mail,
      ),
    },
  },
  {
    bug: 'an expired link is mailed',
    caughtBy: 'stale mails',
    run: {
      mails: goodRun.mails.map((mail) => (mail.messageId.includes(BOBS_SECOND) ? copy(mail, 66) : mail)),
    },
  },
  {
    bug: 'a superseded mail is attempted',
    caughtBy: 'superseded mails',
    ...deliveries(BOBS_FIRST, {
      attempts: [{ at: new Date(formatMinuteOfRun(5, 7)), ms: 5, result: 'deferred', sender: 'host:1' }],
    }),
  },
  {
    bug: 'a superseded mail is attempted by one sender, while another sender was stopped',
    caughtBy: 'superseded mails',
    run: {
      mails: [
        ...goodRun.mails,
        { ...copy(mailOf(BOBS_SECOND), 7), messageId: `<${BOBS_FIRST}@example.com>` },
      ],
      faults: [
        fault({
          fault: 'pause-notifier',
          target: 'notifier-2',
          at: formatMinuteOfRun(5),
          until: formatMinuteOfRun(8),
        }),
      ],
    },
  },
  { bug: 'a mail is sent twice', caughtBy: 'duplicate mails', ...twice() },
  {
    bug: 'a mail is sent twice, while a process was killed that is not involved',
    caughtBy: 'duplicate mails',
    ...twice(fault({ target: 'notifier-2' })),
  },
  {
    bug: 'a mail is sent twice, and its sender was killed a minute later',
    caughtBy: 'duplicate mails',
    ...twice(fault({ at: formatMinuteOfRun(3), until: formatMinuteOfRun(3, 2) })),
  },
  {
    bug: 'a mail is sent again while its sender is stopped, although its acceptance was recorded',
    caughtBy: 'duplicate mails',
    run: {
      mails: [...goodRun.mails, copy(mailOf(WELCOME), 2.5, 'notifier-2')],
      faults: [fault({ fault: 'pause-notifier', at: formatMinuteOfRun(2), until: formatMinuteOfRun(2, 20) })],
    },
  },
  {
    bug: 'an attempt does not name its sender',
    caughtBy: 'senders',
    ...deliveries(WELCOME, {
      attempts: [{ at: new Date(formatMinuteOfRun(2, 1)), ms: 5, result: 'accepted' }],
    }),
  },
  {
    bug: 'an attempt names a process that sends no mails',
    caughtBy: 'senders',
    ...deliveries(WELCOME, { attempts: [acceptedFrom('host:9', formatMinuteOfRun(2, 1))] }),
  },
  {
    bug: 'an attempt names another process than the one that has sent the mail',
    caughtBy: 'senders',
    ...deliveries(WELCOME, { attempts: [acceptedFrom('host:2', formatMinuteOfRun(2, 1))] }),
  },
  {
    bug: 'a restored backup contains a later change',
    caughtBy: 'restored file',
    run: afterRestore({ firstName: 'Augusta' }),
  },
  {
    bug: 'a restored standalone has no change that was made after the restore',
    caughtBy: 'restored file',
    run: { run: { ...goodRun.run, lostChange: { ...goodRestoredRun.run.lostChange, next: 'Next' } } },
  },
  {
    bug: 'subscribe() does not park an account whose history has forked after a restore',
    caughtBy: 'restored file',
    run: afterRestore({ forked: [] }),
  },
  {
    bug: 'subscribe() parks an account whose history has not forked',
    caughtBy: 'restored file',
    run: afterRestore({ forked: [ADA_ID, BOB_ID] }),
  },
  {
    bug: 'subscribe() delivers an event of a history that has forked after a restore',
    caughtBy: 'subscribers',
    run: { ...goodRestoredRun, received: goodRun.received },
  },
  {
    bug: 'a process keeps answering with the former generation',
    caughtBy: 'generations',
    run: { run: { ...goodRun.run, generations: [{ by: 'user-2', active: 2, shown: 1 }] } },
  },
  {
    bug: 'the API shows no accounts after a switch to another generation',
    caughtBy: 'shown profiles',
    run: { run: { ...goodRun.run, shownAfterSwitches: [[]] } },
  },
  {
    bug: 'events that a restored read model lacks are not reported',
    caughtBy: 'restored read model',
    run: { run: { ...goodRun.run, restoredReadModel: { lacking: [ADA_ID, BOB_ID], reported: [ADA_ID] } } },
  },
  {
    bug: 'events are reported that a restored read model does not lack',
    caughtBy: 'restored read model',
    run: { run: { ...goodRun.run, restoredReadModel: { lacking: [ADA_ID], reported: [ADA_ID, BOB_ID] } } },
  },
  {
    bug: 'a commit stays in the outbox',
    caughtBy: 'unpublished',
    ...commits('ada-4', (commit) => [{ ...commit, unpublished: {} }]),
  },
  {
    bug: 'a recorded request is never processed',
    caughtBy: 'leases',
    stores: { requests: [{ _id: 'x', at: formatMinuteOfRun(1) }] },
  },
  {
    bug: 'a lease lasts for hours',
    caughtBy: 'leases',
    stores: { leases: [{ _id: 'sweep', until: new Date(TIME_AFTER_RUN.getTime() + 3_600_000) }] },
  },
  {
    bug: 'a group stops reading',
    caughtBy: 'groups',
    stores: { lags: [{ group: 'user', topic: 'accounts.events.v1', lag: 1 }] },
  },
  {
    bug: 'a full disk is not reported',
    caughtBy: 'full disk',
    run: { faults: [fullDisk({ answeredMs: 8_000, down: [] })] },
  },
  {
    bug: 'a full disk is reported only for the journal',
    caughtBy: 'full disk',
    run: { faults: [fullDisk({ answeredMs: 8_000, down: ['journal: the disk is full'] })] },
  },
  {
    bug: 'an account whose history has forked is not parked',
    caughtBy: 'forks',
    ...restored([ADA_ID], {}),
  },
  {
    bug: 'ops verify does not report an account whose history has forked',
    caughtBy: 'forks',
    ...restored([], { [ADA_ID]: FORKED }),
  },
  {
    bug: 'an account is parked although its history has not forked',
    caughtBy: 'forks',
    ...restored([ADA_ID], { [ADA_ID]: FORKED, [BOB_ID]: FORKED }),
  },
  {
    bug: 'the feed skips an event',
    caughtBy: 'subscribers',
    ...received('feed', (lines) => lines.filter(({ sequence }) => sequence !== 2)),
  },
  {
    bug: 'the feed ends before the last events',
    caughtBy: 'subscribers',
    ...received('feed', (lines) => lines.slice(0, -1)),
  },
  {
    bug: 'a webhook delivers two events in the wrong order',
    caughtBy: 'subscribers',
    ...received('webhook', ([first, second, third, ...rest]) =>
      first && second && third ? [first, third, second, ...rest] : [],
    ),
  },
  {
    bug: 'a webhook delivers the events of a redrive in the wrong order',
    caughtBy: 'subscribers',
    ...received('webhook', (lines) => [...lines, ...lines.toReversed()], [REDRIVE]),
  },
  {
    bug: 'subscribe() passes an event to its handler before the event before it',
    caughtBy: 'subscribers',
    ...received('subscribe', ([first, second, third, ...rest]) =>
      first && second && third ? [first, third, second, ...rest] : [],
    ),
  },
  {
    bug: 'subscribe() handles events again although its process was not killed',
    caughtBy: 'subscribers',
    ...received('subscribe', (lines) => [...lines, ...lines]),
  },
  {
    bug: 'a webhook delivers events again and again without a cause',
    caughtBy: 'subscribers',
    ...received('webhook', (lines) => [...lines, ...lines]),
  },
  {
    bug: 'a webhook delivers an event that the journal does not have',
    caughtBy: 'subscribers',
    ...received('webhook', (lines) => lines.map((line) => ({ ...line, eventId: 'another' }))),
  },
  {
    bug: 'a dead letter exists',
    caughtBy: 'dead letters',
    stores: { deadLetters: [...goodStores.deadLetters, ...goodStores.records.slice(0, 1)] },
  },
];

function rulesBrokenBy({ run, stores }: Plant): readonly Rule[] {
  const { violations } = checkRecordedRun(
    { ...goodRun, ...run },
    { ...goodStores, ...stores },
    TIME_AFTER_RUN,
  );
  return [...new Set(violations.map(({ rule }) => rule))];
}

describe('the planted bugs', () => {
  for (const plant of plants) {
    test(`${plant.bug}: ${plant.caughtBy}`, () => assert.deepEqual(rulesBrokenBy(plant), [plant.caughtBy]));
  }

  test('need every rule: without any one of them, a bug would not be detected', () => {
    const caughtBy = new Set(plants.map((plant) => plant.caughtBy));
    assert.deepEqual(
      Object.keys(ruleDescriptions).filter((rule) => !caughtBy.has(rule as Rule)),
      [],
    );
    assert.ok(plants.length >= 25);
  });
});
