/** The URLs of the links in mails. Built from settings only, never from a request. */
import type { LinkPurpose } from '@latchkey/events';

export interface LinkSettings {
  readonly PUBLIC_URL: string;
  /** The base URL of the client app, whose pages take the token. */
  readonly FRONTEND_URL?: string | undefined;
  /** Templates with `{token}`, which override FRONTEND_URL. */
  readonly VERIFY_LINK?: string | undefined;
  readonly RESET_LINK?: string | undefined;
}

export interface Links {
  forToken(purpose: LinkPurpose, token: string): string;
  /** Where to sign in, or to request a new password. */
  readonly home: string;
}

const PATHS = {
  verification: { page: '/api/v1/auth/verify/{token}', app: '/verify?token={token}' },
  reset: { page: '/api/v1/auth/password-reset-confirm/{token}', app: '/reset-password?token={token}' },
} as const;

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

export function createLinks(settings: LinkSettings): Links {
  const { FRONTEND_URL: frontend, PUBLIC_URL: publicUrl } = settings;
  const own = { verification: settings.VERIFY_LINK, reset: settings.RESET_LINK };
  function template(purpose: LinkPurpose): string {
    if (frontend) return withoutSlash(frontend) + PATHS[purpose].app;
    return withoutSlash(publicUrl) + PATHS[purpose].page;
  }
  return {
    forToken: (purpose, token) => (own[purpose] ?? template(purpose)).replaceAll('{token}', () => token),
    home: frontend ?? publicUrl,
  };
}
