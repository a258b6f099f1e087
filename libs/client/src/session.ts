/** The session of an app: where it is stored, and the messages between the tabs of the app. */
import type { components } from './api.d.ts';

type Tokens = components['schemas']['Tokens'];

export interface Session {
  readonly user: Tokens['user'];
  readonly accessToken: string;
  /** The time at which the access token expires, in ms since the epoch by the clock of this device. */
  readonly expiresAt: number;
  /** The refresh token. Undefined in cookie mode, because no script can read the cookie. */
  readonly refreshToken?: string;
}

/** Stores strings by key. `localStorage`, `sessionStorage` and React Native's AsyncStorage have this shape. */
export interface Storage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Creates a storage that lasts as long as the page. */
export function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

export function sessionOf({ accessToken, refreshToken, expiresIn, user }: Tokens, nowMs: number): Session {
  return {
    user,
    accessToken,
    expiresAt: nowMs + expiresIn * 1000,
    ...(refreshToken !== undefined && { refreshToken }),
  };
}

/** Parses a stored session. Returns undefined for a string that is not a session. */
export function readSession(text: string | null): Session | undefined {
  try {
    const value = JSON.parse(text ?? '');
    return typeof value?.accessToken === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
