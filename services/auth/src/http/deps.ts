import type { Guards } from '@latchkey/tokens';
import type { AccessTokens } from '../ports/tokens.ts';
import type { Signed } from '../use-cases/deps.ts';
import type { UseCases } from '../use-cases/index.ts';
import type { Count } from './operation.ts';
import type { Pages } from './pages/pages.ts';
import type { RefreshCookie } from './refresh-cookie.ts';

/** What the routes need. */
export interface RouteDeps {
  readonly useCases: UseCases;
  readonly count: Count;
  readonly guards: Guards<Signed & { readonly verified: boolean; readonly role: string }>;
  readonly pages: Pages;
  readonly cookie: RefreshCookie;
  readonly accessTokens: AccessTokens;
}
