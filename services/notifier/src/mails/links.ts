/** Builds the URLs of the links in mails, from settings only and never from a request. */
import type { LinkPurpose } from '@latchkey/events';

export interface MailLinkSettings {
  readonly PUBLIC_URL: string;
  /** The base URL of the client app, whose pages accept the tokens of links. */
  readonly FRONTEND_URL?: string | undefined;
  /**
   * The URL to which verification links lead. It contains `{token}`, and takes precedence over FRONTEND_URL.
   * The other settings of this interface whose names end with `_LINK` do the same for links of other
   * purposes.
   */
  readonly VERIFY_LINK?: string | undefined;
  readonly RESET_LINK?: string | undefined;
  readonly EMAIL_CHANGE_LINK?: string | undefined;
  readonly EMAIL_UNDO_LINK?: string | undefined;
}

/** The URLs that mails contain. */
export interface MailLinks {
  forToken(purpose: LinkPurpose, token: string): string;
  /** The URL of the page on which a person signs in or requests a new password. */
  readonly home: string;
}

const PATHS = {
  verification: { page: '/api/v1/auth/verify/{token}', app: '/verify?token={token}' },
  reset: { page: '/api/v1/auth/password-reset-confirm/{token}', app: '/reset-password?token={token}' },
  'email-change': { page: '/api/v1/auth/change-email/{token}', app: '/change-email?token={token}' },
  'email-undo': { page: '/api/v1/auth/undo-email-change/{token}', app: '/undo-email-change?token={token}' },
  erasure: { page: '/api/v1/auth/erase/{token}' },
} as const satisfies Readonly<Record<LinkPurpose, { readonly page: string; readonly app?: string }>>;

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

export function createMailLinks(settings: MailLinkSettings): MailLinks {
  const { FRONTEND_URL: frontend, PUBLIC_URL: publicUrl } = settings;
  const own: Readonly<Partial<Record<LinkPurpose, string | undefined>>> = {
    verification: settings.VERIFY_LINK,
    reset: settings.RESET_LINK,
    'email-change': settings.EMAIL_CHANGE_LINK,
    'email-undo': settings.EMAIL_UNDO_LINK,
  };
  function template(purpose: LinkPurpose): string {
    const { page, app }: { readonly page: string; readonly app?: string } = PATHS[purpose];
    if (frontend && app !== undefined) return withoutSlash(frontend) + app;
    return withoutSlash(publicUrl) + page;
  }
  return {
    forToken: (purpose, token) => (own[purpose] ?? template(purpose)).replaceAll('{token}', () => token),
    home: frontend ?? publicUrl,
  };
}
