/**
 * Tests that owners are notified of sign-ins from new devices or networks and of lockouts, and that nobody
 * else learns anything from these notices.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processMailRequest } from '../requests/written-requests.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import { login } from './login.ts';
import { notifyOwnerOfNewSignInSource } from './new-source.ts';

const address = 'ada@example.com';
const password = 'correct horse battery';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const CHROME = FIREFOX.replace('Gecko/20100101 Firefox', 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome');
const home = createTestContext({ ip: '192.0.2.1', userAgent: FIREFOX });
const away = createTestContext({ ip: '198.51.100.7', userAgent: FIREFOX });

async function verifiedAda({ deps, signUp, tokenOf }: TestWorld): Promise<string> {
  const { userId } = await signUp(address, password);
  const evidence = { kind: 'password', password } as const;
  await verifySignUp(deps, { token: tokenOf(userId, 'verification'), evidence }, createTestContext());
  return userId;
}

async function alertsOf({ factsOf }: TestWorld, userId: string) {
  return (await factsOf(userId)).flatMap((fact) => (fact.type === 'OwnerAlerted' ? [fact.data] : []));
}

test(
  'the first sign-in causes no notice; then a new network and a new device do, once each',
  withTestWorld(async (world) => {
    const { deps } = world;
    const userId = await verifiedAda(world);
    const calls = [home, home, { ...home, ip: '192.0.2.77' }, away, away, { ...away, userAgent: CHROME }];
    for (const call of calls) await login(deps, { address, password }, call);
    const data = { userId, reason: 'new-sign-in', locale: 'en' } as const;
    const person = { email: address, username: 'somebody', system: 'Linux', network: '198.51.100.0/24' };
    assert.deepEqual(await alertsOf(world, userId), [
      { ...data, person: { ...person, browser: 'Firefox' } },
      { ...data, person: { ...person, browser: 'Chrome' } },
    ]);
  }),
);

test(
  'ten new sources a day cause a notice; a later one does once the day is over, if it is used again',
  withTestWorld(async (world) => {
    const { deps } = world;
    const userId = await verifiedAda(world);
    for (const n of Array(12).keys())
      await login(deps, { address, password }, { ...home, ip: `198.51.${n}.1` });
    const networks = (await alertsOf(world, userId)).map(({ person }) => person?.network);
    assert.deepEqual(
      networks,
      Array.from({ length: 10 }, (_, n) => `198.51.${n + 1}.0/24`),
    );
    await deps.limits.clear('notice-account', `new-sign-in ${userId}`);
    await login(deps, { address, password }, { ...home, ip: '198.51.11.1' });
    assert.equal((await alertsOf(world, userId)).at(-1)?.person?.network, '198.51.11.0/24');
  }),
);

test(
  'concurrent sign-ins cause no more notices than are left of the ten',
  withTestWorld(async (world) => {
    const { deps } = world;
    const userId = await verifiedAda(world);
    const { state } = await login(deps, { address, password }, home);
    await deps.limits.take('notice-account', `new-sign-in ${userId}`, 8);
    const calls = Array.from({ length: 3 }, (_, n) => ({ ...home, ip: `198.51.${n}.1` }));
    await Promise.all(calls.map((call) => notifyOwnerOfNewSignInSource(deps, state, call)));
    assert.equal((await alertsOf(world, userId)).length, 2);
  }),
);

test(
  'a sign-in before the address is verified causes no notice, and its source is not known later',
  withTestWorld(async (world) => {
    const { deps, signUp, tokenOf } = world;
    const { userId } = await signUp(address, password);
    for (const call of [home, away]) await login(deps, { address, password }, call);
    const evidence = { kind: 'password', password } as const;
    await verifySignUp(deps, { token: tokenOf(userId, 'verification'), evidence }, createTestContext());
    await login(deps, { address, password }, home);
    assert.deepEqual(await alertsOf(world, userId), []);
    await login(deps, { address, password }, away);
    assert.equal((await alertsOf(world, userId)).length, 1);
  }),
);

test(
  'a sign-in of a client that has disconnected, so that its network is unknown, causes no notice, and its source is not known later',
  withTestWorld(async (world) => {
    const { deps } = world;
    const userId = await verifiedAda(world);
    const disconnected = { ...home, ip: '' };
    for (const call of [disconnected, home, disconnected, home])
      await login(deps, { address, password }, call);
    assert.deepEqual(await alertsOf(world, userId), []);
  }),
);

test(
  'a store that fails to look up known sources keeps nobody out',
  withTestWorld(async (world) => {
    const { deps, faults } = world;
    await verifiedAda(world);
    await login(deps, { address, password }, home);
    faults.push('request lost', 'request lost');
    const { accessToken } = await login(deps, { address, password }, away);
    assert.ok(accessToken);
  }),
);

async function waiting({ requests, now }: TestWorld['deps']) {
  return await requests.claim({ owner: 'the test', now: now(), leaseMs: 1000, limit: 10 });
}

async function lockOut({ deps }: TestWorld, of: string, ip: string): Promise<void> {
  const attempt = { address: of, password: 'not the password' };
  const call = createTestContext({ ip });
  for (let n = 0; n < 3; n += 1)
    await assert.rejects(login(deps, attempt, call), createRefusalPredicate('invalid_credentials'));
  for (let n = 0; n < 2; n += 1)
    await assert.rejects(login(deps, attempt, call), createRefusalPredicate('rate_limited'));
}

test(
  'a lockout is reported to the owner once a day; an address without an owner leads to the same request',
  withTestWorld(async (world) => {
    const { deps } = world;
    const userId = await verifiedAda(world);
    await lockOut(world, address, '203.0.113.5');
    await lockOut(world, 'nobody@example.com', '203.0.113.6');
    const requests = await waiting(deps);
    assert.deepEqual(
      requests.map(({ kind, address: of }) => [kind, of]),
      [
        ['lockout', address],
        ['lockout', 'nobody@example.com'],
      ],
    );
    for (const request of requests) for (const _ of Array(2).keys()) await processMailRequest(deps, request);
    const person = { email: address, username: 'somebody' };
    assert.deepEqual(await alertsOf(world, userId), [{ userId, reason: 'locked-out', locale: 'en', person }]);

    const again = login(deps, { address, password }, createTestContext({ ip: '203.0.113.7' }));
    await assert.rejects(again, createRefusalPredicate('rate_limited'));
    for (const { id } of requests) await deps.requests.done(id, 'the test');
    assert.deepEqual(await waiting(deps), []);
  }),
);
