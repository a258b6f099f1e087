/** The notifier's settings. */
import { eventSignaturesSetting } from '@latchkey/backend';
import { brandSettings, findFaultsInBrandSettings } from '@latchkey/brand';
import { commonSettingSchemas, environmentSetting, parseJson, withCrossFieldChecks } from '@latchkey/process';
import { z } from 'zod';
import { dkimSettingFields, findDkimSettingFaults } from './dkim-settings.ts';
import { findMailSettingFaults, mailSettingFields } from './mail-settings.ts';
import { findReportSettingFaults, reportSettingFields } from './report-settings.ts';

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const linkTemplate = url.refine((text) => text.includes('{token}'), 'must contain {token}');

const privateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: z.string().min(1),
  d: z.string().min(1),
  kid: z.string().exactOptional(),
});
const privateKeys = z.object({ keys: z.array(privateKey).min(1) });

const keySet = z.string().transform((text, context) => {
  const parsed = privateKeys.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'must be a JWKS of private X25519 keys ({"keys": [...]})' });
  return z.NEVER;
});

/** The names of mails that only inform a person about their account. NOTICES_OFF can disable them. */
const NOTICES = ['new-sign-in', 'locked-out', 'account-disabled', 'sessions-ended'] as const;

const notices = commonSettingSchemas
  .list()
  .pipe(z.array(z.enum(NOTICES, { error: `must be a list of: ${NOTICES.join(', ')}` })).readonly());

const fields = z.object({
  LATCHKEY_ENV: environmentSetting,
  PUBLIC_URL: commonSettingSchemas.url().describe('The public URL of the API; links in mails start with it.'),
  EVENT_SIGNATURES: eventSignaturesSetting,
  AUDIENCE: z
    .string()
    .min(1)
    .default('latchkey')
    .describe(
      'The audience that access tokens must name (`aud`). auth sends an access token when it reads mails for an export.',
    ),
  JWKS_URL: url
    .optional()
    .describe(
      'The URL where auth publishes the keys that verify its events and tokens. Default: /.well-known/jwks.json at PUBLIC_URL; in a standalone, auth passes the keys to the other services directly.',
    ),
  FRONTEND_URL: url.optional().describe('The URL of the client app; links in mails then lead to its pages.'),
  VERIFY_LINK: linkTemplate.optional().describe('The URL of verification links, with `{token}`.'),
  RESET_LINK: linkTemplate.optional().describe('The URL of password links, with `{token}`.'),
  EMAIL_CHANGE_LINK: linkTemplate
    .optional()
    .describe('The URL of the links that confirm a new address, with `{token}`.'),
  EMAIL_UNDO_LINK: linkTemplate
    .optional()
    .describe('The URL of the links that undo a change of address, with `{token}`.'),
  ...mailSettingFields,
  ...brandSettings,
  MAIL_LEASE_SECONDS: commonSettingSchemas
    .whole({ min: 6, max: 900, fallback: 90 })
    .describe(
      'How long a notifier process reserves the mails that it sends; the process extends this time while it sends them. If the process dies, other processes send its mails after this time.',
    ),
  ...dkimSettingFields,
  ...reportSettingFields,
  NOTICES_OFF: notices.describe(
    `Notices that are not sent, comma-separated: ${NOTICES.map((name) => `\`${name}\``).join(', ')}.`,
  ),
  TEMPLATE_FOLDER: z
    .string()
    .min(1)
    .optional()
    .describe('A folder with mail templates that replace those of Latchkey.'),
  SEALING_PRIVATE_KEYS: keySet
    .describe(
      'The private X25519 keys (JWKS) that decrypt links sealed by auth; while a key is being replaced, the JWKS has more than one key.',
    )
    .meta({ secret: true }),
});

type Fields = z.infer<typeof fields>;
type Fault = readonly [name: keyof Fields, message: string];

function when(wrong: boolean, name: keyof Fields, message: string): readonly Fault[] {
  return wrong ? [[name, message]] : [];
}

/** Returns the faults of settings that are valid on their own but contradict each other. */
function contradictions(config: Fields): readonly Fault[] {
  const production = config.LATCHKEY_ENV === 'production';
  return [
    ...when(production && config.MAIL_SERVER === undefined, 'MAIL_SERVER', 'is required in production'),
    ...when(
      production && !String(config.PUBLIC_URL).startsWith('https:'),
      'PUBLIC_URL',
      'must be an https URL in production',
    ),
    ...findFaultsInBrandSettings(config),
    ...findMailSettingFaults(config),
    ...findDkimSettingFaults(config),
    ...findReportSettingFaults(config),
  ];
}

export const notifierSettingsSchema = withCrossFieldChecks(fields, contradictions);

export type NotifierConfig = z.infer<typeof notifierSettingsSchema>;
