/** The notifier's settings. */
import { environmentSetting, parseJson, setting, withContradictions } from '@latchkey/process';
import { z } from 'zod';
import { dkimFields, faultsOfDkim } from './dkim-settings.ts';
import { faultsOfMail, mailFields } from './mail-settings.ts';

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

const fields = z.object({
  LATCHKEY_ENV: environmentSetting,
  PUBLIC_URL: setting.url().describe('Where the API is reached from outside; links in mails start with it.'),
  FRONTEND_URL: url.optional().describe('The client app; links in mails then lead to its pages.'),
  VERIFY_LINK: linkTemplate.optional().describe('Where verification links lead, with `{token}`.'),
  RESET_LINK: linkTemplate.optional().describe('Where password links lead, with `{token}`.'),
  ...mailFields,
  MAIL_LEASE_SECONDS: setting
    .whole({ min: 6, max: 900, fallback: 90 })
    .describe(
      'How long a process reserves the mails that it sends; extended while it sends them. Those of a process that died wait as long.',
    ),
  ...dkimFields,
  TEMPLATE_FOLDER: z.string().min(1).optional().describe('Mail templates that take the place of ours.'),
  SEALING_PRIVATE_KEYS: keySet
    .describe('The private X25519 keys (JWKS) that open links sealed by auth; several while they change.')
    .meta({ secret: true }),
});

type Fields = z.infer<typeof fields>;
type Fault = readonly [name: keyof Fields, message: string];

function when(wrong: boolean, name: keyof Fields, message: string): readonly Fault[] {
  return wrong ? [[name, message]] : [];
}

/** Settings that are valid alone but not together. */
function contradictions(config: Fields): readonly Fault[] {
  const production = config.LATCHKEY_ENV === 'production';
  return [
    ...when(production && config.MAIL_SERVER === undefined, 'MAIL_SERVER', 'is required in production'),
    ...when(
      production && !String(config.PUBLIC_URL).startsWith('https:'),
      'PUBLIC_URL',
      'must be an https URL in production',
    ),
    ...faultsOfMail(config),
    ...faultsOfDkim(config),
  ];
}

export const notifierSettings = withContradictions(fields, contradictions);

export type NotifierConfig = z.infer<typeof notifierSettings>;
