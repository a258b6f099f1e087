/** Creates accounts that are due for erasure, and checks that nothing remains of them. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNTS_TOPIC, chainFlaw, coveredBy, encode, topics } from '@latchkey/events';
import { changeProfile } from '../../profile/change-profile.ts';
import { toPublicEvents } from '../../relay/to-public-events.ts';
import { login } from '../../sessions/login.ts';
import { verifySignUp } from '../../sign-up/verification.ts';
import { createTestContext, DAY_MS, type TestWorld } from '../../testing/world.ts';
import { requestErasureOfAccount } from '../request-erasure.ts';

export const DUE_ACCOUNT_ADDRESS = 'lovelace@example.com';
export const DUE_ACCOUNT_PASSWORD = 'countess of the engine';
/** Matches all personal data of the person in these tests. */
export const PERSONAL_DATA_PATTERN = /lovelace|augusta|byron|198\.51\.100|netscape/i;

/** Creates an account that is due for erasure, with data in every store that keeps personal data. */
export async function createDueAccount(world: TestWorld): Promise<string> {
  const { deps } = world;
  const { userId } = await world.signUp(DUE_ACCOUNT_ADDRESS, DUE_ACCOUNT_PASSWORD);
  const here = createTestContext({ ip: '198.51.100.7', userAgent: 'Netscape' });
  const token = world.tokenOf(userId, 'verification');
  await verifySignUp(deps, { token, evidence: { kind: 'password', password: DUE_ACCOUNT_PASSWORD } }, here);
  await login(deps, { address: DUE_ACCOUNT_ADDRESS, password: DUE_ACCOUNT_PASSWORD }, here);
  const state = await deps.accounts.load(userId);
  assert.ok(state.status === 'verified');
  const caller = { userId, sessionId: 'a session', state };
  await changeProfile(deps, { firstName: 'Augusta', lastName: 'Byron' }, caller, here);
  const at = deps.now().toISOString();
  await deps.requests.add({
    id: deps.newId(),
    kind: 'password-reset',
    address: DUE_ACCOUNT_ADDRESS,
    at,
    correlationId: 'r',
  });
  const kept = { account: userId, time: at, kept: true, headers: {}, value: '{"ip":"198.51.100.7"}' };
  const action = { actor: userId, accountId: deps.newId(), person: { ip: '198.51.100.7' } };
  await deps.auditLog.add([
    { ...kept, id: deps.newId() },
    { ...kept, id: deps.newId(), account: action.accountId, kept: false, value: JSON.stringify(action) },
  ]);
  await world.snapshots.save({
    stream: userId,
    number: 1,
    sequence: 1,
    stateVersion: 1,
    state: { ADDRESS: DUE_ACCOUNT_ADDRESS },
  });
  await requestErasureOfAccount(deps, { userId, by: 'ops' }, createTestContext());
  world.advance(7 * DAY_MS);
  return userId;
}

/** Publishes the events of an account from the journal, as the relay would. */
export async function publishJournalEvents(world: TestWorld, userId: string): Promise<void> {
  await world.bus.ensureTopics(topics);
  const events = (await world.deps.journal.read(userId)).flatMap(toPublicEvents);
  await world.bus.publish(
    ACCOUNTS_TOPIC,
    events.map((event) => encode(event)),
  );
}

export async function findFilesWithPersonalData(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder);
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  return files.filter((_, index) => PERSONAL_DATA_PATTERN.test(contents[index] ?? ''));
}

/**
 * Asserts that no personal data of an erased account remains.
 * @param placesThatName returns the places that still contain such data. Default: searches the files of the
 * data folder
 */
export async function assertAccountErased(
  world: TestWorld,
  userId: string,
  placesThatName: () => Promise<readonly string[]> = () => findFilesWithPersonalData(world.folder),
): Promise<void> {
  assert.deepEqual(await placesThatName(), []);
  const commits = await world.deps.journal.read(userId);
  assert.equal(commits.at(-1)?.events.at(-1)?.type, 'AccountErased');
  for (const commit of commits)
    for (const [index, event] of toPublicEvents(commit).entries()) {
      const chain = commit.events[index]?.chain;
      assert.ok(chain !== undefined);
      assert.equal(chainFlaw(coveredBy(event, commit.events[index]?.stored), chain), undefined);
    }
}
