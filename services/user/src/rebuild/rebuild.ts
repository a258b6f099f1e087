/**
 * Rebuilds the read model: a new generation is filled while the active one serves queries. The running
 * instances of the service follow the pointer, so they fill the new generation. Each step is recorded in the
 * pointer before the next step begins. An interrupted rebuild therefore resumes when it is started again, and
 * concurrent rebuilds do no harm.
 */
import { ConsumerGroupInUseError, type ConsumerGroupProgress, type ConsumerGroups } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import {
  activateGeneration,
  addGeneration,
  findCandidateGeneration,
  findLeftoverGenerations,
  findPreviousGeneration,
  type GenerationPointer,
  getGenerationConsumerGroup,
  stopInactiveGenerations,
} from '../generation/pointer.ts';
import type { GenerationStore } from '../ports/generations.ts';
import type { ProfileStore } from '../ports/profiles.ts';
import { MAX_GENERATION_SWITCHOVER_DELAY_MS } from '../projection/pointer-cache.ts';
import { compareGenerations, type GenerationComparison } from './compare-generations.ts';

export interface ReadModelRebuildDeps {
  readonly generations: GenerationStore;
  profilesOf(generation: number): ProfileStore;
  readonly groups: ConsumerGroups;
  now(): Date;
  pause(ms: number): Promise<void>;
}

/** A generation of the read model with its role and its progress. */
export interface GenerationProgress extends ConsumerGroupProgress {
  readonly generation: number;
  /**
   * The role of the generation. `answers`: the active generation, which serves queries. `next`: it is being filled and
   * may become active. `kept`: it was active before and is still being filled, for a switch back. `leftover`: it is no
   * longer filled, but its data is still stored.
   */
  readonly role: 'answers' | 'next' | 'kept' | 'leftover';
  /** When the generation became active. Set only for the active generation, after the first rebuild. */
  readonly since?: string;
  readonly parked: number;
}

export interface ReadModelRebuild {
  /** Returns the generations that are being filled or still stored, sorted by number. */
  state(): Promise<readonly GenerationProgress[]>;
  /**
   * Returns the generation to fill: the one that a rebuild in progress is filling, or a new one. Returns
   * undefined if the previous rebuild has already switched over, and its former generation is still kept.
   * @returns `begun`: whether this call has created the generation (`now`) or an earlier one (`before`)
   */
  begin(): Promise<{ readonly generation: number; readonly begun: 'now' | 'before' } | undefined>;
  /**
   * Resolves once the generation has read all records that the log contained at the time of the call.
   * @param seen called repeatedly with the progress
   * @throws Error if the generation was dropped in the meantime
   */
  caughtUp(
    generation: number,
    seen: (progress: ConsumerGroupProgress) => void,
  ): Promise<ConsumerGroupProgress>;
  /**
   * Compares a generation with the active one. If one of them is behind for an account, waits until it has
   * caught up.
   * @param seen called with the number of accounts compared so far
   */
  compare(generation: number, seen: (accounts: number) => void): Promise<GenerationComparison>;
  /**
   * Makes a generation the active one.
   * @returns the formerly active generation
   * @throws Error if the generation is not being filled
   */
  activate(generation: number): Promise<number>;
  /** Returns the formerly active generation, if it is kept for a switch back. Undefined if there is none. */
  kept(): Promise<number | undefined>;
  /**
   * Stops filling all generations except the active one, and removes their data once no instance can read it
   * any more.
   * @param told called before the wait, if there is anything to remove
   * @returns the numbers of the removed generations
   */
  drop(told: () => void): Promise<readonly number[]>;
}

const LOOK_EVERY_MS = 500;
/** The maximum time that Kafka takes to notice that a member has left a group, with a margin, in ms. */
const MEMBERS_LEAVE_WITHIN_MS = 45_000;
const TOPICS = [ACCOUNTS_TOPIC];

export function createReadModelRebuild(deps: ReadModelRebuildDeps): ReadModelRebuild {
  const { generations, profilesOf, groups, now, pause } = deps;

  /**
   * Replaces the pointer to the generations. Retries if another process has replaced it in the meantime.
   * @param make returns the new pointer, or undefined to keep the current one
   * @returns the pointer before the change
   */
  async function change(
    make: (pointer: GenerationPointer) => GenerationPointer | undefined,
  ): Promise<GenerationPointer> {
    for (;;) {
      const pointer = await generations.read();
      const next = make(pointer);
      if (next === undefined) return pointer;
      if (await generations.replace(next)) return pointer;
    }
  }

  function progressOf(generation: number) {
    return groups.progressOf(getGenerationConsumerGroup(generation), TOPICS);
  }

  async function stateOf(generation: number, pointer: GenerationPointer): Promise<GenerationProgress> {
    const isActive = generation === pointer.active;
    const [progress, parked] = await Promise.all([
      progressOf(generation),
      profilesOf(generation).countParked(),
    ]);
    return {
      generation,
      role: roleOf(generation, pointer),
      ...progress,
      parked,
      ...(isActive && pointer.since !== undefined ? { since: pointer.since } : {}),
    };
  }

  async function assertRunning(generation: number): Promise<GenerationPointer> {
    const pointer = await generations.read();
    if (pointer.running.includes(generation)) return pointer;
    throw new Error(`Generation ${generation} was dropped meanwhile.`);
  }

  async function forget(generation: number): Promise<void> {
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      try {
        return await groups.deleteGroup(getGenerationConsumerGroup(generation), TOPICS);
      } catch (error) {
        if (!(error instanceof ConsumerGroupInUseError) || waited >= MEMBERS_LEAVE_WITHIN_MS) throw error;
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  return {
    async state() {
      const pointer = await generations.read();
      const leftovers = findLeftoverGenerations(pointer, await generations.stored());
      const all = [...pointer.running, ...leftovers].toSorted((a, b) => a - b);
      return Promise.all(all.map((generation) => stateOf(generation, pointer)));
    },

    async begin() {
      for (;;) {
        const pointer = await generations.read();
        const candidate = findCandidateGeneration(pointer);
        if (candidate !== undefined) return { generation: candidate, begun: 'before' };
        if (findPreviousGeneration(pointer) !== undefined) return undefined;
        const next = addGeneration(pointer);
        // Create the table or collection before the pointer names its generation, because instances start to fill a
        // generation once the pointer names it.
        await generations.prepare(next.last);
        if (await generations.replace(next)) return { generation: next.last, begun: 'now' };
      }
    },

    async caughtUp(generation, seen) {
      let held = Number.POSITIVE_INFINITY;
      for (;;) {
        await assertRunning(generation);
        const progress = await progressOf(generation);
        seen(progress);
        if (progress.read >= held) return progress;
        held = progress.records;
        await pause(LOOK_EVERY_MS);
      }
    },

    async compare(generation, seen) {
      const { active } = await assertRunning(generation);
      return compareGenerations({ old: profilesOf(active), fresh: profilesOf(generation), pause, seen });
    },

    async activate(generation) {
      const before = await change((pointer) => {
        if (!pointer.running.includes(generation))
          throw new Error(`Generation ${generation} was dropped meanwhile.`);
        return pointer.active === generation ? undefined : activateGeneration(pointer, generation, now());
      });
      return before.active;
    },

    async kept() {
      return findPreviousGeneration(await generations.read());
    },

    async drop(told) {
      await change((pointer) => (pointer.running.length > 1 ? stopInactiveGenerations(pointer) : undefined));
      // If one of the following steps fails, some data of the generations remains. Running instances clear
      // it, and a repeated call removes the rest.
      const gone = findLeftoverGenerations(await generations.read(), await generations.stored());
      if (gone.length === 0) return [];
      told();
      await pause(MAX_GENERATION_SWITCHOVER_DELAY_MS);
      for (const generation of gone) {
        await forget(generation);
        await generations.remove(generation);
      }
      return gone;
    },
  };
}

function roleOf(generation: number, { active, running }: GenerationPointer): GenerationProgress['role'] {
  if (generation === active) return 'answers';
  if (!running.includes(generation)) return 'leftover';
  return generation > active ? 'next' : 'kept';
}
