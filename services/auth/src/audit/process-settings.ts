/** Formats the settings of a process for operators: for a secret, it shows only that it is set. */
import { describeConfig } from '@latchkey/process';
import type { z } from 'zod';

/**
 * Returns the values of the settings by name, without secrets. @param config the settings, parsed by the
 * schema
 */
export function formatSettingsWithoutSecrets(
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

/**
 * Formats a value. Objects are never printed, because they are keys, even if the setting is not marked as
 * secret.
 */
function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return SET;
}
