/** What zod finds wrong, as a person would say it. */
import type { z } from 'zod';

/** Zod's own sentences are for programmers; a schema's sentences are kept. */
export const inWords = (issue: z.core.$ZodIssue): string => {
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
};

const withArticle = (type: string): string => `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items' };

const measure = (origin: string): string => (origin in UNITS ? 'have' : 'be');

const unit = (origin: string): string => (origin in UNITS ? ` ${UNITS[origin]}` : '');
