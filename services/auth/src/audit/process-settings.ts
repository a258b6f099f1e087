/** The settings of a process as operators may see them: a secret shows only that it is set, not its value. */
import { describeConfig } from '@latchkey/process';
import type { z } from 'zod';

/** Returns the settings by name, as operators may see them. @param config the settings, parsed by the schema */
export function displayableSettings(
  schema: z.ZodObject,
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const shown = describeConfig(schema).flatMap(({ name, secret }) => {
    const value = config[name];
    if (value === undefined) return [];
    return [[name, secret ? SET : textOf(value)]];
  });
  return Object.fromEntries(shown);
}

const SET = '(set)';

/** Keys are objects that must never be printed, whether or not the setting is secret. */
function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return SET;
}
