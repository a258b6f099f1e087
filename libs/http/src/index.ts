export { validationProblem } from './field-errors.ts';
export { generalTranslations } from './general-texts.ts';
export { createListeningPart, type ListeningPart } from './listen.ts';
export { listenForOperations } from './listen-for-operations.ts';
export { type OpenApiInfo, openApiDocument } from './openapi.ts';
export { openApiRoute } from './openapi-route.ts';
export { operationsRoutes, operationsRoutesDuringStartup } from './operations.ts';
export { areSameSite, createOriginCheck, originSettings, publicPathOf } from './origin-settings.ts';
export {
  type FieldError,
  Problem,
  type ProblemSpec,
  rateLimitProblem,
  standardProblems,
  unavailableProblem,
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
export { pageContentSecurityPolicy, securityHeaders } from './security-headers.ts';
export type { Service } from './service.ts';
export { routesDuringStartup } from './startup-routes.ts';
export { mergeTranslations, type TranslationsByLanguage } from './translate.ts';
