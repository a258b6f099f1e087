/**
 * Tests the session of a client on a simulated server. test/client.e2e.test.ts tests the client on a real
 * server.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mock, test } from 'node:test';
import { promisify } from 'node:util';
import { MAX_REQUEST_DURATION_MS } from './deadline.ts';
import { ApiProblem, dataOf, memoryStorage, type Storage } from './index.ts';
import { createTestAuthServer, type TestBrowser, type TestBrowserTab } from './testing/auth-server.ts';

const ME = '/api/v1/users/me';
/** The name of the lock, and of the channel between tabs. */
const NAME = 'latchkey.session https://id.example.com';
const LINK = `https://app.example/verify/${'x'.repeat(64)}`;

/** Creates a server with two accounts, and opens tabs that are closed after the test. */
function setUp(t: { after(close: () => void): void }) {
  const server = createTestAuthServer();
  const [ada, bob] = [server.add('ada'), server.add('bob')];
  function open(...options: Parameters<typeof server.open>): TestBrowserTab {
    const tab = server.open(...options);
    t.after(() => tab.client.close());
    return tab;
  }
  /** Opens two tabs of one browser. */
  function openTwo(mode: 'body' | 'cookie'): readonly [TestBrowserTab, TestBrowserTab] {
    const browser: TestBrowser = { cookie: undefined };
    const options = { tokens: mode, storage: memoryStorage(), tabs: true };
    return [open(options, browser), open(options, browser)];
  }
  return { server, ada, bob, open, openTwo };
}

/** Replaces a global until the test has ended. */
function replaceGlobal(t: { after(restore: () => void): void }, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true });
  t.after(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, before);
  });
}

function emitted(
  tab: TestBrowserTab,
  name: 'signedIn' | 'signedOut' | 'expired' | 'userUpdated',
): Promise<unknown> {
  return new Promise((resolve) => void tab.client.on(name, resolve));
}

async function statusOfMe(tab: TestBrowserTab): Promise<readonly [number, string | null | undefined]> {
  const { response, data } = await tab.client.api.GET(ME);
  return [response.status, data?.username];
}

function refreshes(...tabs: readonly TestBrowserTab[]): number {
  return tabs.flatMap(({ network }) => network.log).filter((line) => line.startsWith('/auth/refresh')).length;
}

function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed';
}

/** Waits until some tab has requested the session's lock and has to wait for it. */
async function lockIsAwaited(): Promise<void> {
  for (;;) {
    const { pending = [] } = await navigator.locks.query();
    if (pending.some(({ name }) => name === NAME)) return;
  }
}

const refusing: Storage = {
  getItem: () => assert.fail('SecurityError'),
  setItem: () => assert.fail('QuotaExceededError'),
  removeItem: () => assert.fail('SecurityError'),
};

test('the clients of one process, as on a server that renders pages, share no session', async (t) => {
  const opened: string[] = [];
  replaceGlobal(
    t,
    'BroadcastChannel',
    class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        opened.push(name);
      }
    },
  );
  const { open } = setUp(t);
  const [forAda, forBob] = [open(), open()];
  await forAda.client.signIn('ada', 'ada');
  await forBob.client.signIn('bob', 'bob');
  assert.deepEqual(
    [await statusOfMe(forAda), await statusOfMe(forBob)],
    [
      [200, 'ada'],
      [200, 'bob'],
    ],
  );
  await forBob.client.signOut();
  assert.equal(forAda.client.session()?.user.username, 'ada');
  assert.deepEqual(opened, []);
});

test('a client does not keep its process alive', async () => {
  const program = `
    import { createClient } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
    createClient({ url: 'https://id.example.com', tokens: 'body', tabs: true });
    console.log('done');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  assert.equal(stdout.trim(), 'done');
});

test('a message between tabs contains no tokens', async (t) => {
  const { openTwo } = setUp(t);
  const [here] = openTwo('body');
  const spy = new BroadcastChannel(NAME);
  t.after(() => spy.close());
  const told = once(spy as unknown as EventTarget, 'message');
  await here.client.signIn('ada', 'ada');
  const [{ data }] = await told;
  assert.equal(data, 'changed');
});

test('a tab with its own storage has its own session', async (t) => {
  const { open, server } = setUp(t);
  const [one, two] = [open(), open()];
  await one.client.signIn('ada', 'ada');
  await two.client.signIn('ada', 'ada');
  for (let i = 0; i < 3; i += 1) {
    two.advance();
    assert.deepEqual(await statusOfMe(two), [200, 'ada']);
  }
  one.advance();
  assert.deepEqual(await statusOfMe(one), [200, 'ada']);
  assert.equal(server.sessionCount(), 2);
});

for (const mode of ['body', 'cookie'] as const) {
  test(`tabs sign in, refresh and sign out together (${mode})`, async (t) => {
    const { openTwo, server } = setUp(t);
    const [here, there] = openTwo(mode);
    const signedIn = emitted(there, 'signedIn');
    await here.client.signIn('ada', 'ada');
    await signedIn;
    for (let i = 0; i < 3; i += 1) {
      here.advance();
      assert.deepEqual(await statusOfMe(here), [200, 'ada']);
    }
    there.advance();
    assert.deepEqual(await statusOfMe(there), [200, 'ada']);
    const signedOut = emitted(there, 'signedOut');
    await here.client.signOut();
    await signedOut;
    assert.equal(there.client.session(), undefined);
    assert.equal(server.sessionCount(), 0);
    assert.deepEqual(there.events, ['signedIn ada', 'signedOut']);
    assert.deepEqual(here.events, ['signedIn ada', 'signedOut']);
  });

  test(`if another person signs in in another tab, the session of the first one has ended (${mode})`, async (t) => {
    const { openTwo } = setUp(t);
    const [here, there] = openTwo(mode);
    const signedIn = emitted(there, 'signedIn');
    await here.client.signIn('ada', 'ada');
    await signedIn;
    const replaced = emitted(there, 'signedIn');
    await here.client.signIn('bob', 'bob');
    await replaced;
    assert.deepEqual(there.events, ['signedIn ada', 'signedOut', 'signedIn bob']);
    assert.deepEqual(here.events, ['signedIn ada', 'signedOut', 'signedIn bob']);
  });

  test(`signing out during a refresh remains in effect (${mode})`, async (t) => {
    const { openTwo, server } = setUp(t);
    for (const where of ['here', 'there']) {
      const [here, there] = openTwo(mode);
      const signedIn = emitted(there, 'signedIn');
      await here.client.signIn('ada', 'ada');
      await signedIn;
      here.advance();
      const [release, reached] = [here.network.hold('/auth/refresh'), here.network.reached('/auth/refresh')];
      const pending = statusOfMe(here);
      await reached;
      const [leaving, other] = where === 'here' ? [here, there] : [there, here];
      const told = emitted(other, 'signedOut');
      const signedOut = leaving.client.signOut();
      assert.equal(leaving.client.session(), undefined);
      await told;
      release();
      assert.deepEqual(await pending, [401, undefined]);
      await signedOut;
      for (const tab of [here, there]) {
        assert.equal(tab.client.session(), undefined);
        assert.equal(await tab.client.restore(), undefined);
        assert.deepEqual(tab.events, ['signedIn ada', 'signedOut']);
      }
      assert.equal(server.sessionCount(), 0);
    }
  });

  test(`signing in waits for a refresh or a sign-out in flight, whose cookie would replace the new one (${mode})`, async (t) => {
    const { openTwo } = setUp(t);
    for (const [path, call] of [
      ['/auth/refresh', statusOfMe],
      ['/auth/logout', ({ client }) => client.signOut()],
    ] satisfies readonly [string, (tab: TestBrowserTab) => Promise<unknown>][]) {
      const [here, there] = openTwo(mode);
      await here.client.signIn('ada', 'ada');
      here.advance();
      const [release, reached] = [here.network.hold(path), here.network.reached(path)];
      const pending = call(here);
      await reached;
      const signedIn = there.client.signIn('bob', 'bob');
      await Promise.race([there.network.reached('/auth/login').then(() => signedIn), lockIsAwaited()]);
      release();
      await Promise.all([pending, signedIn]);
      there.advance();
      assert.deepEqual(await statusOfMe(there), [200, 'bob']);
    }
  });

  test(`many requests of an ended session cause one refresh and one event, in all tabs (${mode})`, async (t) => {
    const { openTwo, server, ada } = setUp(t);
    const [here, there] = openTwo(mode);
    const signedIn = emitted(there, 'signedIn');
    await here.client.signIn('ada', 'ada');
    await signedIn;
    here.network.log.length = 0;
    server.endSessions(ada);
    const expired = emitted(there, 'expired');
    const statuses = await Promise.all(Array.from({ length: 5 }, () => statusOfMe(here)));
    assert.deepEqual(new Set(statuses.map(([status]) => status)), new Set([401]));
    await expired;
    assert.equal(refreshes(here), 1);
    for (const tab of [here, there]) assert.deepEqual(tab.events, ['signedIn ada', 'expired']);
  });

  test(`only the API ends a session: a 401 of a proxy does not (${mode})`, async (t) => {
    const { openTwo } = setUp(t);
    const [here] = openTwo(mode);
    await here.client.signIn('ada', 'ada');
    here.advance();
    here.network.intercept = () => new Response('<h1>Sign in to the network</h1>', { status: 401 });
    const { response, error } = await here.client.api.GET(ME);
    assert.deepEqual([response.status, String(error)], [401, '<h1>Sign in to the network</h1>']);
    here.network.intercept = undefined;
    assert.deepEqual(await statusOfMe(here), [200, 'ada']);
    assert.deepEqual(here.events, ['signedIn ada']);
  });
}

test('signing out while a page restores its session remains in effect', async (t) => {
  const { open } = setUp(t);
  for (const mode of ['body', 'cookie'] as const) {
    const browser: TestBrowser = { cookie: undefined };
    // In cookie mode, every write to the storage fails. A page can then not remember that the person has
    // signed out.
    const options = { tokens: mode, storage: mode === 'body' ? memoryStorage() : refusing };
    await open(options, browser).client.signIn('ada', 'ada');
    for (const error of [undefined, new TypeError('fetch failed')]) {
      const page = open(options, browser);
      page.advance();
      const [release, reached] = [page.network.hold('/auth/refresh'), page.network.reached('/auth/refresh')];
      const restored = page.client.restore().catch(() => undefined);
      await reached;
      const signedOut = page.client.signOut();
      release(error);
      assert.equal(await restored, undefined);
      await signedOut;
      assert.equal(page.client.session(), undefined);
      await open(options, browser).client.signIn('ada', 'ada');
    }
  }
});

test('signing in while a slow storage is read remains in effect', async (t) => {
  const { open } = setUp(t);
  const storage = memoryStorage();
  await open({ storage }).client.signIn('ada', 'ada');
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow: Storage = {
    ...storage,
    async getItem(key) {
      const text = await storage.getItem(key);
      await promise;
      return text;
    },
  };
  const { client } = open({ storage: slow });
  const restored = client.restore();
  await client.signIn('bob', 'bob');
  resolve();
  assert.equal((await restored)?.user.username, 'bob');
});

test('tabs without channels follow the storage that they share', async (t) => {
  replaceGlobal(t, 'BroadcastChannel', undefined);
  const { openTwo, server } = setUp(t);
  const [here, there] = openTwo('body');
  await here.client.signIn('ada', 'ada');
  await there.client.restore();
  here.advance();
  const [release, reached] = [here.network.hold('/auth/refresh'), here.network.reached('/auth/refresh')];
  const pending = statusOfMe(here);
  await reached;
  const signedOut = there.client.signOut();
  await lockIsAwaited();
  release();
  assert.deepEqual(await pending, [401, undefined]);
  await signedOut;
  assert.deepEqual(here.events, ['signedIn ada', 'signedOut']);
  assert.equal(await here.client.restore(), undefined);
  assert.equal(server.sessionCount(), 0);
});

test('a tab follows the others, even if it sees later what they have stored', async (t) => {
  const listeners = new Set<(event: object) => void>();
  replaceGlobal(t, 'addEventListener', (_: string, listener: () => void) => listeners.add(listener));
  replaceGlobal(t, 'removeEventListener', (_: string, listener: () => void) => listeners.delete(listener));
  const { open } = setUp(t);
  const storage = memoryStorage();
  let seen = await storage.getItem(NAME);
  const read = Promise.withResolvers<void>();
  const late: Storage = {
    ...storage,
    getItem() {
      read.resolve();
      return seen;
    },
  };
  async function see(): Promise<void> {
    seen = await storage.getItem(NAME);
    for (const listener of listeners) listener({ key: NAME, newValue: seen });
  }
  const here = open({ storage, tabs: true });
  const there = open({ storage: late, tabs: true });

  const signedIn = emitted(there, 'signedIn');
  await here.client.signIn('ada', 'ada');
  await read.promise;
  await see();
  await signedIn;
  here.advance();
  await statusOfMe(here);
  await see();
  const signedOut = emitted(there, 'signedOut');
  await here.client.signOut();
  await signedOut;
  assert.equal(there.client.session(), undefined);
  await see();
  assert.deepEqual(there.events, ['signedIn ada', 'signedOut']);
  there.client.close();
  here.client.close();
  assert.equal(listeners.size, 0);
});

test('a tab that finds newer tokens in the storage refreshes these, if they are about to expire as well', async (t) => {
  const { openTwo } = setUp(t);
  const [here, there] = openTwo('body');
  await here.client.signIn('ada', 'ada');
  await there.client.restore();
  here.advance();
  await statusOfMe(here);
  for (let i = 0; i < 2; i += 1) there.advance();
  assert.deepEqual(await statusOfMe(there), [200, 'ada']);
  assert.equal(refreshes(there), 1);
});

test('a refused sign-in is sent once, and every sign-in emits an event', async (t) => {
  const { openTwo } = setUp(t);
  const [tab] = openTwo('body');
  await assert.rejects(
    tab.client.signIn('eve', 'eve'),
    (error) => error instanceof ApiProblem && error.code === 'invalid_credentials',
  );
  for (let i = 0; i < 2; i += 1) await tab.client.signIn('ada', 'ada');
  assert.deepEqual(tab.network.log, ['/auth/login 401', '/auth/login 200', '/auth/login 200']);
  assert.deepEqual(tab.events, ['signedIn ada', 'signedIn ada']);
});

test('a page that has not restored its session can sign out', async (t) => {
  const { open, server } = setUp(t);
  const storage = memoryStorage();
  await open({ storage }).client.signIn('ada', 'ada');
  await open({ storage }).client.signOut();
  assert.equal(server.sessionCount(), 0);
});

test('a request that one person has made is never sent as another person', async (t) => {
  const { openTwo, server, ada } = setUp(t);
  const [here, there] = openTwo('body');
  await here.client.signIn('ada', 'ada');
  const [release, reached] = [here.network.hold('/users/me'), here.network.reached('/users/me')];
  server.endSessions(ada);
  const afterRefusal = here.client.api.GET(ME);
  await reached;
  const replaced = emitted(here, 'signedIn');
  await there.client.signIn('bob', 'bob');
  await replaced;
  release();
  assert.equal((await afterRefusal).response.status, 401);
  assert.deepEqual(await statusOfMe(here), [200, 'bob']);
  assert.deepEqual(here.events, ['signedIn ada', 'signedOut', 'signedIn bob']);
});

test('a request that waits for a refresh is not sent as the person who has signed in meanwhile', async (t) => {
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  tab.advance();
  const release = tab.network.hold('/auth/login');
  const signedIn = tab.client.signIn('bob', 'bob');
  const pending = statusOfMe(tab);
  release();
  await signedIn;
  assert.deepEqual(await pending, [401, undefined]);
});

test('after a sign-out, a request that waits for a refresh is not sent with the old token', async (t) => {
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  tab.advance(10_000);
  const [release, reached] = [tab.network.hold('/auth/refresh'), tab.network.reached('/auth/refresh')];
  const pending = statusOfMe(tab);
  await reached;
  const signedOut = tab.client.signOut();
  release(new TypeError('fetch failed'));
  assert.deepEqual(await pending, [401, undefined]);
  await signedOut;
});

test('a refresh without a response ends, and blocks neither other requests nor their signals', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  tab.advance(10_000);
  const reached = tab.network.reached('/auth/refresh');
  tab.network.hold('/auth/refresh');
  const [patient, other] = [statusOfMe(tab), statusOfMe(tab)];
  const controller = new AbortController();
  const hasty = tab.client.api.GET(ME, { signal: controller.signal });
  await reached;
  controller.abort(new Error('too late'));
  await assert.rejects(hasty, /too late/);
  await assert.rejects(tab.client.api.GET(ME, { signal: controller.signal }), /too late/);
  assert.deepEqual(tab.network.log, ['/auth/login 200']);
  mock.timers.tick(MAX_REQUEST_DURATION_MS);
  // The client still sends requests with the access token, because the token is still valid.
  assert.deepEqual(
    [await patient, await other],
    [
      [200, 'ada'],
      [200, 'ada'],
    ],
  );
});

test('a sign-in and a sign-out without a response end', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  for (const [path, call] of [
    ['/auth/login', () => tab.client.signIn('ada', 'ada')],
    ['/auth/logout', () => tab.client.signOut()],
  ] as const) {
    const reached = tab.network.reached(path);
    tab.network.hold(path);
    const called = call();
    await reached;
    mock.timers.tick(MAX_REQUEST_DURATION_MS);
    await assert.rejects(called, { name: 'TimeoutError' });
  }
  assert.equal(tab.client.session(), undefined);
});

test('if the token cannot be refreshed early, it is used as long as it is valid', async (t) => {
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  tab.advance(10_000);
  for (const status of [429, 503]) {
    tab.network.intercept = (path) =>
      path === '/auth/refresh' ? Response.json({ code: 'unavailable' }, { status }) : undefined;
    assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
  }
  tab.network.intercept = (path) => {
    if (path === '/auth/refresh') throw new TypeError('fetch failed');
    return undefined;
  };
  assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
});

test('calls resolve with the error of any response, also of a refresh, and reject without a response', async (t) => {
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  tab.advance();
  tab.network.intercept = () => Response.json({ code: 'unavailable', retryAfter: 3 }, { status: 503 });
  const [one, two] = await Promise.all([tab.client.api.GET(ME), tab.client.api.GET(ME)]);
  assert.deepEqual(one.error, { code: 'unavailable', retryAfter: 3 });
  assert.deepEqual(two.error, one.error);
  await assert.rejects(
    dataOf(tab.client.api.GET(ME)),
    (error) => error instanceof ApiProblem && error.status === 503 && error.retryAfter === 3,
  );
  tab.network.intercept = undefined;
  tab.network.isDown = true;
  await assert.rejects(tab.client.api.GET(ME), isNetworkError);
  tab.network.isDown = false;
  assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
});

test('after a sign-out without a network, the cookie signs nobody in, and the server is told later', async (t) => {
  const { open, server } = setUp(t);
  const browser: TestBrowser = { cookie: undefined };
  const options = { tokens: 'cookie', storage: memoryStorage() } as const;
  const page = open(options, browser);
  await page.client.signIn('ada', 'ada');
  page.network.isDown = true;
  await assert.rejects(page.client.signOut(), isNetworkError);
  assert.equal(page.client.session(), undefined);
  page.client.close();

  const offline = open(options, browser);
  offline.network.isDown = true;
  assert.equal(await offline.client.restore(), undefined);
  const reloaded = open(options, browser);
  assert.equal(await reloaded.client.restore(), undefined);
  assert.deepEqual(reloaded.network.log, ['/auth/logout 204']);
  assert.deepEqual([server.sessionCount(), browser.cookie], [0, undefined]);

  assert.equal(await reloaded.client.restore(), undefined);
  assert.deepEqual(reloaded.network.log, ['/auth/logout 204', '/auth/refresh 401']);
  await reloaded.client.signIn('bob', 'bob');
  const next = open(options, browser);
  assert.equal((await next.client.restore())?.user.username, 'bob');
});

test('a person who signs in again after such a sign-out stays signed in', async (t) => {
  const { open } = setUp(t);
  const browser: TestBrowser = { cookie: undefined };
  const options = { tokens: 'cookie', storage: memoryStorage() } as const;
  const page = open(options, browser);
  await page.client.signIn('ada', 'ada');
  page.network.isDown = true;
  await assert.rejects(page.client.signOut(), isNetworkError);
  page.network.isDown = false;
  await page.client.signIn('ada', 'ada');
  assert.equal((await open(options, browser).client.restore())?.user.username, 'ada');
});

test('signs out after close, and with listeners that throw', async (t) => {
  const logged = t.mock.method(console, 'error', () => undefined);
  for (const mode of ['body', 'cookie'] as const) {
    const { openTwo, server } = setUp(t);
    const [tab] = openTwo(mode);
    tab.client.on('signedOut', () => assert.fail('a fault of the app'));
    const second = emitted(tab, 'signedOut');
    await tab.client.signIn('ada', 'ada');
    tab.client.close();
    await tab.client.signOut();
    await second;
    assert.equal(server.sessionCount(), 0);
    assert.match(String(logged.mock.calls.at(-1)?.arguments[0]), /a fault of the app/);
  }
});

test('works without a storage that stores anything', async (t) => {
  for (const mode of ['body', 'cookie'] as const) {
    const { open, server } = setUp(t);
    const tab = open({ tokens: mode, storage: refusing });
    assert.equal(await tab.client.restore(), undefined);
    await tab.client.signIn('ada', 'ada');
    for (let i = 0; i < 3; i += 1) {
      tab.advance();
      assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
    }
    await tab.client.signOut();
    assert.equal(server.sessionCount(), 0);
    assert.equal(await tab.client.restore(), undefined);
  }
});

test('while the storage is full, the newest refresh token is used, and never an older one', async (t) => {
  const { open } = setUp(t);
  const inner = memoryStorage();
  let isFull = false;
  const storage: Storage = {
    ...inner,
    setItem: (key, value) => (isFull ? assert.fail('QuotaExceededError') : inner.setItem(key, value)),
  };
  const tab = open({ storage });
  await tab.client.signIn('ada', 'ada');
  isFull = true;
  for (let i = 0; i < 3; i += 1) {
    tab.advance();
    assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
  }
  assert.equal(await open({ storage }).client.restore(), undefined);
  isFull = false;
  tab.advance();
  assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
  assert.equal((await open({ storage }).client.restore())?.user.username, 'ada');
});

test('a stored string that is not a session is ignored', async (t) => {
  const { open } = setUp(t);
  for (const text of ['', '{', 'null', '{"accessToken":"x"}', '{"accessToken":"x","user":{"id":"y"}}']) {
    const { client } = open({ storage: { ...memoryStorage(), getItem: () => text } });
    assert.equal(await client.restore(), undefined);
  }
});

test('restores a stored session: unchanged, refreshed, or while the network is down', async (t) => {
  const { open, server, ada } = setUp(t);
  const storage = memoryStorage();
  await open({ storage }).client.signIn('ada', 'ada');
  const valid = open({ storage });
  assert.equal((await valid.client.restore())?.user.username, 'ada');
  assert.equal(refreshes(valid), 0);

  const offline = open({ storage });
  offline.advance();
  offline.network.isDown = true;
  assert.equal((await offline.client.restore())?.user.username, 'ada');

  const due = open({ storage });
  due.advance();
  await Promise.all([due.client.restore(), due.client.restore()]);
  assert.equal(refreshes(due), 1);
  for (const tab of [valid, offline, due]) assert.deepEqual(tab.events, ['signedIn ada']);

  server.endSessions(ada);
  const ended = open({ storage });
  ended.advance(-900_000);
  assert.equal(await ended.client.restore(), undefined);
  assert.deepEqual(ended.events, ['expired']);
});

test('a change by a link is in the session and in later responses', async (t) => {
  for (const mode of ['body', 'cookie'] as const) {
    const [here, there] = setUp(t).openTwo(mode);
    const signedIn = emitted(there, 'signedIn');
    await here.client.signIn('ada', 'ada');
    await signedIn;
    const updated = emitted(there, 'userUpdated');
    await here.client.verifyFromUrl(LINK).confirm();
    assert.equal(here.client.session()?.user.isVerified, true);
    await updated;
    assert.equal(there.client.session()?.user.isVerified, true);
    const { data } = await here.client.api.GET(ME);
    assert.equal((data as { readonly seen?: string }).seen, 'id-of-ada:2');
  }
});

test('restoring the session during a refresh does not discard the new tokens', async (t) => {
  const { open } = setUp(t);
  const tab = open();
  await tab.client.signIn('ada', 'ada');
  const [release, reached] = [tab.network.hold('/auth/refresh'), tab.network.reached('/auth/refresh')];
  const confirmed = tab.client.verifyFromUrl(LINK).confirm();
  await reached;
  await tab.client.restore();
  release();
  await confirmed;
  assert.equal(tab.client.session()?.user.isVerified, true);
});

test('works in React Native and on pages without HTTPS', async (t) => {
  const { open } = setUp(t);
  replaceGlobal(t, 'crypto', undefined);
  replaceGlobal(t, 'BroadcastChannel', undefined);
  replaceGlobal(t, 'navigator', { product: 'ReactNative' });
  t.mock.method(URLSearchParams.prototype, 'get', () => assert.fail('not implemented'));
  const { client } = open({ tabs: true });
  const keys: (string | null)[] = [];
  const other = open({
    fetch: async (input, init) => {
      keys.push(new Request(input, init).headers.get('idempotency-key'));
      return new Response(null, { status: 204 });
    },
  });
  for (let i = 0; i < 2; i += 1)
    await other.client.signUp({ email: 'ada@example.com', username: 'ada', password: 'a passphrase' });
  assert.ok(keys.every((key) => /^[0-9a-f]{32}$/.test(key ?? '')));
  assert.equal(new Set(keys).size, 2);
  await client.signIn('ada', 'ada');
  await client.verifyFromUrl(LINK).confirm();
  await client.signOut();
});

test('where channels and locks are forbidden, a tab works by itself', async (t) => {
  function forbid(): never {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  }
  replaceGlobal(t, 'BroadcastChannel', forbid);
  replaceGlobal(t, 'navigator', { locks: { request: async () => forbid() } });
  const { open } = setUp(t);
  const tab = open({ tabs: true });
  await tab.client.signIn('ada', 'ada');
  tab.advance();
  assert.deepEqual(await statusOfMe(tab), [200, 'ada']);
  await tab.client.signOut();
});

test('a lock that a suspended tab holds delays a refresh, but does not prevent it', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { openTwo } = setUp(t);
  const [tab] = openTwo('body');
  await tab.client.signIn('ada', 'ada');
  tab.advance();
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const lock = navigator.locks.request(NAME, () => {
    held.resolve();
    return promise;
  });
  await held.promise;
  const pending = statusOfMe(tab);
  await lockIsAwaited();
  mock.timers.tick(MAX_REQUEST_DURATION_MS);
  assert.deepEqual(await pending, [200, 'ada']);
  resolve();
  await lock;
});

test('in a page, tabs share a session in localStorage or in a cookie by default', async (t) => {
  const localStorage = memoryStorage();
  replaceGlobal(t, 'document', {});
  replaceGlobal(t, 'localStorage', localStorage);
  const { open } = setUp(t);
  const browser: TestBrowser = { cookie: undefined };
  for (const options of [
    { storage: localStorage },
    { tokens: 'cookie' },
    { tokens: 'cookie', storage: memoryStorage() },
  ] as const) {
    const [here, there] = [open(options, browser), open(options, browser)];
    const signedIn = emitted(there, 'signedIn');
    await here.client.signIn('ada', 'ada');
    await signedIn;
    for (const { client } of [here, there]) client.close();
  }
});
