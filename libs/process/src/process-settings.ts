import { z } from 'zod';
import { parseAddressBlocks } from './address-blocks.ts';
import { commonSettingSchemas } from './config.ts';

function areAddressBlocks(blocks: readonly string[]): boolean {
  try {
    parseAddressBlocks(blocks);
    return true;
  } catch {
    return false;
  }
}

/** LATCHKEY_ENV. In production, values that are meant only for development are refused. */
export const environmentSetting = z
  .enum(['development', 'production'])
  .default('production')
  .describe('`development` or `production`.');

/**
 * Returns the schema of the settings that every process has: LATCHKEY_ENV, HOST, PORT, OPERATIONS_…,
 * LOG_LEVEL, TRUSTED_PROXIES.
 * @param defaultPort the default of PORT; the default of OPERATIONS_PORT is 1000 higher. If `defaultPort` is
 * 0, both defaults are 0, so that the operating system chooses free ports
 */
export function createProcessSettingsSchema(defaultPort: number) {
  return z.object({
    LATCHKEY_ENV: environmentSetting,
    HOST: z.string().default('127.0.0.1').describe('The address that the process listens on.'),
    PORT: commonSettingSchemas
      .whole({ min: 0, max: 65_535, fallback: defaultPort })
      .describe('The port that the process listens on; 0 for any free port.'),
    OPERATIONS_HOST: z
      .string()
      .default('127.0.0.1')
      .describe(
        'Address of `/livez`, `/readyz` and `/metrics`. Change this address if probes or Prometheus connect from other machines, but never make it reachable for clients, because the counters reveal the outcome of single requests.',
      ),
    OPERATIONS_PORT: commonSettingSchemas
      .whole({ min: 0, max: 65_535, fallback: defaultPort === 0 ? 0 : defaultPort + 1000 })
      .describe(
        'Port of `/livez`, `/readyz` and `/metrics`, which are not available on PORT; 0 for any free port.',
      ),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('Minimum level of log lines.'),
    TRUSTED_PROXIES: commonSettingSchemas
      .list()
      .refine(areAddressBlocks, 'must be a list of addresses or CIDR blocks, such as 10.0.0.0/8')
      .describe('Addresses and CIDR blocks whose X-Forwarded-For is trusted, comma-separated.'),
  });
}

/**
 * Returns the schema of the settings of a service that runs as a separate process: the settings of every
 * process, and SHUTDOWN_DELAY_SECONDS.
 */
export function createServiceProcessSettingsSchema(defaultPort: number) {
  return createProcessSettingsSchema(defaultPort).extend({
    SHUTDOWN_DELAY_SECONDS: commonSettingSchemas
      .whole({ min: 0, max: 300, fallback: 0 })
      .describe(
        'How long after SIGTERM requests are still accepted while `/readyz` responds 503, so that a load balancer stops sending requests before the port closes. Use two health check intervals of the load balancer.',
      ),
  });
}

export type ServiceProcessConfig = z.infer<ReturnType<typeof createServiceProcessSettingsSchema>>;
