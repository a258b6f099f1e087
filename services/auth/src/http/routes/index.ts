/** Every route of auth, by topic. */
import type { Route } from '@latchkey/http';
import type { RouteDeps } from '../deps.ts';
import { accountRoutes } from './accounts.ts';
import { documentRoutes, openApiRoute } from './documents.ts';
import { mailingRoutes } from './mailings.ts';
import { passwordRoutes } from './passwords.ts';
import { profileRoutes } from './profile.ts';
import { sessionRoutes } from './sessions.ts';
import { signUpRoutes } from './sign-up.ts';
import { verificationRoutes } from './verification.ts';

const topics = [
  signUpRoutes,
  verificationRoutes,
  sessionRoutes,
  passwordRoutes,
  profileRoutes,
  accountRoutes,
  mailingRoutes,
  documentRoutes,
];

export function createRoutes(deps: RouteDeps): readonly Route[] {
  const routes = topics.flatMap((routesOf) => routesOf(deps));
  return [...routes, openApiRoute(deps, routes)];
}
