/** Settings from the environment: one zod schema per service, every fault reported at once, by name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { inWords } from './in-words.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The faults of a configuration, one line each, naming the setting and what it takes. Values are never shown. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads the settings of a schema whose keys are the names of the environment variables. An empty value counts
 * as not given. `X_FILE` may name a file that holds X (both given: a fault). Unknown variables are ignored.
 * @throws ConfigError with all faults.
 */
export function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.infer<S> {
  const { values, faults } = collect(Object.keys(schema.shape), environment);
  const parsed = schema.safeParse(values);
  if (parsed.success && faults.size === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    if (!faults.has(name)) faults.set(name, faultLine(name, values[name], issue));
  }
  throw new ConfigError([...faults.values()]);
}

/**
 * Runs every reader, so that the faults of all are told at once, each of them once.
 * @throws ConfigError with all faults
 */
export function readAll<T extends Record<string, () => unknown>>(
  readers: T,
): { [K in keyof T]: ReturnType<T[K]> } {
  const faults = new Set<string>();
  const values: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(readers)) {
    try {
      values[name] = read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
    }
  }
  if (faults.size > 0) throw new ConfigError([...faults]);
  return values as { [K in keyof T]: ReturnType<T[K]> };
}

type Collected = { values: Record<string, string | undefined>; faults: Map<string, string> };

/** The values given, directly or by file; a setting whose giving is at fault has no value. */
function collect(names: readonly string[], environment: Environment): Collected {
  const values: Record<string, string | undefined> = {};
  const faults = new Map<string, string>();
  const known = new Set(names);
  for (const name of names) {
    const direct = environment[name] || undefined;
    const fileSetting = `${name}_FILE`;
    const file = known.has(fileSetting) ? undefined : environment[fileSetting] || undefined;
    if (file === undefined && direct === undefined) continue;
    if (file === undefined) values[name] = direct;
    else if (direct !== undefined)
      faults.set(name, `${name}: give either ${name} or ${fileSetting}, not both`);
    else {
      const content = readSecretFile(file);
      if ('fault' in content) faults.set(name, `${fileSetting}: ${content.fault}`);
      else values[name] = content.text;
    }
  }
  return { values, faults };
}

function readSecretFile(path: string): { text: string } | { fault: string } {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { fault: 'the file is empty' } : { text };
  } catch (error) {
    return { fault: `the file cannot be read (${errorCode(error)})` };
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** A shorter value may stand in any message by chance. */
const SHORTEST_SECRET = 4;

function faultLine(name: string, value: string | undefined, issue: z.core.$ZodIssue): string {
  if (name === '') return issue.message;
  if (value === undefined && issue.code === 'invalid_type') return `${name}: is required`;
  // A message made by a careless schema may quote the value.
  const quotable = value === undefined || value.length < SHORTEST_SECRET;
  return `${name}: ${quotable ? inWords(issue) : inWords(issue).replaceAll(value, '…')}`;
}

/**
 * Adds the variables of a `.env` file in `folder` (if there is one) beneath those given: given ones win, also
 * where one is given as X and the other as X_FILE.
 * @throws ConfigError if there is a file that cannot be read.
 */
export function withDotEnv(environment: Environment, folder: string): Environment {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const taken = new Set(given.map(([name]) => plainName(name)));
  const beneath = Object.entries(readDotEnv(folder)).filter(([name]) => !taken.has(plainName(name)));
  return Object.fromEntries([...beneath, ...given]);
}

function plainName(name: string): string {
  return name.replace(/_FILE$/, '');
}

function readDotEnv(folder: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new ConfigError([`.env: the file cannot be read (${errorCode(error)})`]);
  }
}

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

/** Building blocks of settings, so that the same kind of value is written the same way everywhere. */
export const setting = {
  /** `true` or `false` in any case, also 1/0, yes/no, on/off. */
  flag(fallback: boolean): z.ZodType<boolean> {
    return z
      .string()
      .optional()
      .transform((text, context) => {
        const value = text === undefined ? fallback : FLAGS[text.trim().toLowerCase()];
        if (value !== undefined) return value;
        context.addIssue({ code: 'custom', message: 'must be true or false' });
        return z.NEVER;
      })
      .meta({ fallback: String(fallback) });
  },

  /** A whole number in decimal digits, from `min` to `max`, both included. */
  whole(options: { min: number; max: number; fallback: number }): z.ZodType<number> {
    const { min, max, fallback } = options;
    return z
      .string()
      .optional()
      .transform((text, context) => {
        const value = text === undefined ? fallback : wholeNumber(text);
        if (value >= min && value <= max) return value;
        context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
        return z.NEVER;
      })
      .meta({ fallback: String(fallback) });
  },

  /** Of http or https, without query, fragment and slash at the end. */
  url() {
    return z
      .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
      .refine((text) => !/[?#]/.test(text), 'must end with its path')
      .overwrite((text) => text.replace(/\/+$/, ''));
  },

  /** Comma-separated, trimmed, without empties. */
  list(): z.ZodType<readonly string[]> {
    return z
      .string()
      .optional()
      .transform((text = '') =>
        text
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== ''),
      );
  },

  /** Comma-separated `name=value`, each name once. */
  pairs(): z.ZodType<Readonly<Record<string, string>>> {
    return setting.list().transform((items, context) => {
      const pairs = items.map((item) => /^([^=\s]+)=(\S+)$/.exec(item)?.slice(1) ?? []);
      const names = new Set(pairs.map(([name]) => name));
      if (pairs.every((pair) => pair.length === 2) && names.size === pairs.length)
        return Object.fromEntries(pairs);
      context.addIssue({ code: 'custom', message: 'must be a list of name=value, each name once' });
      return z.NEVER;
    });
  },
};

function wholeNumber(text: string): number {
  return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** One setting, as a person reads about it. */
export interface SettingDescription {
  readonly name: string;
  /** As it would be written in the environment. */
  readonly default?: string;
  /** Of the schema's `.describe()` or `.meta()`. */
  readonly description: string;
  /** Neither given nor defaulted, the service does not start. */
  readonly required: boolean;
  /** Marked by `.meta({ secret: true })`: better given as a file. */
  readonly secret: boolean;
}

/** What there is to set, in the schema's order, so that documentation is made from the schema. */
export function describeConfig(schema: z.ZodObject): readonly SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => describeSetting(name, field as z.ZodType));
}

function describeSetting(name: string, field: z.ZodType): SettingDescription {
  // JSON Schema already knows how metadata travels through optional, default and pipe.
  const json = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' });
  const fallback = json['fallback'] ?? json.default;
  return {
    name,
    ...(fallback === undefined ? {} : { default: String(fallback) }),
    description: json.description ?? '',
    required: fallback === undefined && !field.safeParse(undefined).success,
    secret: json['secret'] === true,
  };
}
