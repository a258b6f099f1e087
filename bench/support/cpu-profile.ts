/** Reads the CPU profiles that V8 writes with `node --cpu-prof` or through the inspector's domain Profiler. */

/**
 * The fields of a V8 CPU profile that the call tree needs, from
 * https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
 */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  /** The time of the first sample, in µs of the monotonic clock, which all processes of a machine share. */
  readonly startTime: number;
  /** The ids of the call tree nodes that were sampled, oldest sample first. */
  readonly samples: readonly number[];
  /** The time between each sample and the previous one, in µs. */
  readonly timeDeltas: readonly number[];
}

interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/**
 * A function in the call tree. Calls of one function through the same chain of callers are combined into one
 * frame.
 */
export interface ProfileFrame {
  /** The function and its file, for example `signUp (services/auth/src/sign-up/sign-up.ts)`. */
  readonly name: string;
  readonly owner: ProfileFrameOrigin;
  /** The time in the function and in the functions that it called, in ms. */
  ms: number;
  readonly callees: Map<string, ProfileFrame>;
}

/** Where a function comes from: our code, a package, or Node itself. */
export type ProfileFrameOrigin = 'ours' | 'package' | 'node';

/** The names of the V8 profile nodes for time in which the thread executed no JavaScript. */
const NOT_BUSY = new Set(['(idle)', '(program)']);

/**
 * Returns the call tree of a CPU profile, without the time in which the thread was idle.
 * @param between start and end of the measured interval, in µs of the monotonic clock. Default: the whole profile
 */
export function computeCallTree(
  { nodes, samples, timeDeltas, startTime }: CpuProfile,
  [from, to]: readonly [number, number] = [0, Number.POSITIVE_INFINITY],
): ProfileFrame {
  const pathOf = createPathReader(nodes);
  const root: ProfileFrame = { name: 'all', owner: 'node', ms: 0, callees: new Map() };
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const path = pathOf(id);
    if (at < from || at > to || path.some(({ callFrame }) => NOT_BUSY.has(callFrame.functionName))) continue;
    addSample(root, path, delta / 1000);
  }
  return root;
}

/** Creates a function that returns the nodes of the call tree from the root (exclusive) to a given node (inclusive). */
function createPathReader(nodes: readonly CpuProfileNode[]): (id: number) => readonly CpuProfileNode[] {
  const paths = new Map<number, readonly CpuProfileNode[]>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const [root] = nodes;
  const open: [number, readonly CpuProfileNode[]][] = (root?.children ?? []).map((id) => [id, []]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [id, callers] = next;
    const node = byId.get(id);
    if (node === undefined) continue;
    const path = [...callers, node];
    paths.set(id, path);
    for (const child of node.children ?? []) open.push([child, path]);
  }
  return (id) => paths.get(id) ?? [];
}

function addSample(root: ProfileFrame, path: readonly CpuProfileNode[], ms: number): void {
  root.ms += ms;
  const stack = [root];
  for (const { callFrame } of path) {
    const { name, owner } = describeFunction(callFrame);
    // Count a recursive call as part of the outermost call of the same function. A level per recursive call
    // would only make the graph deeper.
    const recursive = stack.findIndex((frame) => frame.name === name);
    if (recursive >= 0) {
      stack.length = recursive + 1;
      continue;
    }
    const caller = stack.at(-1) ?? root;
    const frame = caller.callees.get(name) ?? { name, owner, ms: 0, callees: new Map() };
    frame.ms += ms;
    caller.callees.set(name, frame);
    stack.push(frame);
  }
}

function describeFunction({
  functionName,
  url,
}: CpuProfileNode['callFrame']): Pick<ProfileFrame, 'name' | 'owner'> {
  const called = functionName === '' ? 'anonymous' : functionName;
  const inPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)?.[1];
  if (inPackage !== undefined) return { name: `${called} (${inPackage})`, owner: 'package' };
  const ours = /\/((?:apps|libs|services|bench)\/.*)$/.exec(url)?.[1];
  if (ours !== undefined) return { name: `${called} (${ours})`, owner: 'ours' };
  return { name: url === '' ? called : `${called} (${url})`, owner: 'node' };
}
