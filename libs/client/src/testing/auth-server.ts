/** Simulates auth, and the network between tabs and auth. Tests decide when each response arrives. */
import { type AuthClient, type ClientOptions, createClient, type Events } from '../index.ts';
import type { Session } from '../session.ts';

export const TEST_SERVER_URL = 'https://id.example.com';
const ACCESS_TOKEN_SECONDS = 900;
const ACCESS_TOKEN_MS = ACCESS_TOKEN_SECONDS * 1000;

/**
 * A session on the server. As in ADR 25, the previous refresh token is accepted until the current one has
 * been used.
 */
interface StoredSession {
  readonly user: Session['user'];
  n: number;
}

/** The response of a route. */
type Answer = readonly [status: number, body?: object, headers?: Readonly<Record<string, string>>];

/** The cookies and the storage that the tabs of a browser share. */
export interface TestBrowser {
  cookie: string | undefined;
}

/** The network between a tab and the server. */
export interface TestNetwork {
  /**
   * The paths of the requests that reached the server, each with the status of its response: `/auth/login
   * 200`.
   */
  readonly log: string[];
  isDown: boolean;
  /**
   * Returns a response that replaces the server's, for example a response of a proxy; undefined to let the
   * server respond.
   */
  intercept: ((path: string) => Response | undefined) | undefined;
  /**
   * Holds back the responses to a path.
   * @returns a function that delivers the held responses or, if called with an error, makes the requests fail
   * with this error
   */
  hold(path: string): (error?: Error) => void;
  /** Waits until the server has responded to a request for the path, even if the response is held back. */
  reached(path: string): Promise<void>;
}

export interface TestBrowserTab {
  readonly client: AuthClient;
  readonly network: TestNetwork;
  /** The events that the client has emitted, as text. For example, `signedIn ada` or `signedOut`. */
  readonly events: string[];
  /**
   * Sets the clock to the time at which the access token expires, or to `earlierMs` milliseconds before that
   * time.
   */
  advance(earlierMs?: number): void;
}

export interface TestAuthServer {
  /** Adds an account, whose password is its name. */
  add(name: string): Session['user'];
  /** Ends every session of an account. */
  endSessions(user: Session['user']): void;
  sessionCount(): number;
  /**
   * Opens a client in a tab of a browser.
   * @param browser default: a new browser
   */
  open(options?: Partial<ClientOptions>, browser?: TestBrowser): TestBrowserTab;
}

export function createTestAuthServer(): TestAuthServer {
  const users = new Map<string, Session['user']>();
  const sessions = new Map<string, StoredSession>();
  let count = 0;

  function tokensOf(id: string, { user, n }: StoredSession) {
    const accessToken = `access ${id} ${n}`;
    return {
      accessToken,
      refreshToken: `refresh ${id} ${n}`,
      tokenType: 'Bearer',
      expiresIn: ACCESS_TOKEN_SECONDS,
      user: { ...user },
    };
  }

  function refresh(token: string): Answer {
    const [, id = '', n] = token.split(' ');
    const session = sessions.get(id);
    if (session === undefined) return [401, { code: 'refresh_token_invalid' }];
    if (Number(n) === session.n) {
      session.n += 1;
    } else if (Number(n) < session.n - 1) {
      sessions.delete(id);
      return [401, { code: 'refresh_token_invalid' }];
    }
    return [200, tokensOf(id, session)];
  }

  function logIn(email: string): Answer {
    const user = users.get(email);
    if (user === undefined) return [401, { code: 'invalid_credentials' }];
    count += 1;
    const session = { user, n: 1 };
    sessions.set(`s${count}`, session);
    return [200, tokensOf(`s${count}`, session)];
  }

  function logOut(token: string): Answer {
    sessions.delete(token.split(' ')[1] ?? '');
    return [204];
  }

  function answer(
    path: string,
    body: Readonly<Record<string, string>>,
    { headers }: Request,
    token: string,
  ): Answer {
    if (path === '/auth/login') return logIn(body['email'] ?? '');
    if (path === '/auth/refresh') return refresh(token);
    if (path === '/auth/logout') return logOut(token);
    if (path.startsWith('/auth/verify/')) {
      const user = users.get('ada') ?? { id: '' };
      Object.assign(user, { isVerified: true });
      return [200, {}, { 'Account-Sequence': `${user.id}:2` }];
    }
    const session = sessions.get(headers.get('authorization')?.split(' ')[2] ?? '');
    if (session === undefined) return [401, { code: 'unauthenticated' }];
    return [200, { ...session.user, seen: headers.get('account-sequence') }];
  }

  /** Responds as the server would, and stores the cookie when the response arrives, as a browser would. */
  async function respond(request: Request, browser: TestBrowser): Promise<() => Response> {
    const path = pathOf(request);
    const body = (await request.json().catch(() => ({}))) as Readonly<Record<string, string>>;
    const [status, content, headers] = answer(
      path,
      body,
      request,
      body['refreshToken'] ?? browser.cookie ?? 'none',
    );
    const usesCookie =
      body['tokens'] === 'cookie' || (body['refreshToken'] === undefined && path !== '/auth/login');
    return () => {
      const { refreshToken, ...rest } = { ...content } as { readonly refreshToken?: string };
      if (usesCookie && refreshToken !== undefined) browser.cookie = refreshToken;
      if (usesCookie && path === '/auth/logout') browser.cookie = undefined;
      const sent = usesCookie ? rest : content;
      return new Response(status === 204 ? null : JSON.stringify(sent), {
        status,
        ...(headers && { headers }),
      });
    };
  }

  return {
    add(name) {
      const user = {
        id: `id-of-${name}`,
        email: name,
        username: name,
        role: 'user' as const,
        isVerified: false,
      };
      users.set(name, user);
      return user;
    },
    endSessions(user) {
      for (const [id, session] of sessions) if (session.user === user) sessions.delete(id);
    },
    sessionCount: () => sessions.size,
    open(options = {}, browser = { cookie: undefined }) {
      const held = new Map<string, Promise<void>>();
      const waiting = new Map<string, () => void>();
      const network: TestNetwork = {
        log: [],
        isDown: false,
        intercept: undefined,
        hold(path) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          held.set(path, promise);
          return (error) => {
            held.delete(path);
            if (error === undefined) resolve();
            else reject(error);
          };
        },
        reached: (path) => new Promise((resolve) => void waiting.set(path, resolve)),
      };
      let ahead = 0;
      const client = createClient({
        url: TEST_SERVER_URL,
        tokens: 'body',
        now: () => Date.now() + ahead,
        async fetch(input, init) {
          const request = new Request(input, init);
          const path = pathOf(request);
          if (network.isDown) throw new TypeError('fetch failed');
          const early = network.intercept?.(path);
          if (early !== undefined) return early;
          const arrive = await respond(request, browser);
          waiting.get(path)?.();
          await held.get(path);
          const response = arrive();
          network.log.push(`${path} ${response.status}`);
          return response;
        },
        ...options,
      });
      const events: string[] = [];
      for (const name of ['signedIn', 'signedOut', 'expired', 'userUpdated'] as const)
        client.on(name, (value: Events[typeof name]) => {
          events.push([name, value?.user.username].filter(Boolean).join(' '));
        });
      return {
        client,
        network,
        events,
        advance: (earlierMs = 0) => {
          ahead += ACCESS_TOKEN_MS - earlierMs;
        },
      };
    },
  };
}

function pathOf({ url }: Request): string {
  return new URL(url).pathname.replace('/api/v1', '');
}
