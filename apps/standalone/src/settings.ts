/**
 * The settings of the standalone: its own settings, and the settings of the three services, some of which
 * have different defaults in the standalone.
 */
import { authSettingsSchema } from '@latchkey/auth';
import { generatedSecretNames, generateSecrets } from '@latchkey/auth/secrets';
import { topicNameSettings } from '@latchkey/backend';
import { notifierSettingsSchema } from '@latchkey/notifier';
import {
  commonSettingSchemas,
  createProcessSettingsSchema,
  type Environment,
  formatSettingsWithoutSecrets,
  readAllSettings,
  readConfig,
  withCrossFieldChecks,
} from '@latchkey/process';
import { userSettingsSchema } from '@latchkey/user';
import { z } from 'zod';
import { isLoopback } from './pages/local-only.ts';

const fields = createProcessSettingsSchema(8080).extend({
  LATCHKEY_ENV: z
    .enum(['development', 'production'])
    .default('development')
    .describe(
      'The mode: `development` (with development pages, a mailbox and generated secrets) or `production`.',
    ),
  OPERATIONS_PORT: commonSettingSchemas
    .whole({ min: 0, max: 65_535 })
    .describe(
      'Port of `/livez`, `/readyz` and `/metrics`, which are not available on PORT. Default: PORT + 1000, or PORT - 1000 if PORT is above 64535; any free port if PORT is 0.',
    ),
  DATA_DIR: z.string().default('./.data').describe('Folder for all data.'),
  EXPOSE_DEVELOPMENT: commonSettingSchemas
    .flag(false)
    .describe('Whether development mode is allowed although HOST is reachable from other machines.'),
  TOPIC_NAMES: topicNameSettings.shape.TOPIC_NAMES.describe(
    'Topics that have a different name on the log, comma-separated: `accounts.events.v1=accounts.events.v2`.',
  ),
  PUBLIC_URL: z.string().optional().describe('Default in development: http://localhost and the port in use.'),
  MAIL_SERVER: z.string().optional().describe('Default in development: the mailbox.'),
});

const EXPOSED =
  'must be a loopback address in development, because mails and secrets are exposed there: set EXPOSE_DEVELOPMENT=true to allow it, or LATCHKEY_ENV=production';

type Fault = readonly [name: keyof z.infer<typeof fields>, message: string];

/**
 * Describes settings that contradict each other. Called even if single settings are invalid, so that all
 * faults are reported at the same time.
 */
function contradictions(config: z.infer<typeof fields>): readonly Fault[] {
  if (config.LATCHKEY_ENV === 'production')
    return config.MAIL_SERVER === undefined ? [['MAIL_SERVER', 'is required in production']] : [];
  return config.EXPOSE_DEVELOPMENT || isLoopback(config.HOST) ? [] : [['HOST', EXPOSED]];
}

export const standaloneSettingsSchema = withCrossFieldChecks(fields, contradictions);

type OwnSettings = z.infer<typeof fields>;

export interface StandaloneConfig extends OwnSettings {
  readonly OPERATIONS_PORT: number;
  /** The environment from which the settings of the services are read. */
  readonly environment: Environment;
}

function isGiven(environment: Environment, name: string): boolean {
  return Boolean(environment[name] || environment[`${name}_FILE`]);
}

/**
 * Returns whether any of the secrets is missing in the environment, so that the file `secrets.json` is
 * needed.
 */
export function areSecretsMissing(environment: Environment): boolean {
  return generatedSecretNames.some((name) => !isGiven(environment, name));
}

/** Adds defaults for settings that are set neither directly nor through a `…_FILE` setting. */
function withProvided(environment: Environment, provided: Environment): Environment {
  return {
    ...environment,
    ...Object.fromEntries(Object.entries(provided).filter(([name]) => !isGiven(environment, name))),
  };
}

function readersOfServices(environment: Environment) {
  return {
    auth: () => readConfig(authSettingsSchema, environment),
    notifier: () => readConfig(notifierSettingsSchema, environment),
    user: () => readConfig(userSettingsSchema, environment),
  };
}

/** Reads the settings of the services. @param provided defaults, by name @throws ConfigError that lists all faults */
export function readServiceSettings(environment: Environment, provided: Environment) {
  return readAllSettings(readersOfServices(withProvided(environment, provided)));
}

/** Returns the values of the settings of all services by name, without secrets. */
export function formatServiceSettings({
  auth,
  notifier,
  user,
}: ReturnType<typeof readServiceSettings>): Readonly<Record<string, string>> {
  return {
    ...formatSettingsWithoutSecrets(userSettingsSchema, user),
    ...formatSettingsWithoutSecrets(notifierSettingsSchema, notifier),
    ...formatSettingsWithoutSecrets(authSettingsSchema, auth),
  };
}

/**
 * Returns the settings that make the notifier send its mails to the SMTP server of the mailbox.
 * @param port the port on which the SMTP server of the mailbox listens
 */
export function createMailboxSmtpSettings(port: number): Environment {
  return {
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_STARTTLS: 'false',
    MAIL_SSL_TLS: 'false',
    USE_CREDENTIALS: 'false',
    MAIL_FROM: 'no-reply@latchkey.example',
  };
}

/**
 * Returns placeholders for the required settings whose values are known only later, so that all settings can
 * be validated at the start. Used only in development, because in production these settings must be set.
 */
function placeholders(): Environment {
  return {
    ...generateSecrets(),
    ...createMailboxSmtpSettings(1025),
    PUBLIC_URL: 'http://localhost:8080',
  };
}

/**
 * Validates the settings of the standalone and of all services before anything is opened.
 * @throws ConfigError that lists all faults
 */
export function readStandaloneSettings(given: Environment): StandaloneConfig {
  const development = !given['LATCHKEY_ENV'] || given['LATCHKEY_ENV'] === 'development';
  const environment = { ...given, LATCHKEY_ENV: given['LATCHKEY_ENV'] || 'development' };
  const { own } = readAllSettings({
    own: () => readConfig(standaloneSettingsSchema, environment),
    ...readersOfServices(withProvided(environment, development ? placeholders() : {})),
  });
  return { ...own, OPERATIONS_PORT: own.OPERATIONS_PORT ?? operationsPort(own.PORT), environment };
}

/**
 * Returns the default of OPERATIONS_PORT. It is derived from PORT, so that two standalones can run on one machine.
 */
function operationsPort(port: number): number {
  if (port === 0) return 0;
  return port <= 64_535 ? port + 1000 : port - 1000;
}

/** Returns whether the standalone serves the development pages. */
export function shouldServeDevelopmentPages({ LATCHKEY_ENV, HOST }: OwnSettings): boolean {
  return LATCHKEY_ENV === 'development' && isLoopback(HOST);
}
