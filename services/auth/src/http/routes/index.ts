/** Every route of auth, by topic. */
import { createOpenApiRoute, type Route } from '@latchkey/http';
import { runWithTimeBudget } from '@latchkey/store';
import { withAuditEvents } from '../audited-route.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import type { RouteDeps } from '../deps.ts';
import { withLimitDescriptions } from '../route-limits.ts';
import { accountRoutes } from './accounts.ts';
import { authOpenApiInfo, documentRoutes, fullOpenApiDocumentRoute } from './documents.ts';
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
    .map((route) => withLimitDescriptions(route, deps.limitRules))
    .map((route) => withAuditEvents(deps.audit, { ...route, pageHeaders, around: runWithTimeBudget }));
  const info = { ...authOpenApiInfo, publicPath: deps.publicPath };
  return [
    ...routes,
    createOpenApiRoute(`${AUTH_BASE_PATH}/openapi.json`, 'description', info, routes),
    fullOpenApiDocumentRoute(deps),
  ];
}
