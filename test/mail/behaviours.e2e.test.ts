/**
 * Tests how the notifier sends mails to a mail server with scripted replies, which imitates the replies of real mail
 * servers.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { runCommandInProcess } from '../../apps/ops/src/testing/run-in-process.ts';
import { type Client, createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createPersonActions, createUniquePerson, waitUntilProfileShown } from '../support/people.ts';
import { type Standalone, startStandalone } from '../support/standalone.ts';
import { type RecipientBehaviour, recipientBehaviours } from './behaviours.ts';
import {
  type RecipientScript,
  type ScriptedReply,
  type ScriptedServer,
  type ServerScript,
  startScriptedServer,
} from './scripted-server.ts';

interface Attempt {
  readonly result: string;
  readonly stage?: string;
  readonly words?: string;
}

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly Attempt[];
}

/**
 * A recipient, and the mail server's scripted replies for this recipient. Each reply contains the tag of the
 * case. The test finds the delivery by the tag, because a finished delivery no longer contains the address.
 */
interface Case {
  readonly to: string;
  readonly tag: string;
  readonly script: RecipientScript;
}

const WORDLESS = new Set(['drop', 'stall', 'lost', 'slow']);

function tagged(said: ScriptedReply, tag: string): ScriptedReply {
  if (WORDLESS.has(said)) return said;
  const [first, ...others] = said.split('\n');
  return [`${first} [${tag}]`, ...others].join('\n');
}

function caseOf({ rcpt = [], data = [], content = [], rset = [] }: RecipientScript, tag: string): Case {
  function all(replies: readonly ScriptedReply[]) {
    return replies.map((said) => tagged(said, tag));
  }
  return {
    // The recipient's name must differ from the tag, because the notifier masks the name in the replies that it stores.
    to: `to-${tag}@example.com`,
    tag,
    script: { rcpt: all(rcpt), data: all(data), content: all(content), rset },
  };
}

const tableCases = recipientBehaviours.map((behaviour, index) => caseOf(behaviour, `case${index}`));
const scripts = new Map(tableCases.map(({ to, script }) => [to, script]));

let server: ScriptedServer;
let system: Standalone;
let client: Client;
let token: string;
/** An additional rule for the server's replies, which overrides the scripts. */
let always: NonNullable<ServerScript['always']> = () => undefined;

before(async () => {
  server = await startScriptedServer({
    recipient: (to) => scripts.get(to),
    always: (stage, to) => always(stage, to),
  });
  system = await startStandalone({
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(server.port),
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@example.com',
    // Use a long lease: a process that is suspended for two thirds of the lease abandons its attempts.
    MAIL_LEASE_SECONDS: '15',
    // Set a long timeout for replies. On a busy machine, a reply could otherwise come too late, and the mail
    // would be sent again.
    MAIL_WAIT_SECONDS: '30',
  });
  client = createClient(system.url);
  token = await becomeAdmin();
});

after(async () => {
  await system.stop();
  await server[Symbol.asyncDispose]();
});

async function becomeAdmin(): Promise<string> {
  const admin = createUniquePerson('admin');
  const people = createPersonActions(client, {
    to: async () => [],
    next: (address) =>
      eventually('the verification mail', () => {
        const [mail] = server.to(address);
        const { messageId = '', subject = '', html = '', text = '' } = mail?.email ?? {};
        return mail && { id: '', messageId, subject, html, text };
      }),
  });
  await people.verified(admin);
  const { code, err } = await ops('role', admin.email, 'admin');
  assert.equal(code, 0, err);
  const { accessToken } = await people.login(admin);
  await waitUntilProfileShown(people, accessToken, ({ role }) => role === 'admin');
  return accessToken;
}

function ops(...words: readonly string[]) {
  return runCommandInProcess({ DATA_DIR: system.folder }, ...words);
}

const PATIENCE_MS = 180_000;
/** The maximum number of addresses in one mailing. */
const MAILING = 100;

async function sendTo(addresses: readonly string[]): Promise<void> {
  for (let from = 0; from < addresses.length; from += MAILING) {
    const some = addresses.slice(from, from + MAILING);
    const { status, text } = await client.post('/auth/send-mail', { token, json: { addresses: some } });
    assert.ok(status < 300, text);
  }
}

async function deliveries(): Promise<readonly Delivery[]> {
  const { out } = await ops('deliveries', 'list', '--json', '--limit', '1000');
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Delivery);
}

/**
 * Waits until no mail is pending. After each attempt to send a pending mail, it also sends a mail to another
 * recipient. Only by such mails can the notifier tell a refused recipient from a server that refuses all
 * mails.
 */
function settled(): Promise<readonly Delivery[]> {
  let attempts = 0;
  return eventually(
    'no mail is pending',
    async () => {
      const all = await deliveries();
      const pending = all.filter(({ state }) => state === 'pending' || state === 'claimed');
      if (pending.length === 0) return all;
      const made = pending.reduce((sum, each) => sum + each.attempts.length, 0);
      if (made === attempts) return undefined;
      attempts = made;
      await sendTo([`meanwhile-${randomUUID()}@example.com`]);
      return undefined;
    },
    PATIENCE_MS,
  );
}

function deliveryOf({ to, tag }: Case, all: readonly Delivery[]): Delivery {
  const id = /^<(.*)@/.exec(server.to(to)[0]?.email.messageId ?? '')?.[1];
  const found = all.find(
    (each) => each.id === id || each.attempts.some(({ words }) => words?.includes(`[${tag}]`)),
  );
  assert.ok(found, `${tag} has no delivery`);
  return found;
}

interface Dependency {
  readonly name: string;
  readonly state: string;
  readonly detail?: string;
}

async function smtpHealth(): Promise<Dependency> {
  const response = await fetch(`${system.operations}/readyz`);
  const { dependencies } = (await response.json()) as { readonly dependencies: readonly Dependency[] };
  const smtp = dependencies.find(({ name }) => /\bsmtp\b/.test(name));
  assert.ok(smtp);
  return smtp;
}

function manyPeople(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}@example.com`);
}

/** Returns whether the server has accepted exactly one mail for each of the given recipients. */
function eachOnce(people: readonly string[]): boolean {
  return people.every((to) => server.to(to).length === 1);
}

describe('a mail server', () => {
  let all: readonly Delivery[];

  before(async () => {
    // For each case, also send a mail to another recipient. Only by such mails can the notifier tell a
    // refused recipient from a server that refuses all mails.
    await sendTo(tableCases.flatMap(({ to, tag }) => [to, `other-${tag}@example.com`]));
    const arriving = tableCases.filter((_, index) => recipientBehaviours[index]?.outcome !== 'failed');
    await eventually('the others', () => arriving.every(({ to }) => server.to(to).length > 0), PATIENCE_MS);
    all = await settled();
  });

  for (const [index, behaviour] of recipientBehaviours.entries()) {
    const { source, outcome, first } = behaviour;
    test(`${nameOf(behaviour)} (${source}): ${outcome}`, () => {
      const row = tableCases[index];
      assert.ok(row);
      const { state, attempts } = deliveryOf(row, all);
      const [attempt] = attempts;
      assert.deepEqual([attempt?.result, attempt?.stage], [first[0], first[1]]);
      assert.equal(state, outcome === 'failed' ? 'failed' : 'sent');
      assert.equal(server.to(row.to).length, { once: 1, again: 2, failed: 0 }[outcome]);
    });
  }

  test('that answers 432 to everybody while more than three connections are open takes 27 mails, each once', async () => {
    always = (stage) =>
      stage === 'content' && server.open() > 3
        ? '432 4.3.2 Concurrent connections limit exceeded'
        : undefined;
    const people = manyPeople('limited', 27);
    await sendTo(people);
    await eventually('all mails', () => eachOnce(people), PATIENCE_MS);
    always = () => undefined;
  });

  test('whose quota is used up keeps five of eight mails waiting, says so, and gets them later', async () => {
    let quota = 3;
    always = (stage) => {
      if (stage !== 'content') return undefined;
      quota -= 1;
      return quota >= 0 ? undefined : '550 5.4.5 Daily user sending limit exceeded for no-reply@example.com';
    };
    const people = manyPeople('quota', 8);
    await sendTo(people);
    const said = await eventually('the server is reported', async () => {
      const { state, detail = '' } = await smtpHealth();
      const isSaid = /at the end of the mail: 550 5\.4\.5 Daily user sending limit exceeded/.test(detail);
      return state === 'degraded' && isSaid && detail;
    });
    assert.doesNotMatch(said, /@/);
    await eventually('three mails', () => people.filter((to) => server.to(to).length === 1).length === 3);
    quota = Number.POSITIVE_INFINITY;
    await eventually('all mails', () => eachOnce(people), PATIENCE_MS);
    await settled();
  });

  test('that relays for nobody loses none of five mails', async () => {
    always = (stage, to) => (stage === 'rcpt' ? `554 5.7.1 <${to}>: Relay access denied` : undefined);
    const people = manyPeople('relayed', 5);
    await sendTo(people);
    await eventually('it is reported', async () => {
      const { state, detail = '' } = await smtpHealth();
      return state === 'degraded' && /at RCPT TO: 554 5\.7\.1 <…>: Relay access denied/.test(detail);
    });
    await eventually('it is logged', () => /"words":"<…>: Relay access denied"/.test(system.output()));
    await eventually('it is counted', async () => {
      const metrics = await (await fetch(`${system.operations}/metrics`)).text();
      return /latchkey_notifier_smtp_failures_total\{stage="rcpt",class="rejected"\} [1-9]/.test(metrics);
    });
    // Wait until the attempt is recorded. The notifier reports the failure of the server before it records
    // the attempt.
    const waiting = await eventually('an attempt is recorded', async () =>
      (await deliveries()).find(
        ({ state, attempts: [first] }) => (state === 'pending' || state === 'claimed') && first,
      ),
    );
    const { out } = await ops('deliveries', 'show', waiting.id);
    assert.match(out, /rejected at RCPT TO: 554 5\.7\.1 <…>: Relay access denied, \d+ ms, by \S+:\d+$/m);
    always = () => undefined;
    await eventually('all mails', () => eachOnce(people), PATIENCE_MS);
    await eventually('it is well again', async () => (await smtpHealth()).state === 'ok');
  });

  test('is not named with an address in the log', () => {
    assert.doesNotMatch(system.output(), /@example\.com/);
  });
});

function nameOf({ rcpt = [], data = [], content = [], rset: [rset] = [] }: RecipientBehaviour): string {
  const [said = '', stage] =
    (
      [
        [rcpt[0], 'RCPT TO'],
        [data[0], 'DATA'],
        [content[0], 'the content'],
      ] as const
    ).find(([each]) => each !== undefined) ?? [];
  const [reply, ...others] = said.split('\n');
  const isClosing = others.at(-1) === 'drop';
  return [
    `that says "${reply}" to ${stage}`,
    isClosing && 'and closes the connection',
    rset && `and "${rset}" to RSET`,
  ]
    .filter(Boolean)
    .join(' ');
}
