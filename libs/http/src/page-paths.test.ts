import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { publicAccessPolicy, type Route, route } from './route.ts';
import { serveRoutes } from './testing/serve.ts';

/** The headers that browsers send when a person follows a link. */
const BROWSER = {
  headers: { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8' },
};

const link: Route = route({
  method: 'GET',
  path: '/links/:token',
  tag: 'links',
  summary: 'A page',
  policy: publicAccessPolicy,
  params: z.object({ token: z.string() }),
  answers: { 200: { description: 'It', media: ['text/html'] } },
  problemPage: ({ spec }) => `<p>our page: ${spec.code}</p>`,
  handle: async ({ params }) => ({ status: 200, html: `<p>${params.token}</p>` }),
});

const data: Route = route({
  method: 'GET',
  path: '/data',
  tag: 'data',
  summary: 'Data',
  policy: publicAccessPolicy,
  answers: { 200: { description: 'It', schema: z.object({ ok: z.literal(true) }) } },
  handle: async () => ({ status: 200, body: { ok: true } }),
});

describe('the link of a mail', () => {
  for (const path of [
    '/links/abc/',
    '//links/abc',
    '/links//abc//',
    '/links/abc?utm_source=mail&utm_source=twice',
    '/links/abc/?fbclid=x&mc_eid=%zz',
    '/links/abc?',
  ]) {
    it(`works as ${path}`, async (t) => {
      const { call } = await serveRoutes(t, [link, data]);
      const response = await call(path);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), '<p>abc</p>');
    });
  }

  for (const [title, path] of [
    ['was cut off', '/links'],
    ['was cut off at its slash', '/links/'],
    ['has something after it', '/links/abc/def'],
    ['cannot be decoded', '/links/abc%zz'],
  ] as const) {
    it(`has its own page where it ${title}`, async (t) => {
      const { call } = await serveRoutes(t, [link, data]);
      const response = await call(path, BROWSER);
      assert.match(String(response.status), /^4/);
      assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(await response.text(), /our page/);
    });
  }
});

describe('a browser that asks for a document', () => {
  for (const [status, path, init] of [
    [404, '/elsewhere', {}],
    [400, '/%zz', {}],
    [405, '/data', { method: 'PUT' }],
    [400, '/data?x=1', { method: 'POST' }],
  ] as const) {
    it(`gets a page with ${status} from ${path}`, async (t) => {
      const posted: Route = { ...data, method: 'POST' };
      const { call } = await serveRoutes(t, [link, data, posted]);
      const response = await call(path, { ...init, ...BROWSER });
      assert.equal(response.status, status);
      assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
      const html = await response.text();
      assert.match(html, /<h1>\w+/);
      assert.ok(html.includes(response.headers.get('x-request-id') ?? 'none'));
    });
  }

  it('gets it in its language', async (t) => {
    const { call } = await serveRoutes(t, [data]);
    const response = await call('/elsewhere', { headers: { ...BROWSER.headers, 'Accept-Language': 'de' } });
    assert.match(await response.text(), /<html lang="de">[\s\S]*<h1>Nicht gefunden<\/h1>/);
  });

  it('gets the general page of the server, if there is one, with its headers', async (t) => {
    const general: Route = {
      ...data,
      path: '/pages.css',
      pageHeaders: { 'X-Robots-Tag': 'none' },
      generalProblemPage: ({ spec }) => `<p>general: ${spec.code}</p>`,
    };
    const { call } = await serveRoutes(t, [link, data, general]);
    const response = await call('/elsewhere', BROWSER);
    assert.equal(await response.text(), '<p>general: not_found</p>');
    assert.equal(response.headers.get('x-robots-tag'), 'none');
    assert.match(await (await call('/links', BROWSER)).text(), /our page/);
    assert.match((await call('/elsewhere')).headers.get('content-type') ?? '', /json/);
  });

  it('never gets its own input as markup', async (t) => {
    const { call } = await serveRoutes(t, [data]);
    const response = await call('/data', {
      method: 'PUT',
      headers: { ...BROWSER.headers, 'X-Request-Id': 'abcdefgh' },
    });
    assert.match(await response.text(), /takes HEAD, GET, OPTIONS/);
  });
});

describe('any other client', () => {
  const longerThanBrowsersSend = `text/html${', a/a'.repeat(200)}`;
  for (const accept of [
    '*/*',
    'application/json',
    'application/json, text/html;q=0.5',
    longerThanBrowsersSend,
  ]) {
    it(`that accepts ${accept.slice(0, 40)} gets problem details`, async (t) => {
      const { call } = await serveRoutes(t, [link, data]);
      const response = await call('/elsewhere', { headers: { Accept: accept } });
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
    });
  }

  it('finds other routes only at their exact path, because proxies guard them by path', async (t) => {
    const { call } = await serveRoutes(t, [link, data]);
    for (const path of ['/data/', '//data']) assert.equal((await call(path)).status, 404, path);
  });
});
