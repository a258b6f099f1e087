/** Defines the tests of the erasure of personal data, which every store must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { toAddressClaim } from '../../account/index.ts';
import type { AuthStores } from '../stores.ts';
import {
  createCommit,
  createRegistrationCommit,
  createRoleChangedFact,
  createTestInstant,
} from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

const now = new Date('2026-03-01T12:00:00.000Z');

export function definePersonalDataContractTests(name: string, open: OpenEmptyStores): void {
  describe(`personal data on ${name}`, () => {
    let stores: AuthStores;
    let close: () => Promise<void>;
    let address: string;
    beforeEach(async () => {
      ({ stores, close } = await open());
      address = `ada.${randomUUID()}@example.com`;
    });
    afterEach(() => close());

    test('is removed from the commits of an account, and not from those of others', async () => {
      const { journal, registrations } = stores;
      const first = createRegistrationCommit(address);
      const claims = [toAddressClaim(address), 'admin-removal:7'];
      const events = [createRoleChangedFact(first.stream)];
      const second = { ...createCommit({ stream: first.stream, number: 2, sequence: 2 }), events, claims };
      const other = createRegistrationCommit(`other.${address}`);
      for (const commit of [first, second, other]) await journal.append(commit);
      for (const _ of Array(2).keys()) await stores.personalData.eraseCommits(first.stream);
      const erased = await journal.read(first.stream);
      assert.doesNotMatch(JSON.stringify(erased), /ada\.|"ada"|hash of a/);
      assert.deepEqual(
        erased.map(({ number, sequence, commandId }) => ({ number, sequence, commandId })),
        [first, second].map(({ number, sequence, commandId }) => ({ number, sequence, commandId })),
      );
      assert.ok(first.events[0]?.chain?.person?.salt !== undefined);
      assert.equal(erased[0]?.events[0]?.chain?.hash, first.events[0].chain.hash);
      assert.equal(erased[0]?.events[0]?.chain?.person?.salt, undefined);
      assert.equal(await journal.holder(toAddressClaim(address)), undefined);
      assert.equal(await journal.holder('admin-removal:7'), first.stream);
      assert.deepEqual(await journal.roleChanges(), [first.stream]);
      assert.deepEqual(await registrations.living(address), []);
      assert.deepEqual(await journal.read(other.stream), [other]);
    });

    test('is removed from the claims: another account can take the address', async () => {
      const first = { ...createCommit(), claims: [toAddressClaim(address)] };
      await stores.journal.append(first);
      await stores.personalData.eraseCommits(first.stream);
      const second = { ...createCommit(), claims: [toAddressClaim(address)] };
      assert.deepEqual(await stores.journal.append(second), { outcome: 'appended' });
      await stores.personalData.eraseCommits(first.stream);
      assert.equal(await stores.journal.holder(toAddressClaim(address)), second.stream);
    });

    test('is removed with the requests of an address, even one that is being processed', async () => {
      const request = {
        kind: 'password-reset',
        at: createTestInstant(0),
        correlationId: 'request-1',
      } as const;
      await stores.requests.add({ ...request, id: randomUUID(), address });
      await stores.requests.claim({ owner: 'one', now, leaseMs: 1000, limit: 1 });
      await stores.requests.add({ ...request, id: randomUUID(), address });
      await stores.requests.add({ ...request, id: randomUUID(), address: `other.${address}` });
      await stores.personalData.removeRequests(address);
      assert.equal(await stores.requests.count(), 1);
    });

    test('is removed with the security events of an account, published or not', async () => {
      const [ada, eve] = [randomUUID(), randomUUID()];
      const entry = { time: now.toISOString(), headers: {}, value: '{}' };
      await stores.auditLog.add([
        { ...entry, id: randomUUID(), account: ada, kept: true },
        { ...entry, id: randomUUID(), account: ada, kept: false },
        { ...entry, id: randomUUID(), account: eve, kept: true },
      ]);
      await stores.personalData.removeSecurityEvents(ada);
      assert.deepEqual(await stores.auditLog.ofAccount(ada, { limit: 9 }), []);
      assert.equal((await stores.auditLog.ofAccount(eve, { limit: 9 })).length, 1);
      assert.equal(await stores.auditLog.backlog(9), 1);
    });

    test('is removed from unpublished actions of the account on others', async () => {
      const [ada, eve] = [randomUUID(), randomUUID()];
      const person = { ipPrefix: '192.0.2.0/24', userAgent: 'a "quoted" name' };
      const action = { accountId: eve, action: 'DELETE /api/v1/auth/accounts/:id', outcome: 'ok' };
      const own = [
        { actor: ada, ...action, person },
        { actor: ada, action: 'GET /api/v1/auth/accounts', outcome: 'ok', person },
        { actor: ada, ...action, person: null },
        { actor: ada, ...action },
      ];
      const others = [
        { actor: eve, ...action, outcome: ada, person },
        { actor: 'ops', ...action, by: { actor: ada }, person },
      ];
      const entries = [...own, ...others].map((data, n) => ({
        id: `0198c0de-0000-7000-8000-00000000000${n}`,
        ...('accountId' in data && { account: eve }),
        time: now.toISOString(),
        kept: false,
        headers: { ce_type: 'AdminAction' },
        value: JSON.stringify(data),
      }));
      await stores.auditLog.add(entries);
      for (const _ of Array(2).keys()) await stores.personalData.removeSecurityEvents(ada);
      const left = await stores.auditLog.unpublished(9);
      assert.deepEqual(
        left.map(({ value }) => JSON.parse(value)),
        [...own.map((data) => ('person' in data ? { ...data, person: null } : data)), ...others],
      );
      assert.deepEqual(
        left.map(({ value: _, ...entry }) => entry),
        entries.map(({ value: _, ...entry }) => entry),
      );
    });

    test('is removed with the trusted pairs of an address, whatever the IP', async () => {
      const { trustedAddresses } = stores;
      const ips = ['192.0.2.1', '2001:db8::1'];
      const others = [`x.${address}`, `${address}.org`, address.slice(0, -1)];
      for (const each of [address, ...others])
        for (const ip of ips) await trustedAddresses.trust({ address: each, ip }, now);
      await stores.personalData.removeTrusted(address);
      for (const ip of ips) {
        assert.equal(await trustedAddresses.isTrusted({ address, ip }, now), false);
        for (const other of others)
          assert.equal(await trustedAddresses.isTrusted({ address: other, ip }, now), true, other);
      }
    });

    test('is removed with the snapshot and the known sources of an account', async () => {
      const [ada, eve] = [randomUUID(), randomUUID()];
      for (const stream of [ada, eve]) {
        await stores.snapshots.save({ stream, number: 1, sequence: 1, stateVersion: 1, state: {} });
        await stores.knownSources.remember(stream, ['laptop']);
      }
      await stores.personalData.removeSnapshot(ada);
      await stores.personalData.removeKnownSources(ada);
      assert.equal(await stores.snapshots.find(ada), undefined);
      assert.ok(await stores.snapshots.find(eve));
      assert.equal(await stores.knownSources.remember(ada, ['laptop']), undefined);
      assert.deepEqual(await stores.knownSources.remember(eve, ['laptop']), []);
    });
  });
}
