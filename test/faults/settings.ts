/** The settings of a run: from the environment and the command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isMix, MIX_NAMES, type Mix } from './traffic/mixes.ts';

export interface FaultSettings {
  readonly seed: number;
  /** How long there is traffic, in seconds; faults happen within that time. */
  readonly seconds: number;
  /** How many things people begin per second. */
  readonly rate: number;
  /** The mix of these things. */
  readonly mix: Mix;
  /** A factor for the pauses between faults. */
  readonly pauses: number;
  /** Repeats runs, each with the next seed, until their journals have this many events together. */
  readonly events: number;
  /** Whether to add each run to the evidence, and to update docs/reliability.md. */
  readonly write: boolean;
  /** Whether to keep the records of a run that broke no promise, too. */
  readonly keep: boolean;
  readonly mongoUrl: string;
  /** A shell command that takes `start` and `stop`, and controls the MongoDB at MONGO_URL. */
  readonly mongoControl: string | undefined;
}

const DEFAULTS = { seconds: 150, rate: 12, mix: 'everything', pauses: 1 } as const;

/** `--short`: little more than a minute of traffic, from a seed whose plan has every kind of fault that fits. */
export const SHORT = { seed: 12_586, seconds: 75 } as const;

/** Reads the settings. @throws Error that names everything that is missing or wrong */
export function faultSettings(words: readonly string[], environment: NodeJS.ProcessEnv): FaultSettings {
  const { values } = parseArgs({
    args: [...words],
    options: {
      events: { type: 'string' },
      short: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
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
  const fallback = { ...DEFAULTS, seed: randomInt(1_000_000), ...(values.short && SHORT) };
  const mix = FAULTS_MIX || fallback.mix;
  const settings: FaultSettings = {
    seed: numberOf(FAULTS_SEED, fallback.seed),
    seconds: numberOf(FAULTS_SECONDS, fallback.seconds),
    rate: numberOf(FAULTS_RATE, fallback.rate),
    mix: isMix(mix) ? mix : fallback.mix,
    pauses: numberOf(FAULTS_PAUSES, fallback.pauses),
    events: numberOf(values.events, 0),
    write: values.write,
    keep: values.keep,
    mongoUrl: MONGO_URL ?? '',
    mongoControl: MONGO_CONTROL || undefined,
  };
  const faults = [
    MONGO_URL ? [] : ['MONGO_URL is not set (a MongoDB for tests)'],
    KAFKA_NODES_COMMAND
      ? []
      : ['KAFKA_NODES_COMMAND is not set (what starts brokers: libs/bus/src/kafka/testing/nodes.ts)'],
    isCount(settings.seed) ? [] : ['FAULTS_SEED must be a whole number'],
    settings.seconds > 0 ? [] : ['FAULTS_SECONDS must be a number of seconds'],
    settings.rate > 0 ? [] : ['FAULTS_RATE must be a number a second'],
    settings.pauses > 0 ? [] : ['FAULTS_PAUSES must be a number'],
    isMix(mix) ? [] : [`FAULTS_MIX must be ${MIX_NAMES.join(' or ')}`],
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
