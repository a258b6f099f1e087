/** The refresh token as a cookie, for browser apps: no script can read it, no other site can send it. */
import { Problem, type ProblemSpec, problems, type RequestContext } from '@latchkey/http';

export interface RefreshCookie {
  /** The `Set-Cookie` value for a token. */
  set(refreshToken: string): string;
  /** The `Set-Cookie` value that removes it. */
  clear(): string;
  /**
   * The token of a request that has it in the cookie alone. Such a request must come from a listed origin.
   * @throws Problem (insufficient_permission) from any other origin.
   */
  read(request: RequestContext): string | undefined;
  /** What `read` may throw. */
  readonly problem: ProblemSpec;
}

export function createRefreshCookie(options: {
  /** Over https: `Secure`, and the `__Secure-` prefix. */
  readonly secure: boolean;
  readonly maxAgeDays: number;
  isListed(origin: string): boolean;
}): RefreshCookie {
  const name = options.secure ? '__Secure-latchkey_refresh' : 'latchkey_refresh';
  const attributes = `Path=/api/v1/auth; HttpOnly; SameSite=Strict${options.secure ? '; Secure' : ''}`;

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
          detail: 'With the cookie, a request must come from an origin that CORS_ORIGINS lists.',
        });
      }
      return token;
    },
  };
}
