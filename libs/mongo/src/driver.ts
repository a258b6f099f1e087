import { createRequire } from 'node:module';
import type mongoose from 'mongoose';

const load = createRequire(import.meta.url);
let loaded: typeof mongoose | undefined;

/** Loaded by who uses it first: 300 ms and 40 MB that a process on the embedded store is spared. */
export function driver(): typeof mongoose {
  loaded ??= load('mongoose') as typeof mongoose;
  return loaded;
}
