/** Tests how a system handles unusable records on its log. The same tests run on the embedded log and on Kafka. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { assertProblem, assertStatus, type Client, createClient } from './client.ts';
import { eventually } from './eventually.ts';
import { createMailbox, extractLink, type Mailbox } from './mailbox.ts';
import { createPersonActions, createUniquePerson, type Person, type PersonActions } from './people.ts';
import {
  createTruncatedEventRecord,
  createValidEventRecord,
  type PoisonRecord,
  personalDataInUnusableRecords,
  type RawRecord,
  unusableRecords,
} from './poison.ts';
import {
  ACCOUNTS_TOPIC,
  computePartition,
  findKeyInPartition,
  MAILINGS_TOPIC,
  type PoisonLog,
} from './poison-log.ts';
import type { System } from './system.ts';

const RESET = 'Reset your password';
/** The timeout of steps for which the documentation names no duration, in ms; long enough for a busy machine. */
const PATIENCE_MS = 120_000;

export interface PoisonedSystem {
  readonly system: System;
  readonly log: PoisonLog;
  /** The base URLs of /readyz and /metrics, one for each process that reads the log. */
  readonly processes: readonly string[];
}

interface Holder extends Person {
  readonly id: string;
  readonly token: string;
}

/** A parked account, as a line in the output of `ops parked list --json`. */
interface ParkedLine {
  readonly account: string;
  readonly record: string;
  readonly cause: string;
}

/** A dead letter, as a line in the output of `ops dead-letters list --json`. */
interface LetterLine {
  readonly letter: string;
  readonly group: string;
  readonly record: string;
  readonly cause: string;
}

export function definePoisonTests(name: string, open: () => Promise<PoisonedSystem>): void {
  describe(`poison on the log of ${name}`, () => {
    let poisoned: PoisonedSystem;
    let client: Client;
    let mailbox: Mailbox;
    let people: PersonActions;
    /** Three people whose accounts have their events in the same partition. */
    let bystander: Holder;
    let skipped: Holder;
    let garbled: Holder;
    let partition: number;
    let changes = 0;
    /**
     * The records that the tests have appended, each with its position (`place`) and the account in its key
     * (`victim`).
     */
    const placed = new Map<PoisonRecord, { readonly victim: string; readonly place: string }>();

    before(async () => {
      poisoned = await open();
      client = createClient(poisoned.system.url);
      mailbox = createMailbox(poisoned.system.mailbox);
      people = createPersonActions(client, mailbox);
      [bystander, skipped, garbled] = await neighbours();
      partition = computePartition(bystander.id);
    });
    after(async () => {
      await poisoned?.log.close();
      await poisoned?.system.stop();
    });

    /** Signs people up until the events of three accounts are in the same partition. */
    async function neighbours(): Promise<[Holder, Holder, Holder]> {
      const byPartition = new Map<number, (Person & { readonly id: string })[]>();
      for (;;) {
        const person = createUniquePerson();
        assertStatus(await people.signUp(person), 201);
        const { id } = await people.login(person);
        const there = byPartition.get(computePartition(id)) ?? [];
        byPartition.set(computePartition(id), [...there, { ...person, id }]);
        const [first, second] = there;
        if (first && second)
          return [await settled(first), await settled(second), await settled({ ...person, id })];
      }
    }

    /**
     * Verifies a person's email address, and signs in.
     * @returns the person with an access token
     */
    async function settled(person: Person & { readonly id: string }): Promise<Holder> {
      const { token: link } = extractLink(await mailbox.next(person.email, 'Verify your email'));
      assertStatus(await client.post(`/auth/verify/${link}`, { json: { password: person.password } }), 200);
      return { ...person, token: (await people.login(person)).accessToken };
    }

    /** Changes a person's first name. @returns the value of the header Account-Sequence after the change */
    async function rename(holder: Holder, firstName: string): Promise<string> {
      const reply = await client.patch('/auth/profile', { token: holder.token, json: { firstName } });
      return assertStatus(reply, 200).headers.get('account-sequence') ?? '';
    }

    /**
     * Asserts that the services still handle later events in the same partition: the user service handles a
     * profile change, and the notifier a password reset request.
     */
    async function assertOthersGoOn(): Promise<void> {
      changes += 1;
      const firstName = `Change ${changes}`;
      const { email } = bystander;
      const mails = (await mailbox.to(email)).filter(({ subject }) => subject === RESET).length;
      const sequence = await rename(bystander, firstName);
      assertStatus(await client.post('/auth/password-reset-request', { json: { email } }), 202);
      const { json } = assertStatus(await people.me(bystander.token, sequence), 200);
      assert.equal(json.firstName, firstName);
      await mailbox.next(email, RESET, mails + 1);
    }

    async function linesOf<Line>(...words: readonly string[]): Promise<readonly Line[]> {
      const printed = await poisoned.system.ops(...words, '--json');
      const lines = printed.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line));
    }
    function parked() {
      return linesOf<ParkedLine>('parked', 'list', '--limit', '1000');
    }
    function letters() {
      return linesOf<LetterLine>('dead-letters', 'list', '--limit', '1000');
    }

    /** Waits until `dead-letters list` shows the record, and checks the printed line for this record. */
    async function letterOf(place: string, group: string): Promise<LetterLine> {
      function isIt(line: LetterLine) {
        return line.record === place && line.group === group;
      }
      return eventually(
        `${place} is a dead letter of ${group}`,
        async () => (await letters()).find(isIt),
        PATIENCE_MS,
      );
    }

    /**
     * Appends a record to the log. Returns the position of the record; undefined if the record has no key and
     * the broker refuses it because the topic is compacted.
     */
    async function appended(record: RawRecord): Promise<string | undefined> {
      try {
        return await poisoned.log.append(ACCOUNTS_TOPIC, partition, record);
      } catch (error) {
        const type = error instanceof Error && 'type' in error ? error.type : undefined;
        if (record.key === null && type === 'INVALID_RECORD') return undefined;
        throw error;
      }
    }

    for (const poison of unusableRecords) {
      test(`${poison.name}: other accounts continue`, async () => {
        const victim = findKeyInPartition(partition, () => randomUUID());
        const record = poison.make(victim, (key) => findKeyInPartition(partition, key));
        const place = await appended(record);
        if (place !== undefined) placed.set(poison, { victim, place });
        await assertOthersGoOn();
      });
    }

    test('an unreadable record parks its account or becomes a dead letter, with its cause', async () => {
      const [standing, dead] = [await parked(), await letters()];
      for (const [poison, { victim, place }] of placed) {
        const isParked = standing.find(({ account }) => account === victim);
        const forGroup = (group: string) =>
          dead.find((letter) => letter.record === place && letter.group === group);
        const found = { parked: isParked, user: forGroup('user'), notifier: forGroup('notifier') };

        assert.equal(found.parked !== undefined, poison.projection === 'parks', `${poison.name}: parked`);
        assert.equal(found.user !== undefined, poison.projection === 'dead letter', `${poison.name}: user`);
        assert.equal(
          found.notifier !== undefined,
          poison.notifier === 'dead letter',
          `${poison.name}: notifier`,
        );
        if (found.parked) assert.equal(found.parked.record, place);
        for (const line of Object.values(found)) {
          if (line) assert.match(line.cause, poison.cause ?? /^$/, poison.name);
        }
      }
    });

    test('a gap parks an active account: its owner gets Retry-After, and accounts in the same partition continue', async () => {
      const told = await rename(skipped, 'Before');
      const [, sequence = ''] = told.split(':');
      assertStatus(await people.me(skipped.token, told), 200);
      await poisoned.log.append(
        ACCOUNTS_TOPIC,
        partition,
        createValidEventRecord(skipped.id, Number(sequence) + 5),
      );
      await poisoned.log.append(ACCOUNTS_TOPIC, partition, createTruncatedEventRecord(garbled.id));
      await assertOthersGoOn();
      for (const { token } of [skipped, garbled]) {
        const reply = await eventually('the account is parked', async () => {
          const answer = await client.get('/users/me', { token });
          return answer.status === 503 ? answer : undefined;
        });
        assertProblem(reply, 503, 'unavailable');
        assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
      }
      const causes = new Map((await parked()).map(({ account, cause }) => [account, cause]));
      const due = Number(sequence) + 1;
      assert.equal(causes.get(skipped.id), `event ${due + 4} came where ${due} was due`);
      assert.equal(causes.get(garbled.id), 'value is not JSON');
    });

    test('an unreadable mailing becomes a dead letter too', async () => {
      const mailing = randomUUID();
      const place = await poisoned.log.append(
        MAILINGS_TOPIC,
        computePartition(mailing),
        createTruncatedEventRecord(mailing),
      );
      assert.equal((await letterOf(place, 'notifier')).cause, 'value is not JSON');
    });

    test('no process has ended, and none has anything left to read', async () => {
      for (const url of poisoned.processes) {
        await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
        await eventually('nothing is left to read', async () => {
          const metrics = await (await fetch(`${url}/metrics`)).text();
          return !/^latchkey_user_lag_records [1-9]/m.test(metrics);
        });
      }
      const standing = (await parked()).length;
      await eventually('they are counted', async () => {
        const told = await Promise.all(
          poisoned.processes.map(async (url) => (await fetch(`${url}/metrics`)).text()),
        );
        return told.some((text) => text.includes(`latchkey_user_parked_accounts ${standing}\n`));
      });
    });

    test('no list, no single entry and no log shows an address, a name or a token', async () => {
      const { ops, output } = poisoned.system;
      const dead = await letters();
      const groups = [
        [
          ['parked', 'list'],
          ['dead-letters', 'list'],
          ['deliveries', 'list'],
          ['deliveries', 'list', '--json'],
        ],
        [['parked', 'show', garbled.id]],
      ];
      for (const [poison, { victim, place }] of placed) {
        if (!PLANTED_IN.has(poison.name)) continue;
        const found = dead.find(({ record, group }) => record === place && group === 'notifier');
        const letter = found?.letter ?? '';
        groups.push([
          ['dead-letters', 'show', letter],
          ['dead-letters', 'show', letter, '--json'],
          ...(poison.projection === 'parks' ? [['parked', 'show', victim]] : []),
        ]);
      }
      const shown = [output()];
      for (const group of groups) shown.push(...(await Promise.all(group.map((words) => ops(...words)))));
      for (const text of shown) {
        assert.ok(text.length > 0);
        for (const [what, secret] of Object.entries(personalDataInUnusableRecords))
          assert.ok(!text.includes(secret), what);
        assert.ok(!text.includes(bystander.email) && !text.includes(bystander.username));
      }
    });

    test('once the journal shows that no event is missing, every account is unparked', async () => {
      const [renamed, also] = [await rename(skipped, 'After'), await rename(garbled, 'After')];
      const outcomes = await linesOf<{ readonly result: string }>('parked', 'retry', '--all');
      assert.ok(outcomes.length > 2);
      assert.deepEqual(
        outcomes.filter(({ result }) => result !== 'unparked'),
        [],
      );
      assert.deepEqual(await parked(), []);
      for (const [{ token }, sequence] of [[skipped, renamed] as const, [garbled, also] as const]) {
        const reply = assertStatus(await people.me(token, sequence), 200);
        assert.equal(reply.json.firstName, 'After');
      }
      await assertOthersGoOn();
    });

    test('a dead letter that was discarded is no longer listed, the others are', async () => {
      const all = await letters();
      const [first, ...others] = all;
      assert.ok(first && others.length > 0);
      await poisoned.system.ops('dead-letters', 'discard', first.letter);
      assert.deepEqual(await letters(), others);
      assert.match(await poisoned.system.ops('dead-letters', 'discard', first.letter), /discarded already/);
      assert.match(await poisoned.system.ops('dead-letters', 'show', first.letter), /cause/);
    });
  });
}

/** The names of the unusable records that contain personal data in a field that should contain none. */
const PLANTED_IN = new Set([
  'truncated JSON',
  'an operator for a language',
  'an address for a type',
  'an address as key',
]);
