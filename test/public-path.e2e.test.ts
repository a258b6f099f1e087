/**
 * Tests a server whose PUBLIC_URL contains a path, behind a proxy that removes that path from each request. The URLs in
 * mails and pages must contain the path.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { assertStatus, type Client, createClient, retryWhileUnavailable } from './support/client.ts';
import { type LoadBalancer, startLoadBalancer } from './support/load-balancer.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import { createUniquePerson } from './support/people.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';

const PATH = '/accounts/v2';
const PUBLIC = /^\/accounts\/v2\//;

let system: Standalone;
let front: LoadBalancer;
let client: Client;
let mailbox: Mailbox;

before(async () => {
  const port = await reserveFreePort();
  system = await startStandalone({ PUBLIC_URL: `http://localhost:${port}${PATH}/` });
  front = await startLoadBalancer({ port, routing: () => [system.url], checked: [], rewrite: withoutPath });
  client = createClient(`${front.url}${PATH}`);
  mailbox = createMailbox(system.mailbox);
});

after(async () => {
  await front?.close();
  await system?.stop();
});

/**
 * Returns the path that the proxy forwards. If the URL does not begin with the public path, returns a path that does
 * not exist.
 */
function withoutPath(url: string): string {
  return PUBLIC.test(url) ? url.slice(PATH.length) : '/not-ours';
}

interface Page {
  readonly url: string;
  readonly html: string;
}

async function open(url: string): Promise<Page> {
  const response = await fetch(url, { headers: { Accept: 'text/html,*/*;q=0.8' } });
  const html = await response.text();
  assert.equal(response.status, 200, html);
  const style = /<link rel="stylesheet" href="([^"]+)"/.exec(html)?.[1] ?? '';
  const styles = await fetch(new URL(style, url));
  assert.equal(styles.status, 200, style);
  assert.match(styles.headers.get('content-type') ?? '', /^text\/css/);
  return { url, html };
}

async function submit({ url, html }: Page, fields: Readonly<Record<string, string>>): Promise<string> {
  const action = /<form[^>]+action="([^"]+)"/.exec(html)?.[1] ?? '';
  const response = await fetch(new URL(action, url), { method: 'POST', body: new URLSearchParams(fields) });
  const answer = await response.text();
  assert.ok(response.ok, `${action}: ${response.status} ${answer}`);
  return answer;
}

test('links, forms and styles lead through the proxy', async () => {
  const ada = createUniquePerson();
  assertStatus(await client.post('/auth/signup', { json: ada }), 201);
  const { url } = extractLink(await mailbox.next(ada.email, 'Verify your email'));
  assert.match(url.pathname, PUBLIC);
  assert.match(await submit(await open(url.href), { password: ada.password }), /Your email is verified/);

  assertStatus(await client.post('/auth/password-reset-request', { json: { email: ada.email } }), 202);
  const reset = extractLink(await mailbox.next(ada.email, 'Reset your password')).url;
  assert.match(reset.pathname, PUBLIC);
  const newPassword = 'quite another passphrase';
  const done = await submit(await open(`${reset.href}/?utm_source=mail&fbclid=1`), {
    newPassword,
    confirmNewPassword: newPassword,
  });
  assert.match(done, /Your password has been changed/);
  assertStatus(await client.post('/auth/login', { json: { email: ada.email, password: newPassword } }), 200);

  const dead = await fetch(reset, { headers: { Accept: 'text/html' } });
  assert.equal(dead.status, 400);
  assert.match(
    await submit({ url: reset.href, html: await dead.text() }, { email: ada.email }),
    /Check your inbox/,
  );
});

test('the cookie is sent back to the paths that a browser sees', async () => {
  const ada = createUniquePerson();
  assertStatus(await client.post('/auth/signup', { json: ada }), 201);
  const login = { email: ada.email, password: ada.password };
  const origin = new URL(front.url).origin;
  const headers = { origin };
  const reply = await client.post('/auth/login', { json: { ...login, tokens: 'cookie' }, headers });
  assert.match(
    assertStatus(reply, 200).headers.get('set-cookie') ?? '',
    /; Path=\/accounts\/v2\/api\/v1\/auth;/,
  );
});

test('API descriptions name the path as their server, and tokens name it in their issuer', async () => {
  for (const path of ['/openapi.json', '/auth/openapi.json', '/users/openapi.json'])
    assert.deepEqual((await client.get(path)).json.servers, [{ url: PATH }], path);
  const ada = createUniquePerson();
  assertStatus(await client.post('/auth/signup', { json: ada }), 201);
  const { json } = await client.post('/auth/login', { json: { email: ada.email, password: ada.password } });
  assertStatus(await retryWhileUnavailable(() => client.get('/users/me', { token: json.accessToken })), 200);
  const [, payload = ''] = String(json.accessToken).split('.');
  const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  assert.equal(iss, `${front.url}${PATH}`);
  assert.equal((await client.get('/.well-known/jwks.json?v=2')).status, 200);
});
