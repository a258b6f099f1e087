/**
 * Simulates the clients of one session: its owner, who may lose responses and have several tabs, and a thief
 * who copied a refresh token and the user agent.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { requireExistingAccount, type UnverifiedAccount } from '../account/index.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { createTestContext, DAY_MS, openTestWorld, type TestWorld } from '../testing/world.ts';
import { refreshSession } from './refresh.ts';

const HOME = '192.0.2.1';
const AWAY = '198.51.100.7';

describe('a session', () => {
  let world: TestWorld;
  let account: UnverifiedAccount;

  before(async () => {
    world = await openTestWorld();
    account = await world.signUp('ada@example.com', 'correct horse battery');
  });
  after(() => world.close());

  /**
   * Begins a session.
   * @returns the first refresh token of the session
   */
  async function begun(): Promise<string> {
    const { newId, now, sessions, accounts, refreshTokens } = world.deps;
    const { userId } = account;
    const { sequence: since } = requireExistingAccount(await accounts.load(userId));
    const { ip, userAgent } = createTestContext();
    const times = { createdAt: now(), rotatedAt: now(), expiresAt: new Date(now().getTime() + DAY_MS) };
    const session: Session = { id: newId(), userId, n: 0, ...times, since, ip, userAgent };
    await sessions.create(session, { keep: 1000 });
    return refreshTokens.issue(session.id, session.n);
  }

  /** Refreshes a session. @returns the new refresh token; undefined if the refresh is refused */
  async function refreshed(token: string, ip: string): Promise<string | undefined> {
    try {
      return (await refreshSession(world.deps, token, createTestContext({ ip }))).refreshToken;
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  test('is shared with a thief in another network for at most four refreshes', async () => {
    // In most rounds, both the owner and the thief refresh once. Other rounds are rare, because they usually
    // end the session after a few steps.
    const parties = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(['owner', 'thief'] as const, ['thief', 'owner'] as const) },
      { weight: 1, arbitrary: fc.constantFrom(['owner'] as const, ['thief'] as const) },
    );
    const isLost = fc.nat(9).map((n) => n === 0);
    const round = fc
      .record({ parties, isLost })
      .map((each) => each.parties.map((party) => ({ ...each, party })));
    const rounds = fc.array(round, { minLength: 8, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rounds, async (steps) => {
        const first = await begun();
        const held = { owner: first, thief: first };
        const seen = { owner: new Set<string>(), thief: new Set<string>() };
        for (const { party, isLost } of steps.flat()) {
          const token = await refreshed(held[party], party === 'owner' ? HOME : AWAY);
          if (token === undefined) break;
          if (isLost) continue;
          held[party] = token;
          seen[party].add(token);
        }
        assert.ok(seen.owner.intersection(seen.thief).size <= 4);
      }),
      { numRuns: 100 },
    );
  });

  test('stays as long as its clients are in one network, whatever is lost and however many tabs ask', async () => {
    const step = fc.record({
      tabs: fc.integer({ min: 1, max: 4 }),
      lost: fc.array(fc.boolean(), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        let token = await begun();
        for (const { tabs, lost } of steps) {
          const sent = token;
          const answers = await Promise.all(Array.from({ length: tabs }, () => refreshed(sent, HOME)));
          for (const [tab, answer] of answers.entries()) {
            assert.ok(answer !== undefined);
            if (lost[tab] !== true) token = answer;
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('stays if its client changes the network before each retry, unless five responses in a row are lost', async () => {
    const step = fc.integer({ min: 0, max: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), async (lostInARow) => {
        let token: string | undefined = await begun();
        for (const lost of [...lostInARow, 4]) {
          for (let n = 0; n < lost; n += 1) {
            assert.ok(await refreshed(token, HOME));
            token = await refreshed(token, AWAY);
            assert.ok(token !== undefined);
          }
          token = await refreshed(token, HOME);
          assert.ok(token !== undefined);
        }
      }),
      { numRuns: 20 },
    );
  });
});
