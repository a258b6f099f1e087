import { type ProblemSpec, standardProblems } from './problem.ts';
import type { Route } from './route.ts';

/**
 * Returns every problem that a route may respond with: the problems of all routes, the problems of the
 * route's policy, and the problems that the route declares.
 */
export function listDeclaredProblems(route: Route): readonly ProblemSpec[] {
  return [
    standardProblems.validation_failed,
    ...(route.policy.bearer ? [standardProblems.unauthenticated] : []),
    standardProblems.payload_too_large,
    standardProblems.unsupported_media_type,
    standardProblems.internal,
    standardProblems.unavailable,
    ...route.policy.problems,
    ...(route.problems ?? []),
  ];
}
