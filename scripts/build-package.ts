/**
 * Builds the package in the current folder into `dist/`, so that `npm publish libs/events/dist`, for example, publishes
 * it. Each published package runs this file as its script `build`.
 */
import { join } from 'node:path';
import { writePackage } from './packages/write-package.ts';

await writePackage(process.cwd(), join(process.cwd(), 'dist'));
