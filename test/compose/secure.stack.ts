/**
 * Tests deploy/compose.secure.yml together with the example services of other teams. The stack starts without
 * any data, and the tests use it through the gateway. The tests also try operations for which a service has
 * no right, and these must fail. MONGO_ACCESS_CONTROL=false turns off TLS and the MongoDB users, for a
 * MongoDB image that supports neither.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertStatus, createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createMailbox } from '../support/mailbox.ts';
import { createPersonActions, createUniquePerson } from '../support/people.ts';
import { kafkaAccessScript, mongoAccessScript } from './access-scripts.ts';
import { type ComposeStack, createComposeStack, getServiceOfContainer } from './stack.ts';

const hasAccessControl = process.env['MONGO_ACCESS_CONTROL'] !== 'false';
const [ACCOUNTS, MAILINGS, DELIVERIES] = ['accounts.events.v1', 'mailings.events.v1', 'deliveries.events.v1'];
const [SECURITY, RECEIPTS] = ['security.events.v1', 'erasures.receipts.v1'];
const LONG_RUNNING = [
  ...['gateway', 'auth', 'user', 'notifier', 'subscriber', 'books'],
  ...['kafka', 'mongo', 'mailpit'],
];

let stack: ComposeStack;

before(async () => {
  stack = await createComposeStack({
    overlays: ['deploy/compose.secure.yml', ...(hasAccessControl ? [] : ['test/compose/open-mongo.yml'])],
    profiles: ['subscriber', 'books'],
    // Ops commands run in a separate container with the rights of `ops`, because the containers of the
    // services do not have these rights.
    ops: 'run --rm --no-deps -T ops',
  });
});

after(() => stack?.down());

test('every part starts, and the jobs are done', async () => {
  await stack.compose('up', '--build', '--wait');
  const containers = await stack.inspect();
  const running = containers.filter(({ State }) => State.Status === 'running').map(getServiceOfContainer);
  assert.deepEqual(running.sort(), LONG_RUNNING.toSorted());
  for (const each of containers) assert.equal(each.State.ExitCode, 0, getServiceOfContainer(each));
});

test('neither Kafka nor MongoDB has a port on this machine', async () => {
  for (const { NetworkSettings } of await stack.inspect('kafka', 'mongo'))
    assert.deepEqual(
      Object.values(NetworkSettings.Ports).flatMap((bindings) => bindings ?? []),
      [],
    );
});

test('the journey works through the gateway', async () => {
  const { code, output } = await stack.runTestFile('journey.e2e.test.ts', 1);
  assert.equal(code, 0, output);
  assert.match(output, /pass [1-9]/);
});

test('services of other teams read the events, and refuse a session that has ended', async () => {
  const client = createClient(stack.url);
  const people = createPersonActions(client, createMailbox(stack.mailbox));
  const ada = await people.verified(createUniquePerson('ada'));
  const { accessToken: token, id } = await people.login(ada);
  await eventually('the subscriber has read the sign-up', async () => {
    const lines = (await stack.logs('subscriber')).split('\n');
    return lines.some((line) => line.includes(id) && line.includes('welcome'));
  });
  const books = `http://localhost:${stack.ports['BOOKS_PORT']}/api/v1/books`;
  async function statusOfBooks(): Promise<number> {
    return (await fetch(books, { headers: { Authorization: `Bearer ${token}` } })).status;
  }
  assert.equal(await statusOfBooks(), 200);
  assertStatus(await client.post('/auth/logout-all', { token }), 204);
  await eventually('the books refuse the token', async () => (await statusOfBooks()) === 401);
});

async function outcomeOf(service: string, program: string, ...words: readonly string[]): Promise<string> {
  return (await stack.compose('exec', '-T', service, 'node', '-e', program, ...words)).trim();
}

describe('Kafka', () => {
  // The errors of kafkajs when the broker denies access. If access to a consumer group is denied, kafkajs
  // reports that it found no group coordinator.
  const DENIED =
    /^denied .*(AUTHORIZATION_FAILED|not authorized|authorization failed|Failed to find group coordinator)/i;

  for (const [service, operation, topic, group = ''] of [
    ['auth', 'write', SECURITY],
    ['subscriber', 'read', ACCOUNTS, 'subscriber-test'],
  ] as const)
    test(`${service} may ${operation} ${topic}`, async () => {
      assert.equal(await outcomeOf(service, kafkaAccessScript, 'own', operation, topic, group), 'done');
    });

  for (const [service, operation, topic, group = ''] of [
    ['auth', 'read', ACCOUNTS, 'auth.test'],
    ['auth', 'write', DELIVERIES],
    ['user', 'write', ACCOUNTS],
    ['user', 'read', MAILINGS, 'user'],
    ['user', 'read', ACCOUNTS, 'notifier'],
    ['notifier', 'write', ACCOUNTS],
    ['notifier', 'read', SECURITY, 'notifier'],
    ['subscriber', 'write', ACCOUNTS],
    ['subscriber', 'write', RECEIPTS],
    ['subscriber', 'read', MAILINGS, 'subscriber'],
    ['subscriber', 'read', ACCOUNTS, 'user'],
    ['books', 'write', ACCOUNTS],
    ['books', 'read', ACCOUNTS, 'subscriber'],
    ...['auth', 'user', 'notifier', 'subscriber', 'books'].map(
      (name) => [name, 'create', `${name}.own`] as const,
    ),
  ] as const)
    test(`${service} cannot ${operation} ${topic} ${group}`.trimEnd(), async () => {
      assert.match(await outcomeOf(service, kafkaAccessScript, 'own', operation, topic, group), DENIED);
    });

  for (const login of ['nobody', 'plaintext'])
    test(`a client with the login ${login} is refused`, async () => {
      assert.match(await outcomeOf('auth', kafkaAccessScript, login, 'write', ACCOUNTS), /^denied /);
    });
});

if (hasAccessControl)
  describe('MongoDB', () => {
    const collections = [
      ['auth', 'auth_commits'],
      ['user', 'user_generations'],
      ['notifier', 'notifier_deliveries'],
    ] as const;

    for (const [service, own] of collections) {
      test(`${service} reads its own collections`, async () => {
        assert.equal(await outcomeOf(service, mongoAccessScript, 'own', own), 'done');
      });

      for (const [owner, other] of collections.filter(([name]) => name !== service))
        test(`${service} cannot read the collections of ${owner}`, async () => {
          assert.match(
            await outcomeOf(service, mongoAccessScript, 'own', other),
            /^denied .*not authorized/i,
          );
        });
    }

    test('a client without a login is refused', async () => {
      assert.match(await outcomeOf('auth', mongoAccessScript, 'nobody', 'auth_commits'), /^denied /);
    });
  });
