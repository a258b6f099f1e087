import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger, type ProcessPart } from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { completePasswordReset } from '../passwords/reset.ts';
import type { QueuedMailRequest } from '../ports/requests.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import { waitUntil } from '../testing/until.ts';
import {
  createRefusalPredicate,
  createTestContext,
  DAY_MS,
  MINUTE_MS,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import { createMailRequestWorker } from './worker.ts';
import { processMailRequest, requestMailToAddress } from './written-requests.ts';

const ada = 'ada@example.com';
const logger = createLogger({ name: 'test', level: 'silent' });
const PASSWORD = 'correct horse battery';
/** How long a password reset link is valid, in ms. */
const RESET_LINK = 60 * MINUTE_MS;

const LEASE_MS = 30_000;

/** Returns a monotonic clock that advances by `step` ms each time it is read. */
function clockOf(step: number): () => number {
  let ms = 0;
  return () => {
    ms += step;
    return ms;
  };
}

function workerOf(
  world: TestWorld,
  owner: string,
  carry = (request: QueuedMailRequest) => processMailRequest(world.deps, request),
  { wakeup = createLoopWakeup(), step = 0 } = {},
): ProcessPart {
  const monotonic = clockOf(step);
  return createMailRequestWorker({
    ...world.deps,
    monotonic,
    owner,
    logger,
    leaseMs: LEASE_MS,
    wakeup,
    carryOut: carry,
  });
}

/**
 * Runs a worker until it has processed all recorded requests, and then stops it. The worker's clock advances
 * by the duration of a lease each time the worker reads it. If a dead worker has leased a request, the lease
 * has therefore expired when this worker reads its clock for the second time.
 */
async function work(world: TestWorld, owner = 'a worker'): Promise<void> {
  const wakeup = createLoopWakeup();
  const worker = workerOf(world, owner, undefined, { wakeup, step: LEASE_MS });
  await worker.start();
  await waitUntil(async () => {
    wakeup.wake();
    return (await world.deps.requests.count()) === 0;
  });
  await worker.stop();
}

async function verified(world: TestWorld, address: string, password = PASSWORD): Promise<string> {
  const { userId } = await world.signUp(address, password);
  await verifySignUp(
    world.deps,
    { token: world.tokenOf(userId, 'verification'), evidence: { kind: 'password', password } },
    createTestContext(),
  );
  return userId;
}

/** Returns the data of an account's last PasswordResetRequested event. */
async function lastReset(world: TestWorld, userId: string) {
  const fact = (await world.factsOf(userId)).findLast(({ type }) => type === 'PasswordResetRequested');
  assert.ok(fact?.type === 'PasswordResetRequested');
  return { verifies: fact.data.verifies, linked: fact.data.reset !== undefined };
}

async function resets(world: TestWorld, userId: string): Promise<number> {
  return (await world.typesOf(userId)).filter((type) => type === 'PasswordResetRequested').length;
}

describe('a request by address', () => {
  test(
    'is recorded in the same way for an address that nobody has',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      await requestMailToAddress(world.deps, { kind: 'password-reset', address: ada }, createTestContext());
      await requestMailToAddress(
        world.deps,
        { kind: 'password-reset', address: 'nobody@example.com' },
        createTestContext(),
      );
      assert.equal(await world.deps.requests.count(), 2);
      await work(world);
      assert.deepEqual(await world.deps.registrations.living('nobody@example.com'), []);
    }),
  );

  test(
    'for a reset gives the owner of the address a link',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      await requestMailToAddress(world.deps, { kind: 'password-reset', address: ada }, createTestContext());
      await work(world);
      assert.deepEqual(await lastReset(world, owner), { verifies: false, linked: true });
    }),
  );

  test(
    'for a reset gives the newest sign-up the same event without a link, if the address has an owner',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      const older = await world.signUp(ada, PASSWORD);
      const newer = await world.signUp(ada, PASSWORD);
      await requestMailToAddress(world.deps, { kind: 'password-reset', address: ada }, createTestContext());
      await work(world);
      assert.deepEqual(await lastReset(world, owner), { verifies: false, linked: true });
      assert.deepEqual(await lastReset(world, newer.userId), { verifies: true, linked: false });
      assert.equal(await resets(world, older.userId), 0);
    }),
  );

  test(
    'of either kind lets the newest of several unverified sign-ups choose a password',
    withTestWorld(async (world) => {
      const older = await world.signUp(ada, PASSWORD);
      const newer = await world.signUp(ada, PASSWORD);
      await requestMailToAddress(world.deps, { kind: 'verification', address: ada }, createTestContext());
      await work(world);
      assert.deepEqual(await lastReset(world, newer.userId), { verifies: true, linked: true });
      await requestMailToAddress(world.deps, { kind: 'password-reset', address: ada }, createTestContext());
      await work(world);
      assert.equal(await resets(world, newer.userId), 2);
      assert.equal(await resets(world, older.userId), 0);
    }),
  );

  test(
    'for verification has no effect for an owner: there is nothing to verify',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      await requestMailToAddress(world.deps, { kind: 'verification', address: ada }, createTestContext());
      await work(world);
      assert.equal(await resets(world, owner), 0);
    }),
  );

  for (const [purpose, kind, other] of [
    ['reset', 'password-reset', 'verification'],
    ['renewal', 'verification', 'password-reset'],
  ] as const)
    test(
      `for ${kind} has a mail budget of its own`,
      withTestWorld(async ({ deps }) => {
        const queued: Record<string, boolean> = {};
        const requests = {
          ...deps.requests,
          add: async (request: QueuedMailRequest) => {
            queued[request.kind] = request.overBudget ?? false;
            return true;
          },
        };
        const context = createTestContext();
        for (const { limit, key } of getRateLimitChargesForMail(purpose, ada, context.ip))
          await deps.limits.take(limit, key, 20);
        for (const each of [kind, other])
          await requestMailToAddress({ ...deps, requests }, { kind: each, address: ada }, context);
        assert.deepEqual(queued, { [kind]: true, [other]: false });
      }),
    );

  test(
    'keeps the trace of the request that caused it, if there is one',
    withTestWorld(async ({ deps }) => {
      const added: QueuedMailRequest[] = [];
      const requests = {
        ...deps.requests,
        add: async (request: QueuedMailRequest) => added.push(request) > 0,
      };
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      for (const given of [{ traceparent }, {}])
        await requestMailToAddress(
          { ...deps, requests },
          { kind: 'password-reset', address: ada },
          createTestContext(given),
        );
      assert.deepEqual(
        added.map((request) => ['traceparent' in request, request.traceparent]),
        [
          [true, traceparent],
          [false, undefined],
        ],
      );
    }),
  );

  test(
    'about a lockout alerts the owner of the address, and nobody else',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      const pending = await world.signUp(ada, PASSWORD);
      for (const address of [ada, 'nobody@example.com'])
        await processMailRequest(world.deps, {
          id: world.deps.newId(),
          kind: 'lockout',
          address,
          at: world.deps.now().toISOString(),
          correlationId: 'request-1',
        });
      assert.equal((await world.typesOf(owner)).at(-1), 'OwnerAlerted');
      assert.deepEqual(await world.typesOf(pending.userId), ['UserRegistered']);
    }),
  );

  test(
    'over the limit of its network leads to no mail while a link works; from another network it does',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      async function ask(times: number, ip: string): Promise<void> {
        for (const _ of Array(times).keys())
          await requestMailToAddress(
            world.deps,
            { kind: 'password-reset', address: ada },
            createTestContext({ ip }),
          );
        await work(world);
      }
      await ask(25, '192.0.2.1');
      assert.equal(await resets(world, owner), 20);
      await ask(1, '203.0.113.9');
      assert.equal(await resets(world, owner), 21);
      world.advance(RESET_LINK - 1);
      await ask(1, '192.0.2.2');
      assert.equal(await resets(world, owner), 21);
      world.advance(1);
      await ask(2, '192.0.2.3');
      assert.equal(await resets(world, owner), 22);
    }),
  );

  test(
    'over the limit of its IP is refused',
    withTestWorld(async (world) => {
      function other(n: number) {
        return requestMailToAddress(
          world.deps,
          { kind: 'verification', address: `${n}@example.com` },
          createTestContext({ ip: '198.51.100.1' }),
        );
      }
      for (const n of Array(30).keys()) await other(n);
      await assert.rejects(other(30), createRefusalPredicate('rate_limited'));
    }),
  );
});

describe('a worker that dies', () => {
  async function written(world: TestWorld): Promise<QueuedMailRequest> {
    await requestMailToAddress(world.deps, { kind: 'password-reset', address: ada }, createTestContext());
    const claim = { owner: 'the dead', now: world.deps.now(), leaseMs: LEASE_MS, limit: 20 };
    const [request] = await world.deps.requests.claim(claim);
    assert.ok(request);
    return request;
  }

  test(
    'after the event, but before the request was removed: another worker adds no second event',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      await processMailRequest(world.deps, await written(world));
      const sent = world.tokenOf(userId, 'reset');
      await work(world, 'the heir');
      assert.equal(await resets(world, userId), 1);
      // The second worker created another link, but its event was not appended, so that link was never
      // mailed. The link in the first event must therefore still work.
      await completePasswordReset(
        world.deps,
        { token: sent, newPassword: 'another horse battery', confirmNewPassword: 'another horse battery' },
        createTestContext(),
      );
      assert.equal((await world.deps.accounts.load(userId)).status, 'verified');
    }),
  );

  test(
    'between two accounts: another worker continues with the second',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada);
      const { userId } = await world.signUp(ada, PASSWORD);
      const request = await written(world);
      world.faults.push({ meanwhile: async () => undefined }, 'request lost', 'request lost');
      await assert.rejects(processMailRequest(world.deps, request), { name: 'StoreUnavailable' });
      assert.deepEqual([await resets(world, owner), await resets(world, userId)], [1, 0]);
      await work(world, 'the heir');
      assert.deepEqual([await resets(world, owner), await resets(world, userId)], [1, 1]);
    }),
  );

  test(
    'keeps its requests until another worker’s monotonic clock shows that the lease has expired, wherever the wall clock jumps',
    withTestWorld(async (world) => {
      const carried: string[] = [];
      async function carry({ address }: QueuedMailRequest): Promise<void> {
        carried.push(address);
      }
      await written(world);
      const wakeup = createLoopWakeup();
      const heir = workerOf(world, 'the heir', carry, { wakeup, step: LEASE_MS / 100 });
      await heir.start();
      world.advance(400 * DAY_MS);
      await requestMailToAddress(
        world.deps,
        { kind: 'verification', address: 'new@example.com' },
        createTestContext(),
      );
      await waitUntil(async () => {
        wakeup.wake();
        return carried.length > 0;
      });
      assert.deepEqual(carried, ['new@example.com']);
      await waitUntil(async () => {
        wakeup.wake();
        return (await world.deps.requests.count()) === 0;
      });
      await heir.stop();
      assert.deepEqual(carried, ['new@example.com', ada]);
    }),
  );

  test(
    'blocks no other request: one that fails is left, the next is processed',
    withTestWorld(async (world) => {
      const carried: string[] = [];
      async function failing({ address }: QueuedMailRequest): Promise<void> {
        carried.push(address);
        if (address === 'broken@example.com') throw new Error('broken');
      }
      for (const address of ['broken@example.com', ada]) {
        await requestMailToAddress(world.deps, { kind: 'verification', address }, createTestContext());
        world.advance(1);
      }
      const worker = workerOf(world, 'a worker', failing);
      await worker.start();
      await waitUntil(async () => (await world.deps.requests.count()) === 1);
      await worker.stop();
      assert.deepEqual(carried, ['broken@example.com', ada]);
    }),
  );
});

describe('a worker that is woken', () => {
  test(
    'immediately processes the requests recorded meanwhile, even more than one batch',
    withTestWorld(async (world) => {
      const carried = new Set<string>();
      const wakeup = createLoopWakeup();
      const worker = workerOf(world, 'a worker', async ({ id }) => void carried.add(id), { wakeup });
      await worker.start();
      for (const n of Array(45).keys()) {
        const ip = `192.0.2.${n}`;
        await requestMailToAddress(
          world.deps,
          { kind: 'verification', address: `${n}@example.com` },
          createTestContext({ ip }),
        );
      }
      wakeup.wake();
      await waitUntil(async () => (await world.deps.requests.count()) === 0);
      await worker.stop();
      assert.equal(carried.size, 45);
    }),
  );
});
