/** Tests @latchkey/client against a running system. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ApiProblem,
  type AuthClient,
  createClient,
  dataOf,
  memoryStorage,
  type Session,
  type Storage,
} from '@latchkey/client';
import { createClient as createHttp } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, extractLink } from './support/mailbox.ts';
import { createPersonActions, createUniquePerson, type Person } from './support/people.ts';
import { startStandalone } from './support/standalone.ts';

const system = await startStandalone({ LIMITS: 'off' });
after(() => system.stop());
const mailbox = createMailbox(system.mailbox);
const people = createPersonActions(createHttp(system.url), mailbox);

/** Signs in, and waits until the user service's read model contains the account: until then, queries get a 503. */
async function signIn(client: AuthClient, { email, password }: Person): Promise<Session> {
  const session = await client.signIn(email, password);
  await people.me(session.accessToken);
  return session;
}

/**
 * Creates a client with a simulated network, which counts the client's refreshes and can be cut, and with a
 * clock that the test can advance.
 * @param shared a storage that several clients share, as the tabs of a browser app do
 */
function openClient(shared?: Storage) {
  const network = { refreshes: 0, isDown: false, ahead: 0 };
  const client = createClient({
    url: system.url,
    tokens: 'body',
    ...(shared && { storage: shared, tabs: true }),
    now: () => Date.now() + network.ahead,
    fetch: async (input, init) => {
      if (network.isDown) throw new TypeError('fetch failed');
      if (String(input).endsWith('/auth/refresh')) network.refreshes += 1;
      return fetch(input, init);
    },
  });
  after(() => client.close());
  return { client, network };
}

test('signs up, verifies by the link, signs in, and reads its own writes', async () => {
  const { client } = openClient();
  const ada = createUniquePerson('ada');
  await client.signUp(ada);
  const { url } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
  await client.verifyFromUrl(String(url)).confirm({ password: ada.password });
  const session = await client.signIn(ada.email, ada.password);
  assert.equal(session.user.isVerified, true);
  await dataOf(client.api.PATCH('/api/v1/auth/profile', { body: { firstName: 'Ada' } }));
  const me = await eventually('the read model has the change', () =>
    dataOf(client.api.GET('/api/v1/users/me')).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 503) return undefined;
      throw error;
    }),
  );
  assert.equal(me.firstName, 'Ada');
});

test('shows a verification in the session, and in the next response', async () => {
  const { client } = openClient();
  const ada = createUniquePerson('ada');
  await client.signUp(ada);
  const { url } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
  assert.equal((await signIn(client, ada)).user.isVerified, false);
  await client.verifyFromUrl(String(url)).confirm({ password: ada.password });
  assert.equal(client.session()?.user.isVerified, true);
  assert.equal((await dataOf(client.api.GET('/api/v1/users/me'))).isVerified, true);
});

test('clients in one process have sessions of their own', async () => {
  const [forAda, forBob, forNobody] = [openClient().client, openClient().client, openClient().client];
  const [ada, bob] = [
    await people.verified(createUniquePerson('ada')),
    await people.verified(createUniquePerson('bob')),
  ];
  await signIn(forAda, ada);
  await signIn(forBob, bob);
  assert.equal((await dataOf(forAda.api.GET('/api/v1/users/me'))).email, ada.email);
  await forBob.signOut();
  assert.equal(forAda.session()?.user.email, ada.email);
  assert.equal(forNobody.session(), undefined);
});

test('moves an account to another address by the link, and back by the other one', async () => {
  const { client } = openClient();
  const ada = await people.verified(createUniquePerson('ada'));
  const newEmail = createUniquePerson('moved').email;
  await client.signIn(ada.email, ada.password);
  await dataOf(client.api.POST('/api/v1/auth/change-email', { body: { newEmail, password: ada.password } }));
  const confirm = extractLink(await mailbox.next(newEmail, 'Confirm your new email address'));
  await client.changeEmailFromUrl(String(confirm.url)).confirm(ada.password);
  assert.equal((await client.signIn(newEmail, ada.password)).user.email, newEmail);
  const undo = extractLink(await mailbox.next(ada.email, 'Your email address was changed'));
  await client.undoEmailChangeFromUrl(String(undo.url)).setPassword('a passphrase of her own');
  const session = await client.signIn(ada.email, 'a passphrase of her own');
  assert.equal(session.user.email, ada.email);
});

test('problems have a code and the fields that they are about', async () => {
  const { client } = openClient();
  const refused = await client.signUp({ email: 'x', password: 'short', username: 'ada' }).catch(String);
  assert.match(String(refused), /ApiProblem/);
  await assert.rejects(
    client.signIn(createUniquePerson().email, 'wrong password'),
    (error) => error instanceof ApiProblem && error.code === 'invalid_credentials' && error.status === 401,
  );
});

test('refreshes once for many requests, before the token expires', async () => {
  const { client, network } = openClient();
  const ada = await people.verified(createUniquePerson('ada'));
  const first = await signIn(client, ada);
  network.ahead = first.expiresAt - Date.now();
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.api.GET('/api/v1/users/me')));
  assert.ok(answers.every(({ response }) => response.ok));
  assert.equal(network.refreshes, 1);
});

test('two tabs with one storage refresh once, and sign out together', async () => {
  const storage = memoryStorage();
  const [here, there] = [openClient(storage), openClient(storage)];
  const ada = await people.verified(createUniquePerson('ada'));
  const { expiresAt } = await signIn(here.client, ada);
  await there.client.restore();
  for (const { network } of [here, there]) network.ahead = expiresAt - Date.now();
  await Promise.all([here, there].map(({ client }) => dataOf(client.api.GET('/api/v1/users/me'))));
  assert.equal(here.network.refreshes + there.network.refreshes, 1);
  const told = new Promise((resolve) => there.client.on('signedOut', resolve));
  await here.client.signOut();
  await told;
  assert.equal(there.client.session(), undefined);
});

test('stays signed in while the network is down, and notices that its session was ended', async () => {
  const { client, network } = openClient();
  const ada = await people.verified(createUniquePerson('ada'));
  const { expiresAt } = await signIn(client, ada);
  network.ahead = expiresAt - Date.now();
  network.isDown = true;
  await assert.rejects(client.api.GET('/api/v1/users/me'), /fetch failed/);
  assert.notEqual(client.session(), undefined);
  network.isDown = false;
  await dataOf(client.api.GET('/api/v1/users/me'));

  let expired = 0;
  client.on('expired', () => {
    expired += 1;
  });
  const elsewhere = openClient().client;
  const { refreshToken } = await elsewhere.signIn(ada.email, ada.password);
  assert.notEqual(refreshToken, undefined);
  await dataOf(elsewhere.api.POST('/api/v1/auth/logout-all'));
  const { response } = await client.api.GET('/api/v1/auth/sessions');
  assert.equal(response.status, 401);
  assert.equal(expired, 1);
  assert.equal(client.session(), undefined);
});
