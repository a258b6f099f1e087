import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultLine, HistoryLine } from '../run-folder.ts';
import { checkRecordedRun } from './check.ts';
import type { RecordedRun } from './read-run.ts';
import type { Commit, StoreContents, StoredDelivery, TopicRecord } from './stored.ts';
import {
  ADA_ID,
  BOB_ID,
  computeDeliveryId,
  createCommandTimes,
  createCommit,
  createEvent,
  createFakeAccessToken,
  createHistoryLine,
  createTokenResponse,
  EVE_ID,
  FAY_ID,
  formatMinuteOfRun,
  goodMovedRun,
  goodRestoredRun,
  goodRun,
  goodStandaloneRun,
  goodStandaloneStores,
  goodStores,
  MAILING_ID,
  TIME_AFTER_RUN,
} from './testing/good-run.ts';

/** The times and the access token of a command that Ada sends after the last change of her account. */
const asAda = { ...createCommandTimes(8), accessToken: createFakeAccessToken(ADA_ID, 'ada-s', 4) };

type Broken = Partial<StoreContents> & { readonly run?: Partial<RecordedRun> };

/** Returns the rules that the checker reports as violated, without duplicates. */
function brokenBy({ run, ...stores }: Broken): readonly string[] {
  const report = checkRecordedRun({ ...goodRun, ...run }, { ...goodStores, ...stores }, TIME_AFTER_RUN);
  assert.equal(report.ok, report.violations.length === 0);
  for (const { detail } of report.violations) assert.doesNotMatch(detail, /@example\.com(?!>)|Augusta/);
  return [...new Set(report.violations.map(({ rule }) => rule))].toSorted();
}

function commits(change: (commit: Commit) => Commit | readonly Commit[]): Broken {
  return {
    commits: goodStores.commits.flatMap(change),
  };
}

function commitsBut(id: string, change: (commit: Commit) => Commit | readonly Commit[]): Broken {
  return commits((commit) => (commit.correlationId === id ? change(commit) : commit));
}

function records(change: (records: readonly TopicRecord[]) => readonly TopicRecord[]): Broken {
  return {
    records: change(goodStores.records),
  };
}

function isOf(type: string, key: string) {
  return (record: TopicRecord) => record.headers['ce_subject'] === key && record.headers['ce_type'] === type;
}

function deliveries(id: string, change: Partial<StoredDelivery>): Broken {
  return {
    deliveries: goodStores.deliveries.map((delivery) =>
      delivery._id === id ? { ...delivery, ...change } : delivery,
    ),
  };
}

/**
 * Returns a run in which the delivery has a single recorded attempt: the given sender sent the mail, and the
 * mail server accepted it.
 */
function recordedFrom(id: string, sender: string, at: string): Broken {
  return deliveries(id, { attempts: [{ at: new Date(at), ms: 5, result: 'accepted', sender }] });
}

function mailOf(id: string) {
  const mail = goodRun.mails.find(({ messageId }) => messageId.includes(id));
  assert.ok(mail);
  return mail;
}

function history(...more: RecordedRun['history']): Broken {
  return {
    run: { history: [...goodRun.history, ...more] },
  };
}

function profileOf(id: string) {
  const found = goodStores.profiles.find(({ _id }) => _id === id);
  assert.ok(found);
  return found;
}

function profiles(id: string, change: object): Broken {
  return {
    profiles: goodStores.profiles.map((each) => (each._id === id ? { ...each, ...change } : each)),
  };
}

describe('a run in which everything went well', () => {
  test('breaks no rule, and is counted', () => {
    const { ok, counts, violations } = checkRecordedRun(goodRun, goodStores, TIME_AFTER_RUN);
    assert.deepEqual(violations, []);
    assert.equal(ok, true);
    assert.deepEqual(counts, {
      commands: 30,
      'commands with status 200': 14,
      'commands with status 201': 4,
      'commands with status 202': 5,
      'commands with status 204': 2,
      'commands with status 401': 4,
      'commands without a response': 1,
      accounts: 5,
      'accounts for which the search for an order ended': 5,
      'accounts for which the search for an order took too long': 0,
      'erased accounts': 1,
      'erased accounts whose traces were searched for': 1,
      'forged records': 1,
      events: 24,
      'events on the topics': 24,
      'repeated records on the topics': 0,
      'mails that had to be sent': 15,
      'mails that were sent': 14,
      'mails that were cancelled': 1,
      'mails that expired': 0,
      'mails that failed': 0,
      'repeated copies of mails': 0,
      'injected faults': 0,
    });
  });

  test('breaks no rule on a standalone either, although an erasure has replaced records', () => {
    const { violations } = checkRecordedRun(goodStandaloneRun, goodStandaloneStores, TIME_AFTER_RUN);
    assert.deepEqual(violations, []);
  });

  test('breaks no rule if a backup was restored and the history of an account has forked', () => {
    const { violations } = checkRecordedRun(goodRestoredRun, goodStores, TIME_AFTER_RUN);
    assert.deepEqual(violations, []);
  });

  test('breaks no rule on a cluster to which a standalone was moved after an erasure', () => {
    const { violations } = checkRecordedRun(goodMovedRun, goodStandaloneStores, TIME_AFTER_RUN);
    assert.deepEqual(violations, []);
  });
});

describe('an acknowledged command', () => {
  const cases: Readonly<Record<string, Broken>> = {
    'that is not in the journal at all': history(
      createHistoryLine('carol-1', 'sign-up', {
        status: 201,
        request: { email: 'carol@example.com', username: 'carol' },
      }),
    ),
    'of an account that has not reached this sequence': history(
      createHistoryLine('x', 'profile', { ...asAda, accountSequence: `${ADA_ID}:6` }),
    ),
    'whose values are not in the journal': history(
      createHistoryLine('x', 'profile', {
        ...asAda,
        request: { lastName: 'King' },
        accountSequence: `${ADA_ID}:5`,
      }),
    ),
    'that named no sequence': history(createHistoryLine('x', 'profile', asAda)),
    'that has no commit of its own': history(
      createHistoryLine('x', 'logout-all', { ...asAda, status: 204, accountSequence: `${ADA_ID}:4` }),
    ),
    'that gave a different role': history(
      createHistoryLine('x', 'role', {
        request: { accountId: ADA_ID, role: 'admin' },
        accountSequence: `${ADA_ID}:5`,
      }),
    ),
    'to disable an account that is not disabled': history(
      createHistoryLine('x', 'disable', { request: { accountId: ADA_ID }, accountSequence: `${ADA_ID}:5` }),
    ),
    'that requested another link, without an event': history(
      createHistoryLine('x', 'verification-request', {
        ...createCommandTimes(8, 50),
        status: 202,
        accessToken: createFakeAccessToken(BOB_ID, 'bob-t', 2),
      }),
    ),
    'whose mailing is to somebody else': history(
      createHistoryLine('x', 'mailing', {
        request: { addresses: ['eve@example.com'] },
        answer: { mailingId: MAILING_ID },
      }),
    ),
    'that logged in a person without an account': history(
      createHistoryLine('x', 'login', {
        request: { email: 'nobody@example.com' },
        answer: createTokenResponse('nobody', '01900000-0000-7000-8000-0000000000aa', 's', 1, 0),
      }),
    ),
    'that requested a reset and was never processed': history(
      createHistoryLine('x', 'reset-request', {
        status: 202,
        sentAt: formatMinuteOfRun(5),
        request: { email: 'Ada@example.com' },
      }),
    ),
  };
  for (const [what, run] of Object.entries(cases)) {
    test(`is reported as lost: ${what}`, () => assert.deepEqual(brokenBy(run), ['acknowledged commands']));
  }

  const fine: Readonly<Record<string, Broken>> = {
    'a reset for an address that nobody has verified': history(
      createHistoryLine('x', 'reset-request', {
        status: 202,
        sentAt: formatMinuteOfRun(5),
        request: { email: 'nobody@example.com' },
      }),
    ),
    'a reset from before the address was verified': history(
      createHistoryLine('x', 'reset-request', {
        status: 202,
        sentAt: formatMinuteOfRun(1),
        request: { email: 'ada@example.com' },
      }),
    ),
    'a sign-up that was sent twice with one Idempotency-Key': {
      run: {
        history: goodRun.history.flatMap((command) =>
          command.id === 'bob-1'
            ? ['bob-1', 'bob-again'].map((id) => ({
                ...command,
                id,
                request: { ...command.request, idempotencyKey: 'a key' },
              }))
            : command,
        ),
      },
    },
    'a command that the checker does not know': history(createHistoryLine('x', 'dance', {})),
  };
  for (const [what, run] of Object.entries(fine)) {
    test(`is not reported: ${what}`, () => assert.deepEqual(brokenBy(run), []));
  }

  // In this run, the client did not get the first response to its command. Its retry found that the command
  // was already carried out, and got a response with a later state of the account.
  test('is not reported if a later command changed the account before the response', () => {
    const next = createCommit(ADA_ID, [5, 6], 'ada-6', [
      createEvent('ProfileChanged', formatMinuteOfRun(5), { userId: ADA_ID, person: { firstName: 'Ada' } }),
    ]);
    function answered(id: string, firstName: string) {
      return {
        commits: [...goodStores.commits, next],
        ...history(
          createHistoryLine(id, 'profile', { request: { firstName }, accountSequence: `${ADA_ID}:6` }),
        ),
      };
    }
    function isMissed(run: Broken): boolean {
      return brokenBy(run).includes('acknowledged commands');
    }
    assert.equal(isMissed(answered('ada-6', 'Ada')), false);
    assert.equal(isMissed(answered('ada-4', 'Augusta')), false);
    assert.equal(isMissed(answered('ada-4', 'Byron')), true);
    assert.equal(isMissed(answered('another', 'Augusta')), true);
  });
});

describe('a profile that was read', () => {
  const shown = {
    ...profileOf(ADA_ID).profile,
    version: 5,
  };
  function me(answer: Readonly<Record<string, unknown>>, after: string | null = null) {
    const token = createFakeAccessToken(ADA_ID, 'ada-s', answer['version'] === 2 ? 2 : 4);
    return brokenBy(
      history(createHistoryLine('x', 'me', { ...asAda, accessToken: token, request: { after }, answer })),
    );
  }

  test('matches its version, which is not older than what the reader has seen', () => {
    assert.deepEqual(me(shown, `${ADA_ID}:5`), []);
    assert.deepEqual(me(shown, `${BOB_ID}:6`), []);
    const before = {
      ...shown,
      version: 2,
      firstName: null,
      updatedAt: formatMinuteOfRun(2),
      passwordChangedAt: null,
    };
    assert.deepEqual(me(before, `${ADA_ID}:2`), []);
    assert.deepEqual(me(before, `${ADA_ID}:3`), ['reads']);
  });

  test('must not differ from its version', () => {
    assert.deepEqual(me({ ...shown, firstName: 'Eve' }), ['reads']);
    assert.deepEqual(me({ ...shown, version: 6 }), ['reads']);
    assert.deepEqual(me({ ...shown, version: 4 }), ['reads']);
  });
});

describe('one effect', () => {
  test('is broken by a second commit of one command', () => {
    const again = commits((commit) =>
      commit.correlationId === 'ada-4' ? { ...commit, correlationId: 'ada-3' } : commit,
    );
    assert.ok(brokenBy(again).includes('one effect'));
  });

  test('is broken by a refused command that is in the journal', () => {
    const refused = goodRun.history.map((command) =>
      command.id === 'ada-4' ? { ...command, status: 400, accountSequence: null } : command,
    );
    assert.deepEqual(brokenBy({ run: { history: refused } }), ['one effect']);
  });

  test('is broken by a command with a different effect than requested', () => {
    const other = goodRun.history.map((command) =>
      command.id === 'eve-1' ? { ...command, op: 'profile', request: {} } : command,
    );
    assert.deepEqual(brokenBy({ run: { history: other } }), ['one effect']);
  });

  test('is broken by two accounts of one repeated sign-up', () => {
    const keyed = goodRun.history.map((command) =>
      ['ada-1', 'eve-1'].includes(command.id)
        ? { ...command, request: { ...command.request, email: 'ada@example.com', idempotencyKey: 'a key' } }
        : command,
    );
    assert.deepEqual(brokenBy({ run: { history: keyed } }), ['one effect']);
  });
});

describe('the journal', () => {
  test('has no gap in its commits', () => {
    const gap = commitsBut('ada-4', (commit) => ({ ...commit, number: 5 }));
    assert.deepEqual(brokenBy(gap), ['numbering']);
  });

  test('has no gap in its events', () => {
    assert.ok(brokenBy(commitsBut('ada-4', (c) => ({ ...c, sequence: 6 }))).includes('numbering'));
  });

  test('has no incomplete commit', () => {
    const split = commitsBut('ada-3', (commit) => [{ ...commit, events: commit.events.slice(0, 1) }]);
    assert.ok(brokenBy(split).includes('whole commits'));
  });

  test('begins each account with its first event', () => {
    const headless = commits((commit) => (commit.correlationId === 'bob-1' ? [] : commit));
    assert.ok(brokenBy(headless).includes('whole commits'));
  });

  test('has a claim for each verified address', () => {
    const released = commitsBut('ada-2', ({ claims: _, ...commit }) => commit);
    assert.deepEqual(brokenBy(released), ['claims']);
    const another = commitsBut('ada-2', (commit) => ({ ...commit, claims: ['address:eve@example.com'] }));
    assert.deepEqual(brokenBy(another), ['claims']);
  });

  test('has a claim for each removal of an admin, and for nothing else', () => {
    const elsewhere = commitsBut('ada-1', (commit) => ({ ...commit, claims: ['admin-removal:1'] }));
    assert.deepEqual(brokenBy(elsewhere), ['claims']);
    const disabled = createEvent('AccountDisabled', formatMinuteOfRun(8), {
      userId: EVE_ID,
      locale: 'en',
      person: null,
    });
    function removals(...numbers: readonly number[]) {
      const its = numbers.map((number, i) =>
        createCommit(EVE_ID, [2 + i, 2 + i], 'x', [disabled], { claims: [`admin-removal:${number}`] }),
      );
      return brokenBy({ commits: [...goodStores.commits, ...its] }).includes('claims');
    }
    assert.deepEqual([removals(1, 2), removals(1, 1)], [false, true]);
  });

  test('has one owner of an address', () => {
    const verified = createEvent('AccountVerified', formatMinuteOfRun(8), {
      userId: EVE_ID,
      locale: 'en',
      person: null,
    });
    const commit = createCommit(EVE_ID, [2, 2], 'x', [verified], { claims: ['address:ada@example.com'] });
    assert.ok(brokenBy({ commits: [...goodStores.commits, commit] }).includes('claims'));
  });

  test('releases an address before the response, unless a fault came between', () => {
    const reverted = createEvent(
      'EmailChangeReverted',
      formatMinuteOfRun(20),
      { userId: FAY_ID, locale: 'en', person: null },
      { private: { address: 'fay@example.com' } },
    );
    const commit = createCommit(FAY_ID, [7, 8], 'x', [reverted], { claims: [`release:0:${FAY_ID}:8`] });
    function leaves(at: string, left = commit): boolean {
      const fault = { at, fault: 'kill-auth', target: 'auth-1', until: at };
      const run = { faults: [...goodRun.faults, fault] };
      return brokenBy({ commits: [...goodStores.commits, left], run }).includes('claims');
    }
    assert.deepEqual([leaves(formatMinuteOfRun(20, 2)), leaves(formatMinuteOfRun(22))], [false, true]);
    // The clean-up finds addresses to release by the claims of commits. This commit has no claims, so the
    // clean-up would never release the former address of Fay's account. No fault excuses that.
    assert.ok(leaves(formatMinuteOfRun(20, 2), { ...commit, claims: [] }));
  });

  test('marks each pending sign-up with its address', () => {
    const lost = commitsBut('bob-1', ({ registration: _, ...commit }) => commit);
    assert.deepEqual(brokenBy(lost), ['address marks']);
    const other = commitsBut('bob-1', (commit) => ({ ...commit, registration: { address: 'x' } }));
    assert.deepEqual(brokenBy(other), ['address marks']);
  });

  test('marks no other sign-up, unless a fault or a timeout of the store kept the mark', () => {
    const left = commitsBut('ada-1', (commit) => ({
      ...commit,
      registration: { address: 'ada@example.com' },
    }));
    assert.deepEqual(brokenBy(left), ['address marks']);
    const fault = {
      at: formatMinuteOfRun(2),
      fault: 'kill-auth',
      target: 'auth-1',
      until: formatMinuteOfRun(2, 2),
    };
    assert.deepEqual(brokenBy({ ...left, run: { faults: [fault] } }), []);
    assert.deepEqual(
      brokenBy({ ...left, run: { faults: [{ ...fault, at: formatMinuteOfRun(9), until: null }] } }),
      ['address marks'],
    );

    function answered(answeredAt: string | null) {
      return {
        ...left,
        run: {
          history: goodRun.history.map((command) =>
            command.id === 'ada-2' ? { ...command, answeredAt } : command,
          ),
          faults: [{ ...fault, at: formatMinuteOfRun(2, 5), until: formatMinuteOfRun(2, 9) }],
        },
      };
    }
    assert.deepEqual(brokenBy(answered(formatMinuteOfRun(2, 1))), ['address marks']);
    // So much time passed between the commit and the response that a store operation may have timed out, or
    // that a fault may have happened.
    assert.deepEqual(brokenBy(answered(formatMinuteOfRun(2, 3))), []);
    assert.deepEqual(brokenBy(answered(null)), []);
  });
});

describe('the topic', () => {
  const isPassword = isOf('PasswordChanged', ADA_ID);
  const cases: Readonly<Record<string, Broken>> = {
    'without an event': records((all) => all.filter((record) => !isPassword(record))),
    'without the last event': records((all) =>
      all.filter((record) => !isOf('ProfileChanged', ADA_ID)(record)),
    ),
    'in another order': records((all) =>
      all.map((record) => (isPassword(record) ? { ...record, offset: 99 } : record)),
    ),
    'with other data': records((all) =>
      all.map((record) =>
        isPassword(record)
          ? { ...record, payload: record.payload?.replace('"ada"', '"eve"') ?? null }
          : record,
      ),
    ),
    'with another time': records((all) =>
      all.map((record) =>
        isPassword(record)
          ? { ...record, headers: { ...record.headers, ce_time: formatMinuteOfRun(9) } }
          : record,
      ),
    ),
    'with an event that is not in the journal': records((all) =>
      all.flatMap((record) =>
        isPassword(record)
          ? [record, { ...record, offset: 98, headers: { ...record.headers, ce_id: EVE_ID } }]
          : record,
      ),
    ),
    'with a copy that has different content': records((all) =>
      all.flatMap((record) =>
        isPassword(record) ? [record, { ...record, offset: 98, payload: '{}' }] : record,
      ),
    ),
    'with an account in two partitions': records((all) =>
      all.map((record) => (isPassword(record) ? { ...record, partition: 1 } : record)),
    ),
    'with a value that is not JSON': records((all) =>
      all.map((record) => (isPassword(record) ? { ...record, payload: '{' } : record)),
    ),
    'with a secret in it': records((all) =>
      all.map((record) =>
        isPassword(record)
          ? { ...record, payload: record.payload?.replace('{', '{"passwordHash":"x",') ?? null }
          : record,
      ),
    ),
    'of mailings with events of accounts': records((all) =>
      all.map((record) => (isPassword(record) ? { ...record, topic: 'mailings.events.v1' } : record)),
    ),
  };
  for (const [what, run] of Object.entries(cases)) {
    test(`is wrong ${what}`, () => assert.deepEqual(brokenBy(run), ['topic']));
  }

  test('may have copies, which are counted', () => {
    const stores = {
      ...goodStores,
      ...records((all) => [...all, ...all.map((record) => ({ ...record, offset: record.offset + 1000 }))]),
    };
    const { ok, counts } = checkRecordedRun(goodRun, stores, TIME_AFTER_RUN);
    assert.equal(ok, true);
    assert.equal(counts['repeated records on the topics'], 19);
  });
});

describe('the read model', () => {
  const cases: Readonly<Record<string, Broken>> = {
    'without an account': { profiles: goodStores.profiles.filter(({ _id }) => _id !== BOB_ID) },
    'with an account that is not in the journal': {
      profiles: [...goodStores.profiles, { ...profileOf(BOB_ID), _id: 'x' }],
    },
    'that lags behind': profiles(ADA_ID, { sequence: 4 }),
    'with a wrong field': profiles(ADA_ID, { profile: { ...profileOf(ADA_ID).profile, isVerified: false } }),
    'without a field': profiles(BOB_ID, { profile: { ...profileOf(BOB_ID).profile, lastName: undefined } }),
    'with an additional field': profiles(BOB_ID, {
      profile: { ...profileOf(BOB_ID).profile, password: 'x' },
    }),
    'that finds an account by a wrong name': profiles(ADA_ID, {
      search: { email: 'ada@example.com', username: 'x' },
    }),
    'that finds an ended account': profiles(EVE_ID, { search: { email: 'ada@example.com' } }),
  };
  for (const [what, run] of Object.entries(cases)) {
    test(`is wrong ${what}`, () => assert.deepEqual(brokenBy(run), ['read model']));
  }

  test('has no parked accounts', () => {
    assert.deepEqual(brokenBy(profiles(ADA_ID, { parked: { cause: 'a gap', after: 5 } })), ['parked']);
  });
});

/**
 * Returns the target that a kind of fault has in these tests, for example `notifier-1` for `kill-notifier`.
 */
function targetOf(fault: string): string {
  if (fault.startsWith('smtp')) return 'smtp';
  return fault.endsWith('mongodb') ? 'mongodb' : `${fault.replace(/^\w+-/, '')}-1`;
}

describe('a mail', () => {
  const welcome = computeDeliveryId(ADA_ID, 'welcome');
  const link = computeDeliveryId(ADA_ID, 'verify-email');
  const bobs = computeDeliveryId(BOB_ID, 'verify-email');
  function without(id: string) {
    return goodRun.mails.filter(({ messageId }) => !messageId.includes(id));
  }
  function faults(fault: string, from: string, until: string | null) {
    return [{ at: from, fault, target: targetOf(fault), until }];
  }

  test('that is required must have a delivery', () => {
    const unknown = goodStores.deliveries.filter(({ _id }) => _id !== welcome);
    assert.deepEqual(brokenBy({ deliveries: unknown, run: { mails: without(welcome) } }), ['mails']);
  });

  test('must have been accepted if its state is sent', () => {
    assert.deepEqual(brokenBy({ run: { mails: without(welcome) } }), ['mails']);
    const closed = goodRun.mails.map((mail) => ({ ...mail, said: 'closed' as const }));
    assert.deepEqual(brokenBy({ run: { mails: closed } }), ['mails']);
  });

  test('may be cancelled only if an event supersedes it', () => {
    const run = { mails: without(welcome) };
    assert.deepEqual(brokenBy({ ...deliveries(welcome, { state: 'cancelled' }), run }), ['mails']);
  });

  test('may expire only after its deadline', () => {
    const run = { mails: without(link) };
    const early = { state: 'expired', endedAt: new Date(formatMinuteOfRun(54)) };
    assert.deepEqual(brokenBy({ ...deliveries(link, early), run }), ['mails']);
    const late = { state: 'expired', endedAt: new Date(formatMinuteOfRun(55)) };
    assert.deepEqual(brokenBy({ ...deliveries(link, late), run }), []);
  });

  test('may fail permanently only if the mail server refused it', () => {
    const attempts = [
      { at: new Date(formatMinuteOfRun(2, 5)), ms: 10, result: 'refused', sender: 'host:1', code: 554 },
    ];
    const failed = deliveries(welcome, { state: 'failed', reason: 'refused', attempts });
    assert.deepEqual(brokenBy({ ...failed, run: { mails: without(welcome) } }), ['mails']);
    const said = [...without(welcome), { ...mailOf(welcome), said: '5xx' as const }];
    assert.deepEqual(brokenBy({ ...failed, run: { mails: said } }), []);
    const run = {
      mails: without(welcome),
      faults: faults('smtp-5xx', formatMinuteOfRun(2), formatMinuteOfRun(3)),
    };
    assert.deepEqual(brokenBy({ ...failed, run }), []);
    const unsealable = deliveries(welcome, { state: 'failed', reason: 'unsealable' });
    assert.deepEqual(brokenBy({ ...unsealable, run: { mails: without(welcome) } }), ['mails']);
  });

  test('goes to its recipient, and to nobody else', () => {
    const wrong = [...without(welcome), { ...mailOf(welcome), to: ['eve@example.com'] }];
    assert.deepEqual(brokenBy({ run: { mails: wrong } }), ['mails']);
    const strange = [...goodRun.mails, { ...mailOf(welcome), messageId: '<x@example.com>' }];
    assert.deepEqual(brokenBy({ run: { mails: strange } }), ['mails']);
  });

  test('does not come after its link has expired', () => {
    const second = computeDeliveryId(BOB_ID, 'verify-email', 1);
    function coming(time: string) {
      return brokenBy({ run: { mails: [...without(second), { ...mailOf(second), at: time }] } });
    }
    assert.deepEqual(coming(formatMinuteOfRun(64, 59)), []);
    assert.deepEqual(coming(formatMinuteOfRun(65)), ['stale mails']);
  });

  test('arrives twice only if its sender could not know that it was accepted', () => {
    const again = { ...mailOf(welcome), at: formatMinuteOfRun(4), by: 'notifier-2' };
    const twice = [...goodRun.mails, again];
    const secondIsRecorded = recordedFrom(welcome, 'host:2', formatMinuteOfRun(4));
    assert.deepEqual(brokenBy({ ...secondIsRecorded, run: { mails: twice } }), ['duplicate mails']);
    const lost = [...without(welcome), { ...mailOf(welcome), said: '250-lost' as const }, again];
    assert.deepEqual(brokenBy({ ...secondIsRecorded, run: { mails: lost } }), []);
    const refused = [...without(welcome), { ...mailOf(welcome), said: '4xx' as const }, again];
    assert.deepEqual(brokenBy({ ...secondIsRecorded, run: { mails: refused } }), []);
    function during(fault: string, more: Partial<FaultLine> = {}) {
      return brokenBy({
        ...secondIsRecorded,
        run: {
          mails: twice,
          faults: faults(fault, formatMinuteOfRun(2), formatMinuteOfRun(2, 20)).map((line) => ({
            ...line,
            ...more,
          })),
        },
      });
    }
    for (const fault of ['kill-notifier', 'stop-mongodb', 'smtp-refuses'])
      assert.deepEqual(during(fault), []);
    assert.deepEqual(during('kill-broker'), ['duplicate mails']);
    // A fault does not excuse a second copy of a mail if it hit a different sender, or if it began after the
    // acceptance of the first copy was recorded.
    assert.deepEqual(during('kill-notifier', { target: 'notifier-2' }), ['duplicate mails']);
    assert.deepEqual(during('kill-notifier', { at: formatMinuteOfRun(2, 13), until: formatMinuteOfRun(3) }), [
      'duplicate mails',
    ]);
    // The attempts are missing, because an erasure deletes them. The rule then does not know which copy was
    // recorded as accepted, and assumes that it was the last one.
    const unrecorded = deliveries(welcome, { attempts: [] });
    assert.deepEqual(brokenBy({ ...unrecorded, run: { mails: twice } }), ['duplicate mails']);
  });

  test('may arrive once more from a sender that was stopped while it was sending, after another copy was recorded', () => {
    const late = {
      ...mailOf(welcome),
      at: formatMinuteOfRun(4),
      answeredAt: formatMinuteOfRun(4),
      by: 'notifier-2',
    };
    function during(target: string) {
      const faulty = faults('pause-notifier', formatMinuteOfRun(1), formatMinuteOfRun(4)).map((line) => ({
        ...line,
        target,
      }));
      return brokenBy({ run: { mails: [...goodRun.mails, late], faults: faulty } });
    }
    assert.deepEqual(during('notifier-2'), []);
    assert.deepEqual(during('notifier-1'), ['duplicate mails']);
  });

  test('is not claimed after the cutoff that supersedes it was stored', () => {
    const known = new Date(formatMinuteOfRun(5, 1)).getTime();
    function tried(ms: number) {
      return {
        ...deliveries(bobs, {
          attempts: [{ at: new Date(known + ms), ms: 5, result: 'deferred', sender: 'host:1' }],
        }),
      };
    }
    assert.deepEqual(brokenBy(tried(-20_000)), []);
    assert.deepEqual(brokenBy(tried(4000)), []);
    assert.deepEqual(brokenBy(tried(6000)), ['superseded mails']);
    const run = { faults: faults('pause-notifier', formatMinuteOfRun(5), formatMinuteOfRun(6)) };
    assert.deepEqual(brokenBy({ ...tried(6000), run }), []);
  });

  test('may seem to be claimed too late if the clock of its sender was changed, but not if another clock was', () => {
    function triedWhile(target: string, ms: number) {
      const line = { at: formatMinuteOfRun(5), fault: 'clock-ahead', target, until: formatMinuteOfRun(6) };
      const late = new Date(new Date(formatMinuteOfRun(5, 1)).getTime() + ms);
      const stored = deliveries(bobs, {
        attempts: [{ at: late, ms: 5, result: 'deferred', sender: 'host:1' }],
      });
      return brokenBy({ ...stored, run: { faults: [line] } });
    }
    assert.deepEqual(triedWhile('clock-of-notifier-1', 6_000), []);
    assert.deepEqual(triedWhile('clock-of-notifier-1', 66_000), ['superseded mails']);
    assert.deepEqual(triedWhile('clock-of-auth-1', 6_000), ['superseded mails']);
  });

  test('does not arrive later after its cutoff than an attempt can take', () => {
    const mail = {
      ...mailOf(computeDeliveryId(ADA_ID, 'welcome')),
      messageId: `<${bobs}@x>`,
      to: ['bob@example.com'],
    };
    function coming(time: string) {
      return brokenBy({ run: { mails: [...goodRun.mails, { ...mail, at: time }] } });
    }
    assert.deepEqual(coming(formatMinuteOfRun(6)), []);
    assert.deepEqual(coming(formatMinuteOfRun(6, 10)), ['superseded mails']);
  });

  test('is superseded by the cutoffs that the notifier has stored', () => {
    assert.deepEqual(brokenBy({ cutoffs: goodStores.cutoffs.slice(1) }), ['cutoffs']);
    const lower = goodStores.cutoffs.map((each) =>
      each._id === ADA_ID ? { ...each, before: { verification: 2 } } : each,
    );
    assert.deepEqual(brokenBy({ cutoffs: lower }), ['cutoffs']);
  });
});

describe('a limit', () => {
  // Ada's profile was changed once in the good run.
  const settings = { LIMITS: 'on', LIMIT_PROFILE_CHANGES: '3' };
  function change(second: number, status: number, by: string | null = 'auth-1'): HistoryLine {
    const times = createCommandTimes(8, second);
    return createHistoryLine(`x${second}`, 'profile', { ...asAda, ...times, status, answer: null, by });
  }

  /**
   * Returns whether the checker reports that the limit refused the last command too early.
   * @param killedAt the second at which auth-1 is killed
   */
  function isBroken(
    killedAt: number,
    commands: readonly HistoryLine[],
    kind: Pick<FaultLine, 'fault' | 'target'> = { fault: 'kill-auth', target: 'auth-1' },
  ): boolean {
    const at = formatMinuteOfRun(8, killedAt);
    const fault = { at, until: at, ...kind };
    const run = {
      run: { ...goodRun.run, settings },
      history: [...goodRun.history, ...commands, change(50, 429)],
      faults: [...goodRun.faults, fault],
    };
    return brokenBy({ run }).includes('limits');
  }

  test('may count a failed command if the process was killed before it refunded the points', () => {
    const failed = [change(10, 503), change(12, 503)];
    assert.equal(isBroken(5, failed), true);
    assert.equal(isBroken(20, failed), false);
    assert.equal(isBroken(20, [...failed, change(14, 200)]), true);
    assert.equal(isBroken(20, [...failed, change(14, 200, 'auth-2')]), false);
  });

  test('may count a command with a response of the gateway if the process was killed', () => {
    const failed = [change(10, 502, null), change(12, 502, null)];
    assert.deepEqual([isBroken(11, failed), isBroken(20, failed)], [false, true]);
  });

  test('does not count a failed command if the process was only paused', () => {
    const paused = { fault: 'pause-auth', target: 'auth-1' };
    assert.equal(isBroken(20, [change(10, 503), change(12, 503)], paused), true);
  });

  test('on logins is reset by a new password, unless the store failed at that time', () => {
    // In the run, Ada logs in twice before she changes her password in the third minute.
    const second = createHistoryLine('y', 'login', {
      ...createCommandTimes(2, 20),
      request: { email: 'ada@example.com' },
      answer: createTokenResponse('ada', ADA_ID, 'ada-u', 2, 0),
    });
    const refused = createHistoryLine('x', 'login', {
      ...createCommandTimes(8),
      request: { email: 'ada@example.com' },
      status: 429,
      answer: null,
    });
    function isRefusedTooEarly(faults: readonly FaultLine[]): boolean {
      const limits = { LIMITS: 'on', LIMIT_LOGINS: '2', LIMIT_LOGIN_FAILURES_PER_ADDRESS: '10' };
      const run = { ...goodRun.run, settings: limits };
      return brokenBy({ run: { run, history: [...goodRun.history, second, refused], faults } }).includes(
        'limits',
      );
    }
    const at = formatMinuteOfRun(3);
    assert.equal(isRefusedTooEarly([]), true);
    for (const target of ['mongodb', 'disk', 'auth-1'])
      assert.equal(isRefusedTooEarly([{ at, fault: 'x', target, until: at }]), false);
    assert.equal(isRefusedTooEarly([{ at, fault: 'x', target: 'user-1', until: at }]), true);
  });

  test('on failed logins counts the attempts in progress, and not those that succeeded', () => {
    function attempt(id: string, [from, to]: readonly [number, number], status: number): HistoryLine {
      return createHistoryLine(id, 'login', {
        sentAt: formatMinuteOfRun(8, from),
        answeredAt: formatMinuteOfRun(8, to),
        request: { email: 'bob@example.com' },
        status,
        answer: null,
      });
    }
    function isRefusedTooEarly(second: number): boolean {
      const attempts = [attempt('x', [20, 25], 403), attempt('y', [20, 25], 403)];
      const limits = { LIMITS: 'on', LIMIT_LOGINS: '10', LIMIT_LOGIN_FAILURES_PER_ADDRESS: '3' };
      const history = [...goodRun.history, ...attempts, attempt('z', [second, second + 1], 429)];
      return brokenBy({ run: { run: { ...goodRun.run, settings: limits }, history } }).includes('limits');
    }
    // In the run, Bob has already mistyped his password once.
    assert.deepEqual([isRefusedTooEarly(23), isRefusedTooEarly(26)], [false, true]);
  });

  test('does not count a command that another process failed to process', () => {
    assert.equal(isBroken(20, [change(10, 503, 'auth-2'), change(12, 503, 'auth-2')]), true);
  });
});

describe('an idle system', () => {
  const cases: Readonly<Record<string, readonly [string, Broken]>> = {
    'an unpublished commit': [
      'unpublished',
      commitsBut('ada-4', (commit) => ({ ...commit, unpublished: { at: commit.at } })),
    ],
    'a group that is behind': ['groups', { lags: [{ group: 'user', topic: 'accounts.events.v1', lag: 1 }] }],
    'a request that was not carried out': ['leases', { requests: [{ _id: 'x', at: formatMinuteOfRun(1) }] }],
    'a lease that nobody could have taken': [
      'leases',
      { leases: [{ _id: 'sweep', until: new Date(formatMinuteOfRun(70)) }] },
    ],
    'a mail that is still claimed': [
      'leases',
      deliveries(computeDeliveryId(ADA_ID, 'welcome'), {
        open: { dueAt: TIME_AFTER_RUN, sendUntil: TIME_AFTER_RUN },
      }),
    ],
    'a dead letter': [
      'dead letters',
      { deadLetters: [...goodStores.deadLetters, ...goodStores.records.slice(0, 1)] },
    ],
  };
  for (const [what, [rule, run]] of Object.entries(cases)) {
    test(`must not have ${what}`, () => assert.deepEqual(brokenBy(run), [rule]));
  }
});
