/** Rotates keys of every kind while people remain signed in, and retires each old key once nothing depends on it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runCommandInProcess } from '../apps/ops/src/testing/run-in-process.ts';
import { type ApiResponse, assertStatus, type Client, createClient } from './support/client.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  type Tokens,
} from './support/people.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';

const KINDS = ['signing', 'events', 'sealing', 'refresh', 'salt'] as const;

interface Key {
  readonly kind: string;
  readonly id: string;
  readonly state: string;
  readonly mayBeRetired: boolean;
  readonly needs: readonly string[];
}

let system: Standalone;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;
let ada: Person;
let eve: Person;
/** The tokens of two sessions that began before the rotation of the keys. */
let used: Tokens;
let idle: Tokens;

async function ops(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommandInProcess({ DATA_DIR: system.folder }, 'keys', ...words);
  assert.equal(code, 0, err);
  return out;
}

async function keys(): Promise<readonly Key[]> {
  const lines = (await ops('list', '--json')).trim().split('\n');
  return lines.map((line): Key => JSON.parse(line));
}

async function former(kind: string): Promise<Key> {
  const key = (await keys()).find((each) => each.kind === kind && each.state === 'former');
  assert.ok(key !== undefined, `a former key of ${kind}`);
  return key;
}

/**
 * Runs `keys retire` for a key that is still in use.
 * @param kind the kind of key
 * @returns the error message of the command, which must refuse
 */
async function refusal(kind: string): Promise<string> {
  const { id } = await former(kind);
  const { code, err } = await runCommandInProcess({ DATA_DIR: system.folder }, 'keys', 'retire', kind, id);
  assert.equal(code, 1);
  return err;
}

function refresh({ refreshToken }: Pick<Tokens, 'refreshToken'>): Promise<ApiResponse> {
  return client.post('/auth/refresh', { json: { refreshToken } });
}

async function restart(): Promise<void> {
  await system.end();
  await system.start();
}

before(async () => {
  system = await startStandalone();
  client = createClient(system.url);
  mailbox = createMailbox(system.mailbox);
  people = createPersonActions(client, mailbox);
  [ada, eve] = [await people.verified(createUniquePerson('ada')), createUniquePerson('eve')];
  [used, idle] = [await people.login(ada), await people.login(ada)];
  assertStatus(await people.signUp(eve), 201);
});
after(() => system.stop());

describe('keys that are rotated', { concurrency: false }, () => {
  test('are all in use before, and only one of each kind', async () => {
    const listed = await keys();
    assert.deepEqual(
      listed.map(({ kind, state }) => `${kind} ${state}`),
      [...KINDS, 'webhooks', 'cost'].map((kind) => `${kind} current`),
    );
    assert.ok(listed.every(({ mayBeRetired }) => !mayBeRetired));
  });

  test('are not shown unless somebody asks for them', async () => {
    const printed: string[] = [];
    for (const kind of KINDS) printed.push(await ops('rotate', kind));
    assert.doesNotMatch(printed.join(''), /"k"|"d"|=/);
    assert.match(printed.join(''), /Restart/);
  });

  test('cannot be retired before a process has started with the new ones', async () => {
    assert.match(await refusal('refresh'), /no process has started with the current key yet/);
  });

  test('end no session, no access token, no password and no link', async () => {
    await restart();
    assertStatus(await people.me(used.accessToken), 200);
    assertStatus(await refresh(used), 200);
    assert.equal((await people.login(ada)).id, used.id);
    const { token } = extractLink(await mailbox.next(eve.email, 'Verify your email'));
    assertStatus(await client.post(`/auth/verify/${token}`, { json: { password: eve.password } }), 200);
  });

  test('are needed by the data that was made with them, which is counted', async () => {
    assert.match(await refusal('salt'), /first is still needed: 1 account\./);
    await people.login(eve);
    assert.deepEqual((await former('salt')).needs, []);

    assert.match(await refusal('refresh'), /first is still needed: 1 session\./);
    assertStatus(await refresh(idle), 200);
    assert.deepEqual((await former('refresh')).needs, []);

    assert.match(await refusal('signing'), /access tokens that it signed are valid until/);
    assert.deepEqual((await former('sealing')).needs, []);
  });

  test('are refused once they are retired', async () => {
    for (const kind of KINDS)
      await ops('retire', kind, (await former(kind)).id, ...(kind === 'signing' ? ['--force'] : []));
    await restart();
    assertStatus(await people.me(used.accessToken), 401);
    assertStatus(await refresh(used), 401);
    assertStatus(await refresh(idle), 401);
  });

  test('leave a system in which everything works', async () => {
    assert.deepEqual(
      (await keys()).map(({ kind, state }) => `${kind} ${state}`),
      [
        'signing current',
        'events current',
        'events public',
        'sealing current',
        'refresh current',
        'salt current',
        'webhooks current',
        'cost current',
      ],
    );
    for (const person of [ada, eve]) {
      const { accessToken, refreshToken } = await people.login(person);
      assertStatus(await people.me(accessToken), 200);
      assertStatus(await refresh({ refreshToken }), 200);
    }
    assertStatus(await client.post('/auth/password-reset-request', { json: { email: ada.email } }), 202);
    extractLink(await mailbox.next(ada.email, 'Reset your password'));
  });
  test('may change the algorithm of access tokens, there and back, which ends no access token', async () => {
    const issued: string[] = [];
    async function logIn(algorithm: string): Promise<void> {
      const { accessToken } = await people.login(ada);
      const [header = ''] = accessToken.split('.');
      assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).alg, algorithm);
      issued.push(accessToken);
    }
    await logIn('ES256');
    for (const algorithm of ['RS256', 'ES256']) {
      await ops('rotate', 'signing', '--algorithm', algorithm);
      await restart();
      await logIn(algorithm);
    }
    for (const token of issued) {
      assertStatus(await people.me(token), 200);
      assertStatus(await client.get('/auth/check', { token }), 204);
    }
  });
});
