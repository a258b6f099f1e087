/** Runs all services in one process. Loaded by `main.ts`. */
import { enlargeThreadPool } from '@latchkey/auth';
import {
  createLogger,
  createMetricsRegistry,
  type ExitCode,
  type Logger,
  readSettingsOrReport,
  runProcess,
  withDotEnv,
} from '@latchkey/process';
import { composeStandalone, type Standalone } from './compose.ts';
import { readStandaloneSettings, type StandaloneConfig } from './settings.ts';
import { formatWelcomeMessage } from './welcome.ts';

/**
 * Creates the logger. Lines are pretty-printed on a terminal in development. Otherwise they are JSON, because
 * pretty-printing a line takes several times as long as writing it.
 */
async function loggerFor(config: StandaloneConfig): Promise<Logger> {
  const options = { name: 'latchkey', level: config.LOG_LEVEL };
  if (config.LATCHKEY_ENV === 'production' || !process.stdout.isTTY) return createLogger(options);
  const { build } = await import('pino-pretty');
  return createLogger(
    options,
    build({ sync: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss' }),
  );
}

async function run(): Promise<ExitCode> {
  const config = readSettingsOrReport(() => readStandaloneSettings(withDotEnv(process.env, process.cwd())));
  if (config === undefined) return 1;
  const logger = await loggerFor(config);
  return runProcess(logger, async () => {
    const standalone = await composeStandalone(config, { logger, registry: createMetricsRegistry() });
    return { ...standalone, start: () => startAndWelcome(standalone) };
  });
}

async function startAndWelcome(standalone: Standalone): Promise<void> {
  await standalone.start();
  process.stdout.write(formatWelcomeMessage(standalone));
}

enlargeThreadPool(process.env);
process.exit(await run());
