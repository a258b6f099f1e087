/**
 * Makes Node keep compiled code in `node_modules`, so that every start of a program after the first one needs
 * less time and memory. A program that runs from source loads this module first: `node --import
 * ./scripts/compile-cache.js …`. The module has no effect if the environment sets NODE_COMPILE_CACHE, or if
 * the folder cannot be written. The cache adds no risk, because a user who can write to it can also change
 * the packages. This file is JavaScript, because Node loads a compiler of 17 MB for each TypeScript file that
 * is not in a cache.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled'));
