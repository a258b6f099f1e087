import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseDotEnv } from './dot-env.ts';
import { describeSchemaIssue } from './in-words.ts';
import { decodeTextFile } from './text-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Thrown for invalid settings. The message contains one line per fault, which names the setting and says what
 * its value must be. It never contains secrets.
 */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads settings from environment variables. The keys of the schema are the names of the variables. An empty
 * value counts as not set. Instead of X, the variable `X_FILE` may name a file that contains the value;
 * setting both is a fault. Unknown variables are ignored.
 * @throws ConfigError with all faults
 */
export function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.infer<S> {
  const { values, faults } = collect(Object.keys(schema.shape), environment);
  // Disable zod's compilation (`jitless`), because compiling a schema of settings, which is used once or
  // twice, takes longer than it saves.
  const parsed = schema.safeParse(values, { jitless: true });
  if (parsed.success && faults.size === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    if (!faults.has(name)) faults.set(name, faultLine(schema, name, values[name], issue));
  }
  throw new ConfigError([...faults.values()]);
}

/**
 * Runs all given functions, each of which reads some settings.
 * @throws ConfigError with the faults that the functions have found, without duplicates
 */
export function readAllSettings<T extends Record<string, () => unknown>>(
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

/**
 * Collects the values of settings, each of which is set directly or in a file. A setting with a fault gets no
 * value.
 */
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
    const decoded = decodeTextFile(readFileSync(path));
    if ('fault' in decoded) return { fault: decoded.fault };
    // Remove only one line break, which an editor has added. Further line breaks may belong to the secret.
    const text = decoded.text.replace(/\r?\n$/, '');
    return text === '' ? { fault: 'the file is empty' } : { text };
  } catch (error) {
    return { fault: `the file cannot be read (${errorCode(error)})` };
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/**
 * Only secrets of at least this many characters are removed from messages. A shorter value may occur in a
 * message by chance.
 */
const SHORTEST_SECRET = 4;

function faultLine(
  schema: z.ZodObject,
  name: string,
  value: string | undefined,
  issue: z.core.$ZodIssue,
): string {
  if (name === '') return issue.message;
  if (value === undefined && issue.code === 'invalid_type') return `${name}: is required`;
  const message = describeSchemaIssue(issue);
  // If the value is secret, remove it from the message, because the schema's message may quote it.
  const hides = value !== undefined && value.length >= SHORTEST_SECRET && isSecret(schema, name);
  return `${name}: ${hides ? message.replaceAll(value, '…') : message}`;
}

function isSecret(schema: z.ZodObject, name: string): boolean {
  const field = schema.shape[name] as z.ZodType | undefined;
  return field !== undefined && describeSetting(name, field).secret;
}

/**
 * Adds the variables in the file `.env` of a folder, if it exists. A variable in the environment takes
 * precedence, even if one source sets X and the other X_FILE.
 * @throws ConfigError if the file cannot be read
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

function readDotEnv(folder: string): Readonly<Record<string, string>> {
  try {
    const { values, faults } = parseDotEnv(readFileSync(join(folder, '.env')));
    if (faults.length > 0) throw new ConfigError(faults.map((fault) => `.env: ${fault}`));
    return values;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
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

/** Declares a setting with a boolean value: true/false, 1/0, yes/no, on/off, case-insensitive. */
function flag(): z.ZodType<boolean | undefined>;
function flag(fallback: boolean): z.ZodType<boolean>;
function flag(fallback?: boolean): z.ZodType<boolean | undefined> {
  return withFallback(fallback, (text) => FLAGS[text.trim().toLowerCase()], 'must be true or false');
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Declares a setting whose value is an integer from `min` to `max`, including `min` and `max`. */
function whole(options: Range): z.ZodType<number | undefined>;
function whole(options: Range & { readonly fallback: number }): z.ZodType<number>;
function whole(options: Range & { readonly fallback?: number }): z.ZodType<number | undefined> {
  const { min, max, fallback } = options;
  return withFallback(
    fallback,
    wholeNumber,
    `must be a whole number from ${min} to ${max}`,
    (value) => value >= min && value <= max,
  );
}

/**
 * Makes a setting optional, with `fallback` as its default. The default must be a valid value of the setting.
 */
function withFallback<T>(
  fallback: T | undefined,
  read: (text: string) => T | undefined,
  message: string,
  isValid: (value: T) => boolean = () => true,
): z.ZodType<T | undefined> {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      const value = text === undefined ? fallback : read(text);
      if (value === undefined ? text === undefined : isValid(value)) return value;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta(fallback === undefined ? {} : { fallback: String(fallback) });
}

/**
 * Returns what is wrong with a URL; undefined if it is valid. Also reports faults that browsers would correct
 * silently.
 */
function faultOfUrl(text: string): string | undefined {
  if (/[\s\p{Cc}]/u.test(text)) return 'must contain no spaces';
  if (text.includes('\\')) return 'must be written with / instead of \\';
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'must be an http(s) URL';
  if (/[?#]/.test(text)) return 'must have neither a query (?) nor a fragment (#)';
  if (/^[^/]*\/\/[^/]*@/.test(text)) return 'must contain no user name and no password';
  if (/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(text)) return 'must contain neither /./ nor /../';
  return undefined;
}

/** Functions that create the schemas of common kinds of settings. */
export const commonSettingSchemas = {
  flag,
  whole,

  /**
   * Declares a setting whose value is an http(s) URL to which paths are appended, so it must have no user,
   * query or fragment. Trailing slashes are removed.
   */
  url() {
    return z
      .string()
      .superRefine((text, context) => {
        const message = faultOfUrl(text);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .overwrite((text) => text.replace(/\/+$/, ''));
  },

  /**
   * Declares a setting whose value is a comma-separated list. Items are trimmed, and empty items are dropped.
   */
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

  /**
   * Declares a setting whose value is a comma-separated list of `name=value` with unique names.
   * @param fault the message for any other value
   */
  pairs(fault = 'must be a list of name=value, each name once'): z.ZodType<Readonly<Record<string, string>>> {
    return commonSettingSchemas
      .list()
      .meta({ printable: true })
      .transform((items, context) => {
        const pairs = items.map((item) => /^([^=\s]+)=(\S+)$/.exec(item)?.slice(1) ?? []);
        const names = new Set(pairs.map(([name]) => name));
        if (pairs.every((pair) => pair.length === 2) && names.size === pairs.length)
          return Object.fromEntries(pairs);
        context.addIssue({ code: 'custom', message: fault });
        return z.NEVER;
      });
  },
};

function wholeNumber(text: string): number {
  return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/**
 * Adds a check that finds invalid combinations of settings. The check also runs if individual settings are
 * invalid, so that all faults are reported together. Therefore the values that are passed to `find` may have
 * other types than declared.
 */
export function withCrossFieldChecks<Settings extends z.ZodObject>(
  settings: Settings,
  find: (
    config: z.infer<Settings>,
  ) => readonly (readonly [name: string & keyof z.infer<Settings>, message: string])[],
): Settings {
  return settings.superRefine(
    (config, context) => {
      for (const [name, message] of find(config)) {
        context.addIssue({ code: 'custom', path: [name], message });
      }
    },
    { when: () => true },
  );
}

/** The description of a setting, from which the documentation is generated. */
export interface SettingDescription {
  readonly name: string;
  /** The default value, as one would write it in the environment. */
  readonly default?: string;
  /** The description, from the schema's `.describe()` or `.meta()`. */
  readonly description: string;
  /** Whether the service refuses to start without this setting. */
  readonly required: boolean;
  /**
   * Whether the setting is marked with `.meta({ secret: true })`. The value of a secret setting should be in
   * a file.
   */
  readonly secret: boolean;
  /**
   * Set to true if the value of the setting is an object without secrets, marked with `.meta({ printable:
   * true })`.
   */
  readonly printable?: true;
}

/** Describes the settings of a schema, in the schema's order. */
export function describeSettings(schema: z.ZodObject): readonly SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => describeSetting(name, field as z.ZodType));
}

function describeSetting(name: string, field: z.ZodType): SettingDescription {
  const meta = metadataOf(field);
  const fallback = meta['fallback'] ?? meta['default'];
  return {
    name,
    ...(fallback === undefined ? {} : { default: String(fallback) }),
    description: meta.description ?? '',
    required: fallback === undefined && !field.safeParse(undefined).success,
    secret: meta['secret'] === true,
    ...(meta['printable'] === true && { printable: true }),
  };
}

/**
 * Returns the metadata of a schema, and the default that `.default()` sets. A schema that was made from
 * another schema, for example by `.optional()` or `.default()`, also has the metadata of that other schema.
 * `z.toJSONSchema` would return the same metadata, but would add 30 ms to the start of a process.
 */
function metadataOf(schema: z.core.$ZodType): z.core.GlobalMeta & Readonly<Record<string, unknown>> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const own = z.globalRegistry.get(schema);
  if (def.type === 'default') return { ...metadataOf(def.innerType), default: def.defaultValue, ...own };
  if (def.type === 'pipe') return { ...metadataOf(def.in), ...own };
  return { ...('innerType' in def ? metadataOf(def.innerType) : {}), ...own };
}
