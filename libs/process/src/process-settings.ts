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

/** LATCHKEY_ENV: production refuses settings that only development may have. */
export const environmentSetting = z
  .enum(['development', 'production'])
  .default('production')
  .describe('`development` or `production`.');

/** The default ports of a process. */
export interface DefaultPorts {
  readonly port: number;
  readonly operationsPort: number;
}

/** Settings of every process: LATCHKEY_ENV, HOST, PORT, OPERATIONS_…, LOG_LEVEL, TRUSTED_PROXIES. */
export function processSettings({ port, operationsPort }: DefaultPorts) {
  return z.object({
    LATCHKEY_ENV: environmentSetting,
    HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
    PORT: setting
      .whole({ min: 0, max: 65_535, fallback: port })
      .describe('Port to listen on; 0 for any free port.'),
    OPERATIONS_HOST: z
      .string()
      .default('127.0.0.1')
      .describe(
        'Address of `/livez`, `/readyz` and `/metrics`. Set it where probes or Prometheus come from other machines, never where clients can reach it: counters tell what happens to single requests.',
      ),
    OPERATIONS_PORT: setting
      .whole({ min: 0, max: 65_535, fallback: operationsPort })
      .describe(
        'Port of `/livez`, `/readyz` and `/metrics`, which PORT does not answer; 0 for any free port.',
      ),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('Minimum level of log lines.'),
    TRUSTED_PROXIES: setting
      .list()
      .refine(areAddressBlocks, 'must be a list of addresses or CIDR blocks, such as 10.0.0.0/8')
      .describe('Addresses and CIDR blocks whose X-Forwarded-For is trusted, comma-separated.'),
  });
}

/** Settings of a service that is a process of its own: those of every process, and SHUTDOWN_DELAY_SECONDS. */
export function serviceProcessSettings(defaults: DefaultPorts) {
  return processSettings(defaults).extend({
    SHUTDOWN_DELAY_SECONDS: setting
      .whole({ min: 0, max: 300, fallback: 0 })
      .describe(
        'How long after SIGTERM requests are still accepted while `/readyz` answers 503, so that a load balancer stops sending requests first. Set it to two intervals of its health check.',
      ),
  });
}

export type ServiceProcessConfig = z.infer<ReturnType<typeof serviceProcessSettings>>;
