import { describeSchemaIssue } from '@latchkey/process';
import type { z } from 'zod';
import { escapePointerToken } from './json.ts';
import { type FieldError, Problem, standardProblems } from './problem.ts';

/**
 * The maximum number of field errors in a response. The number is limited because a client can send any
 * number of invalid fields.
 */
const MOST_ERRORS = 50;

/**
 * Converts the issues of a failed parse to field errors.
 * @param root the beginning of the JSON pointers: `#`, `#/query`, …
 */
export function toFieldErrors(error: z.core.$ZodError, input: unknown, root: string): readonly FieldError[] {
  return error.issues.flatMap((issue) => issueErrors(issue, input, root)).slice(0, MOST_ERRORS);
}

function issueErrors(issue: z.core.$ZodIssue, input: unknown, root: string): readonly FieldError[] {
  const pointer = [root, ...issue.path.map((key) => escapePointerToken(String(key)))].join('/');
  const value = valueAt(input, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${escapePointerToken(key)}`,
      code: 'unknown',
      message: 'is not a known field',
    }));
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestBranch(issue.errors);
    if (nearest !== undefined) return nearest.flatMap((inner) => issueErrors(inner, value, pointer));
  }
  const missing = value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  if (missing) return [{ pointer, code: 'required', message: 'is required' }];
  return [{ pointer, code: codeOf(issue), message: describeSchemaIssue(issue) }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'wrong_type';
    case 'invalid_value':
      return 'not_allowed';
    case 'too_small':
      return isCounted(issue.origin) ? 'too_short' : 'too_small';
    case 'too_big':
      return isCounted(issue.origin) ? 'too_long' : 'too_large';
    default:
      return 'invalid';
  }
}

function isCounted(origin: string): boolean {
  return ['string', 'array', 'set'].includes(origin);
}

/**
 * Returns the branch of a union with the fewest validation issues, because the client most likely meant this
 * branch.
 */
function nearestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  return branches.toSorted((a, b) => a.length - b.length)[0];
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

/** Creates a 400 that lists the field errors. */
export function createValidationProblem(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const where = first === undefined ? '' : ` ${first.pointer}: ${first.message}`;
  const detail =
    errors.length === 1 ? `The request has a fault.${where}` : `The request has ${errors.length} faults.`;
  return new Problem(standardProblems.validation_failed, { detail, errors });
}
