/** A client of the API: a session that is kept and refreshed, typed calls, and events. */
import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, operations, paths } from './api.d.ts';
import { extractLinkToken } from './links.ts';
import { ApiProblem } from './problem.ts';
import { memoryStorage, readSession, type Session, type Storage, sessionOf } from './session.ts';
import { openTabCoordinator } from './tabs.ts';

type BodyOf<Operation extends { requestBody?: { content: { 'application/json': unknown } } | undefined }> =
  NonNullable<Operation['requestBody']>['content']['application/json'];
type Tokens = components['schemas']['Tokens'];
type Verification = BodyOf<operations['verify']>;

export interface ClientOptions {
  /** The URL of Latchkey: its setting PUBLIC_URL. */
  readonly url: string;
  /**
   * Where the refresh token is kept. `body`: in `storage`. `cookie`: in an HttpOnly cookie, which no script can
   * read. The app must then be on the same site, and its origin must be in CORS_ORIGINS.
   */
  readonly tokens: 'body' | 'cookie';
  /** The storage of the session in body mode. Default: memory, so the session ends with the page. */
  readonly storage?: Storage;
  readonly fetch?: typeof fetch;
  /** Returns the current time, in ms since the epoch. */
  now?(): number;
}

export interface Events {
  /** The person has signed in, here or in another tab. */
  readonly signedIn: Session;
  /** The person has signed out, here or in another tab. */
  readonly signedOut: undefined;
  /** The session has expired or was revoked; ask for the password again. */
  readonly expired: undefined;
}

export interface AuthClient {
  /** Every operation of the API, typed. Requests are sent with the access token, which is refreshed when needed. */
  readonly api: Client<paths>;
  /** Restores the session of an earlier page. @returns undefined if there is none */
  restore(): Promise<Session | undefined>;
  session(): Session | undefined;
  /** Requests an account, which the person verifies with a mailed link. @throws ApiProblem */
  signUp(person: BodyOf<operations['signUp']>): Promise<void>;
  /** Signs a person in, and keeps the session. @throws ApiProblem */
  signIn(email: string, password: string): Promise<Session>;
  /** Signs out. If the server cannot be reached, the session ends at least in this app. */
  signOut(): Promise<void>;
  /**
   * Reads a verification link. Call `confirm` when the person clicks, not when the page loads.
   * @throws ApiProblem (token_invalid) if the URL has no complete token; the methods for the other links throw it as
   * well
   */
  verifyFromUrl(url: string): { confirm(evidence?: Verification): Promise<void>; reject(): Promise<void> };
  /** Reads a link with which the person sets a new password. */
  resetFromUrl(url: string): { setPassword(newPassword: string): Promise<void> };
  /**
   * Reads a link that confirms a new e-mail address. Call `confirm` when the person clicks, not when the page loads.
   */
  changeEmailFromUrl(url: string): { confirm(password: string): Promise<void> };
  /** Reads a link that undoes a change of the e-mail address. */
  undoEmailChangeFromUrl(url: string): { setPassword(newPassword: string): Promise<void> };
  /** Adds a listener. @returns a function that removes it */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  /** Stops communicating with the other tabs. */
  close(): void;
}

const KEY = 'latchkey.session';
/** How long before its expiry an access token is refreshed, in ms: requests take a while, and clocks differ. */
const EARLY_MS = 30_000;
const SEQUENCE = 'Account-Sequence';

type Listeners = { readonly [Name in keyof Events]: Set<(value: Events[Name]) => void> };

export function createClient(options: ClientOptions): AuthClient {
  const { url, tokens: mode, storage = memoryStorage(), now = Date.now } = options;
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const baseUrl = url.replace(/\/+$/, '');
  const key = `${KEY} ${baseUrl}`;
  const listeners: Listeners = { signedIn: new Set(), signedOut: new Set(), expired: new Set() };
  /**
   * For each account, the last sequence that a response has named. Requests send it back, so that the next response
   * includes the change with that sequence.
   */
  const sequences = new Map<string, number>();
  let current: Session | undefined;

  const tabs = openTabCoordinator(key, (session) => {
    const before = current;
    current = session;
    if (session === undefined && before !== undefined) emit('signedOut', undefined);
    if (session !== undefined && before === undefined) emit('signedIn', session);
  });

  function emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of listeners[name]) listener(value);
  }

  async function keep(session: Session | undefined): Promise<void> {
    current = session;
    if (session === undefined) await storage.removeItem(key);
    else if (mode === 'body') await storage.setItem(key, JSON.stringify(session));
    tabs.tell(session);
  }

  function post(
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return send(`${baseUrl}/api/v1/auth/${path}`, {
      method: 'POST',
      credentials: 'include',
      headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async function posted<Answer>(
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const response = await post(path, body, headers);
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw new ApiProblem(response.status, answer);
    return answer as Answer;
  }

  async function stored(): Promise<Session | undefined> {
    return mode === 'body' ? readSession(await storage.getItem(key)) : undefined;
  }

  /**
   * Gets new tokens, unless another request or another tab has already done so since `stale` was read.
   * @returns undefined if the session has ended @throws if the server cannot be reached; the session is then kept
   */
  function refresh(stale: Session | undefined): Promise<Session | undefined> {
    return tabs.exclusive(async () => {
      const known = (await stored()) ?? current;
      if (known !== undefined && known.accessToken !== stale?.accessToken) {
        current = known;
        return known;
      }
      if (mode === 'body' && known?.refreshToken === undefined) return undefined;
      try {
        const body = mode === 'body' ? { refreshToken: known?.refreshToken } : undefined;
        await keep(sessionOf(await posted<Tokens>('refresh', body), now()));
        return current;
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
        await keep(undefined);
        if (stale !== undefined) emit('expired', undefined);
        return undefined;
      }
    });
  }

  function remember(response: Response): void {
    const [, account = '', sequence = ''] =
      /^([^:]+):(\d+)$/.exec(response.headers.get(SEQUENCE) ?? '') ?? [];
    if (account !== '') sequences.set(account, Math.max(sequences.get(account) ?? 0, Number(sequence)));
  }

  function withSession(request: Request, session: Session | undefined): Request {
    const copy = request.clone();
    if (session === undefined) return copy;
    copy.headers.set('Authorization', `Bearer ${session.accessToken}`);
    const sequence = sequences.get(session.user.id);
    if (sequence !== undefined) copy.headers.set(SEQUENCE, `${session.user.id}:${sequence}`);
    return copy;
  }

  async function authorised(request: Request): Promise<Response> {
    let session = current;
    if (session !== undefined && session.expiresAt - now() < EARLY_MS) session = await refresh(session);
    let response = await send(withSession(request, session));
    if (response.status === 401 && session !== undefined) {
      const renewed = await refresh(session);
      if (renewed !== undefined) response = await send(withSession(request, renewed));
    }
    remember(response);
    return response;
  }

  const api = createFetchClient<paths>({ baseUrl, fetch: authorised, credentials: 'include' });

  function linkToken(link: string): string {
    const token = extractLinkToken(link);
    if (token === undefined)
      throw new ApiProblem(400, { code: 'token_invalid', detail: 'This link is incomplete.' });
    return token;
  }

  /** Reads a link with which the person chooses a new password. */
  function passwordLink(route: string, link: string) {
    const path = `${route}/${linkToken(link)}`;
    return {
      setPassword: async (newPassword: string) =>
        void (await posted(path, { newPassword, confirmNewPassword: newPassword })),
    };
  }

  return {
    api,
    session: () => current,
    async restore() {
      current ??= await stored();
      const before = current;
      if (current === undefined ? mode === 'cookie' : current.expiresAt - now() < EARLY_MS)
        await refresh(before);
      if (current !== undefined) emit('signedIn', current);
      return current;
    },
    async signUp(person) {
      await posted('signup', person, { 'Idempotency-Key': crypto.randomUUID() });
    },
    async signIn(email, password) {
      const session = sessionOf(await posted<Tokens>('login', { email, password, tokens: mode }), now());
      await keep(session);
      emit('signedIn', session);
      return session;
    },
    async signOut() {
      const session = current ?? (await stored());
      await keep(undefined);
      emit('signedOut', undefined);
      const body = mode === 'body' ? { refreshToken: session?.refreshToken } : undefined;
      if (mode === 'cookie' || session !== undefined) await posted('logout', body);
    },
    verifyFromUrl(link) {
      const path = `verify/${linkToken(link)}`;
      return {
        confirm: async (evidence = {}) => void (await posted(path, evidence)),
        reject: async () => void (await posted(path, { reject: true })),
      };
    },
    resetFromUrl: (link) => passwordLink('password-reset-confirm', link),
    changeEmailFromUrl(link) {
      const path = `change-email/${linkToken(link)}`;
      return { confirm: async (password) => void (await posted(path, { password })) };
    },
    undoEmailChangeFromUrl: (link) => passwordLink('undo-email-change', link),
    on(name, listener) {
      listeners[name].add(listener);
      return () => void listeners[name].delete(listener);
    },
    close: tabs.close,
  };
}

export type User = components['schemas']['User'];
