/**
 * Another generation of the read model, filled beside the one that answers. Each step is written down in the
 * pointer before the next begins, so that whoever was interrupted goes on by beginning again, and two at once do
 * no harm. The work itself is done by the running instances, which follow the pointer.
 */
import { GroupInUseError, type GroupProgress, type Groups } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import {
  activate,
  candidateOf,
  deactivateOthers,
  groupOf,
  type Pointer,
  predecessorOf,
  withAnother,
} from '../generation/pointer.ts';
import type { Generations } from '../ports/generations.ts';
import type { Profiles } from '../ports/profiles.ts';
import { NOTICED_AFTER_MS } from '../projection/pointer-cache.ts';
import { compareGenerations, type Parity } from './compare-generations.ts';

export interface RebuildDeps {
  readonly generations: Generations;
  profilesOf(generation: number): Profiles;
  readonly groups: Groups;
  now(): Date;
  pause(ms: number): Promise<void>;
}

/** A generation, as far as it has come. */
export interface GenerationState extends GroupProgress {
  readonly generation: number;
  /** `next`: filled, to answer once it is flipped to. `kept`: filled, to go back to. */
  readonly role: 'answers' | 'next' | 'kept';
  /** Since when it answers. */
  readonly since?: string;
  readonly parked: number;
}

export interface Rebuild {
  /** What is filled, by number. */
  state(): Promise<readonly GenerationState[]>;
  /**
   * The generation that is to answer next: one that was begun, or a new one. Undefined where one answers already
   * that was rebuilt, and the one before is still kept.
   */
  begin(): Promise<{ readonly generation: number; readonly begun: 'now' | 'before' } | undefined>;
  /**
   * Resolves once the generation has read what the log held a moment ago; others write meanwhile. `seen` is told
   * now and then how far it is.
   * @throws Error if it was dropped meanwhile
   */
  caughtUp(generation: number, seen: (progress: GroupProgress) => void): Promise<GroupProgress>;
  /** Compares it with the one that answers, waiting for the one that is behind. */
  compare(generation: number, seen: (accounts: number) => void): Promise<Parity>;
  /** Lets a generation answer that is filled. Returns which one answered before. @throws Error if it is not filled */
  flip(generation: number): Promise<number>;
  /** The generation that is kept to go back to. */
  kept(): Promise<number | undefined>;
  /**
   * Ends every generation but the one that answers, and removes what it has stored once no instance can be
   * reading there. `told` is told before that wait, if there is anything to remove.
   * @returns those that were removed
   */
  drop(told: () => void): Promise<readonly number[]>;
}

const LOOK_EVERY_MS = 500;
/** As long as Kafka takes to find out that a member is gone, and then some. */
const MEMBERS_LEAVE_WITHIN_MS = 45_000;
const TOPICS = [ACCOUNTS_TOPIC];

export function createRebuild(deps: RebuildDeps): Rebuild {
  const { generations, profilesOf, groups, now, pause } = deps;

  /** Makes a change of whatever the pointer is by then; undefined where there is nothing to change. */
  async function change(make: (pointer: Pointer) => Pointer | undefined): Promise<Pointer> {
    for (;;) {
      const pointer = await generations.read();
      const next = make(pointer);
      if (next === undefined) return pointer;
      if (await generations.replace(next)) return pointer;
    }
  }

  function progressOf(generation: number) {
    return groups.progressOf(groupOf(generation), TOPICS);
  }

  async function stateOf(generation: number, pointer: Pointer): Promise<GenerationState> {
    const isActive = generation === pointer.active;
    const [progress, parked] = await Promise.all([
      progressOf(generation),
      profilesOf(generation).countParked(),
    ]);
    return {
      generation,
      role: isActive ? 'answers' : roleBeside(generation, pointer),
      ...progress,
      parked,
      ...(isActive && pointer.since !== undefined ? { since: pointer.since } : {}),
    };
  }

  async function demandRunning(generation: number): Promise<Pointer> {
    const pointer = await generations.read();
    if (pointer.running.includes(generation)) return pointer;
    throw new Error(`Generation ${generation} was dropped meanwhile.`);
  }

  async function forget(generation: number): Promise<void> {
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      try {
        return await groups.forgetGroup(groupOf(generation));
      } catch (error) {
        if (!(error instanceof GroupInUseError) || waited >= MEMBERS_LEAVE_WITHIN_MS) throw error;
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  return {
    async state() {
      const pointer = await generations.read();
      return Promise.all(pointer.running.map((generation) => stateOf(generation, pointer)));
    },

    async begin() {
      for (;;) {
        const pointer = await generations.read();
        const candidate = candidateOf(pointer);
        if (candidate !== undefined) return { generation: candidate, begun: 'before' };
        if (predecessorOf(pointer) !== undefined) return undefined;
        const next = withAnother(pointer);
        // Before anybody is told of it.
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
        return pointer.active === generation ? undefined : activate(pointer, generation, now());
      });
      return before.active;
    },

    async kept() {
      return predecessorOf(await generations.read());
    },

    async drop(told) {
      const before = await change((pointer) =>
        pointer.running.length > 1 ? deactivateOthers(pointer) : undefined,
      );
      // A higher number is being prepared by somebody else.
      function isGone(generation: number) {
        return generation !== before.active && generation <= before.last;
      }
      const gone = (await generations.stored()).filter(isGone);
      if (gone.length === 0) return [];
      told();
      await pause(NOTICED_AFTER_MS);
      for (const generation of gone) {
        await forget(generation);
        await generations.remove(generation);
      }
      return gone;
    },
  };
}

function roleBeside(generation: number, { active }: Pointer): 'next' | 'kept' {
  return generation > active ? 'next' : 'kept';
}
