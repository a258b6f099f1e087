/** The notifier's settings. */
import { environmentSetting, parseJson, setting } from '@latchkey/process';
import { z } from 'zod';

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

function plainText(most: number) {
  return z
    .string()
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), 'must not contain control characters');
}

const fields = z.object({
  LATCHKEY_ENV: environmentSetting,
  PUBLIC_URL: setting.url().describe('Where the API is reached from outside; links in mails start with it.'),
  FRONTEND_URL: url.optional().describe('The client app; links in mails then lead to its pages.'),
  VERIFY_LINK: linkTemplate.optional().describe('Where verification links lead, with `{token}`.'),
  RESET_LINK: linkTemplate.optional().describe('Where password links lead, with `{token}`.'),
  MAIL_SERVER: z.string().min(1).optional().describe('Host name of the SMTP server.'),
  MAIL_PORT: setting.whole({ min: 1, max: 65_535, fallback: 587 }).describe('Its port.'),
  MAIL_USERNAME: z.string().optional().describe('User name for the SMTP server.'),
  MAIL_PASSWORD: z.string().optional().describe('Password for the SMTP server.').meta({ secret: true }),
  MAIL_FROM: z.email('must be an e-mail address').optional().describe('Sender of the mails.'),
  MAIL_FROM_NAME: plainText(100)
    .default('Latchkey')
    .describe("Sender's name, and the product's in the mails."),
  MAIL_STARTTLS: setting
    .flag()
    .describe(
      'STARTTLS is demanded (not opportunistic); false: plain text. Default true, unless MAIL_SSL_TLS.',
    ),
  MAIL_SSL_TLS: setting.flag(false).describe('TLS from the first byte (port 465, usually).'),
  USE_CREDENTIALS: setting.flag(true).describe('Log in with MAIL_USERNAME and MAIL_PASSWORD.'),
  VALIDATE_CERTS: setting.flag(true).describe("Check the SMTP server's certificate."),
  MAIL_TRY_SECONDS: setting
    .whole({ min: 5, max: 600, fallback: 60 })
    .describe('An attempt to send a mail is given up after this long.'),
  MAIL_LEASE_SECONDS: setting
    .whole({ min: 6, max: 900, fallback: 90 })
    .describe(
      'How long a process reserves the mails that it sends; those of a process that died wait as long. Greater than MAIL_TRY_SECONDS.',
    ),
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
  const server = config.MAIL_SERVER !== undefined;
  const credentials = server && config.USE_CREDENTIALS;
  return [
    ...when(production && !server, 'MAIL_SERVER', 'is required in production'),
    ...when(
      production && !String(config.PUBLIC_URL).startsWith('https:'),
      'PUBLIC_URL',
      'must be an https URL in production',
    ),
    ...when(
      config.MAIL_LEASE_SECONDS <= config.MAIL_TRY_SECONDS,
      'MAIL_LEASE_SECONDS',
      'must be greater than MAIL_TRY_SECONDS: another process would send a mail that is still being sent',
    ),
    ...when(server && !config.MAIL_FROM, 'MAIL_FROM', 'is required with MAIL_SERVER'),
    ...when(
      credentials && !config.MAIL_USERNAME,
      'MAIL_USERNAME',
      'is required with MAIL_SERVER unless USE_CREDENTIALS is false',
    ),
    ...when(
      credentials && !config.MAIL_PASSWORD,
      'MAIL_PASSWORD',
      'is required with MAIL_SERVER unless USE_CREDENTIALS is false',
    ),
    ...when(
      config.MAIL_SSL_TLS && config.MAIL_STARTTLS === true,
      'MAIL_STARTTLS',
      'cannot be true together with MAIL_SSL_TLS: choose one',
    ),
  ];
}

export const notifierSettings = fields.superRefine(
  (config, context) => {
    for (const [name, message] of contradictions(config)) {
      context.addIssue({ code: 'custom', path: [name], message });
    }
  },
  // Also if single settings are invalid, so that all faults are reported at once.
  { when: () => true },
);

export type NotifierConfig = z.infer<typeof notifierSettings>;
