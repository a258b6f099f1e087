/**
 * Tests that mails are sent exactly as often as they should be when the mail server is down for a while or
 * misbehaves.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { extractLink } from './support/mailbox.ts';
import { createUniquePerson, type Person } from './support/people.ts';
import { createMailServer, type MailServer, type MailServerScript } from './support/smtp.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';

/**
 * How many failed attempts a test waits for while the mail server is down. With TEST_WAITS=long, this takes
 * about half a minute.
 */
const FAILED_ATTEMPTS = process.env['TEST_WAITS'] === 'long' ? 15 : 3;

interface Scene {
  readonly server: MailServer;
  readonly system: Standalone;
  readonly client: Client;
}

/** Starts a system whose mail server is down at first. */
async function startScene(replies: MailServerScript = {}): Promise<Scene> {
  const server = await createMailServer(replies);
  const system = await startStandalone(server.settings);
  return { server, system, client: createClient(system.url) };
}

async function stopScene({ system, server }: Scene): Promise<void> {
  await system.stop();
  await server.close();
}

/** Starts a system for one test, whose mail server is down at first. */
async function startSceneForTest(t: TestContext): Promise<Scene> {
  const scene = await startScene();
  t.after(() => stopScene(scene));
  return scene;
}

function tenPeople(): readonly Person[] {
  return Array.from({ length: 10 }, () => createUniquePerson('guest'));
}

async function signUp({ client }: Scene, person: Person): Promise<void> {
  const { json } = assertStatus(await client.post('/auth/signup', { json: person }), 201);
  assert.equal(json.message, 'Account Created! Check email to verify your account');
}

function addressees({ server }: Scene): readonly string[] {
  return server.taken.flatMap(({ to }) => to).sort();
}

function arrived(from: Scene, people: readonly Person[]) {
  return eventually(`all ${people.length} mails`, () =>
    people.every(({ email }) => from.server.to(email).length > 0),
  );
}

/** Returns the sum of the notifier's metrics whose name and labels match the expression. */
async function measured({ system }: Scene, metric: RegExp): Promise<number> {
  const lines = (await (await fetch(`${system.operations}/metrics`)).text()).split('\n');
  const values = lines.filter((line) => metric.test(line)).map((line) => Number(line.split(' ').at(-1)));
  return values.reduce((sum, value) => sum + value, 0);
}

/** Waits until FAILED_ATTEMPTS more attempts have failed because the mail server is down. */
async function waitForFailedAttempts(here: Scene): Promise<void> {
  function tries() {
    return measured(here, /^latchkey_notifier_tries_total\{.*result="unreachable"/);
  }
  const before = await tries();
  await eventually('the mails are tried again', async () => (await tries()) >= before + FAILED_ATTEMPTS);
}

/**
 * Asserts that each of the given people has exactly one mail. First signs up one more person and waits for
 * the mail to this person, so that duplicates of earlier mails would have arrived.
 */
async function eachOnce(from: Scene, people: readonly Person[]): Promise<void> {
  const later = createUniquePerson('later');
  await signUp(from, later);
  await arrived(from, [later]);
  assert.deepEqual(addressees(from), [...people, later].map(({ email }) => email).sort());
}

async function everyLinkWorks({ client, server }: Scene, people: readonly Person[]): Promise<void> {
  for (const { email, password } of people) {
    const [mail] = server.to(email);
    assert.ok(mail);
    assert.equal(mail.subject, 'Verify your email');
    assertStatus(await client.post(`/auth/verify/${extractLink(mail).token}`, { json: { password } }), 200);
  }
}

// Run the tests of this file concurrently, because they spend most of their time waiting.
describe('a mail server', { concurrency: true }, () => {
  describe('that refuses connections', { concurrency: true }, () => {
    test('ten people sign up as always, and get their mail once it is back', async (t) => {
      const here = await startSceneForTest(t);
      const people = tenPeople();
      for (const person of people) await signUp(here, person);
      await eventually('/readyz says that it is down', async () => {
        const ready = await fetch(`${here.system.operations}/readyz`);
        assert.equal(ready.status, 200, 'sign-up and login do not need it');
        return /"smtp"[^}]*"state":"d/.test(await ready.text());
      });
      await waitForFailedAttempts(here);

      await here.server.open();
      await arrived(here, people);
      await eachOnce(here, people);
      await everyLinkWorks(here, people);
    });

    test('a power cut in the middle loses none of the mails, and sends none twice', async (t) => {
      const here = await startSceneForTest(t);
      const people = tenPeople();
      for (const person of people.slice(0, 5)) await signUp(here, person);
      await waitForFailedAttempts(here);
      // Sign up five more people, and kill the server immediately after it has acknowledged the last sign-up.
      for (const person of people.slice(5)) await signUp(here, person);
      await here.system.kill();
      await here.system.start();
      await waitForFailedAttempts(here);

      await here.server.open();
      await arrived(here, people);
      await eachOnce(here, people);
      await everyLinkWorks(here, people);
    });
  });

  describe('that refuses mails or loses its responses', { concurrency: 1 }, () => {
    /** The replies of the server that the tests share. Each test sets its own. */
    let replies: MailServerScript;
    let here: Scene;

    before(async () => {
      here = await startScene({
        onRecipient: (address) => replies.onRecipient?.(address),
        onMail: (address) => replies.onMail?.(address),
      });
      await here.server.open();
    });
    after(() => stopScene(here));

    // Run this test first, because the server must not have accepted a mail for any other recipient before.
    test('that refuses one recipient without a reason is asked again, until others have got through', async () => {
      const eve = createUniquePerson('eve');
      let asked = 0;
      replies = {
        onRecipient: (address) => {
          if (address !== eve.email) return undefined;
          asked += 1;
          return 550;
        },
      };
      const others = [createUniquePerson(), createUniquePerson('bea')];
      await signUp(here, eve);
      await eventually('the mail is refused', () => asked >= 1);
      for (const person of others) await signUp(here, person);
      await arrived(here, others);
      await everyLinkWorks(here, others);
      const failed = /^latchkey_notifier_deliveries\{state="failed"\}/;
      await eventually('the mail is given up', async () => (await measured(here, failed)) === 1);
      assert.ok(asked >= 2);
      assert.deepEqual(here.server.to(eve.email), []);
    });

    test('that says "later" gets the mail later', async () => {
      const ada = createUniquePerson();
      const codes = [451, 450];
      replies = { onRecipient: (address) => (address === ada.email ? codes.shift() : undefined) };
      await signUp(here, ada);
      const bea = createUniquePerson('bea');
      await signUp(here, bea);
      await arrived(here, [bea]);
      await arrived(here, [ada]);
      assert.deepEqual(codes, [], 'it was asked again each time');
      await everyLinkWorks(here, [ada, bea]);
    });

    test('that loses its last answer gets the mail again, recognisable by its Message-ID', async () => {
      const ada = createUniquePerson();
      let losses = 1;
      replies = { onMail: (address) => (address === ada.email && losses-- > 0 ? 'lost' : undefined) };
      await signUp(here, ada);
      const [first, second] = await eventually('the mail came twice', () => {
        const mails = here.server.to(ada.email);
        return mails.length === 2 ? mails : undefined;
      });
      assert.equal(first?.messageId, second?.messageId);
      assert.ok(first?.messageId);
      await everyLinkWorks(here, [ada]);
    });
  });
});
