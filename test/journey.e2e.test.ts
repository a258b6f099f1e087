/** Tests the life of an account from sign-up to erasure, using only HTTP, mails and ops commands. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBooksExample } from './support/books.ts';
import {
  assertProblem,
  assertStatus,
  type Client,
  createClient,
  retryWhileUnavailable,
} from './support/client.ts';
import { createServiceClientKey } from './support/client-key.ts';
import { eventually } from './support/eventually.ts';
import { ANSWERED_BY_HEADER } from './support/load-balancer.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import {
  createAdmin,
  createPersonActions,
  createUniquePerson,
  type PersonActions,
  waitUntilProfileShown,
} from './support/people.ts';
import { startSystem } from './support/start-system.ts';
import type { System } from './support/system.ts';

let system: System;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;

before(async () => {
  system = await startSystem();
  client = createClient(system.url);
  mailbox = createMailbox(system.mailbox);
  people = createPersonActions(client, mailbox);
});

after(() => system?.stop());

const NEW_PASSWORD = 'quite another passphrase';

describe('signing up', () => {
  test('responds with the submitted data, and sends a mail with the link, in HTML and text', async () => {
    const ada = createUniquePerson();
    const reply = assertStatus(
      await client.post('/auth/signup', { json: { ...ada, firstName: 'Ada', lastName: 'Lovelace' } }),
      201,
    );
    assert.deepEqual(reply.json, {
      message: 'Account Created! Check email to verify your account',
      user: {
        email: ada.email,
        username: ada.username,
        firstName: 'Ada',
        lastName: 'Lovelace',
        role: 'user',
        isVerified: false,
      },
    });
    assert.equal(reply.headers.get('account-sequence'), null);
    const mail = await mailbox.next(ada.email, 'Verify your email');
    assert.match(extractLink(mail).url.pathname, /^\/api\/v1\/auth\/verify\/[\w-]{64}$/);
    for (const text of [mail.html, mail.text]) {
      assert.ok(text.includes(ada.username));
      assert.ok(!text.includes('Lovelace'), 'an unproven address gets no submitted text but the username');
      assert.match(text, /24 hours|1 day/);
    }
  });

  test('opening the link changes nothing; confirming it verifies the account, only once', async () => {
    const ada = createUniquePerson();
    await people.signUp(ada);
    const { token } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
    const { accessToken } = await people.login(ada);
    for (let i = 0; i < 3; i += 1) {
      const page = assertStatus(await client.get(`/auth/verify/${token}`), 200);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(page.text, /<form[^>]+method="post"/i);
    }
    assert.equal((await people.me(accessToken)).json.isVerified, false);
    assertProblem(await client.get('/auth/history', { token: accessToken }), 403, 'account_not_verified');

    assertProblem(await client.post(`/auth/verify/${token}`), 400, 'password_required');
    const confirmed = assertStatus(await client.post(`/auth/verify/${token}`, { token: accessToken }), 200);
    assert.deepEqual(confirmed.json, { message: 'Account verified successfully' });
    const sequence = confirmed.headers.get('account-sequence');
    assert.ok(sequence);
    const me = await people.me(accessToken, sequence);
    assert.equal(me.json.isVerified, true);
    assertStatus(await client.get('/auth/history', { token: accessToken }), 200);

    const again = assertStatus(await client.post(`/auth/verify/${token}`), 200);
    assert.equal(again.headers.get('account-sequence'), sequence);
    await mailbox.next(ada.email, 'Welcome to Latchkey');
  });

  test('a repeated request with its Idempotency-Key makes one account', async () => {
    const ada = createUniquePerson();
    const headers = { 'idempotency-key': `key-${ada.username}` };
    const [first, second] = await Promise.all([people.signUp(ada, headers), people.signUp(ada, headers)]);
    assert.equal(first.text, second.text);
    const third = await people.signUp(ada, headers);
    assert.equal(third.status, 201);
    await mailbox.next(ada.email, 'Verify your email');
    await people.verified(createUniquePerson('fence'));
    assert.equal((await mailbox.to(ada.email)).length, 1);
  });

  test('a pending and a taken address get the same response bytes and the same sequences', async () => {
    const ada = createUniquePerson();
    const eve = { ...createUniquePerson('eve'), email: ada.email };
    assertStatus(await people.signUp(ada), 201);
    const { token } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
    const mallory = { ...eve, password: 'the password of a stranger' };
    const pending = await people.signUp(mallory);
    const second = await mailbox.next(ada.email, 'Verify your email', 2);

    // The link alone never verifies an account, because somebody else may have created the account with this
    // address. The request must also contain the password of the sign-up.
    assertProblem(await client.post(`/auth/verify/${token}`), 400, 'password_required');
    const wrong = { json: { password: mallory.password } };
    assertProblem(await client.post(`/auth/verify/${token}`, wrong), 400, 'password_incorrect');
    assertStatus(await client.post(`/auth/verify/${token}`, { json: { password: ada.password } }), 200);
    assertProblem(await client.post(`/auth/verify/${extractLink(second).token}`), 400, 'token_invalid');
    // Verifying one sign-up has ended the other sign-up with the same address. A login with the password of
    // the ended sign-up is therefore refused.
    assertProblem(await client.post('/auth/login', { json: mallory }), 400, 'validation_failed');
    const login = { email: mallory.email, password: mallory.password };
    assertProblem(await client.post('/auth/login', { json: login }), 401, 'invalid_credentials');

    const taken = await people.signUp(mallory);
    assert.equal(taken.status, 201);
    assert.equal(taken.text, pending.text);
    assert.deepEqual(headerNames(taken.headers), headerNames(pending.headers));
    const told = await mailbox.next(ada.email, 'You already have an account');
    assert.ok(!told.html.includes(mallory.username) && !told.text.includes(mallory.username));

    // Check three things: the stranger has a separate account, the stranger gets the usual responses, and the
    // owner's account is unchanged.
    const stranger = await people.login(mallory);
    const owner = await people.login(ada);
    assert.notEqual(stranger.id, owner.id);
    const seen = await waitUntilProfileShown(people, stranger.accessToken, ({ version }) => version >= 1);
    assert.equal(seen.json.version, 1);
    assert.equal(seen.json.isVerified, false);
    await client.post('/auth/verification-request', { token: stranger.accessToken });
    assert.equal(
      (await waitUntilProfileShown(people, stranger.accessToken, ({ version }) => version > 1)).json.version,
      2,
    );
  });

  test('"this was not me" ends the sign-up', async () => {
    const eve = createUniquePerson('eve');
    await people.signUp(eve);
    const { token } = extractLink(await mailbox.next(eve.email, 'Verify your email'));
    const { accessToken } = await people.login(eve);
    assertStatus(await client.post(`/auth/verify/${token}`, { json: { reject: true } }), 200);
    assertProblem(await client.post(`/auth/verify/${token}`), 400, 'token_invalid');
    assertProblem(await client.get('/auth/sessions', { token: accessToken }), 401, 'unauthenticated');
    await eventually('the user service knows', async () => (await people.me(accessToken)).status === 401);
  });

  test('a newer link supersedes the older one', async () => {
    const ada = createUniquePerson();
    await people.signUp(ada);
    const first = extractLink(await mailbox.next(ada.email, 'Verify your email'));
    const { accessToken } = await people.login(ada);
    assertStatus(await client.post('/auth/verification-request', { token: accessToken }), 202);
    const second = extractLink(await mailbox.next(ada.email, 'Verify your email', 2));
    const json = { password: ada.password };
    assertProblem(await client.post(`/auth/verify/${first.token}`, { json }), 400, 'token_invalid');
    assertStatus(await client.post(`/auth/verify/${second.token}`, { json }), 200);
  });
});

describe('logging in', () => {
  test('gives the same response bytes for a wrong password and for an unknown address', async () => {
    const ada = await people.verified(createUniquePerson());
    const requestId = { headers: { 'x-request-id': 'the-same-request' } };
    const wrong = { email: ada.email, password: 'not the password' };
    const unknown = { email: createUniquePerson('nobody').email, password: 'not the password' };
    const one = await client.post('/auth/login', { json: wrong, ...requestId });
    const other = await client.post('/auth/login', { json: unknown, ...requestId });
    assertProblem(one, 401, 'invalid_credentials');
    assert.equal(one.text, other.text);
  });

  test('a refresh token works once; it is accepted again after a lost response; an old one ends its session', async () => {
    const ada = await people.verified(createUniquePerson());
    const { refreshToken } = await people.login(ada);
    const elsewhere = await people.login(ada);
    function refresh(token: string) {
      return client.post('/auth/refresh', { json: { refreshToken: token } });
    }

    const second = assertStatus(await refresh(refreshToken), 200).json.refreshToken;
    assert.notEqual(second, refreshToken);
    // Until the new token is used, a refresh with the previous token returns the new token again.
    assert.equal(assertStatus(await refresh(refreshToken), 200).json.refreshToken, second);
    const third = assertStatus(await refresh(second), 200);
    // `refreshToken` is now two tokens old. auth refuses it and ends the session, because only a thief would
    // still use it.
    assertProblem(await refresh(refreshToken), 401, 'refresh_token_invalid');
    assertProblem(await refresh(third.json.refreshToken), 401, 'refresh_token_invalid');
    const renewed = assertStatus(await refresh(elsewhere.refreshToken), 200).json;
    assertStatus(await client.get('/auth/sessions', { token: renewed.accessToken }), 200);
    assertProblem(
      await client.get('/auth/sessions', { token: third.json.accessToken }),
      401,
      'unauthenticated',
    );
    await eventually(
      'user refuses too',
      async () => (await people.me(third.json.accessToken)).status === 401,
    );
  });

  test('in cookie mode, the refresh token is in no response body, and works only from a listed origin', async () => {
    const { email, password } = await people.verified(createUniquePerson());
    const login = assertStatus(
      await client.post('/auth/login', { json: { email, password, tokens: 'cookie' } }),
      200,
    );
    assert.equal(login.json.refreshToken, undefined);
    const set = login.headers.get('set-cookie') ?? '';
    assert.match(set, /HttpOnly/i);
    assert.match(set, /SameSite=Strict/i);
    assert.match(set, /Path=\/api\/v1\/auth/);
    const [cookie = ''] = set.split(';');
    function ask(origin?: string) {
      return { json: {}, headers: { cookie, ...(origin && { origin }) } };
    }
    assertProblem(await client.post('/auth/refresh', ask()), 403, 'insufficient_permission');
    assertProblem(
      await client.post('/auth/refresh', ask('https://evil.example')),
      403,
      'insufficient_permission',
    );
    const refreshed = assertStatus(await client.post('/auth/refresh', ask(system.url)), 200);
    assert.equal(refreshed.json.refreshToken, undefined);
    const [next = ''] = (refreshed.headers.get('set-cookie') ?? '').split(';');
    const out = { json: {}, headers: { cookie: next, origin: system.url } };
    assert.match(
      assertStatus(await client.post('/auth/logout', out), 204).headers.get('set-cookie') ?? '',
      /Max-Age=0/,
    );
    assertProblem(await client.post('/auth/refresh', out), 401, 'refresh_token_invalid');
  });

  test('sessions are listed and ended one by one or all at once', async () => {
    const ada = await people.verified(createUniquePerson());
    const phone = await people.login(ada);
    const laptop = await people.login(ada);
    const { json } = assertStatus(await client.get('/auth/sessions', { token: laptop.accessToken }), 200);
    assert.deepEqual(
      json.sessions.map(({ current }: { current: boolean }) => current),
      [true, false],
    );
    const other = json.sessions[1].id;
    assertStatus(await client.delete(`/auth/sessions/${other}`, { token: laptop.accessToken }), 204);
    assertProblem(
      await client.delete(`/auth/sessions/${other}`, { token: laptop.accessToken }),
      404,
      'not_found',
    );
    assertProblem(await client.get('/auth/sessions', { token: phone.accessToken }), 401, 'unauthenticated');
    const everywhere = assertStatus(
      await client.post('/auth/logout-all', { token: laptop.accessToken }),
      204,
    );
    assertProblem(await client.get('/auth/sessions', { token: laptop.accessToken }), 401, 'unauthenticated');
    const fresh = await people.login(ada);
    const after = everywhere.headers.get('account-sequence');
    assert.equal((await people.me(fresh.accessToken, after)).status, 200);
    assertProblem(await people.me(laptop.accessToken, after), 401, 'unauthenticated');
  });
});

describe('a forgotten password', () => {
  const SENT = { message: 'If an account with that email exists, a reset link has been sent.' };

  test('is reset by a link that works once, even in ten parallel attempts', async () => {
    const ada = await people.verified(createUniquePerson());
    const old = await people.login(ada);
    const known = assertStatus(
      await client.post('/auth/password-reset-request', { json: { email: ada.email } }),
      202,
    );
    const nobody = { email: createUniquePerson('nobody').email };
    const unknown = assertStatus(await client.post('/auth/password-reset-request', { json: nobody }), 202);
    assert.deepEqual(known.json, SENT);
    assert.equal(known.text, unknown.text);

    const mail = await mailbox.next(ada.email, 'Reset your password');
    const { token, url } = extractLink(mail);
    assert.match(url.pathname, /^\/api\/v1\/auth\/password-reset-confirm\//);
    assert.match(mail.text, /1 hour|60 minutes/);
    assertStatus(await client.get(`/auth/password-reset-confirm/${token}`), 200);
    const body = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    function reset(json: unknown) {
      return client.post(`/auth/password-reset-confirm/${token}`, { json });
    }
    assertProblem(
      await reset({ ...body, confirmNewPassword: 'something else' }),
      400,
      'passwords_do_not_match',
    );
    assertProblem(
      await reset({ newPassword: 'short', confirmNewPassword: 'short' }),
      400,
      'password_too_weak',
    );

    const tries = await Promise.all(Array.from({ length: 10 }, () => reset(body)));
    assert.deepEqual(tries.map(({ status }) => status).sort(), [200, ...Array(9).fill(400)]);
    for (const lost of tries.filter(({ status }) => status === 400))
      assertProblem(lost, 400, 'token_invalid');

    // The password reset immediately invalidates the old password, the old session and the old access token.
    // The new password and its tokens are valid immediately.
    const login = { email: ada.email, password: ada.password };
    assertProblem(await client.post('/auth/login', { json: login }), 401, 'invalid_credentials');
    assertProblem(
      await client.post('/auth/refresh', { json: { refreshToken: old.refreshToken } }),
      401,
      'refresh_token_invalid',
    );
    assertProblem(await client.get('/auth/sessions', { token: old.accessToken }), 401, 'unauthenticated');
    const fresh = await people.login({ email: ada.email, password: NEW_PASSWORD });
    assert.equal((await people.me(fresh.accessToken)).status, 200);
    assertProblem(await people.me(old.accessToken), 401, 'unauthenticated');
    await mailbox.next(ada.email, 'Your password was changed');
    assert.deepEqual(await mailbox.to(nobody.email), []);
  });

  test('can be reset before the address is verified, which verifies it', async () => {
    const ada = createUniquePerson();
    await people.signUp(ada);
    await client.post('/auth/password-reset-request', { json: { email: ada.email } });
    const { token } = extractLink(await mailbox.next(ada.email, 'Choose your password'));
    const body = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    assertStatus(await client.post(`/auth/password-reset-confirm/${token}`, { json: body }), 200);
    const { accessToken } = await people.login({ email: ada.email, password: NEW_PASSWORD });
    assert.equal((await people.me(accessToken)).json.isVerified, true);
    await mailbox.next(ada.email, 'Welcome to Latchkey');
    assert.ok(!(await mailbox.to(ada.email)).some(({ subject }) => subject === 'Your password was changed'));
  });

  test('changing the password ends all other sessions and every link; the current session continues', async () => {
    const ada = await people.verified(createUniquePerson());
    const here = await people.login(ada);
    const there = await people.login(ada);
    await client.post('/auth/password-reset-request', { json: { email: ada.email } });
    const { token } = extractLink(await mailbox.next(ada.email, 'Reset your password'));
    function change(json: unknown) {
      return client.post('/auth/change-password', { token: here.accessToken, json });
    }
    const wrong = { currentPassword: 'not the password', newPassword: NEW_PASSWORD };
    assertProblem(await change(wrong), 400, 'current_password_incorrect');
    const changed = assertStatus(
      await change({ currentPassword: ada.password, newPassword: NEW_PASSWORD }),
      200,
    );
    const after = changed.headers.get('account-sequence');
    assertProblem(await client.get('/auth/sessions', { token: here.accessToken }), 401, 'unauthenticated');
    const { json } = assertStatus(
      await client.get('/auth/sessions', { token: changed.json.accessToken }),
      200,
    );
    assert.equal(json.sessions.length, 1);
    assert.equal((await people.me(changed.json.accessToken, after)).status, 200);
    assertProblem(await people.me(there.accessToken, after), 401, 'unauthenticated');
    assertStatus(await client.post('/auth/refresh', { json: { refreshToken: here.refreshToken } }), 200);
    assertProblem(
      await client.post('/auth/refresh', { json: { refreshToken: there.refreshToken } }),
      401,
      'refresh_token_invalid',
    );
    const body = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    assertProblem(
      await client.post(`/auth/password-reset-confirm/${token}`, { json: body }),
      400,
      'token_invalid',
    );
    await mailbox.next(ada.email, 'Your password was changed');
  });
});

describe('administration', () => {
  test('an admin made by ops lists accounts, sees their history, disables them and sends mail', async () => {
    const ada = await people.verified(createUniquePerson());
    const user = await people.login(ada);
    const listing = await retryWhileUnavailable(() => client.get('/users', { token: user.accessToken }));
    assertProblem(listing, 403, 'insufficient_permission');

    const admin = await createAdmin(system, people, 'root');
    const listed = await eventually('the account is listed', async () => {
      const { json } = await client.get(`/users?q=${ada.username}`, { token: admin.accessToken });
      return json.users?.length === 1 ? json : undefined;
    });
    assert.equal(listed.users[0].id, user.id);
    const history = assertStatus(
      await client.get(`/auth/accounts/${user.id}/history`, { token: admin.accessToken }),
      200,
    );
    assert.deepEqual(
      history.json.events.map(({ sequence, type }: { sequence: number; type: string }) => [sequence, type]),
      [
        [1, 'UserRegistered'],
        [2, 'AccountVerified'],
      ],
    );

    const path = `/auth/accounts/${user.id}`;
    const own = `/auth/accounts/${admin.id}`;
    assertProblem(
      await client.put(`${own}/role`, { token: admin.accessToken, json: { role: 'user' } }),
      409,
      'own_account',
    );
    assertProblem(await client.post(`${own}/disable`, { token: admin.accessToken }), 409, 'own_account');
    const reason = { json: { reason: 'asked for it' }, token: admin.accessToken };
    const disabled = assertStatus(await client.post(`${path}/disable`, reason), 200);
    const headers = { 'account-sequence': disabled.headers.get('account-sequence') ?? '' };
    const view = await retryWhileUnavailable(() =>
      client.get(`/users/${user.id}`, { token: admin.accessToken, headers }),
    );
    assert.equal(assertStatus(view, 200).json.disabled, true);
    assertProblem(await client.get('/auth/sessions', { token: user.accessToken }), 401, 'unauthenticated');
    const login = { email: ada.email, password: ada.password };
    assertProblem(await client.post('/auth/login', { json: login }), 403, 'account_disabled');
    assertProblem(
      await client.post('/auth/login', { json: { ...login, password: 'wrong one' } }),
      401,
      'invalid_credentials',
    );
    assertStatus(await client.post(`${path}/enable`, { token: admin.accessToken }), 200);
    const again = await people.login(ada);

    assertStatus(
      await client.put(`${path}/role`, { token: admin.accessToken, json: { role: 'admin' } }),
      200,
    );
    assertProblem(await client.get('/auth/sessions', { token: again.accessToken }), 401, 'unauthenticated');
    await mailbox.next(ada.email, 'Your role was changed');
    assert.equal(
      (await people.login(ada).then(({ accessToken }) => client.get('/auth/history', { token: accessToken })))
        .status,
      200,
    );

    const addresses = [createUniquePerson('one'), createUniquePerson('two'), createUniquePerson('three')].map(
      ({ email }) => email,
    );
    const sent = assertStatus(
      await client.post('/auth/send-mail', { token: admin.accessToken, json: { addresses } }),
      202,
    );
    assert.match(sent.json.mailingId, /^[\da-f-]{36}$/);
    for (const address of addresses) await mailbox.next(address, 'Welcome to Latchkey');
  });
});

describe('a guarded service of another team', () => {
  test('accepts the accounts and roles of this system', async (context) => {
    const books = await startBooksExample(system);
    context.after(() => books.stop());
    const book = { title: 'The Art of Computer Programming', author: 'Donald Knuth' };
    assertProblem(await books.client.get('/books'), 401, 'unauthenticated');
    const eve = createUniquePerson('eve');
    await people.signUp(eve);
    const unverified = await people.login(eve);
    // Right after the start, the user service may not have read all revocations yet. Until then, it responds
    // with 503.
    const first = retryWhileUnavailable(() => books.client.get('/books', { token: unverified.accessToken }));
    assertStatus(await first, 200);
    assertProblem(
      await books.client.post('/books', { token: unverified.accessToken, json: book }),
      403,
      'account_not_verified',
    );

    const ada = await people.verified(createUniquePerson());
    const { accessToken: token } = await people.login(ada);
    const added = assertStatus(await books.client.post('/books', { token, json: book }), 201);
    const path = `/books/${added.json.id}`;
    assertProblem(await books.client.delete(path, { token }), 403, 'insufficient_permission');
    await system.ops('role', ada.email, 'admin');
    const admin = await people.login(ada);
    assertStatus(await books.client.delete(path, { token: admin.accessToken }), 204);

    await eventually(
      'the token from before the change of role is refused',
      async () => (await books.client.get('/books', { token })).status === 401,
    );
    assertStatus(await books.client.get('/books', { token: admin.accessToken }), 200);
    await client.post('/auth/logout-all', { token: admin.accessToken });
    await eventually(
      'the token of the session that ended is refused',
      async () => (await books.client.get('/books', { token: admin.accessToken })).status === 401,
    );
  });
});

describe('the feed', () => {
  const types = 'UserRegistered,AccountVerified,RegistrationEnded,SessionsRevoked';

  test('contains the events of an account in order, as far as the key allows', async () => {
    const whole = await createServiceClientKey(system, 'events', '--person');
    const limited = await createServiceClientKey(system, 'events', '--types', types);
    const ada = await people.verified(createUniquePerson());
    const { id, accessToken } = await people.login(ada);
    function feed(token: string, query = '') {
      return client.get(`/events?account=${id}&wait=20${query}`, { token });
    }
    async function all(token: string, count: number) {
      return eventually(`the feed has ${count} events`, async () => {
        const { json } = assertStatus(await feed(token), 200);
        return json.length === count ? json : undefined;
      });
    }
    const [registered, verified] = await all(whole, 2);
    assert.deepEqual([registered.type, verified.type], ['UserRegistered', 'AccountVerified']);
    assert.equal(registered.data.person.email, ada.email);
    assert.deepEqual(
      (await all(limited, 2)).map(({ data }: { data: { person: unknown } }) => data.person),
      [null, null],
    );

    const page = assertStatus(await feed(limited), 200);
    const after = `&after=${page.headers.get('feed-cursor')}`;
    const waiting = feed(limited, after);
    assertStatus(await client.post('/auth/logout-all', { token: accessToken }), 204);
    // On a busy machine, the waiting request may time out and return no events. Then ask again.
    let { json: news } = assertStatus(await waiting, 200);
    while (news.length === 0) news = assertStatus(await feed(limited, after), 200).json;
    assert.deepEqual(
      news.map(({ type }: { type: string }) => type),
      ['SessionsRevoked'],
    );
    assertProblem(await client.get('/events', { token: accessToken }), 401, 'unauthenticated');
    assertProblem(await client.get('/events'), 401, 'unauthenticated');
  });
});

describe('an account of long standing', () => {
  test('changes its address and takes it back, is exported, and is erased', async () => {
    const ada = await people.verified(createUniquePerson());
    const { id, accessToken: token } = await people.login(ada);
    const { email: newEmail } = createUniquePerson('countess');
    const { email, password } = ada;
    function login(address: string, text: string) {
      return client.post('/auth/login', { json: { email: address, password: text } });
    }
    assertStatus(await client.post('/auth/change-email', { token, json: { newEmail, password } }), 202);
    const confirmation = extractLink(await mailbox.next(newEmail, 'Confirm your new email address'));
    assertProblem(await client.post(`/auth/change-email/${confirmation.token}`), 400, 'password_required');
    assertStatus(await client.post(`/auth/change-email/${confirmation.token}`, { token }), 200);
    await people.login({ email: newEmail, password });
    await waitUntilProfileShown(people, token, (profile) => profile.email === newEmail);
    const undo = extractLink(await mailbox.next(email, 'Your email address was changed'));
    const both = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    assertStatus(await client.post(`/auth/undo-email-change/${undo.token}`, { json: both }), 200);
    assertProblem(await login(newEmail, password), 401, 'invalid_credentials');
    const back = await people.login({ email, password: NEW_PASSWORD });

    const ask = { token: back.accessToken, json: { password: NEW_PASSWORD } };
    const wrong = { token: back.accessToken, json: { password } };
    assertProblem(await client.post('/auth/export', wrong), 400, 'password_incorrect');
    const { json: document } = assertStatus(
      await retryWhileUnavailable(() => client.post('/auth/export', ask)),
      200,
    );
    assert.deepEqual([document.version, document.profile.id, document.profile.email], [1, id, email]);
    assert.deepEqual(
      document.events.map(({ type }: { type: string }) => type),
      [
        'UserRegistered',
        'AccountVerified',
        'EmailChangeRequested',
        'EmailChanged',
        'EmailChangeReverted',
        'PasswordChanged',
        'SessionsRevoked',
      ],
    );
    const mails = document.mails.map(({ mail }: { mail: string }) => mail);
    for (const mail of ['verify-email', 'welcome', 'email-changed']) assert.ok(mails.includes(mail), mail);
    assert.ok(!mails.includes('confirm-email'));
    const byOps = JSON.parse(await system.ops('export', id));
    assert.deepEqual(byOps.events, document.events);
    assert.ok(byOps.mails.some(({ mail }: { mail: string }) => mail === 'confirm-email'));

    assertStatus(await client.post('/auth/account/erase', ask), 202);
    const kept = extractLink(await mailbox.next(email, 'Your account will be erased'));
    assertProblem(await login(email, NEW_PASSWORD), 403, 'account_disabled');
    assertStatus(await client.post(`/auth/erase/${kept.token}`), 200);
    await people.login({ email, password: NEW_PASSWORD });
    await system.ops('erase', id, '--now');
    const next = { ...createUniquePerson(), email };
    await eventually('nobody can sign in', async () => (await login(email, NEW_PASSWORD)).status === 401);
    await eventually('the account cannot be exported', () =>
      system.ops('export', id).then(
        () => undefined,
        (error: unknown) => /was erased/.test(String(error)) || undefined,
      ),
    );
    await people.signUp(next);
    assert.notEqual((await people.login(next)).id, id);
  });
});

/** A timeout that is longer than the default lease of a mail. */
const TAKE_OVER_MS = 120_000;

describe('a power failure during requests', () => {
  test('loses no acknowledged change', async () => {
    const ada = await people.verified(createUniquePerson());
    const before = await people.login(ada);
    const eve = createUniquePerson('eve');
    assertStatus(await people.signUp(eve), 201);
    assertStatus(await client.post('/auth/password-reset-request', { json: { email: ada.email } }), 202);
    await system.kill();
    await system.start();

    // A mail that was being sent when the process was killed is sent again once its lease has expired.
    function next(email: string, subject: string) {
      return mailbox.next(email, subject, 1, TAKE_OVER_MS);
    }
    const { token } = extractLink(await next(eve.email, 'Verify your email'));
    assertStatus(await client.post(`/auth/verify/${token}`, { json: { password: eve.password } }), 200);
    assert.equal((await people.me(before.accessToken)).status, 200);
    assertStatus(await client.post('/auth/refresh', { json: { refreshToken: before.refreshToken } }), 200);
    const reset = extractLink(await next(ada.email, 'Reset your password'));
    const body = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
    assertStatus(await client.post(`/auth/password-reset-confirm/${reset.token}`, { json: body }), 200);
    await people.login({ email: ada.email, password: NEW_PASSWORD });
    for (const { email } of [ada, eve]) {
      // If a process was killed while it sent a mail, the mail may arrive again with the same Message-ID.
      // Such copies count as one mail.
      const mails = new Map((await mailbox.to(email)).map(({ messageId, subject }) => [messageId, subject]));
      assert.equal(new Set(mails.values()).size, mails.size, 'no mail came twice');
    }
  });
});

/** Returns the names of a response's headers, without those that differ between any two responses. */
function headerNames(headers: Headers) {
  return [...headers]
    .filter(([name]) => !['date', 'x-request-id', ANSWERED_BY_HEADER].includes(name))
    .map(([name, value]) => [name, name === 'set-cookie' ? value.replace(/[\w-]+(\.[\w-]+)+/, '') : value]);
}
