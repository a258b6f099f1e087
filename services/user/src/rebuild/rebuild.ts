/**
 * Rebuilds the read model: fills a new generation while the active one serves queries. Each step is recorded in the
 * pointer before the next one begins. An interrupted rebuild therefore resumes when it is started again, and two
 * concurrent rebuilds do no harm. The running instances do the work: they follow the pointer.
 */
import { type ConsumerGroups, GroupInUseError, type GroupProgress } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import {
  activateGeneration,
  addGeneration,
  candidateGenerationOf,
  type GenerationPointer,
  generationGroup,
  leftoverGenerations,
  previousGenerationOf,
  stopOtherGenerations,
} from '../generation/pointer.ts';
import type { Generations } from '../ports/generations.ts';
import type { Profiles } from '../ports/profiles.ts';
import { MAX_SWITCHOVER_DELAY_MS } from '../projection/pointer-cache.ts';
import { type ComparisonResult, compareGenerations } from './compare-generations.ts';

export interface RebuildDeps {
  readonly generations: Generations;
  profilesOf(generation: number): Profiles;
  readonly groups: ConsumerGroups;
  now(): Date;
  pause(ms: number): Promise<void>;
}

/** A generation and its progress. */
export interface GenerationState extends GroupProgress {
  readonly generation: number;
  /**
   * `answers`: the generation serves queries. `next`: it is being filled, to become active. `kept`: it is still being
   * filled after another one became active, so that queries can be switched back to it. `leftover`: nobody fills it any
   * more, but its data is still stored.
   */
  readonly role: 'answers' | 'next' | 'kept' | 'leftover';
  /** The time at which the generation became active; set only for the active one. */
  readonly since?: string;
  readonly parked: number;
}

export interface Rebuild {
  /** Returns the generations that are being filled or still stored, by number. */
  state(): Promise<readonly GenerationState[]>;
  /**
   * Returns the generation that is to become active: one whose rebuild was begun earlier, or else a new one. Returns
   * undefined if the active generation itself comes from a rebuild, and the generation before it is still kept.
   */
  begin(): Promise<{ readonly generation: number; readonly begun: 'now' | 'before' } | undefined>;
  /**
   * Resolves once the generation has read everything that the log contained at the time of the call. `seen` is called
   * from time to time with the progress.
   * @throws Error if the generation was dropped meanwhile
   */
  caughtUp(generation: number, seen: (progress: GroupProgress) => void): Promise<GroupProgress>;
  /** Compares the generation with the active one, after waiting for the slower of the two to catch up. */
  compare(generation: number, seen: (accounts: number) => void): Promise<ComparisonResult>;
  /**
   * Makes a generation active. It must be one that is being filled.
   * @returns the generation that was active before
   * @throws Error if the generation is not being filled
   */
  flip(generation: number): Promise<number>;
  /** Returns the generation that is kept to switch back to. */
  kept(): Promise<number | undefined>;
  /**
   * Ends every generation except the active one, and removes their data once no instance can be reading it. If there
   * is anything to remove, calls `told` before it waits for the instances.
   * @returns the numbers of the generations that were removed
   */
  drop(told: () => void): Promise<readonly number[]>;
}

const LOOK_EVERY_MS = 500;
/** The longest time that Kafka takes to notice that a member has left, with some reserve, in ms. */
const MEMBERS_LEAVE_WITHIN_MS = 45_000;
const TOPICS = [ACCOUNTS_TOPIC];

export function createRebuild(deps: RebuildDeps): Rebuild {
  const { generations, profilesOf, groups, now, pause } = deps;

  /**
   * Changes the current pointer, and retries if another process has changed it meanwhile. Changes nothing if `make`
   * returns undefined.
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
    return groups.progressOf(generationGroup(generation), TOPICS);
  }

  async function stateOf(generation: number, pointer: GenerationPointer): Promise<GenerationState> {
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

  async function demandRunning(generation: number): Promise<GenerationPointer> {
    const pointer = await generations.read();
    if (pointer.running.includes(generation)) return pointer;
    throw new Error(`Generation ${generation} was dropped meanwhile.`);
  }

  async function forget(generation: number): Promise<void> {
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      try {
        return await groups.deleteGroup(generationGroup(generation), TOPICS);
      } catch (error) {
        if (!(error instanceof GroupInUseError) || waited >= MEMBERS_LEAVE_WITHIN_MS) throw error;
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  return {
    async state() {
      const pointer = await generations.read();
      const leftovers = leftoverGenerations(pointer, await generations.stored());
      const all = [...pointer.running, ...leftovers].toSorted((a, b) => a - b);
      return Promise.all(all.map((generation) => stateOf(generation, pointer)));
    },

    async begin() {
      for (;;) {
        const pointer = await generations.read();
        const candidate = candidateGenerationOf(pointer);
        if (candidate !== undefined) return { generation: candidate, begun: 'before' };
        if (previousGenerationOf(pointer) !== undefined) return undefined;
        const next = addGeneration(pointer);
        // The table or collection of the generation must exist before the pointer names the generation.
        await generations.prepare(next.last);
        if (await generations.replace(next)) return { generation: next.last, begun: 'now' };
      }
    },

    async caughtUp(generation, seen) {
      let held = Number.POSITIVE_INFINITY;
      for (;;) {
        await demandRunning(generation);
        const progress = await progressOf(generation);
        seen(progress);
        if (progress.read >= held) return progress;
        held = progress.records;
        await pause(LOOK_EVERY_MS);
      }
    },

    async compare(generation, seen) {
      const { active } = await demandRunning(generation);
      return compareGenerations({ old: profilesOf(active), fresh: profilesOf(generation), pause, seen });
    },

    async flip(generation) {
      const before = await change((pointer) => {
        if (!pointer.running.includes(generation))
          throw new Error(`Generation ${generation} was dropped meanwhile.`);
        return pointer.active === generation ? undefined : activateGeneration(pointer, generation, now());
      });
      return before.active;
    },

    async kept() {
      return previousGenerationOf(await generations.read());
    },

    async drop(told) {
      await change((pointer) => (pointer.running.length > 1 ? stopOtherGenerations(pointer) : undefined));
      // From here on, a failure leaves leftovers, which running instances clear and a repeated call removes.
      const gone = leftoverGenerations(await generations.read(), await generations.stored());
      if (gone.length === 0) return [];
      told();
      await pause(MAX_SWITCHOVER_DELAY_MS);
      for (const generation of gone) {
        await forget(generation);
        await generations.remove(generation);
      }
      return gone;
    },
  };
}

function roleOf(generation: number, { active, running }: GenerationPointer): GenerationState['role'] {
  if (generation === active) return 'answers';
  if (!running.includes(generation)) return 'leftover';
  return generation > active ? 'next' : 'kept';
}
