/**
 * Generates docs/config.md from the schemas of the settings. With `--check`, only checks that the existing file is up
 * to date.
 */

import { authSettingsSchema } from '@latchkey/auth';
import { kafkaSettings, storeKindSettings, storeSettings } from '@latchkey/backend';
import { notifierSettingsSchema } from '@latchkey/notifier';
import {
  createServiceProcessSettingsSchema,
  describeSettings,
  type SettingDescription,
} from '@latchkey/process';
import { userSettingsSchema } from '@latchkey/user';
import { standaloneSettingsSchema } from '../apps/standalone/src/settings.ts';
import { writeOrCheckGeneratedFile } from './generated-file.ts';

const INTRODUCTION = `# Settings

<!-- Generated from the schemas by \`npm run docs\`. Edit the schemas, not this file. -->

Settings are environment variables. Every process also reads the file \`.env\` in the folder in which it is started; environment variables take precedence over \`.env\`. An empty value counts as not set.

The file \`.env\` is in UTF-8 and has one \`NAME=value\` per line, as in Compose:

- Without quotes, a value ends at the end of its line or before \` #\`.
- Put a value into single quotes if it begins or ends with a space, begins with a quote, or contains \` #\`: \`MAIL_PASSWORD='it is #1'\`. A value in quotes may have several lines.
- Inside single quotes, only \`\\'\` has a special meaning: a single quote. Inside double quotes, \`\\"\` is a double quote, \`\\\\\` a backslash, and \`\\n\` a line break.
- In values without single quotes, Compose replaces \`$NAME\` by the value of that variable; Latchkey does not.

If a line breaks these rules, for example because a quote is not closed, the process does not start, and its error message names the line and the setting.

The value of every setting can be in a file instead: with \`MAIL_PASSWORD_FILE=/run/secrets/mail\`, the process reads \`MAIL_PASSWORD\` from \`/run/secrets/mail\` and ignores a line break at the end of the file. The file must be in UTF-8; a byte order mark is ignored. Setting both \`MAIL_PASSWORD\` and \`MAIL_PASSWORD_FILE\` is an error. Use files for settings that are marked secret.

If settings are invalid, the process reports all errors together, one line per error, with the setting's name but without its value, and exits with 1.

The values of flags are \`true\` or \`false\`; \`1\`/\`0\`, \`yes\`/\`no\` and \`on\`/\`off\` work too. Lists are comma-separated.
`;

type Schema = Parameters<typeof describeSettings>[0];

const sections: readonly (readonly [title: string, about: string, schema: Schema])[] = [
  [
    'standalone',
    '`npm start` runs the standalone: the three services in one process. The standalone reads the settings below and those of auth, notifier and user. In development the standalone has defaults for all required settings: PUBLIC_URL is `http://localhost` with the port in use, and mails go to the mailbox page unless MAIL_SERVER is set. At its first start, the standalone creates the keys and keeps them in `secrets.json` in DATA_DIR. If this file is missing later, the standalone does not start, because stored accounts work only with these keys. In production you must set the keys, PUBLIC_URL and MAIL_SERVER yourself, and PUBLIC_URL must be an https URL.',
    standaloneSettingsSchema,
  ],
  [
    'process',
    'Each service also reads the settings below if it runs as its own process. The table shows the default ports of auth; the defaults of the user service are 8082 and 9082, those of the notifier 8083 and 9083.',
    createServiceProcessSettingsSchema(8081),
  ],
  [
    'log',
    'Services that run as their own processes use Kafka. KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set together or not at all. Ops commands use Kafka too, unless the store is `sqlite`. With `sqlite`, ops commands use the log in the embedded store, or Kafka if `LOG=kafka` is set.',
    kafkaSettings,
  ],
  [
    'store',
    'These settings select and configure the store of services that run as their own processes. A process reads only the settings of the kind of store that it uses. If no setting is given, services use `mongo` and ops commands use `sqlite`.',
    Object.values(storeKindSettings).reduce(
      (schema, { shape }) => schema.extend(shape),
      storeSettings.extend({}),
    ),
  ],
  ['auth', 'The settings of auth configure sign-up, login, links and sessions.', authSettingsSchema],
  ['notifier', 'The settings of the notifier configure how mails are sent.', notifierSettingsSchema],
  [
    'user',
    'The settings of the user service configure its API and its webhooks, and how it verifies events.',
    userSettingsSchema,
  ],
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
    ...describeSettings(schema).map(row),
    '',
  ].join('\n');
}

writeOrCheckGeneratedFile('docs/config.md', [INTRODUCTION, ...sections.map(section)].join('\n'));
