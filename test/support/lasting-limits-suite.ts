/**
 * Tests that a restart does not reset the limits on guessing passwords, even if an attacker has caused the
 * restart of a standalone or of all processes of a cluster. ASVS means OWASP ASVS 5.0.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, assertStatus, createClient } from './client.ts';
import { createMailbox, extractLink } from './mailbox.ts';
import { createPersonActions, createUniquePerson } from './people.ts';
import type { Settings, System } from './system.ts';

export const LASTING_LIMITS_SETTINGS: Settings = {
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: '2',
  TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
};

const HOME = { 'x-forwarded-for': '192.0.2.1' };
const AWAY = { 'x-forwarded-for': '198.51.100.7' };

/**
 * Defines the tests of limits that survive a restart.
 * @param start starts a system with the settings of this suite
 */
export function defineLastingLimitsTests(title: string, start: () => Promise<System>): void {
  describe(title, () => {
    test('limits and the networks of an owner survive a kill (ASVS 6.3.1)', async (context) => {
      const system = await start();
      context.after(() => system.stop());
      const client = createClient(system.url);
      const mailbox = createMailbox(system.mailbox);
      const people = createPersonActions(client, mailbox);
      const { email } = await people.verified(createUniquePerson());
      assertStatus(
        await client.post('/auth/password-reset-request', { json: { email }, headers: HOME }),
        202,
      );
      const { token } = extractLink(await mailbox.next(email, 'Reset your password'));
      const password = 'quite another passphrase';
      const chosen = { newPassword: password, confirmNewPassword: password };
      const path = `/auth/password-reset-confirm/${token}`;
      assertStatus(await client.post(path, { json: chosen, headers: HOME }), 200);
      function login(words: string, headers: Readonly<Record<string, string>>) {
        return client.post('/auth/login', { json: { email, password: words }, headers });
      }
      for (const guess of ['first guess', 'second guess'])
        assertProblem(await login(guess, AWAY), 401, 'invalid_credentials');
      const before = await login('third guess', AWAY);
      assertProblem(before, 429, 'rate_limited');

      await system.kill();
      await system.start();

      const refused = await login('third guess', AWAY);
      assertProblem(refused, 429, 'rate_limited');
      assert.ok(refused.json.retryAfter <= before.json.retryAfter, 'the window is the same');
      assertStatus(await login(password, HOME), 200);
    });
  });
}
