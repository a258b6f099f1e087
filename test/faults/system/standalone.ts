/** A standalone with its own data folder: all services in one process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { startLoadBalancer } from '../../support/load-balancer.ts';
import { createOpsRunner, HIGH_LIMIT_SETTINGS, STANDALONE_PATH } from '../../support/programs.ts';
import { createServerProcess } from '../../support/server-process.ts';
import { SETTINGS_WITHOUT_SERVERS } from '../../support/standalone.ts';
import { findTracesInFolder } from '../checker/find-folder-traces.ts';
import { createLoggedOpsRunner } from '../nemesis/deployment.ts';
import { createStandaloneFaults } from '../nemesis/faults.ts';
import { ALL_CLIENTS_TARGET, createHitCounter } from '../nemesis/hits.ts';
import { planFaults, STANDALONE_FAULT_LANES, type StandaloneFault } from '../nemesis/schedule.ts';
import { superviseProcess } from '../nemesis/supervisor.ts';
import { countWorkAtBothTargets } from '../nemesis/work.ts';
import type { DataFolder } from '../run-folder.ts';
import { createFaketimeClocks, findClockLibrary } from './clocks.ts';
import { createReplacedRowsSettings } from './data-folder.ts';
import { finishDatabaseRewrite } from './file-rewrite.ts';
import { watchReadiness } from './readiness.ts';
import { restoreBackup } from './restore-file.ts';
import { createEhloNameSettings } from './sink.ts';
import { canMountDisks, mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { openSubscribers, WEBHOOK_SETTINGS } from './subscribers.ts';
import {
  createExitReporter,
  createServiceSettings,
  mapRecordedNamesToSenders,
  type SystemOptions,
  type SystemUnderTest,
} from './under-test.ts';

const NAME = 'standalone';
/** Used instead of a mounted disk in runs that never fill the disk. */
const NO_DISK: SmallDisk = { fill: async () => undefined, free: async () => undefined };

/** Returns the faults that this machine cannot cause. */
export function findUnsupportedStandaloneFaults(): readonly StandaloneFault[] {
  return [
    ...(findClockLibrary() === undefined ? (['clock-ahead', 'clock-behind', 'clock-strobe'] as const) : []),
    ...(canMountDisks() ? [] : (['full-disk'] as const)),
  ];
}

export interface StandaloneUnderTest extends SystemUnderTest {
  readonly stores: DataFolder;
  /** Stops the process and the load balancer in front of it. The data folder remains. */
  stop(): Promise<void>;
}

/** Starts a standalone, and resolves once it is ready. Everything that is started is added to the stack. */
export async function openStandalone(
  options: SystemOptions,
  stack: AsyncDisposableStack,
): Promise<StandaloneUnderTest> {
  const { settings, say, work, sink, replacedRowsFile } = options;
  say('  starting a standalone');
  const { seed, seconds, pauses } = settings;
  const plan = planFaults({
    seed,
    seconds,
    pauses,
    lanes: STANDALONE_FAULT_LANES,
    without: findUnsupportedStandaloneFaults(),
  });
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const fillsDisk = plan.flat().some(({ fault }) => fault === 'full-disk');
  const disk = fillsDisk ? await mountSmallDisk(folder, stack) : NO_DISK;
  const setsClocks = plan.flat().some(({ fault }) => fault.startsWith('clock-'));
  const clocks = await createFaketimeClocks(setsClocks ? findClockLibrary() : undefined, [NAME], stack);

  const [port, ownPort, operationsPort] = [
    await reserveFreePort(),
    await reserveFreePort(),
    await reserveFreePort(),
  ];
  const url = `http://127.0.0.1:${ownPort}`;
  const stores = { DATA_DIR: folder };
  let starts = 0;
  function nextGraceDays(): string {
    starts += 1;
    return starts % 2 === 1 ? '0' : '7';
  }
  const instance = createServerProcess({
    url,
    operations: `http://127.0.0.1:${operationsPort}`,
    words: [STANDALONE_PATH],
    env: () => ({
      ...process.env,
      ...SETTINGS_WITHOUT_SERVERS,
      LOG_LEVEL: 'info',
      PORT: String(ownPort),
      OPERATIONS_PORT: String(operationsPort),
      PUBLIC_URL: `http://localhost:${port}`,
      TRUSTED_PROXIES: '127.0.0.1/32',
      ...HIGH_LIMIT_SETTINGS,
      ...stores,
      ...createServiceSettings(seed),
      ...WEBHOOK_SETTINGS,
      ...sink.settings,
      // Change the grace period of erasures with each start of the process, so that some erasures of a run
      // are immediate and others are still waiting at its end.
      ERASURE_GRACE_DAYS: nextGraceDays(),
      ...createReplacedRowsSettings(replacedRowsFile),
      ...createEhloNameSettings(NAME),
      ...clocks.settingsOf(NAME),
    }),
  });
  stack.defer(async () => void (await instance.end('SIGTERM')));
  const front = await startLoadBalancer({
    port,
    routing: () => [url],
    checked: [],
    beginRequest: () => countWorkAtBothTargets(work(ALL_CLIENTS_TARGET), work(NAME)),
  });
  const closing = new AsyncDisposableStack();
  closing.defer(front.close);
  stack.use(closing);
  instance.launch();
  await instance.ready();
  const supervised = superviseProcess(NAME, instance, { onEnd: createExitReporter(options) });
  stack.defer(supervised.release);
  async function startAgain(): Promise<void> {
    await supervised.start();
    await instance.ready();
  }

  const ops = createOpsRunner({
    ...process.env,
    ...SETTINGS_WITHOUT_SERVERS,
    ...WEBHOOK_SETTINGS,
    ...stores,
  });
  const subscribers = await openSubscribers({ url: front.url, ops, record: options.recordReceived }, stack);
  return {
    url: front.url,
    stores,
    processes: new Map([[NAME, instance]]),
    readers: new Map([[NAME, instance]]),
    inboxes: sink.inboxes,
    subscribers,
    plan,
    faults: createStandaloneFaults({
      process: supervised,
      sink,
      clocks,
      disk,
      subscriber: subscribers.process,
      endpoint: subscribers.endpoint,
      watchReadiness: () => watchReadiness(instance.operations),
      operate: createLoggedOpsRunner(ops, say),
    }),
    countHits: createHitCounter({ work, behind: async () => subscribers.behind() }),
    senders: () => mapRecordedNamesToSenders([[NAME, instance]]),
    nameOf: (origin) => (origin === url ? NAME : undefined),
    ops,
    repair: async () => undefined,
    restoreBackup: (meanwhile) =>
      restoreBackup({ folder, ops, kill: supervised.kill, start: startAgain }, meanwhile),
    async findTraces() {
      await finishDatabaseRewrite({ folder, ops, kill: supervised.kill, start: startAgain });
      return await findTracesInFolder(folder, replacedRowsFile);
    },
    async stop() {
      supervised.release();
      await instance.end('SIGTERM');
      await closing.disposeAsync();
    },
  };
}
