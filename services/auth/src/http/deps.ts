import type { Guards } from '@latchkey/tokens';
import type { Caller, Deps } from '../deps.ts';
import type { Count } from './operation.ts';
import type { Pages } from './pages/pages.ts';
import type { RefreshCookie } from './refresh-cookie.ts';
import type { SignUpCookie } from './sign-up-cookie.ts';

/** The dependencies of the routes: those of the use cases, and what only HTTP needs. */
export interface RouteDeps extends Deps {
  readonly count: Count;
  readonly guards: Guards<Caller & { readonly verified: boolean; readonly role: string }>;
  readonly pages: Pages;
  readonly cookie: RefreshCookie;
  readonly signUpCookie: SignUpCookie;
  /** The path of PUBLIC_URL, which a proxy in front removes; empty if there is none. */
  readonly publicPath: string;
}
