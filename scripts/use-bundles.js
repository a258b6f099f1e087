/**
 * `node --import ./scripts/use-bundles.js …` runs a program that starts our programs as bundles, as `npm start` and the
 * image do, instead of from source.
 */
import process from 'node:process';
import { prepareProgramBundles } from './program-bundles.js';

process.env['PROGRAM_BUNDLES'] ??= prepareProgramBundles();
