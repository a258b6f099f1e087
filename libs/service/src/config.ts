/** Settings from the environment: one zod schema per service, every fault reported at once, by name. */
import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The faults of a configuration, one line each, naming the setting and what it takes. Values are never shown. */
export declare class ConfigError extends Error {
  readonly faults: readonly string[];
}

/**
 * Reads the settings of a schema whose keys are the names of the environment variables. An empty value counts
 * as not given. `X_FILE` may name a file that holds X (both given: a fault). Unknown variables are ignored.
 * @throws ConfigError with all faults.
 */
export declare function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.infer<S>;

/** Adds the variables of a `.env` file in `folder` (if there is one) beneath those given: given ones win. */
export declare function withDotEnv(environment: Environment, folder: string): Environment;

/** Building blocks of settings, so that the same kind of value is written the same way everywhere. */
export declare const setting: {
  /** `true` or `false` in any case, also 1/0, yes/no, on/off. */
  flag(fallback: boolean): z.ZodType<boolean>;
  whole(options: { min: number; max: number; fallback: number }): z.ZodType<number>;
  /** Comma-separated, trimmed, without empties. */
  list(): z.ZodType<readonly string[]>;
};
