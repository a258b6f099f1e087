import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { serveRoutes } from '../testing.ts';
import { createAssetRoutes } from './assets.ts';
import { isForwarded, isLocalHost, isLoopback } from './local-only.ts';

/** Sends a GET request with this Host header. Uses node:http, because `fetch` does not allow setting Host. */
function getAs(url: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { Host: host } }, async (answer) =>
      resolve({ status: answer.statusCode ?? 0, body: await text(answer) }),
    )
      .on('error', reject)
      .end();
  });
}

test('the pages answer names of this machine on any port, and no other name', async (t) => {
  const url = await serveRoutes(t, createAssetRoutes());
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1:1', '[::1]:8080', 'LOCALHOST'])
    assert.equal((await getAs(url, host)).status, 200, host);
  for (const host of [
    'evil.example',
    'evil-localhost',
    'evil.localhost:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost:x',
  ]) {
    const { status, body } = await getAs(url, host);
    assert.equal(status, 421, host);
    assert.equal(JSON.parse(body).code, 'misdirected_request');
  }
});

test('a missing Host is not local', () => {
  assert.equal(isLocalHost(undefined), false);
  assert.equal(isLocalHost(''), false);
});

test('headers of proxies are recognised, and no others', () => {
  for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'Via'])
    assert.ok(isForwarded({ host: 'localhost', [name]: '' }), name);
  for (const name of ['host', 'x-request-id', 'viaduct', 'x-forwarded', 'not-forwarded'])
    assert.ok(!isForwarded({ [name]: 'x' }), name);
});

test('loopback addresses are distinguished from those that other machines can reach', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
    assert.ok(isLoopback(address), address);
  for (const address of ['0.0.0.0', '::', '192.168.1.2', '1127.0.0.1', 'localhost.example'])
    assert.ok(!isLoopback(address), address);
});

test('every page loads scripts and styles from this server only, and each of them exists', async (t) => {
  const url = await serveRoutes(t, createAssetRoutes());
  for (const path of ['/', '/mailbox', '/topics']) {
    const answer = await fetch(url + path);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.deepEqual(policy.split('; '), [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "frame-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    const html = await answer.text();
    assert.doesNotMatch(html, /https?:\/\/|style=|<script>| on\w+=/);
    // Every link is relative, because a proxy may serve the pages below a path and remove this path from each
    // request.
    assert.doesNotMatch(html, /(?:href|src)="\//);
    const assets = [...html.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, asset]) => asset ?? '');
    assert.ok(assets.length > 3);
    for (const asset of assets) assert.equal((await fetch(new URL(asset, url + path))).status, 200, asset);
  }
});

test('scripts import only files that exist', async (t) => {
  const url = await serveRoutes(t, createAssetRoutes());
  const scripts = createAssetRoutes()
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.js'));
  assert.ok(scripts.length > 5);
  for (const script of scripts) {
    const answer = await fetch(url + script);
    assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
    for (const [, imported] of (await answer.text()).matchAll(/from '\.\/([^']+)'/g))
      assert.ok(scripts.includes(`/assets/${imported}`), `${script} imports ${imported}`);
  }
});
