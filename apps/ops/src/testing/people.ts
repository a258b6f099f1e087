/** A standalone server and actions of its users, for tests. */
import assert from 'node:assert/strict';
import { createMetricsRegistry } from '@latchkey/process';
import { z } from 'zod';
import { composeStandalone } from '../../../standalone/src/compose.ts';
import { mailMessageSchema } from '../../../standalone/src/mailbox/message.ts';
import { mailMessagePageSchema } from '../../../standalone/src/mailbox/routes.ts';
import { readStandaloneSettings } from '../../../standalone/src/settings.ts';
import { createSilentLogger, fetchJson } from '../../../standalone/src/testing.ts';
import { waitUntil } from './eventually.ts';

const PASSWORD = 'correct horse battery';
const session = z.object({ accessToken: z.string(), user: z.object({ id: z.string() }) });
const verified = z.looseObject({ isVerified: z.literal(true) });

export interface RunningStandalone {
  readonly url: string;
  signUp(name: string): Promise<void>;
  /** Signs a user up, and verifies the account with the link in the mail. @returns the account's id */
  signUpAndVerify(name: string): Promise<string>;
  /** Requests a change of the email address, without confirming it. */
  changeEmail(name: string, to: string): Promise<void>;
  /** Returns the response of GET /users/me for a signed-in user. */
  me(name: string): Promise<unknown>;
  /** Returns how many mails have been sent. */
  mails(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a standalone on a new or existing data folder. */
export async function startStandalone(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningStandalone> {
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder, ...settings });
  const standalone = await composeStandalone(config, {
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
  });
  await standalone.start();
  const { url } = standalone;
  function post(path: string, body?: object) {
    return fetch(`${url}/api/v1/auth/${path}`, {
      method: 'POST',
      ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  }
  function found() {
    return fetchJson(`${url}/mailbox/api/v1/messages`, mailMessagePageSchema);
  }
  async function mails() {
    return (await found()).total;
  }

  async function signUp(name: string): Promise<void> {
    const before = await mails();
    const body = { email: `${name}@example.com`, username: name, password: PASSWORD };
    assert.equal((await post('signup', body)).status, 201);
    await waitUntil('the mail has come', async () => (await mails()) > before);
  }

  async function logIn(name: string) {
    const answer = await post('login', { email: `${name}@example.com`, password: PASSWORD });
    return session.parse(await answer.json());
  }

  async function me(accessToken: string): Promise<unknown> {
    const answer = await fetch(`${url}/api/v1/users/me`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    return answer.json();
  }

  return {
    url,
    signUp,
    mails,
    async signUpAndVerify(name) {
      await signUp(name);
      const { Text } = await fetchJson(`${url}/mailbox/api/v1/message/latest`, mailMessageSchema);
      assert.equal((await post(`verify/${/[\w-]{64}/.exec(Text)?.[0]}`, { password: PASSWORD })).status, 200);
      const { accessToken, user } = await logIn(name);
      await waitUntil('the welcome mail has come', async () => (await mails()) % 2 === 0);
      await waitUntil(
        'the profile is verified',
        async () => verified.safeParse(await me(accessToken)).success,
      );
      return user.id;
    },
    async changeEmail(name, to) {
      const { accessToken } = await logIn(name);
      const answer = await fetch(`${url}/api/v1/auth/change-email`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ newEmail: to, password: PASSWORD }),
      });
      assert.equal(answer.status, 202);
    },
    me: async (name) => me((await logIn(name)).accessToken),
    stop: () => standalone.stop(),
  };
}
