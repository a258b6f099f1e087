/** What the templates of each mail may say. */
import type { MailName } from '../delivery/delivery.ts';

const common = ['app_name', 'home_url', 'locale', 'occurred_at'] as const;
const link = ['expires_in', 'expires_at'] as const;

/** By mail. All of a mail's variables are always given; `username` is empty where none is known. */
export const mailVariables = {
  'verify-email': [...common, ...link, 'username', 'verify_url'],
  'account-exists': common,
  'choose-password': [...common, ...link, 'username', 'reset_url'],
  'reset-password': [...common, ...link, 'username', 'reset_url'],
  welcome: [...common, 'username'],
  'password-changed': [...common, 'username'],
  'role-changed': [...common, 'username', 'role'],
} as const satisfies Readonly<Record<MailName, readonly string[]>>;

export const mailNames = Object.keys(mailVariables) as readonly MailName[];

export type Variables = Readonly<Record<string, string>>;

/** Values to try a template with. */
export const sampleVariables: Variables = {
  app_name: 'Latchkey',
  home_url: 'https://accounts.example.com',
  locale: 'en',
  occurred_at: '21 November 2026 at 10:15 UTC',
  expires_in: '24 hours',
  expires_at: '22 November 2026 at 10:15 UTC',
  username: 'ada',
  verify_url: `https://accounts.example.com/api/v1/auth/verify/${'Q3x-7_Lk'.repeat(8)}`,
  reset_url: `https://accounts.example.com/api/v1/auth/password-reset-confirm/${'Q3x-7_Lk'.repeat(8)}`,
  role: 'admin',
};
