/** The settings of mails and of the mail server. `ops mail test` reads the same settings as the notifier. */
import { commonSettingSchemas } from '@latchkey/process';
import { z } from 'zod';
import { dkimSettingFields, findDkimSettingFaults } from './dkim-settings.ts';
import { findMailSettingFaults, mailSettingFields } from './mail-settings.ts';
import { findReportSettingFaults, reportSettingFields } from './report-settings.ts';

const schema = z.object({ ...mailSettingFields, ...dkimSettingFields, ...reportSettingFields });
export type MailTestSettings = z.infer<typeof schema>;

export const mailTestSettingsSchema = schema
  .extend({ PUBLIC_URL: commonSettingSchemas.url().optional() })
  .superRefine(
    (config, context) => {
      if (config.MAIL_SERVER === undefined)
        context.addIssue({ code: 'custom', path: ['MAIL_SERVER'], message: 'is required' });
      for (const [name, message] of [
        ...findMailSettingFaults(config),
        ...findDkimSettingFaults(config),
        ...findReportSettingFaults(config),
      ])
        context.addIssue({ code: 'custom', path: [name], message });
    },
    { when: () => true },
  );
