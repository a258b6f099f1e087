/** What every process is told, whichever services it runs. */
import { z } from 'zod';
import { addressBlocks } from './address-blocks.ts';
import { setting } from './config.ts';

function areAddressBlocks(blocks: readonly string[]): boolean {
  try {
    addressBlocks(blocks);
    return true;
  } catch {
    return false;
  }
}

/** LATCHKEY_ENV: in production what only development may do is refused. */
export const environmentSetting = z
  .enum(['development', 'production'])
  .default('production')
  .describe('`development` or `production`.');

/** How a process listens and logs: LATCHKEY_ENV, HOST, PORT, LOG_LEVEL, TRUSTED_PROXIES. */
export function processSettings(defaultPort: number) {
  return z.object({
    LATCHKEY_ENV: environmentSetting,
    HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
    PORT: setting
      .whole({ min: 0, max: 65_535, fallback: defaultPort })
      .describe('Port to listen on; 0: any free one.'),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('The least that is logged.'),
    TRUSTED_PROXIES: setting
      .list()
      .refine(areAddressBlocks, 'must be a list of addresses or CIDR blocks, such as 10.0.0.0/8')
      .describe('Addresses and CIDR blocks whose X-Forwarded-For is believed, comma-separated.'),
  });
}

export type ProcessConfig = z.infer<ReturnType<typeof processSettings>>;
