/**
 * The refresh token in a cookie, for browser apps: scripts cannot read it, and only pages of listed origins can use it.
 */
import { areSameSite, Problem, type ProblemSpec, problems, type RequestContext } from '@latchkey/http';

export interface RefreshCookie {
  /** Returns the `Set-Cookie` value for a token. */
  set(refreshToken: string): string;
  /** Returns the `Set-Cookie` value that removes the cookie. */
  clear(): string;
  /**
   * Returns the token of the request's cookie, if it has one. Such a request must come from a listed origin.
   * @throws Problem (insufficient_permission) from any other origin
   */
  read(request: RequestContext): string | undefined;
  /**
   * The credentials in the OpenAPI document: routes that use the cookie accept the token in the body or in the
   * cookie.
   */
  readonly credentials: { readonly schemes: Readonly<Record<string, object>>; readonly optional: true };
  /** The problem that `read` may throw. */
  readonly problem: ProblemSpec;
}

export type SameSite = 'strict' | 'lax' | 'none';

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const satisfies Record<SameSite, string>;

export function createRefreshCookie(options: {
  /** Whether clients use HTTPS: the cookie then has `Secure` and the `__Secure-` prefix. */
  readonly secure: boolean;
  /** Which cross-site requests carry the cookie. `none` requires `Secure`. The origin is always checked. */
  readonly sameSite: SameSite;
  /** The path of auth's routes, as a browser sees it. */
  readonly path: string;
  readonly maxAgeDays: number;
  isListed(origin: string): boolean;
}): RefreshCookie {
  const name = options.secure ? '__Secure-latchkey_refresh' : 'latchkey_refresh';
  const attributes = `Path=${options.path}; HttpOnly; SameSite=${SAME_SITE[options.sameSite]}${options.secure ? '; Secure' : ''}`;

  return {
    set: (token) => `${name}=${token}; Max-Age=${options.maxAgeDays * 86_400}; ${attributes}`,
    credentials: {
      schemes: {
        refreshCookie: {
          type: 'apiKey',
          in: 'cookie',
          name,
          description:
            'The refresh token, as login sets it with `tokens: "cookie"`. Over https its name begins with `__Secure-`. Needs an Origin that CORS_ORIGINS lists.',
        },
      },
      optional: true,
    },
    problem: problems.insufficient_permission,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
    read: ({ cookie, headers }) => {
      const token = cookie(name);
      if (token === undefined) return undefined;
      const origin = headers['origin'];
      if (origin === undefined || !options.isListed(origin)) {
        throw new Problem(problems.insufficient_permission, {
          detail: 'A request with the cookie must come from an origin listed in CORS_ORIGINS.',
        });
      }
      return token;
    },
  };
}

/**
 * Returns a warning if no browser would send the cookie with these settings. Browsers send a cookie to another site
 * only with `SameSite=None`; the navigations that `Lax` allows are not sufficient.
 */
export function crossSiteCookieWarning(config: {
  readonly FRONTEND_URL?: string | undefined;
  readonly PUBLIC_URL: string;
  readonly REFRESH_COOKIE_SAMESITE: SameSite;
}): string | undefined {
  const { FRONTEND_URL: app, PUBLIC_URL: api, REFRESH_COOKIE_SAMESITE: sameSite } = config;
  if (app === undefined || sameSite === 'none' || areSameSite(app, api)) return undefined;
  return `REFRESH_COOKIE_SAMESITE is ${sameSite}, but FRONTEND_URL and PUBLIC_URL are different sites: browsers will not send the refresh cookie. Set it to none, or serve both from one domain.`;
}
