/**
 * Tests that three processes of auth, three of user and two of the notifier respond as if there were only one of each.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type ApiResponse,
  assertProblem,
  assertStatus,
  type Client,
  createClient,
  retryWhileUnavailable,
} from './support/client.ts';
import { type Cluster, type ServiceName, startCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type PersonActions,
  waitUntilProfileShown,
} from './support/people.ts';

const NEW_PASSWORD = 'quite another passphrase';
/** A timeout that is longer than a consumer group takes to remove members that were killed. */
const TAKE_OVER_MS = 120_000;

let cluster: Cluster;
let mailbox: Mailbox;
let people: PersonActions;
let auths: readonly Client[];
let users: readonly Client[];

before(async () => {
  cluster = await startCluster({ instances: { auth: 3, user: 3, notifier: 2 } });
  mailbox = createMailbox(cluster.mailbox);
  people = createPersonActions(createClient(cluster.url), mailbox);
  [auths, users] = [clientsOf('auth'), clientsOf('user')];
});

after(() => cluster?.stop());

function clientsOf(service: ServiceName): readonly Client[] {
  return cluster.instances[service].map(({ url }) => createClient(url));
}

/** Sends many concurrent requests, which the load balancer distributes over the instances. */
function spread(
  many: number,
  clients: readonly Client[],
  ask: (client: Client) => Promise<ApiResponse>,
): Promise<readonly ApiResponse[]> {
  return Promise.all(Array.from({ length: many }, (_, index) => ask(clientAt(clients, index))));
}

function clientAt(clients: readonly Client[], index: number): Client {
  const client = clients[index % clients.length];
  assert.ok(client);
  return client;
}

describe('several instances at once', () => {
  test('let one of ten parallel resets with one link win', async () => {
    const ada = await people.verified(createUniquePerson());
    await clientAt(auths, 0).post('/auth/password-reset-request', { json: { email: ada.email } });
    const { token } = extractLink(await mailbox.next(ada.email, 'Reset your password'));
    const json = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    const tries = await spread(10, auths, (auth) =>
      auth.post(`/auth/password-reset-confirm/${token}`, { json }),
    );
    const lost = tries.filter(({ status }) => status !== 200);
    assert.equal(lost.length, 9);
    for (const reply of lost) assertProblem(reply, 400, 'token_invalid');
    await people.login({ email: ada.email, password: NEW_PASSWORD });
    await mailbox.next(ada.email, 'Your password was changed');
  });

  test('make one account of a sign-up that is repeated under one Idempotency-Key', async () => {
    const ada = createUniquePerson();
    const headers = { 'idempotency-key': `key-${ada.username}` };
    const replies = await spread(9, auths, (auth) => auth.post('/auth/signup', { json: ada, headers }));
    for (const reply of replies) {
      assertStatus(reply, 201);
      assert.equal(reply.text, replies[0]?.text);
    }
    const { token } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
    await people.verified(createUniquePerson('fence'));
    assert.equal((await mailbox.to(ada.email)).length, 1);
    // Check that a cookie that one process has set is valid in another process of the same service.
    const [cookie = ''] = (replies[0]?.headers.get('set-cookie') ?? '').split(';');
    assertStatus(await clientAt(auths, 1).post(`/auth/verify/${token}`, { headers: { cookie } }), 200);
  });

  test('give concurrent refreshes the same token, and recognise an old token on every instance', async () => {
    const { refreshToken } = await people.login(await people.verified(createUniquePerson()));
    function refresh(token: string) {
      return (auth: Client) => auth.post('/auth/refresh', { json: { refreshToken: token } });
    }
    const replies = await spread(6, auths, refresh(refreshToken));
    const tokens = new Set(replies.map((reply) => assertStatus(reply, 200).json.refreshToken));
    assert.equal(tokens.size, 1);
    const [second = ''] = tokens;
    const third = assertStatus(await refresh(second)(clientAt(auths, 0)), 200).json.refreshToken;
    assertProblem(await refresh(refreshToken)(clientAt(auths, 1)), 401, 'refresh_token_invalid');
    assertProblem(await refresh(third)(clientAt(auths, 2)), 401, 'refresh_token_invalid');
  });

  test('count failed logins together', async () => {
    const json = { email: createUniquePerson('nobody').email, password: 'not the password' };
    for (let index = 0; index < 10; index += 1)
      assertProblem(await clientAt(auths, index).post('/auth/login', { json }), 401, 'invalid_credentials');
    for (const auth of auths) {
      const reply = await auth.post('/auth/login', { json });
      assertProblem(reply, 429, 'rate_limited');
      assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
    }
  });

  test('know immediately what another instance has decided, and show callers what they have already seen', async () => {
    const ada = createUniquePerson();
    assertStatus(await people.signUp(ada), 201);
    const { accessToken: token } = await people.login(ada);
    for (const auth of auths)
      assertProblem(await auth.get('/auth/history', { token }), 403, 'account_not_verified');
    const link = extractLink(await mailbox.next(ada.email, 'Verify your email'));
    const verified = assertStatus(
      await clientAt(auths, 0).post(`/auth/verify/${link.token}`, { token }),
      200,
    );
    for (const auth of auths) assertStatus(await auth.get('/auth/history', { token }), 200);
    const headers = { 'account-sequence': verified.headers.get('account-sequence') ?? '' };
    const seen = await spread(6, users, (user) =>
      retryWhileUnavailable(() => user.get('/users/me', { token, headers })),
    );
    for (const reply of seen) assert.equal(assertStatus(reply, 200).json.isVerified, true);
  });

  test('refuse the tokens of all sessions after a logout of all sessions, on every instance', async () => {
    const { accessToken: token } = await people.login(await people.verified(createUniquePerson()));
    const ended = assertStatus(await clientAt(auths, 1).post('/auth/logout-all', { token }), 204);
    for (const auth of auths)
      assertProblem(await auth.get('/auth/sessions', { token }), 401, 'unauthenticated');
    const headers = { 'account-sequence': ended.headers.get('account-sequence') ?? '' };
    for (const user of users)
      assertProblem(
        await retryWhileUnavailable(() => user.get('/users/me', { token, headers })),
        401,
        'unauthenticated',
      );
  });

  test('send each of twenty people one mail', async () => {
    const crowd = Array.from({ length: 20 }, () => createUniquePerson('crowd'));
    for (const reply of await Promise.all(crowd.map((person) => people.signUp(person))))
      assertStatus(reply, 201);
    for (const { email } of crowd) await mailbox.next(email, 'Verify your email');
    await people.verified(createUniquePerson('fence'));
    for (const { email } of crowd) assert.equal((await mailbox.to(email)).length, 1);
  });
});

describe('one instance of each service', () => {
  test('may be killed: the others take over, and no acknowledged change is lost', async () => {
    const lost = [cluster.instances.auth, cluster.instances.user, cluster.instances.notifier].map(
      ([first]) => {
        assert.ok(first);
        return first;
      },
    );
    const crowd = Array.from({ length: 12 }, () => createUniquePerson('crowd'));
    const signedUp = crowd.map((person) =>
      people.signUp(person).then(
        ({ status }) => status,
        () => undefined,
      ),
    );
    await Promise.all(lost.map((instance) => instance.end('SIGKILL')));
    const statuses = await Promise.all(signedUp);
    // As real clients would, repeat the requests whose connections were closed. Requests with a response are
    // not repeated.
    const cutOff = crowd.filter((_, index) => statuses[index] !== 201);
    for (const person of cutOff) assertStatus(await people.signUp(person), 201);

    for (const person of crowd) {
      await eventually(
        'the mail has come',
        async () => (await mailbox.to(person.email)).length > 0,
        TAKE_OVER_MS,
      );
      const { accessToken } = await people.login(person);
      await waitUntilProfileShown(people, accessToken, ({ email }) => email === person.email);
    }
    for (const instance of lost) instance.launch();
    await Promise.all(lost.map((instance) => instance.ready()));
    await people.verified(createUniquePerson());
  });

  test('shuts down gracefully, and the others continue', async () => {
    for (const [first] of Object.values(cluster.instances)) assert.equal(await first?.end('SIGTERM'), 0);
    await people.verified(createUniquePerson());
  });
});
