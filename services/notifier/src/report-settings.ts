/** The settings of reports about mails that were sent: bounces and complaints. */
import { commonSettingSchemas, createSecretKeySetting, parseSecretKeys } from '@latchkey/process';
import { z } from 'zod';
import { createDomainSettingSchema } from './domain-setting.ts';
import { findSnsHostOfTopic } from './reports/sns-topic.ts';

export const reportSettingFields = {
  MAIL_BOUNCE_DOMAIN: createDomainSettingSchema('bounces.example.com')
    .optional()
    .describe(
      'The domain of the return paths. Each return path identifies its mail: `b-…@bounces.example.com`. The MX record of this domain must lead to MAIL_BOUNCE_PORT.',
    ),
  MAIL_BOUNCE_KEY: createSecretKeySetting(parseSecretKeys)
    .optional()
    .describe(
      '32 random bytes in base64url, or a JWKS of such keys (`oct`), newest first; required with MAIL_BOUNCE_DOMAIN. The first key is used for new mails; reports about mails that were sent with the other keys are still accepted.',
    )
    .meta({ secret: true }),
  MAIL_BOUNCE_PORT: commonSettingSchemas
    .whole({ min: 1, max: 65_535 })
    .describe(
      'The port on which the notifier receives bounces and complaints as mails. Default: the notifier receives no such mails.',
    ),
  MAIL_BOUNCE_HOST: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .describe('The address that the notifier listens on at MAIL_BOUNCE_PORT.'),
  MAIL_BOUNCE_LMTP: commonSettingSchemas
    .flag(false)
    .describe('Whether to speak LMTP instead of SMTP at MAIL_BOUNCE_PORT.'),
  MAIL_SES_TOPIC_ARN: z
    .string()
    .refine(
      (text) => findSnsHostOfTopic(text) !== undefined,
      'must be the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:123456789012:bounces',
    )
    .optional()
    .describe(
      'The ARN of the SNS topic through which Amazon SES reports bounces and complaints to `/api/v1/mail-reports/ses`.',
    ),
  MAIL_POSTMARK_CREDENTIALS: z
    .string()
    .regex(/^[^:]+:.{16,}$/, 'must be user:password, with a password of 16 characters or more')
    .optional()
    .describe(
      'The user name and password with which Postmark reports bounces and complaints to `/api/v1/mail-reports/postmark`.',
    )
    .meta({ secret: true }),
  MAIL_SUPPRESSION_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 3650, fallback: 30 })
    .describe(
      'How long no mail of the same kind is sent to an email address after a mail to it bounced or was marked as spam.',
    ),
};

const schema = z.object(reportSettingFields);
export type DeliveryReportConfig = z.infer<typeof schema>;

type Fault = readonly [name: keyof DeliveryReportConfig, message: string];

/** Returns the faults of report settings that are valid on their own but contradict each other. */
export function findReportSettingFaults({
  MAIL_BOUNCE_DOMAIN: name,
  MAIL_BOUNCE_KEY: secret,
  MAIL_BOUNCE_PORT: port,
}: DeliveryReportConfig): readonly Fault[] {
  const faults: Fault[] = [];
  if (name !== undefined && secret === undefined)
    faults.push(['MAIL_BOUNCE_KEY', 'is required with MAIL_BOUNCE_DOMAIN']);
  if (name === undefined && (secret !== undefined || port !== undefined))
    faults.push([
      'MAIL_BOUNCE_DOMAIN',
      `is required with ${secret === undefined ? 'MAIL_BOUNCE_PORT' : 'MAIL_BOUNCE_KEY'}`,
    ]);
  return faults;
}

/** Returns whether reports about sent mails may arrive. */
export function areMailReportsExpected(config: DeliveryReportConfig): boolean {
  return config.MAIL_BOUNCE_DOMAIN !== undefined || takesWebhooks(config);
}

/** Returns whether the settings enable reports from providers over HTTP. */
function takesWebhooks({ MAIL_SES_TOPIC_ARN, MAIL_POSTMARK_CREDENTIALS }: DeliveryReportConfig): boolean {
  return (MAIL_SES_TOPIC_ARN ?? MAIL_POSTMARK_CREDENTIALS) !== undefined;
}
