/** Tests what happens if passwords arrive faster than they can be hashed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth } from '../testing/auth.fixture.ts';
import { createTestPerson, postSignUp } from '../testing/people.ts';
import { waitUntil } from '../testing/until.ts';

const CROWD = 8;
/** Ten times the default hash cost, so that sign-ups outpace the hashing on any machine. */
const SLOW = '65536:6';

test('sign-ups whose clients disconnect before their turn are not hashed, and have no effect', async (context) => {
  const auth = await startTestAuth(context, { HASH_CONCURRENCY: '1', HASH_COSTS: SLOW });
  async function metric(name: string): Promise<number> {
    const lines = (await auth.registry.metrics()).split('\n');
    return Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  }
  function outcome(code: string) {
    return metric(`latchkey_auth_operations_total{operation="signUp",outcome="${code}"}`);
  }

  const leaving = new AbortController();
  const people = Array.from({ length: CROWD }, () => createTestPerson());
  const asked = people.map((person) => postSignUp(auth, person, { signal: leaving.signal }));
  const left = Promise.allSettled(asked);
  await waitUntil(async () => (await metric('latchkey_auth_passwords{state="waiting"}')) > CROWD / 2);
  leaving.abort();
  await left;

  await waitUntil(async () => (await outcome('ok')) + (await outcome('unavailable')) === CROWD);
  assert.ok((await outcome('unavailable')) > 0);
  const made = await outcome('ok');
  await waitUntil(async () => people.filter(({ email }) => auth.eventsOf(email).length > 0).length === made);
});
