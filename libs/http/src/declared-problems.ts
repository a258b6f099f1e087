import { type ProblemSpec, problems } from './problem.ts';
import type { Route } from './route.ts';

/** Returns every problem that a route may respond with: the general ones, those of its policy, and its own. */
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
