import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, it } from 'node:test';
import { createLogger } from '@latchkey/process';
import type { MailSendResult } from '../delivery/attempt.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createRefusalHistory } from './evidence.ts';
import { createMailServerMonitor } from './server-watch.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const accepted: MailSendResult = { kind: 'accepted' };

function deferredWith(code: number, enhanced: string | undefined, words: string): MailSendResult {
  return { kind: 'deferred', failure: { stage: 'rcpt', code, ...(enhanced && { enhanced }), words } };
}

const deferred = deferredWith(450, '4.3.0', 'Internal error');

let lines: readonly { readonly level: string; readonly msg: string; readonly words?: string }[];
let watch: ReturnType<typeof watchServer>;

function watchServer() {
  const clock = createSimulatedClock(new Date('2026-11-21T06:00:00.000Z'));
  const evidence = createRefusalHistory();
  const log = new PassThrough().on('data', (line) => {
    lines = [...lines, JSON.parse(String(line))];
  });
  const server = createMailServerMonitor({
    evidence,
    clock,
    random: () => 0,
    logger: createLogger({ name: 'test', level: 'info' }, log),
    probe: async () => ({ kind: 'welcome' }),
    connections: () => 5,
    onChange: () => undefined,
    signal: new AbortController().signal,
  });
  return {
    ...server,
    /**
     * Gives the monitor the same result for a mail to each recipient.
     * @param ms the simulated time of the results, in ms since the start
     */
    at(ms: number, recipients: readonly string[], result: MailSendResult): void {
      clock.moveTo(ms);
      for (const to of recipients) server.learn(evidence.judge({ id: to, to }, result));
    },
  };
}

function warnings() {
  return lines.filter(({ level }) => level === 'warn');
}

beforeEach(() => {
  lines = [];
  watch = watchServer();
});

describe('a mail server that defers', () => {
  it('all mails is reported after a minute, with its words, and still gets all mails', () => {
    watch.at(0, ['ada', 'bob', 'cy'], deferred);
    watch.at(30 * SECOND, ['ada', 'bob', 'cy'], deferred);
    assert.equal(watch.trouble(), undefined);
    watch.at(MINUTE, ['ada', 'bob', 'cy'], deferred);
    assert.equal(
      watch.trouble(),
      'refused all mails of the last minute, last at RCPT TO: 450 4.3.0 Internal error',
    );
    assert.deepEqual(watch.circuit(), { state: 'closed' });
  });

  it('all mails is logged once, and once more when it accepts one', () => {
    for (let minute = 0; minute < 5; minute += 1) watch.at(minute * MINUTE, ['ada', 'bob', 'cy'], deferred);
    assert.deepEqual(
      warnings().map(({ msg, words }) => [msg, words]),
      [['the mail server defers all mails', 'Internal error']],
    );
    watch.at(6 * MINUTE, ['ada'], accepted);
    assert.equal(watch.trouble(), undefined);
    assert.equal(lines.at(-1)?.msg, 'the mail server accepts mail again');
  });

  it('all mails is logged again after a recovery', () => {
    for (const start of [0, 10 * MINUTE]) {
      watch.at(start, ['ada', 'bob', 'cy'], deferred);
      watch.at(start + MINUTE, ['ada'], deferred);
      watch.at(start + 2 * MINUTE, ['ada'], accepted);
    }
    assert.equal(warnings().length, 2);
  });

  it('fewer than three recipients is not reported', () => {
    for (let minute = 0; minute < 30; minute += 1) watch.at(minute * MINUTE, ['ada', 'bob'], deferred);
    assert.equal(watch.trouble(), undefined);
    assert.deepEqual(warnings(), []);
  });

  it('several recipients while it accepts others is not reported', () => {
    for (let minute = 0; minute < 30; minute += 1) {
      watch.at(minute * MINUTE, ['ada', 'bob', 'cy'], deferred);
      watch.at(minute * MINUTE + 50 * SECOND, [`other${minute}`], accepted);
    }
    assert.equal(watch.trouble(), undefined);
    assert.deepEqual(warnings(), []);
  });

  it('all mails is forgotten after 15 minutes without a mail', () => {
    watch.at(0, ['ada', 'bob', 'cy'], deferred);
    watch.at(MINUTE, ['ada'], deferred);
    watch.at(16 * MINUTE - 1, [], deferred);
    assert.notEqual(watch.trouble(), undefined);
    watch.at(16 * MINUTE, [], deferred);
    assert.equal(watch.trouble(), undefined);
  });
});

describe('a mail server that greylists', () => {
  for (const [product, greylisted] of [
    ['Postgrey', deferredWith(450, '4.2.0', '<…>: Recipient address rejected: Greylisted')],
    ['milter-greylist', deferredWith(451, '4.7.1', 'Greylisting in action, please come back in 00:05:00')],
    [
      'policyd',
      deferredWith(450, '4.7.1', '<…>: Recipient address rejected: Policy Rejection: Please try later.'),
    ],
    ['rspamd', deferredWith(451, '4.7.1', 'Try again later')],
  ] as const) {
    it(`every new recipient for five minutes is not reported (${product})`, () => {
      // Greylisting for five minutes may delay a mail by up to ten minutes. The pauses between attempts
      // double, so the last attempt within the five minutes may be followed by a pause of another five
      // minutes.
      for (let minute = 0; minute < 9; minute += 1) {
        watch.at(minute * MINUTE, [`new${minute}`, 'ada', 'bob', 'cy'], greylisted);
        assert.equal(watch.trouble(), undefined);
      }
      watch.at(9 * MINUTE, ['ada'], accepted);
      for (let minute = 10; minute < 19; minute += 1)
        watch.at(minute * MINUTE, [`new${minute}`, 'bob', 'cy'], greylisted);
      assert.equal(watch.trouble(), undefined);
      assert.deepEqual(warnings(), []);
    });
  }

  it('but never accepts a mail is reported after ten minutes', () => {
    const greylisted = deferredWith(450, '4.7.1', 'Greylisted');
    watch.at(0, ['ada', 'bob', 'cy'], greylisted);
    watch.at(10 * MINUTE, ['ada', 'bob', 'cy'], greylisted);
    assert.match(watch.trouble() ?? '', /last at RCPT TO: 450 4\.7\.1 Greylisted$/);
    assert.equal(warnings().length, 1);
  });
});

describe('a mail server that refuses', () => {
  it('us once is reported unless it has accepted a mail in the last minute', () => {
    const rejected: MailSendResult = { kind: 'rejected', failure: { stage: 'rcpt', code: 454 } };
    watch.at(0, ['ada'], accepted);
    watch.at(1, ['bob'], rejected);
    assert.equal(watch.trouble(), undefined);
    watch.at(MINUTE, [], rejected);
    assert.match(watch.trouble() ?? '', /^refused all mails of the last minute, last at RCPT TO: 454$/);
  });

  it('us is healthy once it has accepted a mail, even if it then closes the connection during another', () => {
    watch.at(0, ['ada'], { kind: 'rejected', failure: { stage: 'rcpt', code: 554 } });
    watch.at(1, ['ada'], accepted);
    watch.at(2, ['bob'], {
      kind: 'deferred',
      failure: { stage: 'rcpt', words: 'the connection was closed' },
    });
    watch.at(2 * MINUTE, [], accepted);
    assert.equal(watch.trouble(), undefined);
  });

  it('three recipients in a row because of the recipients is reported after a minute', () => {
    const refused: MailSendResult = {
      kind: 'refused',
      failure: { stage: 'rcpt', code: 550, enhanced: '5.1.1' },
    };
    watch.at(0, ['ada', 'bob'], refused);
    watch.at(2 * MINUTE, [], refused);
    assert.equal(watch.trouble(), undefined);
    watch.at(2 * MINUTE, ['cy'], refused);
    assert.match(watch.trouble() ?? '', /last at RCPT TO: 550 5\.1\.1$/);
    watch.at(3 * MINUTE, ['dan'], accepted);
    assert.equal(watch.trouble(), undefined);
  });
});
