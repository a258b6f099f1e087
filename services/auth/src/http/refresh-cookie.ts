/**
 * Stores the refresh token of a browser app in a cookie. Scripts cannot read this cookie, and only pages of
 * the listed origins can use it.
 */
import {
  areSameSite,
  Problem,
  type ProblemSpec,
  type RequestContext,
  standardProblems,
} from '@latchkey/http';

/** Reads and writes the cookie that contains the refresh token. */
export interface RefreshCookie {
  /** Returns the `Set-Cookie` headers that store a refresh token. */
  set(request: RequestContext, refreshToken: string): readonly string[];
  /** Returns the `Set-Cookie` headers that delete the cookie with the refresh token. */
  clear(request: RequestContext): readonly string[];
  /**
   * Returns the refresh token in the cookie; undefined if the request has no such cookie.
   * @throws Problem (insufficient_permission) if the request has the cookie, but comes from an origin that is
   * not allowed
   */
  read(request: RequestContext): string | undefined;
  /**
   * How the OpenAPI document describes the cookie with the refresh token. The cookie is optional, because the
   * token may also be sent in the body.
   */
  readonly credentials: { readonly schemes: Readonly<Record<string, object>>; readonly optional: true };
  /** The problem that the method `read` may throw. */
  readonly problem: ProblemSpec;
}

export type SameSitePolicy = 'strict' | 'lax' | 'none';

/**
 * The name of the cookie that stored the refresh token in release 0.1. Any host of the domain can set a
 * cookie with this name. An attacker who controls such a host could set a cookie with a refresh token of the
 * attacker's own account, and so sign somebody in to that account. Auth cannot distinguish such a cookie from
 * a genuine one. It therefore accepts cookies with this name only until a date that the operator sets, and
 * replaces them when they are first used.
 */
const FORMER_NAME = '__Secure-latchkey_refresh';

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const satisfies Record<
  SameSitePolicy,
  string
>;

export function createRefreshCookie(options: {
  /**
   * Whether clients use HTTPS. If so, the cookie has the attribute `Secure`, and its name has the prefix
   * `__Host-`: no other host of the domain can then set a cookie with this name that contains a token of an
   * attacker's session. Browsers accept this prefix only with `Path=/`.
   */
  readonly secure: boolean;
  /**
   * The cookie's `SameSite` attribute. `none` requires `Secure`. The origin of requests is checked in any
   * case.
   */
  readonly sameSite: SameSitePolicy;
  /**
   * The path of auth's routes as browsers see it. Used as the cookie's path unless the name has the prefix
   * `__Host-`.
   */
  readonly path: string;
  readonly maxAgeDays: number;
  /**
   * The day (UTC, as in 2027-01-31) from which the cookie of release 0.1 is no longer accepted; undefined if
   * it is never accepted.
   */
  readonly formerUntil: string | undefined;
  now(): Date;
  isListed(origin: string): boolean;
}): RefreshCookie {
  const name = options.secure ? '__Host-latchkey_refresh' : 'latchkey_refresh';
  const always = `HttpOnly; SameSite=${SAME_SITE[options.sameSite]}${options.secure ? '; Secure' : ''}`;
  const attributes = `Path=${options.secure ? '/' : options.path}; ${always}`;
  const removeFormer = `${FORMER_NAME}=; Max-Age=0; Path=${options.path}; ${always}`;

  function hasFormer({ headers }: RequestContext): boolean {
    return options.secure && headers['cookie']?.includes(`${FORMER_NAME}=`) === true;
  }
  /** Returns whether the cookie of release 0.1 is still accepted if the current cookie is missing. */
  function readsFormer(): boolean {
    return (
      options.secure && options.formerUntil !== undefined && options.now() < new Date(options.formerUntil)
    );
  }
  /**
   * Returns the `Set-Cookie` headers of a response. If the request had a cookie of release 0.1, it is deleted
   * as well.
   */
  function withoutFormer(request: RequestContext, set: string): readonly string[] {
    return hasFormer(request) ? [set, removeFormer] : [set];
  }

  return {
    set: (request, token) =>
      withoutFormer(request, `${name}=${token}; Max-Age=${options.maxAgeDays * 86_400}; ${attributes}`),
    clear: (request) => withoutFormer(request, `${name}=; Max-Age=0; ${attributes}`),
    credentials: {
      schemes: {
        refreshCookie: {
          type: 'apiKey',
          in: 'cookie',
          name,
          description:
            'The refresh token, as login sets it with `tokens: "cookie"`. Over https its name begins with `__Host-`. Needs an Origin that CORS_ORIGINS lists.',
        },
      },
      optional: true,
    },
    problem: standardProblems.insufficient_permission,
    read: (request) => {
      const token = request.cookie(name) ?? (readsFormer() ? request.cookie(FORMER_NAME) : undefined);
      if (token === undefined) return undefined;
      const origin = request.headers['origin'];
      if (origin === undefined || !options.isListed(origin)) {
        throw new Problem(standardProblems.insufficient_permission, {
          detail: 'A request with the cookie must come from an origin listed in CORS_ORIGINS.',
        });
      }
      return token;
    },
  };
}

/**
 * Returns a warning if the cookie settings keep browsers from sending the cookie with the refresh token. If
 * the app and the API are on different sites, browsers send the cookie only with `SameSite=None`; `Lax`
 * allows only navigations.
 */
export function findCrossSiteCookieWarning(config: {
  readonly FRONTEND_URL?: string | undefined;
  readonly PUBLIC_URL: string;
  readonly REFRESH_COOKIE_SAMESITE: SameSitePolicy;
}): string | undefined {
  const { FRONTEND_URL: app, PUBLIC_URL: api, REFRESH_COOKIE_SAMESITE: sameSite } = config;
  if (app === undefined || sameSite === 'none' || areSameSite(app, api)) return undefined;
  return `REFRESH_COOKIE_SAMESITE is ${sameSite}, but FRONTEND_URL and PUBLIC_URL are different sites: browsers will not send the refresh cookie. Set it to none, or serve both from one domain.`;
}
