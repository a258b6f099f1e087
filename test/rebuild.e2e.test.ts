/** Rebuilds the read model of a running server with an embedded store, while people change and read their profiles. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertStatus, type Client, createClient, retryWhileUnavailable } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { extractLink } from './support/mailbox.ts';
import { type OpsProcess, startOpsCommand } from './support/ops-process.ts';
import { createPersonActions, createUniquePerson, type Tokens } from './support/people.ts';
import { createKillAfterOutputSettings } from './support/programs.ts';
import { createMailServer, type MailServer } from './support/smtp.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';
import { type ProfileWriters, startProfileWriters } from './support/writers.ts';

let mails: MailServer;
let system: Standalone;
let client: Client;
let writers: ProfileWriters;
let people: readonly Tokens[];

before(async () => {
  mails = await createMailServer();
  await mails.open();
  system = await startStandalone(mails.settings);
  client = createClient(system.url);
  people = await Promise.all([verified(), verified(), verified()]);
  writers = startProfileWriters(people, { writer: client, readers: [client] });
});

after(async () => {
  await writers?.stop();
  await system?.stop();
  await mails?.close();
});

async function verified(): Promise<Tokens> {
  const person = createUniquePerson();
  const { signUp, login } = createPersonActions(client, NO_MAILBOX);
  await signUp(person);
  const mail = await eventually('the mail', () => mails.to(person.email)[0]);
  await client.post(`/auth/verify/${extractLink(mail).token}`, { json: { password: person.password } });
  await eventually('the welcome', () => mails.to(person.email).length === 2);
  return login(person);
}

const NO_MAILBOX = {
  to: async () => assert.fail('mails are read at the server'),
  next: async () => assert.fail('mails are read at the server'),
};

/** Rebuilds the read model in a separate process, while the process of the test changes and reads profiles. */
async function rebuild(): Promise<string> {
  const command: OpsProcess = startOpsCommand({ DATA_DIR: system.folder }, 'rebuild', 'user');
  assert.equal(await command.ended(), 0, command.output());
  return command.output();
}

/** Runs `ops rebuild user` with one of the options that do not start a rebuild. */
function manage(option: '--status' | '--back' | '--drop'): Promise<string> {
  return system.ops('rebuild', 'user', option);
}

async function moreIsWritten(): Promise<void> {
  const so = writers.written();
  await eventually('more is written', () => writers.written() > so + 10);
}

function answers(generation: number) {
  return eventually(`generation ${generation} answers`, async () => {
    const metrics = await (await fetch(`${system.operations}/metrics`)).text();
    return new RegExp(`^latchkey_user_generation ${generation}$`, 'm').test(metrics);
  });
}

test('a rebuild continues after kill -9, switches over and back, and nobody reads stale data or gets a mail', async () => {
  await moreIsWritten();
  const mailed = mails.taken.length;
  assert.match(await manage('--status'), /^Generation 1 is active: /);
  await assert.rejects(manage('--back'), /There is no generation to go back to/);

  const begun = 'Generation 2 is filled from the beginning';
  const killed = startOpsCommand(
    { DATA_DIR: system.folder, ...createKillAfterOutputSettings(begun) },
    'rebuild',
    'user',
  );
  await killed.ended();
  assert.match(killed.output(), new RegExp(begun));
  assert.doesNotMatch(killed.output(), /answers\. Every/);
  assert.match(await manage('--status'), /^Generation 2 is being filled, to become active next: /m);

  const done = await rebuild();
  assert.match(done, /^Generation 2 is already being filled; continuing with it\.$/m);
  assert.match(done, /^3 accounts compared, field by field: no difference\.$/m);
  assert.match(done, /^Generation 2 is active\. /m);
  await answers(2);
  await moreIsWritten();
  assert.match(await rebuild(), /^A rebuild is done\./m);

  assert.match(await manage('--back'), /^Generation 1 is active\. /m);
  await answers(1);
  await moreIsWritten();
  await rebuild();
  await answers(2);
  assert.match(await manage('--drop'), /^Generation 1 is removed/m);
  assert.match(await manage('--drop'), /^There is no generation other than the active one\.$/m);
  await moreIsWritten();
  await writers.stop();
  assert.equal(mails.taken.length, mailed);
});

test('after a restart, the rebuilt read model is active, and can be rebuilt again', async () => {
  await writers.stop();
  await system.kill();
  await system.start();
  const [ada] = people;
  assert.ok(ada);
  function look({ accessToken }: Tokens) {
    return retryWhileUnavailable(() => client.get('/users/me', { token: accessToken }));
  }
  const me = assertStatus(await look(ada), 200);
  assert.match(await rebuild(), /^Generation 3 is active\. /m);
  await answers(3);
  const again = await look(ada);
  assert.deepEqual(again.json, me.json);
});
