export { createValidationProblem } from './field-errors.ts';
export { generalTranslations } from './general-texts.ts';
export { createHttpServerPart, type HttpServerPart } from './listen.ts';
export { createOpenApiDocument, type OpenApiInfo } from './openapi.ts';
export { createOpenApiRoute } from './openapi-route.ts';
export { createOperationsRoutes, createOperationsRoutesDuringStartup } from './operations.ts';
export { createOperationsServerPart } from './operations-listening-part.ts';
export { areSameSite, createOriginCheck, getPublicPath, originSettings } from './origin-settings.ts';
export {
  createRateLimitProblem,
  createUnavailableProblem,
  type FieldError,
  Problem,
  type ProblemSpec,
  standardProblems,
} from './problem.ts';
export {
  type AccessPolicy,
  type HandlerInput,
  publicAccessPolicy,
  type RequestContext,
  type Route,
  type RouteResponse,
  type RouteResponseSpec,
  type RouteSpec,
  route,
} from './route.ts';
export { createPageContentSecurityPolicy, securityHeaders } from './security-headers.ts';
export type { Service } from './service.ts';
export { routesDuringStartup } from './startup-routes.ts';
export { mergeTranslations, type TranslationsByLanguage } from './translate.ts';
