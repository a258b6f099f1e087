/** Formats the settings of a process for operators. Of a secret, it shows only whether it is set. */
import type { z } from 'zod';
import { describeSettings } from './config.ts';

/**
 * Returns the values of settings as text, by name, without secrets.
 * @param config the settings, parsed with the schema
 */
export function formatSettingsWithoutSecrets<Settings extends z.ZodObject>(
  schema: Settings,
  config: z.infer<Settings>,
): Readonly<Record<string, string>> {
  const values: Readonly<Record<string, unknown>> = config;
  const shown = describeSettings(schema).flatMap(({ name, secret, printable }) => {
    const value = values[name];
    if (value === undefined) return [];
    return [[name, secret ? SET : textOf(value, printable === true)]];
  });
  return Object.fromEntries(shown);
}

const SET = '(set)';

/**
 * Formats a value. Shows an object only if its setting is marked as printable, because any other object may
 * contain keys, even if its setting is not marked as secret.
 */
function textOf(value: unknown, isPrintable: boolean): string {
  if (isScalar(value)) return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return isPrintable ? printed(value) : SET;
}

/**
 * Formats an object or a list in the syntax of its setting: an object as `name=value,name=value`, and a list
 * of objects as `value:value,value:value`.
 */
function printed(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => Object.values(item).join(':')).join(',');
  return Object.entries(value as object)
    .map(([name, item]) => `${name}=${item}`)
    .join(',');
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
