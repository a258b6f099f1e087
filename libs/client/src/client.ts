/**
 * A client of the API. It keeps and refreshes a session, has typed methods for the operations of the API, and
 * emits events.
 */
import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, operations, paths } from './api.d.ts';
import { rejectWhenAborted } from './deadline.ts';
import { type ClientEventEmitter, createClientEventEmitter } from './events.ts';
import { createAccountSequenceTracker, createPostRequestSender, RefusedRequestProblem } from './http.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { extractLinkToken } from './links.ts';
import { ApiProblem } from './problem.ts';
import { browserStorage, memoryStorage, type Session, type Storage } from './session.ts';
import { openSessionKeeper } from './session-keeper.ts';

type BodyOf<Operation extends { requestBody?: { content: { 'application/json': unknown } } | undefined }> =
  NonNullable<Operation['requestBody']>['content']['application/json'];
type Verification = BodyOf<operations['verify']>;

/** The options of {@link createClient}. */
export interface ClientOptions {
  /** The URL of Latchkey, which is the value of its setting PUBLIC_URL. */
  readonly url: string;
  /**
   * Where the refresh token is kept. `body`: in `storage`. `cookie`: in an HttpOnly cookie, which no script
   * can read. With `cookie`, the app must be on the same site as Latchkey, and the app's origin must be in
   * CORS_ORIGINS.
   */
  readonly tokens: 'body' | 'cookie';
  /**
   * Where the client stores data. In body mode, the client stores the session; default: in memory, so that
   * the session ends with the page. In cookie mode, the client stores only the fact that the person has
   * signed out if it could not inform the server of the sign-out; default: localStorage, if the browser has
   * it.
   */
  readonly storage?: Storage;
  /**
   * Whether the tabs of the app share one session, so that they sign in and out together. Default: true in a
   * page whose session is in a cookie or in localStorage. Set it to true if you pass a different storage that
   * all tabs share.
   */
  readonly tabs?: boolean;
  readonly fetch?: typeof fetch;
  /** Returns the current time, in ms since the epoch. */
  now?(): number;
}

/** A client of the API with one session. Created by {@link createClient}. */
export interface AuthClient {
  /**
   * Typed methods for every operation of the API. Requests are sent with the access token, which is refreshed
   * first if needed. Each call resolves for any response; if the response is not a success, the result has an
   * `error`. A call rejects if there is no response.
   */
  readonly api: Client<paths>;
  /**
   * Restores the session of an earlier page, and refreshes its access token if needed.
   * @returns undefined if there is no session
   * @throws an error if the server cannot be reached and the session is in a cookie
   */
  restore(): Promise<Session | undefined>;
  session(): Session | undefined;
  /** Creates an account, which the person must verify with a mailed link. @throws ApiProblem */
  signUp(person: BodyOf<operations['signUp']>): Promise<void>;
  /**
   * Signs a person in, and keeps the session.
   * @throws ApiProblem
   */
  signIn(email: string, password: string): Promise<Session>;
  /**
   * Signs out. In this app, the session ends immediately, even if the server cannot be reached.
   * @throws an error if the server could not be informed. In cookie mode, the next call of `restore` informs
   * the server
   */
  signOut(): Promise<void>;
  /**
   * Reads a verification link. Call `confirm` when the person clicks, not when the page loads.
   * @throws ApiProblem (token_invalid) if the URL has no complete token. The methods that read other links
   * also throw this error
   */
  verifyFromUrl(url: string): { confirm(evidence?: Verification): Promise<void>; reject(): Promise<void> };
  /** Reads a password reset link, which allows the person to set a new password. */
  resetFromUrl(url: string): { setPassword(newPassword: string): Promise<void> };
  /**
   * Reads a link that confirms a new email address. Call `confirm` when the person clicks, not when the page
   * loads.
   */
  changeEmailFromUrl(url: string): { confirm(password: string): Promise<void> };
  /** Reads a link that undoes a change of the email address. */
  undoEmailChangeFromUrl(url: string): { setPassword(newPassword: string): Promise<void> };
  /** Adds a listener. @returns a function that removes the listener */
  readonly on: ClientEventEmitter['on'];
  /** Stops communicating with the other tabs. */
  close(): void;
}

const KEY = 'latchkey.session';

/**
 * Creates a client of the API. It sends nothing before the first call. An app needs one client; a server that
 * renders pages needs one for each request, with its own `storage`.
 * @example
 * const latchkey = createClient({ url: 'https://id.example.com', tokens: 'cookie' });
 * latchkey.on('expired', () => showSignIn());
 * await latchkey.restore();
 * const session = await latchkey.signIn('ada@example.com', 'correct horse battery');
 * const me = await dataOf(latchkey.api.GET('/api/v1/users/me'));
 */
export function createClient(options: ClientOptions): AuthClient {
  const { tokens: mode, now = Date.now } = options;
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const baseUrl = options.url.replace(/\/+$/, '');
  const page = browserStorage();
  const storage = options.storage ?? (mode === 'cookie' ? page : undefined) ?? memoryStorage();
  const { on, emit } = createClientEventEmitter();
  const sequences = createAccountSequenceTracker();
  const post = createPostRequestSender(baseUrl, send, sequences);
  const keeper = openSessionKeeper({
    mode,
    storage,
    key: `${KEY} ${baseUrl}`,
    isShared: options.tabs ?? (page !== undefined && (mode === 'cookie' || storage === page)),
    post,
    emit,
    now,
  });

  function withSession(request: Request, session: Session | undefined): Request {
    const copy = request.clone();
    if (session === undefined) return copy;
    copy.headers.set('Authorization', `Bearer ${session.accessToken}`);
    sequences.addTo(copy, session.user.id);
    return copy;
  }

  /**
   * Returns the client's session if it belongs to the person with this user id, otherwise undefined.
   * Somebody else may have signed in since the request was made, and the request must not be sent with the
   * session of that person.
   */
  function currentOf(userId: string): Session | undefined {
    const current = keeper.session();
    return current?.user.id === userId ? current : undefined;
  }

  /**
   * Refreshes a session.
   * @returns undefined if the session has ended or another person has signed in
   */
  async function renew(session: Session, { signal }: Request): Promise<Session | undefined> {
    await rejectWhenAborted(keeper.refresh(session), signal);
    return currentOf(session.user.id);
  }

  /**
   * Refreshes a session, like `renew`, but only if its access token expires soon. If the refresh fails, the
   * old access token is used as long as it is valid.
   */
  async function renewIfDue(session: Session, request: Request): Promise<Session | undefined> {
    if (!keeper.isDue(session)) return session;
    try {
      return await renew(session, request);
    } catch (error) {
      if (request.signal?.aborted || session.expiresAt <= now()) throw error;
      return currentOf(session.user.id);
    }
  }

  async function sendWithSession(request: Request): Promise<Response> {
    const current = keeper.session();
    const session = current && (await renewIfDue(current, request));
    const response = await send(withSession(request, session));
    if (response.status !== 401 || session === undefined) return response;
    const renewed = await renew(session, request);
    return renewed === undefined ? response : send(withSession(request, renewed));
  }

  async function authorised(request: Request): Promise<Response> {
    try {
      const response = await sendWithSession(request);
      sequences.remember(response);
      return response;
    } catch (error) {
      if (error instanceof RefusedRequestProblem) return error.response.clone();
      throw error;
    }
  }

  /**
   * Sends a request with the token of a link. If the link belongs to the account that is signed in, loads
   * the user of the session again, because the request has changed the account.
   */
  async function useLink(path: string, body: object): Promise<void> {
    const { account } = await post(path, body);
    await keeper.reload(account);
  }

  function linkToken(link: string): string {
    const token = extractLinkToken(link);
    if (token === undefined)
      throw new ApiProblem(400, { code: 'token_invalid', detail: 'This link is incomplete.' });
    return token;
  }

  /** Reads a link that allows the person to choose a new password. */
  function passwordLink(route: string, link: string) {
    const path = `${route}/${linkToken(link)}`;
    return {
      setPassword: (newPassword: string) => useLink(path, { newPassword, confirmNewPassword: newPassword }),
    };
  }

  return {
    api: createFetchClient<paths>({ baseUrl, fetch: authorised, credentials: 'include' }),
    restore: keeper.restore,
    session: keeper.session,
    async signUp(person) {
      await post('signup', person, { 'Idempotency-Key': newIdempotencyKey() });
    },
    signIn: keeper.signIn,
    signOut: keeper.signOut,
    verifyFromUrl(link) {
      const path = `verify/${linkToken(link)}`;
      return {
        confirm: (evidence = {}) => useLink(path, evidence),
        reject: () => useLink(path, { reject: true }),
      };
    },
    resetFromUrl: (link) => passwordLink('password-reset-confirm', link),
    changeEmailFromUrl(link) {
      const path = `change-email/${linkToken(link)}`;
      return { confirm: (password) => useLink(path, { password }) };
    },
    undoEmailChangeFromUrl: (link) => passwordLink('undo-email-change', link),
    on,
    close: keeper.close,
  };
}

/** The profile of an account, as the user service returns it. */
export type User = components['schemas']['User'];
