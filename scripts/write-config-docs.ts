/**
 * Generates docs/config.md from the schemas of the settings. With `--check`, only checks that the existing file is up
 * to date.
 */

import { authSettings } from '@latchkey/auth';
import { kafkaSettings, storeKindSettings, storeSettings } from '@latchkey/backend';
import { notifierSettings } from '@latchkey/notifier';
import { describeConfig, type SettingDescription, serviceProcessSettings } from '@latchkey/process';
import { userSettings } from '@latchkey/user';
import { standaloneSettings } from '../apps/standalone/src/settings.ts';
import { writeOrCheckGeneratedFile } from './generated-file.ts';

const INTRODUCTION = `# Settings

<!-- Generated from the schemas by \`npm run docs\`. Edit the schemas, not this file. -->

Settings are environment variables. Every process also reads \`.env\` in the folder in which it is started; the environment takes precedence. An empty value counts as not set.

\`.env\` is UTF-8. Without quotes, a value ends at the end of its line or before \` #\`, as in Compose; put a value with spaces, quotes or \` #\` into single quotes: \`MAIL_PASSWORD='it is #1'\`. Compose also replaces \`$NAME\` in values without single quotes.

Every setting may come from a file instead: \`MAIL_PASSWORD_FILE=/run/secrets/mail\` reads \`MAIL_PASSWORD\` from that file, without a line break at its end. Setting both is an error. Use files for settings that are marked secret.

If settings are invalid, all errors are reported together, one line each, with the setting's name but without its value; the process then exits with 1.

Flags are \`true\` or \`false\`; \`1\`/\`0\`, \`yes\`/\`no\` and \`on\`/\`off\` work too. Lists are comma-separated.
`;

type Schema = Parameters<typeof describeConfig>[0];

const sections: readonly (readonly [title: string, about: string, schema: Schema])[] = [
  [
    'standalone',
    '`npm start` runs the standalone: the three services in one process. It reads these settings and those of auth, notifier and user. In development it provides what they require: it creates the keys once and keeps them in `secrets.json` in DATA_DIR, PUBLIC_URL is `http://localhost` with the port in use, and mails go to the mailbox page unless MAIL_SERVER is set. In production you must set all of these, and PUBLIC_URL must be an https URL.',
    standaloneSettings,
  ],
  [
    'process',
    'Each service also reads these settings if it runs as its own process. The default ports are those of auth; user has 8082 and 9082, the notifier 8083 and 9083.',
    serviceProcessSettings(8081),
  ],
  [
    'log',
    'Services that run as their own processes use Kafka. KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set together or not at all. Ops commands use Kafka too, unless the store is `sqlite`: then they use the log in the embedded store, or Kafka with `LOG=kafka`.',
    kafkaSettings,
  ],
  [
    'store',
    'The store of services that run as their own processes, with the settings of each kind; only those of the kind in use are read. If none are set, services use `mongo` and ops commands use `sqlite`.',
    Object.values(storeKindSettings).reduce(
      (schema, { shape }) => schema.extend(shape),
      storeSettings.extend({}),
    ),
  ],
  ['auth', 'Sign-up, login, links and sessions.', authSettings],
  ['notifier', 'Mails.', notifierSettings],
  ['user', 'Profiles.', userSettings],
];

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function fallbackOf({ default: fallback, required }: SettingDescription): string {
  if (required) return 'required';
  return fallback === undefined ? '' : `\`${fallback}\``;
}

function row(setting: SettingDescription): string {
  return `| \`${setting.name}\` | ${fallbackOf(setting)} | ${setting.secret ? 'secret' : ''} | ${cell(described(setting))} |`;
}

function described({ name, description }: SettingDescription): string {
  if (description === '') throw new Error(`${name} has no description`);
  return description;
}

function section([title, about, schema]: (typeof sections)[number]): string {
  return [
    `## ${title}`,
    '',
    about,
    '',
    '| Setting | Default | | Meaning |',
    '|---|---|---|---|',
    ...describeConfig(schema).map(row),
    '',
  ].join('\n');
}

writeOrCheckGeneratedFile('docs/config.md', [INTRODUCTION, ...sections.map(section)].join('\n'));
