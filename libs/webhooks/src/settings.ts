import { setting } from '@latchkey/process';
import { z } from 'zod';

export const webhookSettings = z.object({
  WEBHOOKS_ALLOW_PRIVATE: setting
    .flag(false)
    .describe(
      'Allow webhooks to call private addresses and this machine, even without TLS: for development, and for networks in which every admin may reach everything.',
    ),
  WEBHOOKS_PAUSE_AFTER_DAYS: setting
    .whole({ min: 1, max: 30, fallback: 5 })
    .describe('A webhook endpoint is paused if every attempt fails for this long.'),
});
