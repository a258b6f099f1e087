/** The session of an app, and where it is stored. */
import type { components } from './api.d.ts';

type Tokens = components['schemas']['Tokens'];

/** The session of the person who is signed in, with the current tokens. */
export interface Session {
  readonly user: Tokens['user'];
  readonly accessToken: string;
  /** The time at which the access token expires, in ms since the epoch by the clock of this device. */
  readonly expiresAt: number;
  /** The refresh token. Undefined in cookie mode, in which no script can read it. */
  readonly refreshToken?: string;
}

/**
 * Stores strings by key. `localStorage`, `sessionStorage` and React Native's AsyncStorage implement this
 * interface.
 */
export interface Storage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Creates a storage in memory, whose content is lost when the page is closed or reloaded. */
export function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/**
 * Returns localStorage, which all tabs of the app share. Undefined outside of a page, or if the page is not
 * allowed to use it.
 */
export function browserStorage(): Storage | undefined {
  const page = globalThis as { readonly document?: unknown; readonly localStorage?: Storage };
  try {
    return page.document === undefined ? undefined : page.localStorage;
  } catch {
    return undefined;
  }
}

/**
 * Returns a session with tokens that the API has just returned.
 * @param nowMs the time at which the tokens were received, in ms since the epoch
 */
export function createSession(
  { accessToken, refreshToken, expiresIn, user }: Tokens,
  nowMs: number,
): Session {
  return {
    user,
    accessToken,
    expiresAt: nowMs + expiresIn * 1000,
    ...(refreshToken !== undefined && { refreshToken }),
  };
}

/**
 * Parses a stored session. Returns undefined if the string is not a session with a refresh token, because a
 * session is stored only together with its refresh token.
 */
export function parseSession(text: string | null): Session | undefined {
  try {
    const { user, accessToken, expiresAt, refreshToken } = JSON.parse(text ?? '');
    const texts = [user.id, accessToken, refreshToken];
    return texts.every((each) => typeof each === 'string') && typeof expiresAt === 'number'
      ? { user, accessToken, expiresAt, refreshToken }
      : undefined;
  } catch {
    return undefined;
  }
}
