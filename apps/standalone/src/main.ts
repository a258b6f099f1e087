/** `npm start`: everything in one process. */
import { widenThreadPool } from '@latchkey/auth';
import {
  configOrExit,
  createLogger,
  createRegistry,
  type Logger,
  runProcess,
  withDotEnv,
} from '@latchkey/process';
import { composeStandalone, type Standalone } from './compose.ts';
import { readSettings, type StandaloneConfig } from './settings.ts';
import { welcome } from './welcome.ts';

/**
 * Lines for people where a person looks on, JSON for machines. Only there: making a line pretty takes several
 * times as long as writing it, which is a third of what a refresh may take in all.
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

widenThreadPool(process.env);
const config = configOrExit(() => readSettings(withDotEnv(process.env, process.cwd())));
const logger = await loggerFor(config);
let standalone: Standalone | undefined;

await runProcess(logger, async () => {
  standalone = await composeStandalone(config, { logger, registry: createRegistry() });
  return standalone;
});
if (standalone) process.stdout.write(welcome(standalone));
