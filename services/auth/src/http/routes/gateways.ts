/**
 * Routes for gateways and other services: identifying the sender of a request, introspecting a token, and
 * looking up the URLs of the endpoints.
 */
import { authenticateClient, type ServiceClient } from '@latchkey/clients';
import { role } from '@latchkey/events';
import {
  type AccessPolicy,
  Problem,
  publicAccessPolicy,
  type Route,
  route,
  standardProblems,
} from '@latchkey/http';
import { type AccessClaims, accountNotVerifiedRefusal } from '@latchkey/tokens';
import { z } from 'zod';
import { findCallerOfToken } from '../../sessions/session-status.ts';
import { AccessDeniedProblem } from '../audited-route.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import type { RouteDeps } from '../deps.ts';
import { defineOperationRoute } from '../operation.ts';
import { mapFailuresToProblems } from '../problems.ts';

const tag = 'gateways';

export function createGatewayRoutes(deps: RouteDeps): readonly Route[] {
  return [
    checkRoute(deps),
    introspectRoute(deps),
    metadataRoute(deps, 'openid-configuration', 'getOpenIdConfiguration'),
    metadataRoute(deps, 'oauth-authorization-server', 'getAuthorizationServer'),
  ];
}

/** The schema of a query parameter that is a flag: either without a value, or with the value `true`. */
const flag = z.enum(['', 'true']);

function checkRoute({ count, guards }: RouteDeps): Route {
  return defineOperationRoute(count, {
    operation: 'check',
    method: 'GET',
    path: `${AUTH_BASE_PATH}/check`,
    tag,
    summary: 'Identify the sender of a request: forward authentication for gateways',
    description:
      'Checks the access token, including whether it has been revoked. The headers of the response are for the service behind the gateway.',
    policy: guards.authenticated,
    query: z.object({
      verified: flag.optional().describe('Only verified accounts: `?verified`'),
      role: role.optional().describe('Only verified accounts with this role'),
    }),
    quiet: true,
    answers: {
      204: {
        description: 'The token is active.',
        headers: ['X-User-Id', 'X-User-Role', 'X-User-Verified', 'X-Auth-Sequence'],
      },
    },
    problems: [accountNotVerifiedRefusal, standardProblems.insufficient_permission],
    handle: async ({ caller, query }) => {
      const isVerifiedNeeded = query.verified !== undefined || query.role !== undefined;
      if (isVerifiedNeeded && !caller.verified)
        throw new AccessDeniedProblem(accountNotVerifiedRefusal, {}, caller.userId);
      if (query.role !== undefined && caller.role !== query.role)
        throw new AccessDeniedProblem(standardProblems.insufficient_permission, {}, caller.userId);
      return {
        status: 204,
        headers: {
          'X-User-Id': caller.userId,
          'X-User-Role': caller.role,
          'X-User-Verified': String(caller.verified),
          'X-Auth-Sequence': String(caller.state.sequence),
        },
      };
    },
  });
}

const CHALLENGE = 'Basic realm="latchkey"';

/** Creates the policy of routes for service clients with the scope `introspect`. */
function introspectingClient({ clients, now }: RouteDeps): AccessPolicy<ServiceClient> {
  return {
    who: 'a service client with the scope `introspect`',
    bearer: false,
    problems: [standardProblems.unauthenticated],
    authorise: async ({ headers }) => {
      const asked = { authorization: headers['authorization'], scope: 'introspect', now: now() } as const;
      const client = await mapFailuresToProblems(() => authenticateClient(clients, asked));
      if (client !== undefined) return client;
      throw new Problem(standardProblems.unauthenticated, {
        detail: 'Send the API key of a service client that may introspect.',
        headers: { 'WWW-Authenticate': CHALLENGE },
      });
    },
  };
}

/**
 * The maximum length of a token to introspect. Latchkey's access tokens are shorter, so a longer token is
 * reported as not active.
 */
const LONGEST_TOKEN = 16_384;
const LONGEST_HINT = 64;

const introspection = z
  .object({
    active: z.boolean(),
    scope: z.string().optional(),
    client_id: z.string().optional(),
    token_type: z.literal('Bearer').optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    sub: z.uuid().optional(),
    aud: z.string().optional(),
    iss: z.string().optional(),
    jti: z.string().optional(),
    sid: z.string().optional(),
    role: role
      .optional()
      .meta({ description: 'The current role, which may be newer than the role in the token.' }),
    email_verified: z.boolean().optional(),
    seq: z.int().optional(),
  })
  .meta({
    id: 'Introspection',
    description: 'RFC 7662, 2.2. For an inactive token it contains only `active`.',
  });

function introspectRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'introspect',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/introspect`,
    tag,
    summary: 'Whether an access token is active (RFC 7662)',
    description: 'For service clients (`ops clients add`). Any other token is reported as not active.',
    policy: introspectingClient(deps),
    credentials: {
      schemes: {
        clientKey: { type: 'http', scheme: 'bearer', description: 'The API key of a service client.' },
        clientBasic: {
          type: 'http',
          scheme: 'basic',
          description: 'The id of a service client as the user, its API key as the password.',
        },
      },
      optional: false,
    },
    body: z.object({
      token: z.string().min(1).max(LONGEST_TOKEN),
      token_type_hint: z.string().max(LONGEST_HINT).optional(),
    }),
    accepts: ['form', 'json'],
    quiet: true,
    answers: { 200: { description: 'Whether the token is active, and its claims.', schema: introspection } },
    handle: async ({ body }) => ({ status: 200, body: await introspected(deps, body.token) }),
  });
}

async function introspected(deps: RouteDeps, token: string): Promise<z.infer<typeof introspection>> {
  const claims = await deps.verifyToken(token);
  const caller = claims && (await findCallerOfToken(deps, claims));
  if (claims === undefined || caller === undefined) return { active: false };
  const { role: current, status } = caller.state;
  return {
    active: true,
    token_type: 'Bearer',
    ...publicClaims(claims),
    role: current,
    email_verified: status === 'verified',
  };
}

function publicClaims({ iss, aud, sub, sid, client_id, iat, exp, jti, seq, scope }: AccessClaims) {
  return { iss, aud, sub, sid, client_id, iat, exp, jti, seq, ...(scope !== undefined && { scope }) };
}

const MAX_AGE_SECONDS = 300;

const metadata = z
  .object({
    issuer: z.string(),
    jwks_uri: z.string(),
    introspection_endpoint: z.string(),
    introspection_endpoint_auth_methods_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    subject_types_supported: z.array(z.string()),
    id_token_signing_alg_values_supported: z.array(z.string()),
    claims_supported: z.array(z.string()),
    service_documentation: z.string(),
  })
  .meta({ id: 'AuthorizationServer' });

/**
 * Declares a route for the metadata of the authorization server (`issuer`, `jwks_uri` and so on). OAuth (RFC
 * 8414) and OpenID Connect define different URLs for this document. Resource servers may request either URL,
 * so this function is called once for each.
 */
function metadataRoute({ publicUrl, accessTokens }: RouteDeps, name: string, operationId: string): Route {
  const document: z.infer<typeof metadata> = {
    issuer: publicUrl,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    introspection_endpoint: `${publicUrl}${AUTH_BASE_PATH}/introspect`,
    introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
    // Latchkey has neither an authorization endpoint nor a token endpoint: `service_documentation` describes
    // how to sign in.
    response_types_supported: [],
    grant_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...accessTokens.algorithms],
    claims_supported: [
      'iss',
      'aud',
      'sub',
      'sid',
      'exp',
      'iat',
      'jti',
      'role',
      'email_verified',
      'seq',
      'scope',
    ],
    service_documentation: `${publicUrl}/api/v1/openapi.json`,
  };
  return route({
    method: 'GET',
    path: `/.well-known/${name}`,
    operationId,
    tag,
    summary: 'Issuer, keys and endpoints, for programs that check access tokens (RFC 8414)',
    policy: publicAccessPolicy,
    cacheControl: `public, max-age=${MAX_AGE_SECONDS}`,
    answers: { 200: { description: 'Metadata of the issuer.', schema: metadata } },
    handle: async () => ({ status: 200, body: document }),
  });
}
