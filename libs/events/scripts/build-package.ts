/** Writes the package that other teams install into `dist/`: `npm publish libs/events/dist`. */
import { join } from 'node:path';
import { writePackage } from './package.ts';

await writePackage(join(import.meta.dirname, '../dist'));
