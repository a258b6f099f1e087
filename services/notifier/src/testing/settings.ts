/** Returns the settings of a notifier that sends to a mail server on this machine, in plain text. */
import { readConfig } from '@latchkey/process';
import { type NotifierConfig, notifierSettingsSchema } from '../config.ts';
import type { SealingKey } from './events.ts';

export function createSettingsForMailServer(
  port: number,
  key: SealingKey,
  settings: Readonly<Record<string, string>> = {},
): NotifierConfig {
  return readConfig(notifierSettingsSchema, {
    LATCHKEY_ENV: 'development',
    PUBLIC_URL: 'http://localhost:8080',
    EVENT_SIGNATURES: 'warn',
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_FROM: 'noreply@example.com',
    MAIL_STARTTLS: 'false',
    USE_CREDENTIALS: 'false',
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [key.jwk] }),
    ...settings,
  });
}
