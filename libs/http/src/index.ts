export { validationProblem } from './field-errors.ts';
export { generalTexts } from './general-texts.ts';
export { createListeningPart, type ListeningPart } from './listen.ts';
export { listenForOperations } from './listen-for-operations.ts';
export { type OpenApiInfo, openApiDocument } from './openapi.ts';
export { openApiRoute } from './openapi-route.ts';
export { operationsRoutes, operationsRoutesDuringStartup } from './operations.ts';
export { allowedOrigins, areSameSite, originSettings, publicPathOf } from './origin-settings.ts';
export {
  type FieldError,
  Problem,
  type ProblemSpec,
  problems,
  rateLimitProblem,
  unavailableProblem,
} from './problem.ts';
export {
  type Answer,
  type AnswerSpec,
  type HandlerInput,
  type Policy,
  publicPolicy,
  type RequestContext,
  type Route,
  type RouteSpec,
  route,
} from './route.ts';
export { pageContentSecurityPolicy, securityHeaders } from './security-headers.ts';
export type { Service } from './service.ts';
export { routesDuringStartup } from './startup-routes.ts';
export { joinTexts, type Texts } from './translate.ts';
