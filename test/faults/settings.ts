/** The settings of a run, from the environment and the command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isTrafficMix, TRAFFIC_MIX_NAMES, type TrafficMix } from './traffic/mixes.ts';

export interface FaultSettings {
  readonly seed: number;
  /** How long people send requests, in seconds. All faults happen during that time. */
  readonly seconds: number;
  /** How many actions all simulated people together begin per second. */
  readonly rate: number;
  /** Which actions the simulated people take, and how often each of them. */
  readonly mix: TrafficMix;
  /** The factor by which the pauses between faults of the plan are multiplied. */
  readonly pauses: number;
  /**
   * If set, the run is repeated with further seeds until the journals of all runs together contain at least
   * this number of events.
   */
  readonly events: number;
  /** Whether to record each run in docs/reliability-runs.jsonl and update docs/reliability.md. */
  readonly write: boolean;
  /** Whether to keep the folder of a run even if no rule was violated. */
  readonly keep: boolean;
  /** Whether the system is a standalone instead of a cluster. */
  readonly embedded: boolean;
  /** Whether the system is a standalone that is moved to a cluster in the middle of the run. */
  readonly move: boolean;
  readonly mongoUrl: string;
  /** A shell command that controls the MongoDB at MONGO_URL. Its argument is `start` or `stop`. */
  readonly mongoControl: string | undefined;
}

const DEFAULTS = { seconds: 150, rate: 12, mix: 'everything', pauses: 1 } as const;

/**
 * The settings of `--short`: 75 s of traffic, and a seed whose plan contains every kind of fault that fits
 * into this time.
 */
export const SHORT_RUN = { seed: 210, seconds: 75 } as const;

/**
 * Reads the settings of a run from the environment and the command line.
 * @throws Error that names every missing or invalid setting
 */
export function readFaultSettings(words: readonly string[], environment: NodeJS.ProcessEnv): FaultSettings {
  const { values } = parseArgs({
    args: [...words],
    options: {
      events: { type: 'string' },
      short: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      embedded: { type: 'boolean', default: false },
      move: { type: 'boolean', default: false },
    },
  });
  const {
    FAULTS_SEED,
    FAULTS_SECONDS,
    FAULTS_RATE,
    FAULTS_MIX,
    FAULTS_PAUSES,
    MONGO_URL,
    MONGO_CONTROL,
    KAFKA_NODES_COMMAND,
  } = environment;
  const fallback = { ...DEFAULTS, seed: randomInt(1_000_000), ...(values.short && SHORT_RUN) };
  const mix = FAULTS_MIX || fallback.mix;
  const settings: FaultSettings = {
    seed: numberOf(FAULTS_SEED, fallback.seed),
    seconds: numberOf(FAULTS_SECONDS, fallback.seconds),
    rate: numberOf(FAULTS_RATE, fallback.rate),
    mix: isTrafficMix(mix) ? mix : fallback.mix,
    pauses: numberOf(FAULTS_PAUSES, fallback.pauses),
    events: numberOf(values.events, 0),
    write: values.write,
    keep: values.keep,
    embedded: values.embedded,
    move: values.move,
    mongoUrl: MONGO_URL ?? '',
    mongoControl: MONGO_CONTROL || undefined,
  };
  const faults = [
    values.embedded && values.move ? ['--embedded and --move cannot be combined'] : [],
    MONGO_URL || values.embedded ? [] : ['MONGO_URL is not set (a MongoDB for tests)'],
    KAFKA_NODES_COMMAND || values.embedded
      ? []
      : ['KAFKA_NODES_COMMAND is not set (what starts brokers: libs/bus/src/kafka/testing/nodes.ts)'],
    isCount(settings.seed) ? [] : ['FAULTS_SEED must be a whole number'],
    settings.seconds > 0 ? [] : ['FAULTS_SECONDS must be a number of seconds'],
    settings.rate > 0 ? [] : ['FAULTS_RATE must be a number a second'],
    settings.pauses > 0 ? [] : ['FAULTS_PAUSES must be a number'],
    isTrafficMix(mix) ? [] : [`FAULTS_MIX must be ${TRAFFIC_MIX_NAMES.join(' or ')}`],
    isCount(settings.events) ? [] : ['--events must be a whole number'],
  ].flat();
  if (faults.length > 0) throw new Error(`test:faults: ${faults.join('; ')}`);
  return settings;
}

function numberOf(text: string | undefined, fallback: number): number {
  return text ? Number(text) : fallback;
}
function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}
