/** What a route may answer besides what it is for: the same list for its description and for its guard. */
import { type ProblemSpec, problems } from './problem.ts';
import type { Route } from './route.ts';

/** Every problem of a route: those of any route, its policy's, its own. */
export function declaredProblems(route: Route): readonly ProblemSpec[] {
  return [
    problems.validation_failed,
    ...(route.policy.bearer ? [problems.unauthenticated] : []),
    problems.payload_too_large,
    problems.unsupported_media_type,
    problems.internal,
    problems.unavailable,
    ...route.policy.problems,
    ...(route.problems ?? []),
  ];
}
