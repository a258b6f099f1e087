/**
 * Simulates people who change their profiles many times per second, and who check after each change that every instance
 * of the user service shows it.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiResponse, assertStatus, type Client } from './client.ts';
import type { Tokens } from './people.ts';

export interface ProfileWriters {
  /** Returns how many changes auth has acknowledged and every instance of the user service has shown. */
  written(): number;
  /**
   * Stops the writers once their current changes are finished.
   * @throws the error of the first writer that failed
   */
  stop(): Promise<void>;
}

const LOOKS_WITHIN_MS = 120_000;
/** The pause of a writer between two changes, in ms. The pause leaves CPU time to the system under test. */
const PAUSE_MS = 50;

/**
 * Starts the writers.
 * @param readers a client for each instance of the user service; after each change, the writers query all of
 * them
 */
export function startProfileWriters(
  people: readonly Tokens[],
  { writer, readers }: { readonly writer: Client; readonly readers: readonly Client[] },
): ProfileWriters {
  let going = true;
  let written = 0;

  async function write(tokens: Tokens): Promise<void> {
    for (let round = 1; going; round += 1) {
      const firstName = `Round ${round}`;
      const token = tokens.accessToken;
      const change = assertStatus(await writer.patch('/auth/profile', { token, json: { firstName } }), 200);
      const sequence = change.headers.get('account-sequence') ?? '';
      for (const reader of readers) {
        const { json } = await look(reader, token, sequence);
        assert.equal(json.firstName, firstName, 'what was written must be shown');
        assert.equal(`${tokens.id}:${json.version}`, sequence);
      }
      written += 1;
      await pause(PAUSE_MS);
    }
  }

  const ends = people.map((tokens) =>
    write(tokens).catch((error: unknown) => {
      going = false;
      throw error;
    }),
  );
  // Handle rejections here, so that Node does not report them as unhandled. The function `stop` throws these
  // errors later.
  for (const end of ends) end.catch(() => undefined);

  return {
    written: () => written,
    async stop() {
      going = false;
      await Promise.all(ends);
    },
  };
}

/**
 * Reads the profile. Retries after a 503, which means that the read model has not reached the given sequence.
 */
async function look(reader: Client, token: string, sequence: string): Promise<ApiResponse> {
  const giveUp = performance.now() + LOOKS_WITHIN_MS;
  for (;;) {
    const reply = await reader.get('/users/me', { token, headers: { 'account-sequence': sequence } });
    if (reply.status !== 503 || performance.now() > giveUp) return assertStatus(reply, 200);
    await pause(Number(reply.headers.get('retry-after')) * 1000);
  }
}
