/** Creates every route of auth, by topic. */
import { createOpenApiRoute, type Route } from '@latchkey/http';
import { runWithTimeBudget } from '@latchkey/store';
import { withSecurityEventRecording } from '../audited-route.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import type { RouteDeps } from '../deps.ts';
import { withRateLimitDescriptions } from '../route-limits.ts';
import { createAccountRoutes } from './accounts.ts';
import { authOpenApiInfo, createDocumentRoutes, createFullOpenApiDocumentRoute } from './documents.ts';
import { createEmailChangeRoutes } from './email-change.ts';
import { createErasureRoutes } from './erasure.ts';
import { createExportRoutes } from './export.ts';
import { createGatewayRoutes } from './gateways.ts';
import { createMailingRoutes } from './mailings.ts';
import { createPasswordRoutes } from './passwords.ts';
import { createProfileRoutes } from './profile.ts';
import { createSessionRoutes } from './sessions.ts';
import { createSignUpRoutes } from './sign-up.ts';
import { createVerificationRoutes } from './verification.ts';

const topics = [
  createSignUpRoutes,
  createVerificationRoutes,
  createSessionRoutes,
  createPasswordRoutes,
  createProfileRoutes,
  createEmailChangeRoutes,
  createAccountRoutes,
  createErasureRoutes,
  createExportRoutes,
  createMailingRoutes,
  createGatewayRoutes,
  createDocumentRoutes,
];

export function createAuthRoutes(deps: RouteDeps): readonly Route[] {
  const pageHeaders = deps.pages.headers;
  const routes = topics
    .flatMap((routesOf) => routesOf(deps))
    .map((route) => withRateLimitDescriptions(route, deps.limitRules))
    .map((route) =>
      withSecurityEventRecording(deps.audit, { ...route, pageHeaders, around: runWithTimeBudget }),
    );
  const info = { ...authOpenApiInfo, publicPath: deps.publicPath };
  return [
    ...routes,
    createOpenApiRoute(`${AUTH_BASE_PATH}/openapi.json`, 'description', info, routes),
    createFullOpenApiDocumentRoute(deps),
  ];
}
