import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { createMailbox } from '../../support/mailbox.ts';
import { createPersonActions, createUniquePerson } from '../../support/people.ts';
import { type Standalone, startStandalone } from '../../support/standalone.ts';
import type { StoreContents } from '../checker/stored.ts';
import { readDataFolder, readUnfinishedWork } from './data-folder.ts';

describe('the data folder of a standalone', () => {
  const ada = createUniquePerson();
  let system: Standalone;
  let stores: StoreContents;

  before(async () => {
    system = await startStandalone();
    const people = createPersonActions(createClient(system.url), createMailbox(system.mailbox));
    await people.verified(ada);
    await eventually('everything is done', () =>
      Object.values(readUnfinishedWork(system.folder)).every((left) => left === 0),
    );
    stores = readDataFolder(system.folder);
  });
  after(() => system?.stop());

  test('has the commits of the journal, which are published, and the claim of the address', () => {
    assert.deepEqual(
      stores.commits.map(({ number, sequence, events, unpublished }) => [
        number,
        sequence,
        events.map(({ type }) => type).join(),
        unpublished,
      ]),
      [
        [1, 1, 'UserRegistered', undefined],
        [2, 2, 'AccountVerified', undefined],
      ],
    );
    assert.deepEqual(stores.commits[1]?.claims, [`address:${ada.email}`]);
  });

  test('has the records of the log as a consumer reads them', () => {
    const [first] = stores.records;
    assert.deepEqual(
      stores.records.map(({ headers }) => headers['ce_type']),
      stores.commits.flatMap(({ events }) => events.map(({ type }) => type)),
    );
    assert.equal(first?.key, `${stores.commits[0]?.stream}/1`);
    assert.equal(JSON.parse(first?.payload ?? '').person.email, ada.email);
    assert.deepEqual(new Set(stores.lags.map(({ lag }) => lag)), new Set([0]));
    assert.deepEqual(stores.deadLetters, []);
  });

  test('has the read model and the mails', () => {
    const [profile, ...others] = stores.profiles;
    assert.deepEqual([profile?.sequence, profile?.parked, others], [2, undefined, []]);
    assert.deepEqual(profile?.search, { email: ada.email, username: ada.username });
    assert.deepEqual(
      stores.deliveries.map(({ state, open, attempts }) => [state, open, attempts[0]?.result]),
      [
        ['sent', undefined, 'accepted'],
        ['sent', undefined, 'accepted'],
      ],
    );
    assert.ok(stores.deliveries.every(({ endedAt, attempts }) => endedAt && attempts[0]?.at instanceof Date));
    assert.deepEqual(stores.requests, []);
  });
});
