import { setTimeout as pause } from 'node:timers/promises';
import { assertStatus, type Client } from '../../test/support/client.ts';
import { createUniquePerson, type PersonActions } from '../../test/support/people.ts';

/** How long the mixed work of the memory benchmarks takes, in minutes. */
export const MIXED_WORK_MINUTES = Number(process.env['MEMORY_MINUTES'] ?? 1);

/** How many read requests each person sends. Reads are far more frequent than sign-ups. */
const READS = 20;

/** How long a process may take to finish its work before its memory is read, in ms. */
export const PAUSE_BEFORE_MEMORY_READ_MS = 8_000;

/**
 * Lets four people at a time sign up, verify their address, sign in, change their profile, read it, refresh their
 * session and sign out. Ends after MIXED_WORK_MINUTES, and then waits PAUSE_BEFORE_MEMORY_READ_MS.
 * @returns the number of people
 */
export async function runMixedWork({
  client,
  people,
}: {
  readonly client: Client;
  readonly people: PersonActions;
}): Promise<number> {
  const end = performance.now() + MIXED_WORK_MINUTES * 60_000;
  let served = 0;
  async function serve(): Promise<void> {
    while (performance.now() < end) {
      await serveOnePerson(client, people);
      served += 1;
    }
  }
  await Promise.all(Array.from({ length: 4 }, serve));
  await pause(PAUSE_BEFORE_MEMORY_READ_MS);
  return served;
}

async function serveOnePerson(client: Client, people: PersonActions): Promise<void> {
  const { accessToken: token, refreshToken } = await people.login(
    await people.verified(createUniquePerson()),
  );
  assertStatus(await client.patch('/auth/profile', { token, json: { firstName: 'Ada' } }), 200);
  for (let i = 0; i < READS; i += 1) assertStatus(await people.me(token), 200);
  assertStatus(await client.post('/auth/refresh', { json: { refreshToken } }), 200);
  assertStatus(await client.get('/auth/sessions', { token }), 200);
}
