import type { z } from 'zod';

/**
 * Describes a zod issue for people. Replaces zod's default messages, and keeps the messages that the schema
 * defines.
 */
export function describeSchemaIssue(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid (?:input|option|string)|Too (?:small|big))/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `must ${measure(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must ${measure(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}`;
    default:
      return issue.message;
  }
}

function withArticle(type: string): string {
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items' };

function measure(origin: string): string {
  return origin in UNITS ? 'have' : 'be';
}

function unit(origin: string): string {
  return origin in UNITS ? ` ${UNITS[origin]}` : '';
}
