/** Writes docs/config.md from the schemas of the settings. `--check` compares. */

import { authSettings } from '@latchkey/auth';
import { kafkaSettings, settingsOfStore, storeSettings } from '@latchkey/backend';
import { notifierSettings } from '@latchkey/notifier';
import { describeConfig, type SettingDescription, serviceProcessSettings } from '@latchkey/process';
import { userSettings } from '@latchkey/user';
import { standaloneSettings } from '../apps/standalone/src/settings.ts';
import { generatedFile } from './generated-file.ts';

const INTRODUCTION = `# Settings

<!-- Made from the schemas by \`npm run docs\`. Edit those, not this. -->

Settings are environment variables. Every process also reads \`.env\` in the folder that it is started in; what is set in the environment wins. An empty value counts as not given.

\`.env\` is UTF-8. Without quotes, a value ends at the end of its line, or before a space and \`#\`, as in Compose; put a value with spaces, quotes or \` #\` into single quotes: \`MAIL_PASSWORD='it is #1'\`. Compose also replaces \`$NAME\` in values without single quotes.

Every setting may come from a file instead: \`MAIL_PASSWORD_FILE=/run/secrets/mail\` reads \`MAIL_PASSWORD\` from there, without one line break at its end. Giving both is a fault. Use files for what is marked secret.

All faults are reported at once, one line each, by name and without the values; the process then exits with 1.

Flags take \`true\` or \`false\`, also \`1\`/\`0\`, \`yes\`/\`no\`, \`on\`/\`off\`. Lists are separated by commas.
`;

type Schema = Parameters<typeof describeConfig>[0];

const sections: readonly (readonly [title: string, about: string, schema: Schema])[] = [
  [
    'standalone',
    'What `npm start` runs: the three services in one process. It reads these settings and those of auth, notifier and user. In development it provides what they require: keys are made once and kept in `secrets.json` in DATA_DIR, PUBLIC_URL is `http://localhost` with the port in use, and mails go to the mailbox page unless MAIL_SERVER is given. In production all of that must be given, and PUBLIC_URL must be an https URL.',
    standaloneSettings,
  ],
  [
    'process',
    'What each service reads beside its own settings where it runs as a process of its own. The default ports are those of auth; user has 8082 and 9082. The notifier has OPERATIONS_PORT only, 9083 by default.',
    serviceProcessSettings({ port: 8081, operationsPort: 9081 }),
  ],
  [
    'log',
    'Kafka, which services that are processes of their own read and write. KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are given together or not at all. Ops commands use it as well, unless the store is `sqlite`: then they use the log that the embedded store holds, or Kafka with `LOG=kafka`.',
    kafkaSettings,
  ],
  [
    'store',
    'What services that are processes of their own keep their data in, and the settings of each kind: only those of the kind in use are read. Without any of them, services use `mongo` and ops commands `sqlite`.',
    Object.values(settingsOfStore).reduce(
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
    '| Setting | Default | | What it is |',
    '|---|---|---|---|',
    ...describeConfig(schema).map(row),
    '',
  ].join('\n');
}

generatedFile('config.md', [INTRODUCTION, ...sections.map(section)].join('\n'));
