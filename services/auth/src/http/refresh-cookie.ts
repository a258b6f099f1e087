/** The refresh token in a cookie, for browser apps: scripts cannot read it, other sites cannot send it. */
import { Problem, type ProblemSpec, problems, type RequestContext } from '@latchkey/http';

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
  /** The problem that `read` may throw. */
  readonly problem: ProblemSpec;
}

export function createRefreshCookie(options: {
  /** For https: `Secure`, and the `__Secure-` prefix. */
  readonly secure: boolean;
  /** The path of auth's routes, as a browser sees it. */
  readonly path: string;
  readonly maxAgeDays: number;
  isListed(origin: string): boolean;
}): RefreshCookie {
  const name = options.secure ? '__Secure-latchkey_refresh' : 'latchkey_refresh';
  const attributes = `Path=${options.path}; HttpOnly; SameSite=Strict${options.secure ? '; Secure' : ''}`;

  return {
    set: (token) => `${name}=${token}; Max-Age=${options.maxAgeDays * 86_400}; ${attributes}`,
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
