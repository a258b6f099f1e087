/**
 * A cookie that marks the browser in which somebody signed up. That browser can verify the address without
 * the password.
 */
import type { RequestContext } from '@latchkey/http';
import type { UseCaseDeps } from '../deps.ts';

/** Reads and writes the sign-up cookie. */
export interface SignUpCookie {
  /**
   * Returns the `Set-Cookie` header for the account of a sign-up. The cookie expires at the same time as the
   * link in the verification mail.
   */
  set(userId: string): string;
  /** Returns the `Set-Cookie` header that deletes the sign-up cookie. */
  clear(): string;
  /**
   * Returns the account id in the sign-up cookie of a request; undefined if the cookie is missing, forged or
   * expired.
   */
  read(request: RequestContext): string | undefined;
}

/**
 * Creates the reader and writer of the sign-up cookie. The cookie has `SameSite=Lax`, so browsers send it
 * when a link in a mail is opened, but not with forms of other sites. With HTTPS, the name of the cookie has
 * the prefix `__Host-`. No other host of the domain can then set the cookie of an attacker's sign-up.
 */
export function createSignUpCookie(
  { signUpTokens, settings, now }: Pick<UseCaseDeps, 'signUpTokens' | 'settings' | 'now'>,
  options: { readonly secure: boolean },
): SignUpCookie {
  const name = options.secure ? '__Host-latchkey_signup' : 'latchkey_signup';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${options.secure ? '; Secure' : ''}`;
  const seconds = settings.verificationMinutes * 60;

  return {
    set: (userId) => {
      const token = signUpTokens.issue(userId, new Date(now().getTime() + seconds * 1000));
      return `${name}=${token}; Max-Age=${seconds}; ${attributes}`;
    },
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
    read: ({ cookie }) => {
      const token = cookie(name);
      return token === undefined ? undefined : signUpTokens.open(token, now());
    },
  };
}
