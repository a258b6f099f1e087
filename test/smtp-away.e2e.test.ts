/** What becomes of the mails while the mail server is away, or in a bad mood. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { assertStatus, type Client, createClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { linkOf } from './support/mailbox.ts';
import { type Person, somebody } from './support/people.ts';
import { createMailServer, type MailServer, type Moods } from './support/smtp.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';

const AWAY_MS = 30_000;
/** How soon after the mail server's return everything that is owed must be there. */
const SOON_MS = 5_000;
/** A sign-up hashes a password: well below this on the slowest machine that runs these tests. */
const QUICKLY_MS = 2_000;

interface Scene {
  readonly server: MailServer;
  readonly system: Standalone;
  readonly client: Client;
}

/** A system and its mail server, which is not there yet. */
async function scene(t: TestContext, moods: Moods = {}): Promise<Scene> {
  const server = await createMailServer(moods);
  const system = await startStandalone(server.settings);
  t.after(async () => {
    await system.stop();
    await server.close();
  });
  return { server, system, client: createClient(system.url) };
}

function tenPeople(): readonly Person[] {
  return Array.from({ length: 10 }, () => somebody('guest'));
}

async function signUp({ client }: Scene, person: Person): Promise<void> {
  const began = performance.now();
  const { json } = assertStatus(await client.post('/auth/signup', { json: person }), 201);
  assert.equal(json.message, 'Account Created! Check email to verify your account');
  const took = performance.now() - began;
  assert.ok(took < QUICKLY_MS, `answered after ${took} ms`);
}

function addressees({ server }: Scene): readonly string[] {
  return server.taken.flatMap(({ to }) => to).sort();
}

function arrived(from: Scene, people: readonly Person[], withinMs: number) {
  return eventually(
    `all ${people.length} mails`,
    () => people.every(({ email }) => from.server.to(email).length > 0),
    withinMs,
  );
}

/** One mail each and no other, also once a later one has come. */
async function eachOnce(from: Scene, people: readonly Person[]): Promise<void> {
  const later = somebody('later');
  await signUp(from, later);
  await arrived(from, [later], SOON_MS);
  assert.deepEqual(addressees(from), [...people, later].map(({ email }) => email).sort());
}

async function everyLinkWorks({ client, server }: Scene, people: readonly Person[]): Promise<void> {
  for (const { email } of people) {
    const [mail] = server.to(email);
    assert.ok(mail);
    assert.equal(mail.subject, 'Verify your email');
    assertStatus(await client.post(`/auth/verify/${linkOf(mail).token}`), 200);
  }
}

// At the same time: most of it is waiting.
describe('a mail server', { concurrency: true }, () => {
  describe('that refuses connections', { concurrency: true }, () => {
    test('ten people sign up as always, and get their mail once it is back', async (t) => {
      const here = await scene(t);
      const gone = performance.now();
      const people = tenPeople();
      for (const person of people) await signUp(here, person);
      const ready = await fetch(`${here.system.url}/readyz`);
      assert.equal(ready.status, 200, 'sign-up and login do not need it');
      assert.match(await ready.text(), /"smtp"[^}]*"state":"d/, 'but whoever asks is told');
      await pause(AWAY_MS - (performance.now() - gone));

      await here.server.open();
      await arrived(here, people, SOON_MS);
      await eachOnce(here, people);
      await everyLinkWorks(here, people);
    });

    test('a power cut in the middle loses none of the mails, and sends none twice', async (t) => {
      const here = await scene(t);
      const gone = performance.now();
      const people = tenPeople();
      for (const person of people.slice(0, 5)) await signUp(here, person);
      await pause(AWAY_MS / 3);
      // The last of them has only just been answered.
      for (const person of people.slice(5)) await signUp(here, person);
      await here.system.kill();
      await here.system.start();
      await pause(AWAY_MS - (performance.now() - gone));

      await here.server.open();
      await arrived(here, people, SOON_MS);
      await eachOnce(here, people);
      await everyLinkWorks(here, people);
    });
  });

  describe('in a bad mood', { concurrency: true }, () => {
    test('that says "later" gets the mail later', async (t) => {
      const ada = somebody();
      const codes = [451, 450];
      const here = await scene(t, {
        onRecipient: (address) => (address === ada.email ? codes.shift() : undefined),
      });
      await here.server.open();
      await signUp(here, ada);
      const bea = somebody('bea');
      await signUp(here, bea);
      await arrived(here, [bea], SOON_MS);
      await arrived(here, [ada], 3 * SOON_MS);
      assert.deepEqual(codes, [], 'it was asked again each time');
      await everyLinkWorks(here, [ada, bea]);
    });

    test('that refuses one recipient for good gets the mails of the others, and is not asked again', async (t) => {
      const eve = somebody('eve');
      let asked = 0;
      const here = await scene(t, {
        onRecipient: (address) => {
          if (address !== eve.email) return undefined;
          asked += 1;
          return 550;
        },
      });
      await here.server.open();
      const others = [somebody(), somebody('bea')];
      for (const person of [others[0], eve, others[1]]) if (person) await signUp(here, person);
      await arrived(here, others, SOON_MS);
      await everyLinkWorks(here, others);
      await eventually('eve was refused', () => asked === 1);
      await pause(3_000);
      assert.equal(asked, 1);
      assert.deepEqual(here.server.to(eve.email), []);
    });

    test('that loses its last answer gets the mail again, recognisable by its Message-ID', async (t) => {
      const ada = somebody();
      let losses = 1;
      const here = await scene(t, {
        onMail: (address) => (address === ada.email && losses-- > 0 ? 'lost' : undefined),
      });
      await here.server.open();
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
