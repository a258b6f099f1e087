/** Every route of auth, by topic. */
import type { Route } from '@latchkey/http';
import { auditedRoute } from '../audited-route.ts';
import type { RouteDeps } from '../deps.ts';
import { accountRoutes } from './accounts.ts';
import { documentRoutes, openApiRoute, wholeApiRoute } from './documents.ts';
import { emailChangeRoutes } from './email-change.ts';
import { erasureRoutes } from './erasure.ts';
import { exportRoutes } from './export.ts';
import { gatewayRoutes } from './gateways.ts';
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
  emailChangeRoutes,
  accountRoutes,
  erasureRoutes,
  exportRoutes,
  mailingRoutes,
  gatewayRoutes,
  documentRoutes,
];

export function createRoutes(deps: RouteDeps): readonly Route[] {
  const pageHeaders = deps.pages.headers;
  const routes = topics
    .flatMap((routesOf) => routesOf(deps))
    .map((route) => auditedRoute(deps.audit, { ...route, pageHeaders }));
  return [...routes, openApiRoute(deps, routes), wholeApiRoute(deps)];
}
