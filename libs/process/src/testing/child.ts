/**
 * A program that lifecycle.test.ts starts as a separate process. The environment variable BEHAVIOUR selects
 * what the program does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ConfigError, readConfig } from '../config.ts';
import {
  type ExitCode,
  groupProcessParts,
  type ProcessPart,
  type ProcessTermination,
  readSettingsOrReport,
  runProcess,
} from '../lifecycle.ts';
import { createLogger } from '../logger.ts';

function say(text: string): void {
  void process.stdout.write(`${text}\n`);
}

function part(name: string, own: Partial<ProcessPart> = {}): ProcessPart {
  return {
    name,
    start: async () => say(`${name} started`),
    stop: async () => say(`${name} stopped`),
    health: async () => [],
    ...own,
  };
}

/** Returns a part that keeps the process alive, like a listening server. */
function ticker(): ProcessPart {
  let timer: NodeJS.Timeout | undefined;
  return part('ticker', {
    start: async () => {
      timer = setInterval(() => undefined, 1_000);
      say('ready');
    },
    stop: async () => {
      clearInterval(timer);
      say('ticker stopped');
    },
  });
}

function never(): Promise<void> {
  return new Promise(() => undefined);
}
function refuse(error: Error) {
  return async (): Promise<never> => {
    throw error;
  };
}

type Behaviour = (host: ProcessTermination) => Promise<ProcessPart>;

const behaviours: Readonly<Record<string, Behaviour>> = {
  normal: async () => groupProcessParts('all', [part('first'), ticker()]),
  'slow start': async () => {
    async function slow(): Promise<void> {
      say('ready');
      await sleep(100);
      say('slow started');
    }
    return part('slow', { start: slow });
  },
  'stuck stop': async () =>
    groupProcessParts('all', [ticker(), part('stuck', { start: async () => say('ready'), stop: never })]),
  'failing stop': async () =>
    groupProcessParts('all', [ticker(), part('bad', { stop: refuse(new Error('stuck file')) })]),
  'failed start': async () =>
    groupProcessParts('all', [
      part('first'),
      part('second', { start: refuse(new Error('port 1 is taken')) }),
    ]),
  'bug at start': refuse(new TypeError('x is not a function')),
  'bad settings': refuse(new ConfigError(Array.from({ length: 200 }, (_, n) => `SETTING_${n}: is required`))),
  fail: async ({ fail }) => {
    setTimeout(() => fail('the log is gone', new Error('lost')), 20);
    return ticker();
  },
  'failed start, later': async ({ failStart }) => {
    setTimeout(() => failStart(new Error('the topics are missing')), 20);
    return ticker();
  },
  rejection: async () => {
    setTimeout(() => void Promise.reject(new Error('forgotten')), 20);
    return ticker();
  },
  exception: async () => {
    setTimeout(() => {
      throw new Error('thrown');
    }, 20);
    return ticker();
  },
};

const settings = z.object({ BEHAVIOUR: z.string(), GRACE_MS: z.string().transform(Number) });

async function run(): Promise<ExitCode> {
  const config = readSettingsOrReport(() => readConfig(settings, process.env));
  if (config === undefined) return 1;
  const build = behaviours[config.BEHAVIOUR];
  if (build === undefined) throw new Error(`there is no behaviour "${config.BEHAVIOUR}"`);
  return runProcess(createLogger({ name: 'child', level: 'info' }), build, { graceMs: config.GRACE_MS });
}

process.exit(await run());
