import type { ServiceClients } from '@latchkey/clients';
import type { Guards, VerifyToken } from '@latchkey/tokens';
import type { Caller, UseCaseDeps } from '../deps.ts';
import type { OperationCounter } from '../metrics.ts';
import type { RateLimitRules } from '../ports/limits.ts';
import type { LinkPages } from './pages/pages.ts';
import type { RefreshCookie } from './refresh-cookie.ts';
import type { SecurityTxtFields } from './security-txt.ts';
import type { SignUpCookie } from './sign-up-cookie.ts';

/** The dependencies of auth's routes: the dependencies of the use cases, and some that only HTTP needs. */
export interface RouteDeps extends UseCaseDeps {
  readonly count: OperationCounter;
  readonly guards: Guards<Caller & { readonly verified: boolean; readonly role: string }>;
  readonly pages: LinkPages;
  readonly cookie: RefreshCookie;
  readonly signUpCookie: SignUpCookie;
  readonly verifyToken: VerifyToken;
  readonly clients: Pick<ServiceClients, 'find'>;
  /** PUBLIC_URL without its trailing slash, which is also the issuer of access tokens. */
  readonly publicUrl: string;
  /**
   * The path of PUBLIC_URL, which the reverse proxy strips from requests; empty if PUBLIC_URL has no path.
   */
  readonly publicPath: string;
  /** The rate limits, which the OpenAPI document describes; undefined if no limit is enforced. */
  readonly limitRules: RateLimitRules | undefined;
  /** The content of `/.well-known/security.txt`; undefined without SECURITY_CONTACT. */
  readonly securityTxt: SecurityTxtFields | undefined;
}
